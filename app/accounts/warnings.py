"""Saying to a person what happened to its account, on every contact it has or had (ACC-15, NTF-05)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from app.accounts import contacts
from app.accounts.models import AppUser
from app.core import clock, jobs, mail


def warn(
    user: AppUser, key: str, subject: str, body: str, *, also: Iterable[tuple[str, str]] = ()
) -> None:
    """Post a warning to every contact of the last 90 days and to `also`. Not committed.

    Whatever the settings say; once for its `key` and address.
    """
    warn_all({user: (key, subject, body, also)})


def warn_all(what: Mapping[AppUser, tuple[str, str, str, Iterable[tuple[str, str]]]]) -> None:
    """The same for many accounts at once: account → key, subject, body, also."""
    reach = contacts.reach_all(list(what), clock.now())
    found = []
    for user, (key, subject, body, also) in what.items():
        addresses = list(dict.fromkeys([*reach[user.id], *also]))
        found += [
            mail.Outgoing(
                _key(key, user, channel, address), channel, address, subject, body,
                user_id=user.id, school_id=user.school_id,
            )
            for channel, address in addresses
        ]  # fmt: skip
    with jobs.together():
        mail.post(*found)


def _key(key: str, user: AppUser, channel: str, address: str) -> str:
    """The account's own mail has the name of the notice's: whoever is warned gets no second one."""
    if channel == mail.MAIL and address == user.email:
        return f"{key}:{user.id}"[:120]
    mark = hashlib.sha256(f"{channel}:{address}".encode()).hexdigest()[:10]
    return f"{key[:100]}:{user.id}:{mark}"
