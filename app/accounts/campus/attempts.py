"""On the way to the campus's service and back: one browser, one way, one use, ten minutes."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select, update

from app.accounts.campus import cas, ldap, oidc
from app.accounts.campus.claim import Claim, Untrusted
from app.accounts.campus.models import (
    CampusAttempt,
    CampusSeen,
    SignInWay,
    WayKind,
)
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db

LIFE = timedelta(minutes=10)
KEPT = timedelta(days=2)  # longer than any ticket or token counts


def begin(
    way: SignInWay,
    browser: str,
    base: str,
    *,
    onward: str = "",
    user: AppUser | None = None,
    purpose: str = "",
) -> str:
    """Note that this browser goes to the service now, commit, and give the address to send it to.

    `base` is our own address, `onward` the page to show afterwards. With a `purpose` (an act, or `BIND`)
    the person has to sign in there anew. Raises Unreachable.
    """
    _tidy()
    now, state = clock.machine(), secrets.token_urlsafe(32)
    attempt = CampusAttempt(
        state=digest(state),
        browser=digest(browser),
        way_id=way.id,
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        next=onward[:400],
        user_id=user.id if user else None,
        purpose=purpose,
        created_at=now,
    )
    target = _address(way, attempt, base, state)
    db.session.add(attempt)
    db.session.commit()
    return target


def _address(way: SignInWay, attempt: CampusAttempt, base: str, state: str) -> str:
    if way.kind == WayKind.OIDC:
        return oidc.address(way, _question(way, attempt, base), state)
    if way.kind == WayKind.CAS:
        return cas.address(way, service(way, base, state), renew=bool(attempt.purpose))
    return f"/campus/{way.id}/enter?state={state}"


def back(way: SignInWay, base: str) -> str:
    """Where the service sends the browser back to: fixed by us, one address a way."""
    return f"{base}/campus/{way.id}/back"


def service(way: SignInWay, base: str, state: str) -> str:
    """The address for which a CAS ticket is made: its state ties the ticket to one browser."""
    return f"{back(way, base)}?state={state}"


def _question(way: SignInWay, attempt: CampusAttempt, base: str) -> oidc.Question:
    asked = attempt.created_at.timestamp() if attempt.purpose else 0
    return oidc.Question(attempt.nonce, attempt.verifier, back(way, base), asked)


def take(way: SignInWay, state: str, browser: str) -> CampusAttempt:
    """The attempt of this state and browser, used up and committed. Raises Untrusted."""
    fresh = CampusAttempt.created_at > clock.machine() - LIFE
    used = db.session.scalar(
        update(CampusAttempt)
        .where(*_mine(way, state, browser), CampusAttempt.used_at.is_(None), fresh)
        .values(used_at=clock.machine())
        .returning(CampusAttempt.state)
    )
    db.session.commit()
    if used is None:
        raise _unknown()
    return db.session.get_one(CampusAttempt, used, populate_existing=True)


def waiting(way: SignInWay, state: str, browser: str) -> CampusAttempt:
    """The attempt of this state and browser, not used up yet (for our own page). Raises Untrusted."""
    fresh = CampusAttempt.created_at > clock.machine() - LIFE
    wanted = select(CampusAttempt).where(*_mine(way, state, browser), fresh)
    found = db.session.scalars(wanted.where(CampusAttempt.used_at.is_(None))).first()
    if found is None:
        raise _unknown()
    return found


def _unknown() -> Untrusted:
    return Untrusted(
        _("This sign-in was begun elsewhere, is used up or took too long. Please begin anew."),
        "unknown state",
    )


def _mine(way: SignInWay, state: str, browser: str) -> tuple[Any, ...]:
    return (
        CampusAttempt.state == digest(state),
        CampusAttempt.browser == digest(browser),
        CampusAttempt.way_id == way.id,
    )


def claim(way: SignInWay, attempt: CampusAttempt, base: str, answer: Mapping[str, str]) -> Claim:
    """Who came back. Raises Untrusted, Unreachable."""
    if way.kind == WayKind.OIDC:
        return oidc.claim(way, _question(way, attempt, base), answer)
    address = service(way, base, answer.get("state", ""))
    return cas.claim(way, address, answer.get("ticket", ""), renew=bool(attempt.purpose))


def claim_by_password(way: SignInWay, name: str, password: str) -> Claim:
    """Who signs in on our own page. Raises Untrusted, Unreachable."""
    return ldap.claim(way, name, password)


def digest(text: str) -> bytes:
    """What a secret is kept as."""
    return hashlib.sha256(text.encode()).digest()


def _tidy() -> None:
    """What can no longer be used is not kept."""
    old: datetime = clock.machine() - KEPT
    db.session.execute(delete(CampusAttempt).where(CampusAttempt.created_at < old))
    db.session.execute(delete(CampusSeen).where(CampusSeen.at < old))
