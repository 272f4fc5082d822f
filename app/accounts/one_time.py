"""One-time codes: 6 digits, 5 minutes, one use, 5 tries, 60 s apart, 10 a day for a phone (ACC-05)."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from app.accounts.models import OneTimeCode
from app.core import clock, mail
from app.core.crypto import cipher
from app.core.db import db, one_at_a_time
from app.core.errors import Invalid, Refused

LIFE = timedelta(minutes=5)
APART = timedelta(seconds=60)
PER_DAY = 10
TRIES = 5


def send(
    owner: str,
    purpose: str,
    channel: str,
    address: str,
    *,
    life: timedelta = LIFE,
    act: str = "",
) -> None:
    """Queue a fresh code for one purpose and commit; older ones of that purpose are void.

    `act` names what the code is for, so that its reader knows what it agrees to.

    Raises Refused when asked again within 60 s or more than ten times in 24 hours.
    """
    target = cipher().blind_index("code-target", address)
    _check_rate(target)
    now = clock.now()
    code = f"{secrets.randbelow(10**6):06d}"
    row = OneTimeCode(
        owner=owner,
        channel=channel,
        purpose=purpose,
        digest=_digest(owner, purpose, code),
        target=target,
        created_at=now,
        expires_at=now + life,
        tries=0,
    )
    db.session.add(row)
    db.session.flush()
    minutes = int(life.total_seconds()) // 60
    body = _(
        "Your code is %(code)s. It is valid for %(minutes)s minutes. Never pass it on.",
        code=code,
        minutes=minutes,
    )
    if act:
        body = f"{act}{_(': ')}{body}"
    mail.post(mail.Outgoing(f"code:{row.id}", channel, address, _("Your code"), body, code=code))
    db.session.commit()


def _check_rate(target: bytes) -> None:
    """Hold the phone's lock for this transaction and refuse what is too often (ACC-05)."""
    one_at_a_time("one_time", target.hex())
    now = clock.now()
    sent, last = db.session.execute(
        select(func.count(), func.max(OneTimeCode.created_at)).where(
            OneTimeCode.target == target, OneTimeCode.created_at > now - timedelta(days=1)
        )
    ).one()
    if last is not None and now - last < APART:
        wait = int((APART - (now - last)).total_seconds()) + 1
        raise Refused(_("A code is on its way. You can ask for another in %(n)s seconds.", n=wait))
    if sent >= PER_DAY:
        raise Refused(
            _("No more codes today for this number. Try again tomorrow, or ask your school.")
        )


def check(owner: str, purpose: str, code: str) -> str:
    """Use up the code and return the channel it came by; a wrong try is committed at once.

    Raises Invalid with the sentence for the field ``code``.
    """
    now = clock.now()
    row = db.session.execute(
        select(OneTimeCode)
        .where(OneTimeCode.owner == owner, OneTimeCode.purpose == purpose)
        .order_by(OneTimeCode.created_at.desc(), OneTimeCode.id.desc())
        .limit(1)
        .with_for_update()
    ).scalar_one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now or row.tries >= TRIES:
        db.session.rollback()
        raise Invalid([("code", _("This code is used up or too old. Please ask for a new one."))])
    if not hmac.compare_digest(row.digest, _digest(owner, purpose, "".join(code.split()))):
        row.tries += 1
        db.session.commit()
        raise Invalid([("code", _("This is not the code we sent last."))])
    row.used_at = now
    db.session.flush()
    return row.channel


def void(*owners: str) -> None:
    """Make every code of these owners worthless. Not committed."""
    db.session.execute(
        update(OneTimeCode)
        .where(OneTimeCode.owner.in_(owners), OneTimeCode.used_at.is_(None))
        .values(used_at=clock.now())
    )


def void_free(*owners: str) -> None:
    """As `void`, but for codes that are being used at this moment: who waits for one waits for us."""
    free = (
        select(OneTimeCode.id)
        .where(OneTimeCode.owner.in_(owners), OneTimeCode.used_at.is_(None))
        .with_for_update(skip_locked=True)
    )
    keys = db.session.scalars(free).all()
    used = update(OneTimeCode).where(OneTimeCode.id.in_(keys))
    db.session.execute(used.values(used_at=clock.now()))


def _digest(owner: str, purpose: str, code: str) -> bytes:
    return cipher().blind_index(f"code:{owner}:{purpose}", code)
