"""What the tests of the second factor do by hand: a code, a proved mailbox, a sign-in."""

from __future__ import annotations

import pyotp
from sqlalchemy import select

from app.accounts import passwords
from app.accounts.log_models import SecurityEvent
from app.core import clock
from app.core.db import db

PASSWORD = "Wind-over-lake-3"


def code_now(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(clock.now().timestamp() + steps * 30)


def reads_mail(browser):
    """The session has proved the address on record, as `test_the_first_factor_wants…` does by hand."""
    with browser.session_transaction() as cookie:
        cookie["factor_contact"] = True
    return browser


def held(answer) -> bool:
    """Whether the session was led to the page that asks for its factor, and saw nothing else."""
    return answer.status_code == 302 and answer.location.partition("?")[0] == "/factor/"


def signs_in(client, user):
    user.password = passwords.hashed(PASSWORD)
    db.session.commit()
    return client.post("/login/", data={"who": user.username, "password": PASSWORD})


def events(user, outcome=None):
    rows = db.session.scalars(select(SecurityEvent).where(SecurityEvent.user_id == user.id)).all()
    return [(e.event, e.outcome) for e in rows if outcome in (None, e.outcome)]
