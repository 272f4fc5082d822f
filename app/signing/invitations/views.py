"""What pages show of an invitation and of its people: texts ready for the templates, no rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app.codes import labels
from app.core import clock
from app.core.text import mask_all_but_end
from app.fab.columns import ListColumn
from app.notices.fates import REACHED
from app.people.employers.models import Employer
from app.people.students.models import Student
from app.signing.invitations import deadlines
from app.signing.invitations.models import CHIPS, RESPONSE_LABELS, Invitation
from app.signing.invitations.notices import reach_of_students
from app.signing.placements.labels import AGREEMENT_LABELS, REVIEW_LABELS
from app.signing.placements.labels import CHIPS as REVIEW_CHIPS
from app.signing.placements.models import KINDS, Kind, PlacementState
from app.signing.terms.models import BY_NAME, FIELDS
from app.signing.terms.queries import groups_of
from app.workflow import trail
from app.workflow.models import Trail

LABELS = {field.name: field.label for field in FIELDS}


def now() -> datetime:
    """One reading of the clock a request."""
    if "now" not in g:
        g.now = clock.now()
    return g.now  # type: ignore[no-any-return]


def local(moment: datetime) -> str:
    """Day and minute as people in China read them."""
    return clock.local(moment).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Person:
    """A student as an employer sees it before acceptance: no number, masked or not (INV-02, S-10)."""

    name: str
    school: str
    year: int
    college: str
    education: str
    major: str


def person(student: Student) -> Person:
    """The student without any number: a mask would tell which guesses are worth trying."""
    return Person(
        name=student.name,
        school=student.school.name,
        year=student.graduation_year,
        college=student.college.name,
        education=labels.code("xl", student.education),
        major=student.major.name,
    )


def letter_of(values: dict[str, Any], employer: str, year: int) -> dict[str, object]:
    """The letter as its reader, a graduate of that year, sees it."""
    return {
        "employer": employer,
        "position": values["position"],
        "until": clock.shown_deadline(clock.deadline(now(), values["reply_days"])),
        "date": clock.local(now()).strftime("%Y-%m-%d"),
        "groups": list(groups_of(values, year).values()),
    }


def chip(label: Any, kind: str) -> Markup:
    """A state as a coloured word."""
    return Markup('<span class="qq-chip qq-chip-{}">{}</span>').format(kind, str(label))


def response_text(answer: tuple[str, Any]) -> tuple[str, str]:
    """The response state in words, and its colour."""
    state = deadlines.response_of(*answer, now())
    return str(RESPONSE_LABELS[state]), CHIPS[state]


class ToldColumn:
    """Mixin of SafeModelView: the column «told» of a list of letters, asked once for the page (NTF-05)."""

    def prepare_rows(self, items: list[Any], columns: list[ListColumn]) -> None:
        if any(column.path == "told" for column in columns):
            g.reach_of_students = reach_of_students(items)


def told_chip(key: int) -> Markup:
    """How far the letter of that number on the page has come."""
    reach = g.get("reach_of_students", {}).get(key)
    if reach is None:
        return Markup("–")
    why = (
        Markup('<span class="qq-hint qq-told-why">{}</span>').format(reach.why) if reach.why else ""
    )
    return chip(reach.state, reach.chip) + why


NEXT_WAY = _l("Call the student, or ask the school's employment office to do it.")
OFFICE_WAY = _l(
    "Call the student, or enter an e-mail or a phone on its page: it is told by itself then."
)


def told_fact(item: Invitation, next_way: object = NEXT_WAY) -> tuple[object, str]:
    """The letter's telling as a chip, and what can be done where nobody was reached."""
    reach = reach_of_students([item])[item.id]
    return chip(reach.label, reach.chip), "" if reach.fate in REACHED else str(next_way)


def review_text(state: str | None) -> tuple[str, str]:
    """The review state in words, and its colour; a dash before acceptance."""
    if state is None:
        return "—", ""
    return str(REVIEW_LABELS[PlacementState(state)]), REVIEW_CHIPS[PlacementState(state)]


def review_chip(state: str | None) -> str:
    """The review state as a chip."""
    label, kind = review_text(state)
    return chip(label, kind) if kind else ""


def agreement(item: Invitation, position: str) -> list[tuple[str, str]]:
    """The facts of the agreement; what is not there yet stays empty."""
    placement = item.placement
    state = AGREEMENT_LABELS[PlacementState(placement.state)] if placement else _("Not in force")
    return [
        (_("Kind"), str(KINDS[Kind.ONLINE])),
        (_("Agreement number"), (placement and placement.agreement_no) or ""),
        (_("Agreement"), str(state)),
        (BY_NAME["position"].label, position),
        (_("Sent on"), local(item.sent_at)),
        (_("Signed on"), local(placement.created_at) if placement else ""),
    ]


def party_a(employer: Employer, terms: Any) -> list[tuple[str, str]]:
    """The employer, as the agreement names it."""
    return [
        (_("Name of the employer"), employer.name),
        (_("Unified social credit code"), employer.credit_code),
        (_("Nature"), labels.code("dwxz", employer.kind)),
        (_("Industry"), labels.code("dwhy", employer.industry)),
        (_("Location"), labels.region(employer.location)),
        (BY_NAME["contact_name"].label, terms.contact_name),
    ]


def party_b(student: Any, *, own: bool = False, signed: bool = False) -> list[tuple[str, str]]:
    """The student: its own page has the usual masks, an employer's the last signs once it is `signed`."""
    number, phone = student.id_number_masked or "", student.phone_masked or ""
    if not own:
        number, phone = (mask_all_but_end(number), phone) if signed else ("", "")
    return [
        (_("Name of the student"), student.name),
        (_("School"), student.school.name),
        (_("College"), student.college.name),
        (_("Major"), f"{student.major.name} · {labels.code('xl', student.education)}"),
        (_("Graduation year"), str(student.graduation_year)),
        *([(student.id_label, number)] if number else []),
        *([(_("Telephone"), phone)] if phone else []),
    ]


def history(item: Invitation) -> list[trail.TrailLine]:
    """The trace of the invitation and of the signing it led to, newest first."""
    records = [("invitation", item.id)]
    if item.placement:
        records.append(("placement", item.placement.id))
    return [trail.line(row) for row in trail.of_all(records)]


def extended(row: Trail) -> str:
    """From when to when the time to answer was extended."""
    was, until = row.details.get("extended") or ("", "")
    if not was:
        return ""
    return _(
        "To be answered until %(until)s instead of %(was)s",
        was=clock.shown_deadline(datetime.fromisoformat(was)),
        until=clock.shown_deadline(datetime.fromisoformat(until)),
    )
