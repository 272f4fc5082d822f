"""The two editions of a document: whole personal numbers for who needs them, masked ones for all others.

Both are one document: one number, one verification code, one digest of what was agreed; each file is
registered by its own SHA-256, so either proves itself (DOC-04, DOC-08). The full one is kept encrypted,
is made with the masked one, and is read by nobody whom the school's setting does not name.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import security_log
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.text import clean_line
from app.settings.queries import settings
from app.workflow.actor import STAFF, Actor, Role

PURPOSE = 100  # characters


class Edition(StrEnum):
    """Which numbers a document shows."""

    MASKED = "masked"
    FULL = "full"


EDITIONS = {Edition.MASKED: _l("masked edition"), Edition.FULL: _l("full edition")}
PRINTED = {
    Edition.MASKED: "脱敏版",
    Edition.FULL: "完整版",
}  # a document is Chinese in any language
# role → the setting of the school that lets it have the full edition
GIVEN = {
    Role.STUDENT: "full_students",
    Role.EMPLOYER: "full_employers",
    Role.SCHOOL: "full_school",
    Role.COLLEGE: "full_college",
    Role.DATA: "full_data",
    Role.PROVINCE: "full_province",
}


def may_have_full(who: Actor, school_id: int) -> bool:
    """Whether that school lets this role have the full edition; whose document it is others ask (ACC-02)."""
    name = GIVEN.get(who.role)
    return name is not None and bool(getattr(settings(school_id), name))


def refuse_full(who: Actor, school_id: int) -> None:
    """Raise Refused where the school does not let this role have the full edition."""
    if not may_have_full(who, school_id):
        raise Refused(_("By the school's setting you get the masked edition of this document."))


def whole(data: dict[str, Any], student: Any) -> dict[str, object]:
    """The printed data with the student's whole numbers; the digest stays that of what was agreed."""
    person = {**data["student"], "id_number": student.id_number or ""}
    if "phone" in person:
        person["phone"] = student.phone or ""
    return {**data, "student": person, "edition": PRINTED[Edition.FULL]}


def checked_purpose(text: str) -> str:
    """What staff need the numbers for. Raises Invalid."""
    purpose = clean_line(text)
    if len(purpose) < 2 or len(purpose) > PURPOSE:
        sentence = _(
            "Say in 2 to %(most)s characters what the full edition is needed for.", most=PURPOSE
        )
        raise Invalid([("purpose", sentence)])
    return purpose


def note(who: Actor, title: str, purpose: str = "", rows: int = 1) -> None:
    """Keep who took whole numbers with which document, and what for; commits (RPT-05, ADM-07).

    A student's own numbers are no secret to it.
    """
    if who.role is not Role.STUDENT:
        more: dict[str, Any] = {"purpose": purpose} if purpose else {}
        security_log.note("reveal", who=who, title=title, rows=rows, **more)
    db.session.commit()


def asks_purpose(who: Actor) -> bool:
    """Parties have their own document without saying why; staff say it."""
    return who.role in STAFF


def named(name: str, edition: Edition) -> str:
    """A file name that says which edition it is."""
    stem, _dot, ending = name.rpartition(".")
    return f"{stem}-{PRINTED[edition]}.{ending}"


Whole = Callable[[dict[str, Any]], dict[str, Any]]
