"""Telling people: each step of each workflow declares who is told and in which words (NTF-01, NTF-02).

Notices and mail are written in the transaction of the change, once for an event; the worker sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.notices.models import Notice


@dataclass(frozen=True)
class Letter:
    """The words for one receiver of one event: lazy texts with named places, and where to look."""

    subject: Any
    body: Any
    url: str = ""


Receivers = Callable[[Any], Iterable[AppUser]]
Letters = Mapping[str, Mapping[str, Letter]]  # step → receiver → words


def tell(user: AppUser, key: str, letter: Letter, values: Mapping[str, Any]) -> None:
    """Put one event before one account: a notice on the site and, where it has an address, a mail."""
    with force_locale(user.locale or "zh"):
        shown = {name: str(value) for name, value in values.items()}
        subject, body = str(letter.subject) % shown, str(letter.body) % shown
    fresh = db.session.execute(
        insert(Notice)
        .values(
            user_id=user.id,
            key=key,
            subject=subject[:200],
            body=body[:1000],
            url=letter.url % shown if letter.url else "",
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["user_id", "key"])
        .returning(Notice.id)
    ).scalar()
    if fresh is not None and reachable(user.email):
        mail.post(f"{key}:{user.id}", mail.MAIL, user.email, subject[:200], body)


def reachable(email: str | None) -> bool:
    """Whether mail can go there; accounts without an address carry a placeholder that must not be used."""
    return bool(email) and not str(email).endswith("@invalid")
