"""How many codes are sent, to whom, how soon after another (ACC-05): by account, address and stranger."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from flask import has_request_context
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, not_, select

from app.accounts import devices
from app.accounts.models import OneTimeCode
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Refused

APART = timedelta(seconds=60)
PER_DAY = 10
RESERVED = 3  # codes a day that nobody else who uses the same phone can take away
KNOWN_PER_DAY = 5  # forgotten passwords of a browser that signed in to the account before
TRIES = 5

DAY = timedelta(days=1)

KNOWN = "known:"  # how `asker` begins for a browser that signed in to the account before


class Pool(StrEnum):
    """What a code is for, as far as budgets go."""

    RESET = "reset"  # a forgotten password: anybody can ask
    REGISTER = "register"  # an employer's registration: anybody can ask
    FIRST = "first"  # the first sign-in
    ACT = "act"  # a party's act
    CONTACT = "contact"  # a way in: phone, mail, second factor


STRANGERS = (Pool.RESET, Pool.REGISTER)


def check_rate(target: bytes, owner: str, purpose: str) -> None:
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


def check_stranger(target: bytes, asker: str, pool: Pool) -> None:
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


def target_of(address: str) -> bytes:
    """What a phone or mailbox is kept as."""
    return cipher().blind_index("code-target", address)


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
