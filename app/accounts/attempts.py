"""How often a password may be tried: by account and by address, counted before it is looked at (S-07, S-08).

Nothing in the keys is of the client's choosing: the account that the typed text means (five identifiers
are one budget), or the text itself where it means none; the address; and the browser only where it
signed in to this account before, which gives the owner a budget that strangers cannot use up. No address
is ever locked: after many failures there each further try costs a sum (`puzzle`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import has_request_context
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import devices, puzzle
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AppUser
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit
from app.core.text import clean_code

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
HERE = Limit("sign-in", 5, QUARTER)  # one account, by strange browsers of one address
ANYWHERE = Limit("sign-in-account", 30, QUARTER)  # one account, by all strange browsers
IN_A_DAY = Limit("sign-in-day", 100, DAY)  # the same in a day (NIST SP 800-63B-4 3.2.2)
OWN = Limit("sign-in-device", 10, QUARTER)  # one account, by a browser that knows it
ADDRESS = Limit("sign-in-address", 50, QUARTER)  # all accounts from one address: then a sum each
ASKED = Limit("forgotten-address", 100, QUARTER)  # codes for forgotten passwords, likewise
OLD_PASSWORD = Limit("old-password", 10, QUARTER)  # the old one on the page that changes it
REMEMBERED = timedelta(days=400)  # for so long an account knows a browser


@dataclass(frozen=True)
class Attempt:
    """One try that has been counted."""

    account: str
    address: str
    device: str  # empty for a strange browser

    def was_right(self) -> None:
        """It was no wrong try: give back what it cost, and forget the ones before it. Not committed."""
        ADDRESS.give_back(self.address)
        if self.device:
            OWN.forget(self.account, self.device)
            return
        HERE.forget(self.account, self.address)
        ANYWHERE.give_back(self.account)
        IN_A_DAY.give_back(self.account)


def count(user: AppUser | None, typed: str, address: str, *, solved: bool = False) -> Attempt:
    """Count a try and commit, so that tries at one moment cannot pass each other.

    Raises PuzzleWanted where the address owes a sum, Refused where the account's budget is used up.
    """
    account, device = account_key(user, typed), known_device(user)
    crowded = not ADDRESS.take(address)
    if crowded and not solved and not device:
        ADDRESS.give_back(address)
        db.session.commit()
        raise puzzle.PuzzleWanted(
            _(
                "Much went wrong from your network lately, so this try needs a moment. Please type the "
                "password again and sign in."
            )
        )
    if device:
        allowed = OWN.take(account, device)
    else:
        # what one address may not try any more costs the owner elsewhere nothing
        allowed = HERE.take(account, address) and ANYWHERE.take(account) and IN_A_DAY.take(account)
    if not allowed:
        raise Refused(_("Too many wrong tries. Wait 15 minutes, or set a new password by code."))
    return Attempt(account, address, device)


def forget(user: AppUser) -> None:
    """A new password was set by code: its owner begins anew, wherever it is. Not committed."""
    for limit in (ANYWHERE, IN_A_DAY):
        limit.forget(account_key(user, ""))


def account_key(user: AppUser | None, typed: str) -> str:
    """The account where there is one, else the text as it is looked up. Costs the same in either case."""
    nobody = cipher().blind_index("sign-in-try", clean_code(typed).replace("-", "")).hex()
    return f"user:{user.id}" if user is not None else nobody


def known_device(user: AppUser | None) -> str:
    """The browser that asks, if it signed in to this account before; else empty."""
    device = devices.current() if has_request_context() else ""
    found = db.session.scalar(
        select(SecurityEvent.id)
        .where(
            SecurityEvent.user_id == (user.id if user is not None else 0),
            SecurityEvent.event == "sign_in",
            SecurityEvent.outcome == "done",
            SecurityEvent.device_id == device,
            SecurityEvent.device_id != "",
            SecurityEvent.at > clock.now() - REMEMBERED,
        )
        .limit(1)
    )
    return device if found is not None else ""


def owed(limit: Limit, address: str) -> puzzle.Puzzle | None:
    """The sum that the address owes for its next try; None while little went wrong there."""
    excess = limit.counted(address) - limit.most
    return puzzle.new(address, excess + 1) if excess >= 0 else None
