"""One-time codes: 6 digits, 5 minutes from sending, one use, 5 tries (ACC-05), a budget for each pool.

Whoever asks without having signed in can use up nothing that a signed-in person needs (S-05): codes for a
forgotten password have a pool of their own, in which each address waits longer and longer. A code's life
begins when the worker hands it to the gateway (S-06); until then it is on its way.
"""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta

from flask import has_request_context
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import devices, security_log
from app.accounts.code_budgets import STRANGERS, TRIES, Pool, check_rate, check_stranger, target_of
from app.accounts.code_delivery import KEY, LATEST
from app.accounts.models import AppUser, OneTimeCode
from app.core import clock, mail
from app.core.crypto import cipher
from app.core.db import db, one_at_a_time
from app.core.errors import Invalid
from app.core.text import clean_code

LIFE = timedelta(minutes=5)


UNREACHED = _l(
    "No code can reach you: neither a phone to which texts can be sent nor an e-mail is on record. Ask your "
    "college officer to enter one."
)


class Used(Invalid):
    """The code was right once and is used up: whoever says it again had it."""


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
        check_stranger(target, asker, pool)
    else:
        check_rate(target, owner, purpose)
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


def _digest(owner: str, purpose: str, code: str) -> bytes:
    return cipher().blind_index(f"code:{owner}:{purpose}", code)
