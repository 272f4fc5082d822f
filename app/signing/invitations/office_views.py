"""The invitations to a school's students, for its office to read and to remind of."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.core import clock
from app.fab.columns import ListColumn, Panel, fact, groups_panel, notes_panel, trace_panel
from app.fab.declared import READ_ONLY, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, moment
from app.fab.views import SafeModelView
from app.people.students.search_views import COLLEGE, STUDENT, STUDENT_NO, StudentSearch
from app.signing.invitations.deadlines import untold
from app.signing.invitations.models import CHIPS, RESPONSE_LABELS, Invitation
from app.signing.invitations.narrowing import found_by, in_tab
from app.signing.invitations.queries import invitations_for
from app.signing.invitations.views import OFFICE_WAY, ToldColumn, told_chip, told_fact
from app.signing.invitations.workflow import INVITATIONS
from app.signing.terms.models import BY_NAME, values_of
from app.signing.terms.queries import groups_of
from app.workflow import trail


def _tab(name: str, label: Any) -> Tab:
    return Tab(name, label, lambda: in_tab(name))


def _untold(item: Invitation) -> list[tuple[str, str]] | None:
    """Whether the student was told, and what to do where not."""
    text, way = told_fact(item, OFFICE_WAY) if item.is_open else ("", "")
    return [(f"{text} {way}".strip(), "warn" if way else "info")] if text else None


def _terms(item: Invitation) -> list[object]:
    return list(groups_of(values_of(item.terms), item.student.graduation_year).values())


class InvitationsView(ToldColumn, StepActions, StudentSearch, SafeModelView):
    """Answering is the students', sending the employers' (ACC-10); the office only reminds (AGR-17)."""

    datamodel = SafeInterface(Invitation)
    route_base = "/invitations"
    class_permission_name = "Invitations"
    flow = INVITATIONS
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm"}
    list_title = _l("Invitations")
    show_title = _l("Invitation")
    columns = (
        STUDENT_NO,
        STUDENT.but(label=_l("Name")),
        COLLEGE.but(path="student.college.name", card="none"),
        ListColumn("employer.name", _l("Employer"), width="roomy"),
        ListColumn("terms.position", BY_NAME["position"].label, card="none"),
        ListColumn("sent_at", _l("Invited"), moment, sorts=True, width="number", card="none"),
        ListColumn("reply_by", _l("Answer due"), clock.shown_deadline, sorts=True, width="number"),
        ListColumn("state", _l("Response"), chips(RESPONSE_LABELS, CHIPS), card="status"),
        ListColumn("told", _l("Telling"), told_chip, width="told", out=False),
        fact("opens_at", _l("Can be accepted from"), moment, out=False),
        fact("read_at", _l("Read"), moment, out=False),
    )
    panels = (
        notes_panel(_untold),
        Panel(
            None,
            "student.name student.student_no student.college.name employer.name sent_at "
            "opens_at reply_by read_at state",
        ),
        groups_panel(_terms),
        trace_panel(lambda item: trail.shown("invitation", item.id)),
    )
    base_order = ("sent_at", "desc")
    load_columns = ("read_at", "sent_at")
    search_hint = _l("Student number, name, employer, ID number, phone")
    tabs = (
        _tab("open", _l("Awaiting an answer")),
        Tab(
            "untold",
            _l("Not told yet"),
            untold,
            empty=_l("Every student whose answer is awaited was told, or is being told."),
        ),
        _tab("accepted", _l("Accepted")),
        _tab("over", _l("Declined, expired, withdrawn")),
        _tab("all", _l("All")),
    )

    def scoped(self) -> Select[Invitation]:
        return invitations_for(actor())

    def finds(self, text: str) -> ColumnElement[bool]:
        return found_by(text)

    def record_name(self, item: Invitation) -> str:
        return f"{item.student.name} · {item.employer.name}"
