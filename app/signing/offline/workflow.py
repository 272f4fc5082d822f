"""Entering and generating a paper agreement, and the employer's one-time link; commits (OFF-01…07)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from app.accounts.acts import Birth
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.limits import Limit
from app.people.students.models import Student
from app.settings.queries import settings
from app.signing.offline.models import Entry
from app.signing.offline.queries import (
    entry_of,
    known_employer,
    locked_student,
)
from app.signing.placements.checks import known_in
from app.signing.placements.models import Kind, Placement, PlacementState
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import FIELDS, Terms
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

NOT_ON_PAPER = {field.name: 0 for field in FIELDS if not field.on_paper}

LOOKUPS = Limit("employer lookup", 60, timedelta(hours=1))  # of one student
S = PlacementState


@dataclass(frozen=True)
class Filled:
    """A whole form: the terms, and the employer's facts as the placement names them."""

    terms: dict[str, Any]
    facts: dict[str, str]


def draft(student: Student, filled: Filled | None = None) -> Placement:
    """The placement as it would be generated now; of no session (OFF-02, OFF-07)."""
    now, known = clock.now(), None
    facts: dict[str, Any] = dict(filled.facts) if filled else {}
    if filled:
        known = known_employer(facts["employer_credit_code"])
        facts |= facts_of(known, student.graduation_year) if known else {}
        facts["employer_email"] = facts["employer_email"] or None
    placement = Placement(
        kind=Kind.OFFLINE,
        school_id=student.school_id,
        college_id=student.college_id,
        major_id=student.major_id,
        student_id=student.id,
        graduation_year=student.graduation_year,
        review=settings(student.school_id).offline_review,
        employer_id=known.id if known else None,
        created_at=now,
        **facts,
    )
    placement.student, placement.school = student, student.school
    if filled:
        placement.terms = Terms(**filled.terms, **NOT_ON_PAPER, created_at=now)
    return placement


def facts_of(known: Any, year: int) -> dict[str, str]:
    """What the register says of an employer: its name and, where they are known, its kinds (OFF-07).

    What the edition of the graduation year does not have, the student chooses (PLN-11).
    """
    facts = {
        "employer_name": known.name,
        "employer_kind": known.kind,
        "employer_industry": known.industry,
        "employer_location": known.location,
    }
    return {name: value for name, value in known_in(year, facts).items() if value}


def why_not_enter(student: Student, actor: Actor, now: datetime) -> str:
    """The sentence why no paper agreement can be entered now; empty if one can (OFF-01, INV-19)."""
    return PLACEMENTS.why_not("generate", draft(student), actor, now)


def birth(actor: Actor, entry_id: int) -> Birth:
    """What the code for generating stands on: the form in the version that was previewed."""
    student = db.session.get(Student, actor.student_id or 0)
    entry = entry_of(student.id) if student is not None else None
    if student is None or entry is None or entry.id != entry_id:
        raise NotYours(f"entry {entry_id}")
    probe = draft(student)
    probe.employer_name = str(entry.values.get("employer_name", ""))
    return Birth(probe, f"{entry.id} {entry.version}", why_not_enter(student, actor, clock.now()))


def save(actor: Actor, values: dict[str, str], version: int, writer: str, *, late: bool) -> Entry:
    """Keep what was typed, whole or not, and commit; nothing of it is checked (OFF-01).

    `late` savings are made by the page itself: one that comes after a newer one, even of the same
    window, is dropped. Raises Refused where another window saved, or nothing can be entered now.
    """

    def saved() -> Entry:
        student = locked_student(actor)
        now = clock.now()
        refusal = why_not_enter(student, actor, now)
        if refusal:
            raise Refused(refusal)
        entry = entry_of(student.id) or _new(student, now)
        if entry.version != version and (late or not writer or entry.writer != writer):
            raise Refused(
                _(
                    "Another window saved this form at %(at)s.",
                    at=clock.local(entry.changed_at).strftime("%H:%M"),
                )
            )
        if entry.values != values:
            entry.values, entry.version = values, entry.version + 1
            entry.writer, entry.changed_at = writer[:32], now
        return entry

    return committed(saved)


def _new(student: Student, now: datetime) -> Entry:
    entry = Entry(
        school_id=student.school_id,
        student_id=student.id,
        values={},
        version=0,
        writer="",
        created_at=now,
        changed_at=now,
    )
    db.session.add(entry)
    return entry


def generate(actor: Actor, filled: Filled, version: int, *, agreed: bool) -> Placement:
    """Generate the agreement from the saved form, once, and commit (OFF-02).

    A second click, a second window or a reload gets the one that was generated. `version` is that of
    the form the person previewed. Raises Refused, Invalid.
    """

    def generated() -> Placement:
        student = locked_student(actor)
        entry = entry_of(student.id)
        if entry is None:
            raise NotYours("entry")
        if entry.placement is not None and entry.placement.holds_slot:
            return entry.placement
        if entry.version != version:
            raise Refused(
                _("The form was changed since this preview. Look at the new preview first.")
            )
        if not agreed:
            raise Invalid([("agreed", _("Please tick that you have read the notice."))])
        placement = draft(student, filled)
        _keep_terms(placement, actor)
        PLACEMENTS.start("generate", placement, actor)
        entry.placement_id, entry.version = placement.id, entry.version + 1
        return placement

    return committed(generated)


def _keep_terms(placement: Placement, actor: Actor) -> None:
    terms = placement.terms
    assert terms is not None
    terms.created_by = actor.user_id
    db.session.add(terms)
    db.session.flush([terms])
    placement.terms_id = terms.id


def look_up(actor: Actor, credit_code: str) -> dict[str, str]:
    """The facts of a known employer, as the form names them; empty if none is known (OFF-07).

    What belongs to a person there, such as its telephone, is not given out. Raises Refused.
    """
    if not LOOKUPS.take(actor.user_id):
        raise Refused(_("You have looked up too many employers. Wait an hour, or type the facts."))
    known = known_employer(credit_code) if actor.role is Role.STUDENT else None
    if known is None:
        return {}
    also = {"employer_address": known.address, "employer_postcode": known.postcode}
    year = db.session.get_one(Student, actor.student_id).graduation_year
    return facts_of(known, year) | {name: value for name, value in also.items() if value}
