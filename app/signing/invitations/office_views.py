"""The invitations to a school's students, for its office to read and to remind of."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.core import clock
from app.fab.declared import READ_ONLY, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, moment
from app.fab.views import SafeModelView
from app.people.students.search_views import StudentSearch
from app.signing.invitations.models import CHIPS, RESPONSE_LABELS, Invitation
from app.signing.invitations.queries import found_by, in_tab, invitations_for, untold
from app.signing.invitations.views import OFFICE_WAY, ToldColumn, told_chip, told_fact
from app.signing.invitations.workflow import INVITATIONS
from app.signing.terms.models import values_of
from app.signing.terms.queries import groups_of
from app.workflow import trail


def _tab(name: str, label: Any) -> Tab:
    return Tab(name, label, lambda: in_tab(name))


class InvitationsView(ToldColumn, StepActions, StudentSearch, SafeModelView):
    """Answering is the students', sending the employers' (ACC-10); the office only reminds (AGR-17)."""

    datamodel = SafeInterface(Invitation)
    route_base = "/invitations"
    class_permission_name = "Invitations"
    flow = INVITATIONS
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm"}
    list_title = _l("Invitations")
    show_title = _l("Invitation")
    show_template = "signing/invitations/office_show.html"
    list_columns = ["student.student_no", "student.name", "student.college.name", "employer.name",
                    "terms.position", "sent_at", "reply_by", "state", "told"]  # fmt: skip
    show_columns = ["student.name", "student.student_no", "student.college.name", "employer.name",
                    "sent_at", "opens_at", "reply_by", "read_at", "state"]  # fmt: skip
    order_columns = ["sent_at", "reply_by"]
    search_columns: list[str] = []
    label_columns = {
        "student.student_no": _l("Student number"), "student.name": _l("Name"),
        "student.college.name": _l("College"), "employer.name": _l("Employer"),
        "terms.position": _l("Position"), "sent_at": _l("Invited"),
        "opens_at": _l("Can be accepted from"),
        "reply_by": _l("Answer due"), "read_at": _l("Read"), "state": _l("Response"),
        "told": _l("Telling"),
    }  # fmt: skip
    formatters_columns = {
        "sent_at": moment, "opens_at": moment, "read_at": moment, "reply_by": clock.shown_deadline,
        "state": chips(RESPONSE_LABELS, CHIPS), "told": told_chip,
    }  # fmt: skip
    base_order = ("sent_at", "desc")
    export_never = frozenset({"told"})  # it changes by the minute
    load_columns = ("read_at", "sent_at")
    wide_columns = frozenset(
        {"student.student_no", "student.college.name", "terms.position", "sent_at"}
    )
    cell_classes = {"told": "qq-told", "student.student_no": "qq-number", "student.name": "qq-card-title",
                    "employer.name": "qq-roomy", "sent_at": "qq-number", "reply_by": "qq-number",
                    "state": "qq-card-status"}  # fmt: skip
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

    def scoped(self) -> Select[Any]:
        return invitations_for(actor())

    def finds(self, text: str) -> ColumnElement[bool]:
        return found_by(text)

    def record_name(self, item: Any) -> str:
        return f"{item.student.name} · {item.employer.name}"

    @record_action("nudge", INVITATIONS.step("nudge").label)
    def nudge(self, items: list[Any]) -> Any:
        """Remind the students who have not answered."""
        return self.take("nudge", items)

    def show_context(self, item: Any) -> dict[str, Any]:
        return {
            "told": told_fact(item, OFFICE_WAY) if item.is_open else ("", ""),
            "terms": groups_of(values_of(item.terms), item.student.graduation_year).values(),
            "trace": trail.shown("invitation", item.id),
        }  # fmt: skip
