"""Archive forwarding letters: the list, and what is made of them. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.fab.columns import ListColumn, Panel, fact
from app.fab.declared import READ_ONLY, Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import dash, moment
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, years
from app.people.students.search_views import COLLEGE, STUDENT, STUDENT_NO, StudentSearch
from app.plan.letters import letters
from app.plan.letters.models import ForwardingLetter
from app.plan.letters.sheets import COURIER


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: letters.in_tab(name), empty=empty)


class LettersView(StudentSearch, SafeModelView):
    """The letters that were numbered, with receiver and tracking number (PLN-10)."""

    datamodel = SafeInterface(ForwardingLetter)
    route_base = "/plan/letters"
    class_permission_name = "PlanLetters"
    include_route_methods = READ_ONLY
    list_title, show_title = _l("Forwarding letters"), _l("Forwarding letter")
    columns = (
        ListColumn(
            "number",
            _l("Letter number"),
            sorts=True,
            width="number",
            card="status",
            head=COURIER.head("number"),
        ),
        STUDENT.but(head=COURIER.head("student")),
        STUDENT_NO,
        COLLEGE.but(card="none"),
        ListColumn("archive_to", _l("Receiver"), width="roomy"),
        ListColumn(
            "tracking_number",
            _l("Tracking number"),
            dash,
            width="number",
            head=COURIER.head("tracking_number"),
        ),
        ListColumn("courier", _l("Courier"), dash, card="none", head=COURIER.head("courier")),
        ListColumn("sent_on", _l("Posted on"), dash, card="none", head=COURIER.head("sent_on")),
        ListColumn("made_at", _l("Made"), moment, sorts=True, width="number", card="none"),
        fact("graduation_year", _l("Graduation year")),
        fact("archive_address", _l("Forwarding address"), dash),
        fact("archive_postcode", _l("Forwarding postcode"), dash),
        fact("contact", _l("Forwarding contact"), dash),
        fact("phone", _l("Forwarding telephone"), dash),
    )
    panels = (
        Panel(_l("Student"), "student.name student.student_no college.name graduation_year"),
        Panel(
            _l("Forwarding letter"),
            "number made_at archive_to archive_address archive_postcode contact phone",
        ),
        Panel(_l("Posting"), "courier tracking_number sent_on"),
    )
    export_sheet = COURIER.name
    base_order = ("made_at", "desc")
    search_hint = _l("Student number, name, letter or tracking number")
    tabs = (
        Tab("all", _l("All"), empty=_l("No forwarding letter has been made yet.")),
        _tab("waiting", _l("Not posted"), _l("No letter waits to be sent.")),
        _tab("sent", _l("Posted"), _l("No tracking number has come back yet.")),
        _tab("void", _l("Void"), _l("No letter was replaced by another.")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), ForwardingLetter.college_id, colleges),
        ListFilter("year", _l("All years"), ForwardingLetter.graduation_year, years),
    )

    def scoped(self) -> Select[ForwardingLetter]:
        return letters.letters_for(actor())

    def finds(self, text: str) -> ColumnElement[bool]:
        return super().finds(text) | letters.numbered(text)

    def record_name(self, item: ForwardingLetter) -> str:
        return f"{item.number} {item.student.name}"

    def head_back(self) -> Link:
        return Link(url_for("PlanView.list"), _("Employment plan"))

    def head_links(self) -> list[Link]:
        manager = self.appbuilder.sm
        found = []
        if manager.has_access("can_index", "PlanLetterWork"):
            found.append(
                Link(url_for("LetterWorkView.index"), _("Make letters and courier sheets"))
            )
            found.append(Link(url_for("ImportsView.begin", name="courier"), _("Tracking numbers")))
        return found


def plan_link(manager: Any) -> Link | None:
    may = manager.has_access("can_list", LettersView.class_permission_name)
    return Link(url_for("LettersView.list"), _("Forwarding letters")) if may else None
