"""The words for one receiver of one event, and where messages about events reach an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from app.accounts.models import AppUser
from app.core import jobs
from app.core.limits import Limit
from app.core.registry import stores


@dataclass(frozen=True)
class Letter:
    """The words for one receiver of one event: lazy texts with named places, and where to look.

    `everywhere`: what happened in the receiver's own name, or to its way in. Every contact of the last
    90 days is told, with the link «this was not me», whatever the school's settings (INV-20).
    `owed`: something waits for the receiver's answer. Where no mail is known a text message goes, whatever
    the school's settings, at most `TEXTS` a day (INV-07).
    """

    subject: Any
    body: Any
    url: str = ""
    everywhere: bool = False
    owed: bool = False


TEXTS = Limit(
    "owed-texts", 2, timedelta(days=1)
)  # of one account: whoever invites, it is not flooded
FIRST = "/first"  # where a first sign-in begins; its messages say so
Letters = Mapping[str, Mapping[str, Letter]]  # step → receiver → words


def how_to_begin(user: AppUser) -> str:
    """What an account that nobody has signed in to yet has to be told besides: how (ACC-04)."""
    if user.password is not None or user.login_count or user.is_staff:
        return ""
    url = f"{str(jobs.config().base_url).rstrip('/')}{FIRST}"
    return _(
        "First sign-in: open %(url)s, enter your student number or phone, and set a password by the code "
        "that you get.",
        url=url,
    )


def phone_of(user: AppUser) -> str | None:
    """Where text messages about events reach the account; staff and landlines get none."""
    return stores().phones.get(user.role or "", lambda _user: None)(user)


def reachable(email: str | None) -> bool:
    """Whether mail can go there; accounts without an address carry a placeholder that must not be used."""
    return bool(email) and not str(email).endswith("@invalid")
