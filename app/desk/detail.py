"""One placement as the desk shows it: blocks of values, simple checks, the process trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.core import clock
from app.people.checks import is_credit_code
from app.people.models import ORIGIN_STATES, OriginState, TrainingMode
from app.placements.checks import MUST_KNOW
from app.placements.models import (
    AGREEMENT_LABELS,
    CHIPS,
    KINDS,
    REVIEW_LABELS,
    Kind,
    Placement,
    PlacementState,
)
from app.placements.queries import signings_of
from app.termination.models import CHIPS as TERMINATION_CHIPS
from app.termination.models import LABELS, WAYS, Termination, TerminationState, Way
from app.termination.queries import of_placement
from app.terms.models import FIELDS, GROUPS, OFFER, asked, differences, values_of
from app.terms.queries import shown, with_unit
from app.workflow.actor import Role
from app.workflow.models import Trail
from app.workflow.queries import said, trail_of

DONE = ("attest", "approve")
FACTORS = {"sms": _l("confirmed by SMS code"), "mail": _l("confirmed by e-mail code")}


@dataclass(frozen=True)
class Block:
    """A card of the detail; items as parts/fields.html takes them."""

    id: str
    title: Any
    items: list[Any]
    columns: int = 2
    note: Any = ""


@dataclass(frozen=True)
class Check:
    """A simple fact that a reviewer looks at first; it hints and never bars."""

    label: str
    good: bool


def heading(placement: Placement) -> list[tuple[str, Any]]:
    """Kind, number, states and moments in one line (INV-24)."""
    state = PlacementState(placement.state)
    return [
        (_("Agreement number"), placement.agreement_no or "–"),
        (_("Kind"), KINDS[Kind(placement.kind)]),
        (_("Agreement"), AGREEMENT_LABELS[state]),
        (_("Signed on"), _moment(placement.created_at)),
        (_("Last change"), _moment(placement.changed_at)),
    ]


def status(placement: Placement) -> tuple[Any, str]:
    """Words and kind of the chip."""
    state = PlacementState(placement.state)
    return REVIEW_LABELS[state], CHIPS[state]


def blocks(placement: Placement) -> list[Block]:
    """Student, employer, terms, archive, household, proofs: the manual's order (AGR-03)."""
    return [
        Block("student", _("Student"), _student(placement), 3),
        Block("employer", _("Employer"), _employer(placement)),
        *_terms(placement),
        Block("proofs", _("Proofs"), [], note=_("Online signings need no proof.")),
    ]


def _student(placement: Placement) -> list[Any]:
    student = placement.student
    return [
        {"label": _("Name"), "value": student.name, "strong": True},
        (_("Student number"), student.student_no),
        (_("ID number"), student.id_number_masked),
        (_("Sex"), codes.name("xb", student.sex)),
        (_("College"), placement.college.name),
        (_("Major"), placement.major.name),
        (_("Class"), student.class_name),
        (_("Level of education"), codes.name("xl", student.education)),
        (_("Graduation year"), student.graduation_year),
        (_("Training mode"), codes.name("pyfs", student.training_mode)),
        (_("Phone"), student.phone_masked),
        (_("E-mail"), student.email),
    ]


def _employer(placement: Placement) -> list[Any]:
    employer = placement.employer
    facts = {
        "employer_kind": codes.name("dwxz", placement.employer_kind),
        "employer_industry": codes.name("dwhy", placement.employer_industry),
        "employer_location": codes.region_name(placement.employer_location),
    }
    missing = _("to be filled in")
    return [
        {
            "label": _("Employer name"),
            "value": placement.employer_name,
            "strong": True,
            "wide": True,
        },
        (_("Credit code"), placement.employer_credit_code),
        *(
            {"label": _FACTS[name], "value": facts[name], "missing": "" if facts[name] else missing}
            for name, _label in MUST_KNOW
        ),
        (_("Address"), employer and employer.address),
        (_("Contact"), employer and employer.contact_name),
        (_("Phone"), employer and employer.contact_phone_masked),
        (_("E-mail"), employer and employer.email),
    ]


_FACTS = {
    "employer_kind": _l("Nature"),
    "employer_industry": _l("Industry"),
    "employer_location": _l("Region"),
}


def _terms(placement: Placement) -> list[Block]:
    if placement.terms is None:
        return []
    values = values_of(placement.terms)
    return [
        Block(
            group,
            title,
            [
                {"label": field.label, "value": with_unit(field, values[field.name]),
                 "strong": field.large, "wide": field.length > 60 and group != OFFER}
                for field in FIELDS
                if field.group == group and asked(field, values)
            ],
            3 if group == OFFER else 2,
        )
        for group, title in GROUPS.items()
    ]  # fmt: skip


def checks(placement: Placement) -> list[Check]:
    """What a reviewer would look up: mode, origin, credit code, employer's check, the slot."""
    student, employer = placement.student, placement.employer
    approved_by = employer.school.name if employer and employer.profile_at else ""
    return [
        Check(
            codes.name("pyfs", student.training_mode), student.training_mode == TrainingMode.OPEN
        ),
        Check(
            _("Origin record: %(state)s", state=ORIGIN_STATES[OriginState(student.origin_state)]),
            student.origin_state == OriginState.APPROVED,
        ),
        _credit_code(placement.employer_credit_code),
        Check(
            _("Employer checked by %(school)s", school=approved_by)
            if approved_by
            else _("Employer not checked by any school"),
            bool(approved_by),
        ),
        Check(_("Only placement of the student"), signings_of(student.id) <= 1),
    ]


def _credit_code(code: str) -> Check:
    good = is_credit_code(code)
    return Check(_("Credit code is valid") if good else _("Credit code is wrong"), good)


def proposal(placement: Placement) -> list[tuple[Any, str, str]]:
    """What an open amendment would change: label, old, new (INV-16)."""
    if placement.proposed is None or placement.terms is None:
        return []
    found = differences(placement.terms, placement.proposed)
    return [(f.label, shown(f, old), shown(f, new)) for f, old, new in found]


def termination(found: Termination | None) -> dict[str, Any] | None:
    """The last termination: who applied, why, since when, and where it stands."""
    if found is None:
        return None
    state = TerminationState(found.state)
    starter = {Role.STUDENT: _("Student"), Role.EMPLOYER: _("Employer")}
    items = [
        (_("Applied by"), starter.get(Role(found.started_by), _("School"))),
        (_("Applied on"), _moment(found.created_at)),
        (_("Way"), WAYS[Way(found.way)]),
        (_("To be answered by"), clock.shown_deadline(found.reply_by)),
        {"label": _("Reason"), "value": found.reason, "wide": True},
    ]
    return {"items": items, "label": LABELS[state], "kind": TERMINATION_CHIPS[state]}


def trace(placement: Placement) -> list[dict[str, Any]]:
    """Who did what, when and why, newest first: invitation, placement and terminations together."""
    rows = [*trail_of("invitation", placement.invitation_id)] if placement.invitation_id else []
    rows += [
        row
        for row in trail_of("placement", placement.id)
        if row.from_state or not placement.invitation_id  # its birth is the acceptance above
    ]
    for one in of_placement(placement.id):
        rows += trail_of("termination", one.id)
    return [_line(row) for row in sorted(rows, key=lambda row: row.id, reverse=True)]


def _line(row: Trail) -> dict[str, Any]:
    refusing = row.step.startswith(("refuse", "decline", "withdraw", "expire", "reopen", "force"))
    hints = row.details.get("hints")
    noted = _("Hints at the time: %(hints)s", hints=_(", ").join(hints)) if hints else ""
    return {
        "who": _("System") if row.actor_role == Role.SYSTEM else row.actor_name,
        "what": said(row),
        "when": clock.local(row.at),
        "note": " ".join(filter(None, (row.reason, noted))),
        "factor": str(FACTORS.get(row.factor, "")),
        "kind": "refused" if refusing else "done" if row.step.startswith(DONE) else "turn",
    }


def _moment(moment: Any) -> str:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M")
