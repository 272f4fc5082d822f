"""One student's page: where the signing stands, whose turn it is, and every record it has (AGR-15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from markupsafe import Markup
from sqlalchemy import DateTime, Select, String, cast, func, literal, null

from app.codes import labels
from app.core import clock
from app.fab.columns import Item, Items, Panel, items_panel, notes_panel
from app.fab.per_request import now
from app.fab.presentation import age, chip, moment
from app.fab.security import manager
from app.people.corrections import models as corrections
from app.people.corrections.models import Correction
from app.people.corrections.queries import corrections_for
from app.people.employers.models import Employer
from app.people.students.detail import around_of
from app.people.students.models import Student
from app.plan.rows.models import PLAN_CHIPS, PLAN_STATES, SOURCES, PlanEntry, PlanState, Source
from app.plan.rows.queries import plan_entries_for
from app.signing.destinations.detail import progress as destination_progress
from app.signing.invitations import models as invitations
from app.signing.invitations.deadlines import response_of
from app.signing.invitations.models import Invitation, InvitationState
from app.signing.invitations.queries import invitations_for
from app.signing.objections import models as objections
from app.signing.objections.models import Objection
from app.signing.objections.queries import objections_for
from app.signing.placements.detail import progress
from app.signing.placements.labels import review_of
from app.signing.placements.may_sign import cannot_sign, signing_closed
from app.signing.placements.models import KINDS, Kind, Placement
from app.signing.placements.queries import placements_for
from app.signing.terminations import models as terminations
from app.signing.terminations.models import Termination
from app.signing.terminations.queries import terminations_for
from app.workflow.actor import Actor

OPEN = InvitationState.OPEN
MOST = 50  # of each kind; a person has a handful


@dataclass(frozen=True)
class PersonRecord:
    """A record of the student: what it is called, where it stands, its page."""

    kind: str
    key: int
    name: str
    state: str
    at: datetime
    until: datetime | None
    more: str


def entries(student: Student) -> list[PersonRecord]:
    """All that is kept of a way to a job, the newest first; asked with the rest of the student's page."""
    found = [PersonRecord(*row) for row in around_of(student).records]
    return sorted(found, key=lambda it: (it.at, it.key), reverse=True)


def records(student_id: int, who: Actor) -> list[Any]:
    """Selects of the lines of `PersonRecord`: what the person sees of each kind of record."""
    with_employer = invitations_for(who).join(Employer, Employer.id == Invitation.employer_id)
    with_placement = terminations_for(who).join(Placement, Placement.id == Termination.placement_id)
    parts = [
        _part("invitation", Invitation, with_employer, Employer.name, Invitation.reply_by),
        _part(
            "placement", Placement, placements_for(who), Placement.employer_name,
            more=func.concat(Placement.kind, "|", Placement.review),
        ),
        _part(
            "termination", Termination, with_placement, Placement.employer_name,
            Termination.reply_by, cast(Termination.placement_id, String),
        ),
        _part("objection", Objection, objections_for(who), Objection.employer_name),
        _part("correction", Correction, corrections_for(who), Correction.field),
        _part(
            "plan", PlanEntry, plan_entries_for(who),
            func.coalesce(PlanEntry.employer_name, ""),
            more=func.concat_ws(
                "|", PlanEntry.destination_code, PlanEntry.sources["destination_code"].astext
            ),
        ),
    ]  # fmt: skip
    return [seen.where(model.student_id == student_id) for model, seen in parts]


def _part(
    kind: str, model: Any, seen: Select[Any], name: object, until: object = None, more: object = ""
) -> tuple[Any, Select[Any]]:
    """The model of one kind and its records as lines of `PersonRecord`, of those that the person sees."""
    when = null() if until is None else until
    columns: tuple[Any, ...] = (
        literal(kind), model.id, name, model.state, model.changed_at,
        cast(when, DateTime(timezone=True)), cast(more, String),
    )  # fmt: skip
    return model, seen.with_only_columns(*columns).order_by(model.id.desc()).limit(MOST)


# kind → its name, its page, and the right that the page asks for
PAGES = {
    "invitation": (_l("Invitation"), "InvitationsView.show", "Invitations"),
    "placement": (_l("Signing"), "DeskView.show", "Desk"),
    "termination": (_l("Termination"), "DeskView.show", "Desk"),
    "objection": (_l("Report by the student"), "ObjectionsView.show", "Objections"),
    "correction": (
        lazy_pgettext("record of a student", "Correction"),
        "CorrectionsView.show",
        "Corrections",
    ),
    "plan": (_l("Employment plan"), "PlanView.show", "Plan"),
}


def _item(entry: PersonRecord) -> Item:
    label, page, view = PAGES[entry.kind]
    key = int(entry.more) if entry.kind == "termination" else entry.key
    name, hint, state = _words(entry)
    may = manager().has_access("can_show", view)
    return Item(
        f"{label} · {name}" if name else label,
        url_for(page, pk=key) if may else "",
        hint or moment(entry.at),
        end=state,
    )


def _words(entry: PersonRecord) -> tuple[str, str, Markup]:
    """What it is with, small print, and the chip of its state."""
    if entry.kind == "invitation" and entry.until:
        state = _response(entry)
        hint = _("answer until %(until)s", until=clock.shown_deadline(entry.until))
        state_chip = chip(invitations.RESPONSE_LABELS[state], invitations.CHIPS[state])
        return entry.name, hint if state is OPEN else "", state_chip
    if entry.kind == "placement":
        kind = entry.more.partition("|")[0]
        hint = f"{KINDS[Kind(kind)]} · {moment(entry.at)}"
        return entry.name, hint, chip(*review_of(kind, entry.state))
    if entry.kind == "termination":
        ends = terminations.TerminationState(entry.state)
        return entry.name, "", chip(terminations.LABELS[ends], terminations.CHIPS[ends])
    if entry.kind == "objection":
        told = objections.ObjectionState(entry.state)
        return entry.name, "", chip(objections.LABELS[told], objections.CHIPS[told])
    if entry.kind == "correction":
        asked = corrections.CorrectionState(entry.state)
        field = str(corrections.FIELDS.get(entry.name, entry.name))
        return field, "", chip(corrections.LABELS[asked], corrections.CHIPS.get(asked, "closed"))
    code, _sep, source = entry.more.partition("|")
    name = " ".join(filter(None, (labels.code_text("byqx", code) if code else "", entry.name)))
    hint = _("from: %(source)s", source=SOURCES[Source(source)]) if source else ""
    stands = PlanState(entry.state)
    return name, hint, chip(PLAN_STATES[stands], PLAN_CHIPS.get(stands, "closed"))


def _all(student: Student) -> Items:
    rows = [_item(entry) for entry in entries(student)]
    return Items(rows, _("No invitation, signing or destination yet."))


def _standing(student: Student) -> list[tuple[str, str]]:
    """Where it stands, whose turn it is, and whether employers can invite: the office's first questions."""
    return [
        (sentence, kind) for sentence, kind in (_stands(student), _invitable(student)) if sentence
    ]


def _stands(student: Student) -> tuple[str, str]:
    found = entries(student)
    held = next((it for it in found if it.kind == "placement" and _probe(it).holds_slot), None)
    if held is None:
        return _letters([it for it in found if it.kind == "invitation"]), "info"
    probe = _probe(held)
    words, _chip = review_of(probe.kind, probe.state)
    is_destination = probe.kind == Kind.DESTINATION
    steps = destination_progress(probe) if is_destination else progress(probe, probe.review)
    turn = next((label for label, mark, _note in steps if mark == "now"), "")
    if probe.in_force or not turn:
        return _("Now: %(name)s, %(state)s.", name=held.name, state=words), "info"
    sentence = _(
        "Now: %(name)s, %(state)s, for %(since)s. Next: %(turn)s.",
        name=held.name,
        state=words,
        since=age(held.at),
        turn=turn,
    )
    return sentence, "info"


def _probe(entry: PersonRecord) -> Placement:
    """What the line of steps reads of a placement; never added to the session."""
    kind, _sep, review = entry.more.partition("|")
    return Placement(kind=kind, review=review, settles=True, state=entry.state)


def _letters(letters: Sequence[PersonRecord]) -> str:
    open_now = [it.until for it in letters if it.until and _response(it) is OPEN]
    if not open_now:
        return _("Now: nothing is signed and no invitation is open.")
    return ngettext(
        "Now: %(num)s open invitation. Next: the student answers by %(until)s.",
        "Now: %(num)s open invitations. Next: the student answers, the first by %(until)s.",
        len(open_now),
        until=clock.shown_deadline(min(open_now)),
    )


def _response(entry: PersonRecord) -> InvitationState:
    return response_of(entry.state, entry.until or entry.at, now())


def _invitable(student: Student) -> tuple[str, str]:
    """Whether an employer that types the four fields may invite, or what the student is told instead."""
    why = cannot_sign(student, now()) or signing_closed(student, now())
    if why:
        return (
            _("Employers cannot invite the student. The student is told: “%(why)s”", why=why),
            "warn",
        )
    return (
        _(
            "Employers find the student by school, year %(year)s, the name “%(name)s” and the ID "
            "number or phone as they stand here.",
            year=student.graduation_year,
            name=student.name,
        ),
        "info",
    )


PANELS: tuple[Panel, ...] = (
    notes_panel(_standing),
    items_panel(_l("Invitations, signings, plan"), _all),
)
