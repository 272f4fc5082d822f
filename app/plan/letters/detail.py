"""A forwarding letter as people read it: beside the plan row, and on the student's home page."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.plan.letters.letters import letter_of
from app.plan.letters.models import ForwardingLetter
from app.plan.rows.models import PlanEntry


def letter_facts(letter: ForwardingLetter) -> list[tuple[object, object]]:
    """Where the archive goes and how: number, receiver, courier, tracking number, day."""
    found = [
        (_("Letter number"), letter.number),
        (_("Receiver"), letter.archive_to),
        (_("Courier"), letter.courier),
        (_("Tracking number"), letter.tracking_number or _("not sent yet")),
        (_("Posted on"), letter.sent_on),
    ]
    return [(label, value) for label, value in found if value]


def of_entry(entry: PlanEntry) -> tuple[Any, list[tuple[Any, Any]]] | None:
    """The letter of the graduate's archive, with how it went out."""
    letter = letter_of(entry.student_id)
    return (_("Forwarding letter"), letter_facts(letter)) if letter else None
