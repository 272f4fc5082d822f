"""Drafts of destinations, and how one is submitted: from then on the placement's rules count."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import inspect, select

from app.accounts.acts import Birth
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.forms import TOO_LONG
from app.files.documents.models import Attachment
from app.people.students.models import Student
from app.settings.queries import settings
from app.signing.destinations import effects  # noqa: F401 (registers what fills the plan row)
from app.signing.destinations.checks import LONGEST, cleaned, fields_of, most_of, problem, shown
from app.signing.destinations.guards import open_here, same_version
from app.signing.destinations.models import Destination, DestinationFile, DestinationKind
from app.signing.destinations.queries import (
    destination_in,
    draft_of,
    files_of,
    kind_closed,
    kind_of,
    of_placement,
    plan_code,
)
from app.signing.placements.models import Kind, Placement, PlacementState
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

T = TypeVar("T")
FACTS = {  # column of the plan row → column of the placement
    "employer_name": "employer_name",
    "credit_code": "employer_credit_code",
    "employer_kind": "employer_kind",
    "industry": "employer_industry",
    "location": "employer_location",
    "address": "employer_address",
    "postcode": "employer_postcode",
}


def why_not(student: Student, who: Actor, now: datetime) -> str:
    """The sentence why the student cannot register a destination now; empty if it can."""
    probe = _placement(student, None, settles=True)
    return open_here(probe, who, now) or PLACEMENTS.why_not("submit", probe, who, now)


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

    return _mine(who, begun)


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

    return _mine(who, saved)


def discard(who: Actor, draft_id: int) -> None:
    """Throw a draft away, its files with it, and commit. Raises NotYours."""

    def gone(student: Student) -> None:
        draft = _draft(student, draft_id)
        for file in list(draft.files):
            drop_file(file)
        db.session.delete(draft)

    _mine(who, gone)


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
        placement = _placement(student, draft, settles=kind.settles)
        PLACEMENTS.start("submit", placement, who)
        draft.placement, draft.changed_at = placement, placement.created_at
        draft.kept = _kept(draft)
        return placement

    return _mine(who, submitted)


def again(who: Actor, placement_id: int) -> Destination:
    """A new draft with the values and files of one that was not approved, and commit (DST-02).

    Raises NotYours, Refused, also where another draft was begun meanwhile.
    """

    def copied(student: Student) -> Destination:
        placement = destination_in(who, placement_id)
        old = of_placement(placement_id)
        if old is None or placement.state != PlacementState.REFUSED:
            raise Refused(_("Only what was not approved can be corrected and submitted again."))
        refusal = why_not(student, who, clock.now()) or kind_closed(old.kind, student)
        if refusal:
            raise Refused(refusal)
        draft = draft_of(student.id)
        if draft is not None and (draft.kind, draft.values) == (old.kind, old.values):
            return draft  # pressed twice
        if draft is not None:
            raise Refused(_("You have begun another one. Submit it or throw it away first."))
        now = clock.now()
        draft = Destination(
            student_id=student.id,
            kind=old.kind,
            values=dict(old.values),
            kept={},
            created_at=now,
            changed_at=now,
            version=1,
        )
        db.session.add(draft)
        db.session.flush()
        for file in old.files:
            draft.files.append(DestinationFile(attachment=_copy(file, draft), proof=file.proof))
        db.session.flush()
        return draft

    return _mine(who, copied)


def _copy(file: DestinationFile, draft: Destination) -> Attachment:
    """The same stored bytes as a file of the draft."""
    known = inspect(Attachment).column_attrs.keys()
    values = {name: getattr(file.attachment, name) for name in known if name not in ("id", "uid")}
    return Attachment(**values | {"record_id": draft.id, "created_at": draft.created_at})


def problems(draft: Destination) -> list[tuple[str, str]]:
    """What is missing or wrong before the draft can be submitted: (key of the field or proof, sentence)."""
    year = draft.student.graduation_year
    found = [
        (field.key, problem(field, draft.values.get(field.key, ""), year))
        for field in fields_of(draft.kind, year)
    ]
    have = files_of(draft)
    found += [
        (f"proof:{proof.key}", _("Please add “%(proof)s”.", proof=str(proof)))
        for proof in draft.kind.proofs
        if proof.active and proof.required and proof.key not in have
    ]
    return [(place, sentence) for place, sentence in found if sentence]


def in_own_draft(who: Actor, draft_id: int, act: Callable[[Destination], T]) -> T:
    """Do something to the person's own locked draft, and commit. Raises NotYours."""
    return _mine(who, lambda student: act(_draft(student, draft_id)))


def _mine(who: Actor, act: Callable[[Student], T]) -> T:
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
    probe = _placement(student, None, settles=draft.kind.settles)
    probe.employer_name = str(draft.kind.name)
    return Birth(probe, f"{draft.id} {draft.version}", why_not(student, who, clock.now()))


def _placement(student: Student, draft: Destination | None, *, settles: bool) -> Placement:
    """The placement that the draft would become."""
    now, facts = clock.now(), plan_of(draft) if draft else {}
    placement = Placement(
        kind=Kind.DESTINATION,
        school_id=student.school_id,
        college_id=student.college_id,
        major_id=student.major_id,
        student_id=student.id,
        graduation_year=student.graduation_year,
        review=settings(student.school_id).destination_review,
        settles=settles,
        employer_name=str(draft.kind.name) if draft else "",
        employer_credit_code="",
        created_at=now,
        changed_at=now,
    )
    for name, value in facts.items():
        if name in FACTS:
            setattr(placement, FACTS[name], value)
    if draft is not None:
        placement.plan_code = facts.get("destination_code", "") or _own_code(draft.kind, student)
    return placement


def _drop_strays(draft: Destination) -> None:
    """Files of a kind chosen before are no proofs of this one."""
    asked = {proof.key for proof in draft.kind.proofs}
    for file in list(draft.files):
        if file.proof not in asked:
            drop_file(file)


def _own_code(kind: DestinationKind, student: Student) -> str:
    return plan_code(kind, "", student.graduation_year)


def plan_of(draft: Destination) -> dict[str, str]:
    """The values that fill columns of the plan row (PLN-01)."""
    return {
        field.plan_field: draft.values[field.key]
        for field in fields_of(draft.kind, draft.student.graduation_year)
        if field.plan_field and draft.values.get(field.key)
    }


def _kept(draft: Destination) -> dict[str, object]:
    """Labels and texts as they are read now: later changes of the tables never reach them."""
    kind, year = draft.kind, draft.student.graduation_year
    fields = fields_of(kind, year)
    return {
        "type": [kind.type.name, kind.type.name_en],
        "kind": [kind.name, kind.name_en],
        "fields": [
            {
                "key": f.key,
                "label": [f.name, f.name_en],
                "text": shown(f, draft.values.get(f.key, ""), year),
                "wide": f.type == "long",
            }
            for f in fields
        ],
        "proofs": [{"key": p.key, "label": [p.name, p.name_en]} for p in kind.proofs],
        "plan": plan_of(draft),
    }
