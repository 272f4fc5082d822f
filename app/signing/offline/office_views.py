"""Employers that students entered on paper and that no register knows: offered to the office (OFF-07)."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.core.errors import Refused
from app.core.named import title_has
from app.fab.columns import CHANGED, ListColumn, Panel, fact
from app.fab.declared import Link, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import dash
from app.fab.views import SafeModelView
from app.people.students.search_views import STUDENT
from app.signing.offline.effects import to_register
from app.signing.offline.evidence import papers_for
from app.signing.placements.models import Placement


class OfferedEmployersView(SafeModelView):
    """One row a paper signing; what is put on the register leaves the list with all its like."""

    datamodel = SafeInterface(Placement)
    route_base = "/offered-employers"
    class_permission_name = "OfferedEmployers"
    list_title, show_title = _l("Employers from paper signings"), _l("Employer of a paper signing")
    columns = (
        ListColumn("employer_name", _l("Employer"), sorts=True, width="roomy", card="title"),
        ListColumn("employer_credit_code", _l("Credit code"), sorts=True, width="number"),
        STUDENT.but(card=""),
        CHANGED.but(card="none"),
        fact("employer_address", _l("Postal address"), dash),
        fact("employer_email", _l("E-mail"), dash),
    )
    panels = (
        Panel(_l("Employer"), "employer_name employer_credit_code employer_address employer_email"),
        Panel(_l("Offline signing"), "student.name changed_at"),
    )
    base_order = ("changed_at", "desc")
    search_hint = _l("Name of the employer")
    tabs = (
        Tab(
            "all", _l("All"), empty=_l("Every employer of a paper signing stands on the register.")
        ),
    )

    def scoped(self) -> Select[Placement]:
        unknown = (Placement.employer_id.is_(None), Placement.employer_credit_code != "")
        return papers_for(actor()).where(*unknown)

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return title_has(Placement.employer_name, text)

    def record_name(self, item: Placement) -> str:
        return str(item.employer_name)

    def head_back(self) -> Link:
        return Link(url_for("EmployersView.list"), _("Employers"))

    @record_action(
        "to_register",
        _l("Add to the register"),
        _l("Compare name and credit code with the licence first. Add it now?"),
        primary=True,
        multiple=False,
    )
    def to_register(self, items: list[Placement]) -> ResponseReturnValue:
        try:
            employer = to_register(items[0].id, actor())
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(self.url("show", pk=items[0].id), 303)
        flash(_("%(name)s is on the register now.", name=employer.name), "success")
        return redirect(url_for("EmployersView.show", pk=employer.id), 303)
