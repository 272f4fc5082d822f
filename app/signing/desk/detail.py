"""One placement as the desk shows it: blocks of values, simple checks, the process trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import labels
from app.core import clock
from app.core.names import title_key
from app.fab.presentation import moment
from app.files.documents import files
from app.people.employers.models import Employer
from app.people.reveals.detail import button
from app.people.reveals.workflow import ID_NUMBER, PHONE
from app.signing.destinations import detail as destinations
from app.signing.objections.queries import about, open_objection
from app.signing.offline.detail import no_register
from app.signing.placements.checks import MUST_KNOW, not_made
from app.signing.placements.labels import AGREEMENT_LABELS, review_of
from app.signing.placements.models import KINDS, Kind, Placement, PlacementState
from app.signing.placements.tasks import failure_of
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.detail import applied
from app.signing.terminations.evidence import may_add
from app.signing.terminations.models import CHIPS as TERMINATION_CHIPS
from app.signing.terminations.models import LABELS, TerminationState
from app.signing.terminations.queries import latest, of_placement
from app.signing.terminations.tasks import RECORD
from app.signing.terminations.tasks import failure_of as letter_failure
from app.signing.terms.models import FIELDS, GROUPS, OFFER, asked, values_of
from app.signing.terms.queries import changed, with_unit
from app.workflow import trail
from app.workflow.actor import Actor


@dataclass(frozen=True)
class Block:
    """A card of the detail; items as parts/fields.html takes them."""

    id: str
    title: Any
    items: list[Any]
    columns: int = 2
    note: Any = ""
    files: Any = None


PROOFS = Block("proofs", _l("Proofs"), [], note=_l("Online signings need no proof."))


def heading(placement: Placement) -> list[tuple[str, Any]]:
    """Kind, number, states and moments in one line (INV-24)."""
    signed = placement.kind != Kind.DESTINATION
    agreement = (
        (_("Agreement number"), placement.agreement_no or "–"),
        (_("Agreement"), AGREEMENT_LABELS[PlacementState(placement.state)]),
    )
    return [
        (_("Kind"), KINDS[Kind(placement.kind)]),
        *(agreement if signed else ()),
        (_("Signed on") if signed else _("Submitted on"), moment(placement.created_at)),
        (_("Last change"), moment(placement.changed_at)),
    ]


def statuses(placement: Placement, now: datetime) -> list[tuple[object, str]]:
    """Words and kinds of the chips: the review, a termination, a report (INV-24)."""
    lapsed = PLACEMENTS.lapse(placement, now)
    found = [review_of(placement.kind, lapsed[1] if lapsed else placement.state)]
    last = latest(placement.id)
    if last is not None:
        ends = TerminationState(last.state)
        found.append((LABELS[ends], TERMINATION_CHIPS[ends]))
    if placement.frozen:
        found.append((_("Reported as untrue"), "refused"))
    return found


def report(placement: Placement) -> list[object]:
    """What the student reports as untrue while the school has not answered (INV-20)."""
    found = open_objection(placement_id=placement.id)
    if found is None:
        return []
    return [
        {"label": _("The student writes"), "value": found.reason, "strong": True, "wide": True},
        (_("Reported on"), moment(found.created_at)),
    ]


@dataclass(frozen=True)
class Ending:
    """The last termination as the desk shows it; `adds` where the person may add evidence."""

    id: int
    items: list[Any]
    status: tuple[Any, str]
    files: list[files.Listed]
    letter: int | None
    adds: bool
    mediates: bool


def termination(placement: Placement, who: Actor, now: datetime) -> Ending | None:
    """Who wants what, why and until when; the files of both parties (TRM-02, TRM-03, TRM-09)."""
    last = latest(placement.id)
    if last is None:
        return None
    state = TerminationState(last.state)
    return Ending(
        id=last.id,
        items=applied(placement, last, now),
        status=(LABELS[state], TERMINATION_CHIPS[state]),
        files=files.listed(RECORD, last, who),
        letter=last.id if last.approved_at else None,
        adds=may_add(last, who),
        mediates=state is TerminationState.MEDIATION,
    )


def not_made_of(placement: Placement) -> list[str]:
    """Why its agreement or the letter of its termination could not be made, and who can act (DOC-07)."""
    last = latest(placement.id)
    letter = not_made(letter_failure(last), placement) if last else []
    return not_made(failure_of(placement), placement) or letter


def proposal(placement: Placement, now: datetime) -> dict[str, object] | None:
    """The terms the employer proposes and the student has not answered: old and new (INV-16)."""
    if placement.proposed is None or placement.terms is None or placement.answer_by is None:
        return None
    until = clock.shown_deadline(placement.answer_by)
    over, year = now >= placement.answer_by, placement.graduation_year
    return {
        "rows": [
            (label, old or "–", new or "–")
            for label, old, new in changed(placement.terms, placement.proposed, year)
        ],
        "note": _("Not answered by %(until)s: the old terms stay.", until=until)
        if over
        else _("The student has until %(until)s to answer; the review waits.", until=until),
    }


def blocks(placement: Placement, who: Actor) -> list[Block]:
    """Student, employer, terms, archive, household, proofs: the manual's order (AGR-03)."""
    student = Block("student", _("Student"), _student(placement), 3)
    if placement.kind == Kind.DESTINATION:
        title, items, files = destinations.block(placement, who)
        return [student, Block("destination", title, items), Block("proofs", "", [], files=files)]
    return [
        student,
        Block("employer", _("Employer"), _employer(placement), note=no_register(placement)),
        *_terms(placement),
        *([PROOFS] if placement.kind == Kind.ONLINE else []),
    ]


def _student(placement: Placement) -> list[object]:
    student = placement.student
    return [
        {"label": _("Name"), "value": student.name, "strong": True},
        (_("Student number"), student.student_no),
        {
            "label": student.id_label,
            "value": student.id_number_masked,
            "extra": button("student", student.id, ID_NUMBER, student.id_number_masked),
        },
        (_("Sex"), labels.code("xb", student.sex, student.graduation_year)),
        (_("College"), placement.college.name),
        (_("Major"), placement.major.name),
        (_("Class"), student.class_name),
        (_("Level of education"), labels.code("xl", student.education, student.graduation_year)),
        (_("Graduation year"), student.graduation_year),
        (_("Training mode"), labels.code("pyfs", student.training_mode, student.graduation_year)),
        {
            "label": _("Phone"),
            "value": student.phone_masked,
            "extra": button("student", student.id, PHONE, student.phone_masked),
        },
        (_("E-mail"), student.email),
    ]


def _employer(placement: Placement) -> list[object]:
    employer, name = placement.employer, placement.employer_name
    paper = placement.terms if placement.kind == Kind.OFFLINE else None  # what was typed
    facts = {
        "employer_kind": labels.code("dwxz", placement.employer_kind, placement.graduation_year),
        "employer_industry": labels.code(
            "dwhy", placement.employer_industry, placement.graduation_year
        ),
        "employer_location": labels.region(placement.employer_location),
    }
    missing = _("to be filled in")
    return [
        {"label": _("Employer name"), "value": name, "strong": True, "wide": True},
        *(
            [(_("Present name"), employer.name)]
            if employer and title_key(employer.name) != title_key(name)
            else []
        ),
        (_("Credit code"), placement.employer_credit_code),
        *(
            {"label": _FACTS[fact], "value": facts[fact], "missing": "" if facts[fact] else missing}
            for fact, _label in MUST_KNOW
        ),
        (_("Address"), placement.employer_address or (employer and employer.address)),
        (_("Contact"), paper.contact_name if paper else employer and employer.contact_name),
        _contact_phone(paper, employer),
        (_("E-mail"), placement.employer_email or (employer and employer.email)),
    ]


def _contact_phone(paper: Any, employer: Employer | None) -> dict[str, object]:
    """Of a paper agreement as the student typed it; of an employer with an account, masked."""
    masked = None if paper or employer is None else employer.contact_phone_masked
    return {
        "label": _("Phone"),
        "value": paper.contact_phone if paper else masked,
        "extra": button("employer", employer.id, PHONE, masked) if employer and masked else "",
    }


_FACTS = {
    "employer_kind": _l("Nature"),
    "employer_industry": _l("Industry"),
    "employer_location": _l("Region"),
}


def _terms(placement: Placement) -> list[Block]:
    if placement.terms is None:
        return []
    values, year = values_of(placement.terms), placement.graduation_year
    return [
        Block(
            group,
            title,
            [
                {
                    "label": field.label,
                    "value": with_unit(field, values[field.name], year),
                    "strong": field.large,
                    "wide": field.length > 60 and group != OFFER,
                }
                for field in FIELDS
                if field.group == group and asked(field, values)
            ],
            3 if group == OFFER else 2,
        )
        for group, title in GROUPS.items()
    ]


# what another record's row says already
SILENT = {"placement": ("end", "revive", "void"), "invitation": ("void",)}


def trace(placement: Placement) -> list[trail.TrailLine]:
    """Who did what, when and why, newest first: invitation, placement, terminations, reports."""
    records = [("placement", placement.id)]
    if placement.invitation_id:
        records.append(("invitation", placement.invitation_id))
    records += [("termination", t.id) for t in of_placement(placement.id)]
    records += [("objection", o.id) for o in about(placement.id, placement.invitation_id)]
    return [
        trail.line(row, placement.kind, staff=True)
        for row in trail.of_all(records)
        if row.step not in SILENT.get(row.kind, ())
        and (row.from_state or row.kind != "placement" or not placement.invitation_id)
    ]  # a placement's birth is the acceptance of its invitation
