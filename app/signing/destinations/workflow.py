"""Drafts of destinations, and how one is submitted: from then on the placement's rules count."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select

from app.accounts.acts import Birth
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.forms import TOO_LONG
from app.people.students.models import Student
from app.signing.destinations import effects  # noqa: F401 (registers what fills the plan row)
from app.signing.destinations.checks import LONGEST, cleaned, most_of
from app.signing.destinations.guards import same_version
from app.signing.destinations.models import Destination, DestinationFile
from app.signing.destinations.placing import kept_as_read, placement_of, problems, why_not
from app.signing.destinations.queries import (
    draft_of,
    kind_closed,
    kind_of,
)
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

T = TypeVar("T")


def begin(who: Actor, code: str) -> Destination:
    """Begin a draft of that kind, or change the kind of the one begun; what fits both stays; commit.

    Raises NotYours for an unknown kind, Refused where it is not open or nothing may be entered.
    """

    def begun(student: Student) -> Destination:
        kind, now = kind_of(code), clock.now()
        if kind is None:
            raise NotYours(f"kind {code}")
        refusal = why_not(student, who, now) or kind_closed(kind, student)
        if refusal:
            raise Refused(refusal)
        draft = draft_of(student.id)
        if draft is None:
            draft = Destination(
                student_id=student.id,
                kind=kind,
                created_at=now,
                changed_at=now,
                values={},
                kept={},
                version=1,
            )
            db.session.add(draft)
        elif draft.kind_id != kind.id:
            draft.kind, draft.changed_at, draft.version = kind, now, draft.version + 1
        db.session.flush()
        return draft

    return on_own_student(who, begun)


def save(who: Actor, draft_id: int, version: int, typed: dict[str, str]) -> Destination:
    """Keep a draft, half-filled as it may be, and commit; `typed` by the keys of the fields.

    Raises NotYours, Refused for a draft changed in another window, Invalid for what is far too long.
    """

    def saved(student: Student) -> Destination:
        draft = _draft(student, draft_id)
        same_version(draft, version)
        known = {f.key: f for f in draft.kind.fields if f.active and f.key in typed}
        values = {key: cleaned(field, typed[key]) for key, field in known.items()}
        long = [key for key, text in values.items() if len(text) > LONGEST]
        if long:
            raise Invalid([(key, str(TOO_LONG) % {"max": most_of(known[key])}) for key in long])
        draft.values, draft.version = {**draft.values, **values}, version + 1
        draft.changed_at = clock.now()
        return draft

    return on_own_student(who, saved)


def discard(who: Actor, draft_id: int) -> None:
    """Throw a draft away, its files with it, and commit. Raises NotYours."""

    def gone(student: Student) -> None:
        draft = _draft(student, draft_id)
        for file in list(draft.files):
            drop_file(file)
        db.session.delete(draft)

    on_own_student(who, gone)


def drop_file(file: DestinationFile) -> None:
    """Take a file from its draft, in the caller's transaction; the stored bytes go with the next sweep."""
    attachment = file.attachment
    file.destination.files.remove(file)
    db.session.flush()
    db.session.delete(attachment)


def submit(who: Actor, draft_id: int, version: int) -> Placement:
    """Submit the draft as it was previewed, and commit; pressed twice it is submitted once (DST-01).

    Raises NotYours, Refused with the rule's sentence, Invalid with what is missing.
    """

    def submitted(student: Student) -> Placement:
        draft = _draft(student, draft_id, sent_too=True)
        if draft.placement is not None:
            return draft.placement
        same_version(draft, version)
        kind = draft.kind
        refusal = kind_closed(kind, student)
        if refusal:
            raise Refused(refusal)
        found = problems(draft)
        if found:
            raise Invalid(found)
        _drop_strays(draft)
        placement = placement_of(student, draft, settles=kind.settles)
        PLACEMENTS.start("submit", placement, who)
        draft.placement, draft.changed_at = placement, placement.created_at
        draft.kept = kept_as_read(draft)
        return placement

    return on_own_student(who, submitted)


def in_own_draft(who: Actor, draft_id: int, act: Callable[[Destination], T]) -> T:
    """Do something to the person's own locked draft, and commit. Raises NotYours."""
    return on_own_student(who, lambda student: act(_draft(student, draft_id)))


def on_own_student(who: Actor, act: Callable[[Student], T]) -> T:
    """In one transaction with the student's row locked, first of all rows as everywhere."""

    def done() -> T:
        wanted = select(Student).where(Student.id == who.student_id)
        student = db.session.execute(
            wanted.with_for_update(key_share=True, of=Student)
        ).scalar_one_or_none()
        if student is None or who.role is not Role.STUDENT:
            raise NotYours("destination")
        return act(student)

    return committed(done)


def _draft(student: Student, draft_id: int, *, sent_too: bool = False) -> Destination:
    wanted = select(Destination).where(
        Destination.id == draft_id, Destination.student_id == student.id
    )
    if not sent_too:
        wanted = wanted.where(Destination.placement_id.is_(None))
    found = db.session.execute(
        wanted.with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotYours(f"draft {draft_id}")
    return found


def birth(who: Actor, draft_id: int) -> Birth:
    """What the code for submitting stands on: the draft in the version that was previewed."""
    student = db.session.get(Student, who.student_id or 0)
    if student is None:
        raise NotYours("destination")
    draft = _draft(student, draft_id)
    probe = placement_of(student, None, settles=draft.kind.settles)
    probe.employer_name = str(draft.kind.name)
    return Birth(probe, f"{draft.id} {draft.version}", why_not(student, who, clock.now()))


def _drop_strays(draft: Destination) -> None:
    """Files of a kind chosen before are no proofs of this one."""
    asked = {proof.key for proof in draft.kind.proofs}
    for file in list(draft.files):
        if file.proof not in asked:
            drop_file(file)
