"""One-time codes: 6 digits, 5 minutes from sending, one use, 5 tries (ACC-05), a budget for each pool.

Whoever asks without having signed in can use up nothing that a signed-in person needs (S-05): codes for a
forgotten password have a pool of their own, in which each address waits longer and longer. A code's life
begins when the worker hands it to the gateway (S-06); until then it is on its way.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from flask import has_request_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, func, not_, select, true, update

from app.accounts import devices, security_log
from app.accounts.models import ActProof, AppUser, OneTimeCode
from app.core import clock, mail
from app.core.crypto import cipher
from app.core.db import db, one_at_a_time
from app.core.errors import Invalid, Refused
from app.core.text import clean_code

LIFE = timedelta(minutes=5)
APART = timedelta(seconds=60)
PER_DAY = 10
RESERVED = 3  # codes a day that nobody else who uses the same phone can take away
KNOWN_PER_DAY = 5  # forgotten passwords of a browser that signed in to the account before
TRIES = 5
LATEST = timedelta(minutes=30)  # a code that could not be sent for so long is not sent any more
DAY = timedelta(days=1)
KEY = "code:"  # how the keys of the messages begin that carry one
KNOWN = "known:"  # how `asker` begins for a browser that signed in to the account before


UNREACHED = _l(
    "No code can reach you: neither a phone to which texts can be sent nor an e-mail is on record. Ask your "
    "college officer to enter one."
)


class Used(Invalid):
    """The code was right once and is used up: whoever says it again had it."""


class Pool(StrEnum):
    """What a code is for, as far as budgets go."""

    RESET = "reset"  # a forgotten password: anybody can ask
    REGISTER = "register"  # an employer's registration: anybody can ask
    FIRST = "first"  # the first sign-in
    ACT = "act"  # a party's act
    CONTACT = "contact"  # a way in: phone, mail, second factor


STRANGERS = (Pool.RESET, Pool.REGISTER)


def send(
    owner: str,
    purpose: str,
    channel: str,
    address: str,
    *,
    pool: Pool = Pool.CONTACT,
    life: timedelta = LIFE,
    act: str = "",
    asker: str = "",
) -> None:
    """Queue a fresh code for one purpose and commit; older ones of that purpose are void.

    `act` names what the code is for, so that its reader knows what it agrees to. `asker` says who asks
    without having signed in: the digest of an address, or `KNOWN` and that of a browser.

    Raises Refused when asked again within 60 s for the same purpose, or too often in 24 hours.
    """
    target = target_of(address)
    one_at_a_time("one_time", target.hex())
    if pool in STRANGERS:
        _check_stranger(target, asker, pool)
    else:
        _check_rate(target, owner, purpose)
    code = f"{secrets.randbelow(10**6):06d}"
    row = OneTimeCode(
        owner=owner,
        channel=channel,
        purpose=purpose,
        digest=_digest(owner, purpose, code),
        target=target,
        created_at=clock.now(),
        life=int(life.total_seconds()),
        tries=0,
        pool=pool,
        asker=asker,
    )
    db.session.add(row)
    db.session.flush()
    body = _(
        "Your code is %(code)s. It is valid for %(minutes)s minutes. Never pass it on.",
        code=code,
        minutes=row.life // 60,
    )
    if act:
        body = f"{act}{_(': ')}{body}"
    security_log.note("code_sent", user=_account(owner), channel=channel, purpose=_plain(purpose))
    mail.post(mail.Outgoing(f"{KEY}{row.id}", channel, address, _("Your code"), body, code=code,
                             urgent=True))  # fmt: skip
    db.session.commit()


def target_of(address: str) -> bytes:
    """What a phone or mailbox is kept as."""
    return cipher().blind_index("code-target", address)


def _check_rate(target: bytes, owner: str, purpose: str) -> None:
    """Refuse what a signed-in person asks too often: a minute for each purpose, ten a day (ACC-05)."""
    now = clock.now()
    mine = OneTimeCode.owner == owner
    lately = (*_lately(target, now), OneTimeCode.pool.not_in(STRANGERS))
    asked, own, first = db.session.execute(
        select(func.count(), func.count().filter(mine), func.min(OneTimeCode.created_at)).where(
            *lately
        )
    ).one()
    _not_at_once(_newest(*lately, mine, OneTimeCode.purpose == purpose), now)
    if own >= PER_DAY or (asked >= PER_DAY and own >= RESERVED):
        again = clock.local(first + DAY).strftime("%Y-%m-%d %H:%M")
        raise Refused(
            _(
                "This number has had its %(n)s codes of 24 hours. The next is possible from %(at)s; "
                "is it urgent, ask your school.",
                n=PER_DAY,
                at=again,
            )
        )


def _check_stranger(target: bytes, asker: str, pool: Pool) -> None:
    """Refuse what is asked too often without sign-in: each address waits twice as long each time.

    A browser that signed in to the account before has a budget that no stranger can touch.
    """
    now, known = clock.now(), asker.startswith(KNOWN)
    from_known = OneTimeCode.asker.startswith(KNOWN, autoescape=True)
    of_its_kind = OneTimeCode.asker == asker if known else not_(from_known)
    lately = (*_lately(target, now), OneTimeCode.pool == pool)
    asked, own = db.session.execute(
        select(
            func.count().filter(of_its_kind), func.count().filter(OneTimeCode.asker == asker)
        ).where(*lately)
    ).one()
    wait = APART if known else APART * 2 ** max(0, own - 1)
    _not_at_once(_newest(*lately, OneTimeCode.asker == asker), now, wait)
    if asked >= (KNOWN_PER_DAY if known else PER_DAY):
        raise Refused(_("Too many codes were asked for this account today."))


def _lately(target: bytes, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return OneTimeCode.target == target, OneTimeCode.created_at > now - DAY


def _newest(*which: ColumnElement[bool]) -> OneTimeCode | None:
    order = (OneTimeCode.created_at.desc(), OneTimeCode.id.desc())
    return db.session.scalars(
        select(OneTimeCode)
        .where(*which)
        .order_by(*order)
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def _not_at_once(last: OneTimeCode | None, now: datetime, wait: timedelta = APART) -> None:
    """Refuse while the last one is under way; one that was used has come, and bars nothing (F-21)."""
    if last is None or now - last.created_at >= wait or (last.used_at and not last.voided):
        return
    left = int((wait - (now - last.created_at)).total_seconds()) + 1
    if last.voided or last.tries >= TRIES:
        raise Refused(
            _("The last code no longer counts. You can ask for another in %(n)s seconds.", n=left)
        )
    raise Refused(_("A code is on its way. You can ask for another in %(n)s seconds.", n=left))


def check(owner: str, purpose: str, code: str) -> str:
    """Use up the code and return the channel it came by; a wrong try is committed at once.

    Full-width digits, blanks and words around the digits are read (S-18); what is not six digits is no try.
    Raises Invalid with the sentence for the field ``code``.
    """
    typed = read(code)
    row = db.session.execute(
        select(OneTimeCode)
        .where(OneTimeCode.owner == owner, OneTimeCode.purpose == purpose)
        .order_by(OneTimeCode.created_at.desc(), OneTimeCode.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    problem = _worthless(row)
    if row is None or problem:
        used = row is not None and row.used_at is not None and not row.voided
        db.session.rollback()
        raise (Used if used else Invalid)([("code", problem)])
    if not hmac.compare_digest(row.digest, _digest(owner, purpose, typed)):
        row.tries += 1
        unsent = row.expires_at is None
        security_log.note(
            "code_wrong", user=_account(owner), outcome=security_log.FAILED, purpose=_plain(purpose)
        )
        db.session.commit()
        raise Invalid([("code", _not_this_one(unsent))])
    row.used_at, row.used_on = clock.now(), devices.current() if has_request_context() else ""
    db.session.flush()
    return row.channel


def read(code: str) -> str:
    """The six digits that were typed or pasted: «１２３ ４５６», «验证码：123456。».

    Raises Invalid, which costs no try, where there are not exactly six in one row.
    """
    runs = re.findall(r"\d+", re.sub(r"(?<=\d)-(?=\d)", "", clean_code(code[:200])))
    found = [run for run in runs if len(run) == 6 and run.isascii()]
    if len(found) != 1:
        raise Invalid(
            [("code", _("A code has 6 digits. Please type those of the newest message."))]
        )
    return found[0]


def _worthless(row: OneTimeCode | None) -> str:
    """Why the newest code counts no more, whatever is typed; empty while it does."""
    now = clock.now()
    if row is None:
        return _("No code was asked for this. Please ask for one.")
    if row.voided:
        return _("This code no longer counts. Please ask for a new one.")
    if row.used_at is not None:
        return _("This code was used already. Please ask for a new one.")
    if row.tries >= TRIES:
        return _("Too many wrong tries with this code. Please ask for a new one.")
    if row.expires_at is None and row.created_at + LATEST <= now:
        return _(
            "The code could not be sent for %(n)s minutes and does not count any more. Please "
            "ask for a new one.",
            n=int(LATEST.total_seconds()) // 60,
        )
    if row.expires_at is not None and row.expires_at <= now:
        return _(
            "This code is too old: it was good for %(n)s minutes. Please ask for a new one.",
            n=row.life // 60,
        )
    return ""


def _not_this_one(unsent: bool) -> str:
    if unsent:
        return _(
            "The newest code is still on its way, and the ones before it no longer count. "
            "Please wait for it."
        )
    return _("This is not the code we sent last.")


def proved_lately(owner: str, pool: Pool, address: str, within: timedelta) -> bool:
    """Whether a code of that pool, sent to this very address, was used within that time, in this browser."""
    here = devices.current() if has_request_context() else ""
    if not here:
        return False
    return (
        db.session.scalar(
            select(OneTimeCode.id)
            .where(
                OneTimeCode.owner == owner,
                OneTimeCode.pool == pool,
                OneTimeCode.used_on == here,
                OneTimeCode.target == target_of(address),
                OneTimeCode.used_at > clock.now() - within,
                OneTimeCode.voided.is_(False),
            )
            .limit(1)
        )
        is not None
    )


def void(*owners: str) -> None:
    """Make every code of these owners worthless, as a code and as a proof. Not committed.

    So are proofs that they left otherwise than by a code and that wait to be used.
    """
    db.session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.owner.in_(owners))
        .values(used_at=func.coalesce(OneTimeCode.used_at, clock.now()), voided=true())
    )
    db.session.execute(update(ActProof).where(*_waiting_notes(owners)).values(used_at=clock.now()))


def void_free(*owners: str) -> None:
    """As `void`, but for what is being used at this moment: who waits for it waits for us."""
    free = (
        select(OneTimeCode.id)
        .where(OneTimeCode.owner.in_(owners), OneTimeCode.used_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    keys = db.session.scalars(free).all()
    used = update(OneTimeCode).where(OneTimeCode.id.in_(keys))
    db.session.execute(used.values(used_at=clock.now(), voided=true()))
    notes = select(ActProof.id).where(*_waiting_notes(owners)).with_for_update(skip_locked=True)
    ended = update(ActProof).where(ActProof.id.in_(db.session.scalars(notes).all()))
    db.session.execute(ended.values(used_at=clock.now()))


def _waiting_notes(owners: tuple[str, ...]) -> tuple[ColumnElement[bool], ...]:
    """The proofs otherwise than by code that these owners have not used yet."""
    pairs = [owner.partition(":") for owner in owners]
    users = [int(key) for kind, _colon, key in pairs if kind == "user"]
    return ActProof.user_id.in_(users), ActProof.used_at.is_(None)


def _account(owner: str) -> AppUser | None:
    """Whose code it is, where the owner is an account or the student of one."""
    kind, _colon, key = owner.partition(":")
    if not key.isdecimal() or kind not in ("user", "student"):
        return None
    if kind == "user":
        return db.session.get(AppUser, int(key))
    return db.session.scalars(
        select(AppUser).where(AppUser.student_id == int(key)).limit(1)
    ).first()


def _plain(purpose: str) -> str:
    """What a code is for, without the moment that binds it to one state of its record."""
    return ":".join(purpose.split(":")[:3])


def _wanted(message: mail.Message) -> bool:
    """Whether a code is still worth sending: not used, not asked for anew, not hours late."""
    row = _carried(message)
    if row is None or row.used_at is not None or row.created_at + LATEST <= clock.now():
        return False
    newer = select(OneTimeCode.id).where(
        OneTimeCode.owner == row.owner, OneTimeCode.purpose == row.purpose, OneTimeCode.id > row.id
    )
    return db.session.scalar(newer.limit(1)) is None


def _sent(message: mail.Message, at: datetime) -> None:
    """The life of a code begins (S-06)."""
    row = _carried(message)
    if row is not None and row.expires_at is None:
        row.expires_at = at + timedelta(seconds=row.life)


def _carried(message: mail.Message) -> OneTimeCode | None:
    return db.session.get(OneTimeCode, int(message.key.removeprefix(KEY)))


FATE = mail.MessageFate(_wanted, _sent)


def _digest(owner: str, purpose: str, code: str) -> bytes:
    return cipher().blind_index(f"code:{owner}:{purpose}", code)
