"""What is read of the security log, and by whom (S-13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select

from app.accounts.log_models import SecurityEvent
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.names import spellings
from app.workflow.actor import Actor, Role

LOG_READERS = frozenset({Role.AUDIT})


def events_for(who: Actor) -> Select[SecurityEvent]:
    """The security log is the audit administrators: a school reads what it needs beside its records."""
    if who.role in LOG_READERS:
        return select(SecurityEvent)
    return select(SecurityEvent).where(false())


def named(text: str, most: int = 200) -> list[int]:
    """The accounts that a typed user name or name means: the exact ones, else those that contain it."""
    text = text.strip()
    name = AppUser.last_name + AppUser.first_name
    names = spellings(text)
    for wanted in (
        (func.lower(AppUser.username) == text.lower())
        | func.lower(name).in_([spelled.lower() for spelled in names]),
        or_(
            *(
                c.icontains(spelled, autoescape=True)
                for c, spelled in (
                    (AppUser.username, text),
                    *((name, spelled) for spelled in names),
                )
            )
        ),
    ):
        found = list(db.session.scalars(select(AppUser.id).where(wanted).limit(most)))
        if found:
            return found
    return []


def seen_of(about: str) -> ColumnElement[bool]:
    """The lines of whole numbers of a record that were shown (ADM-10); `about` is its kind and key."""
    return and_(SecurityEvent.event == "reveal", SecurityEvent.details["about"].astext == about)


def seen_of_student(user: AppUser, most: int = 20) -> Sequence[SecurityEvent]:
    """Who saw the whole numbers of the student behind this account within 90 days, the newest first."""
    lately = SecurityEvent.at > clock.now() - timedelta(days=90)
    wanted = select(SecurityEvent).where(seen_of(f"student {user.student_id}"), lately)
    return db.session.scalars(wanted.order_by(SecurityEvent.id.desc()).limit(most)).all()


NOT_OWN = (
    "denied",
    "export",
    "export_fetched",
    "setting",
    "audit_verify",
)  # what a person did elsewhere


def own_events(user: AppUser, before: int, most: int) -> Sequence[SecurityEvent]:
    """What happened to one's own ways in, and who saw one's numbers, within 90 days; the newest first.

    From a line on (`before`). A student's numbers may have been shown before there was an account.
    """
    mine = SecurityEvent.user_id == user.id
    if user.student_id:
        mine = or_(mine, seen_of(f"student {user.student_id}"))
    wanted = select(SecurityEvent).where(
        mine,
        SecurityEvent.at > clock.now() - timedelta(days=90),
        SecurityEvent.event.not_in(NOT_OWN),
    )
    if before:
        wanted = wanted.where(SecurityEvent.id < before)
    return db.session.scalars(wanted.order_by(SecurityEvent.id.desc()).limit(most)).all()
