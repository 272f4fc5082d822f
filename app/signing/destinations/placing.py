"""The placement that a draft of a destination becomes, and what is still missing (DST-02)."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.core import clock
from app.people.students.models import Student
from app.settings.queries import settings
from app.signing.destinations import effects  # noqa: F401 (registers what fills the plan row)
from app.signing.destinations.checks import fields_of, problem, shown
from app.signing.destinations.guards import open_here
from app.signing.destinations.kind_models import DestinationKind
from app.signing.destinations.models import Destination
from app.signing.destinations.queries import (
    files_of,
    plan_code,
)
from app.signing.placements.models import Kind, Placement
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.actor import Actor

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
    probe = placement_of(student, None, settles=True)
    return open_here(probe, who, now) or PLACEMENTS.why_not("submit", probe, who, now)


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


def placement_of(student: Student, draft: Destination | None, *, settles: bool) -> Placement:
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


def _own_code(kind: DestinationKind, student: Student) -> str:
    return plan_code(kind, "", student.graduation_year)


def plan_of(draft: Destination) -> dict[str, str]:
    """The values that fill columns of the plan row (PLN-01)."""
    return {
        field.plan_field: draft.values[field.key]
        for field in fields_of(draft.kind, draft.student.graduation_year)
        if field.plan_field and draft.values.get(field.key)
    }


def kept_as_read(draft: Destination) -> dict[str, object]:
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
