"""Schools, colleges and majors: lists, details, and the forms that keep them (ADM-01)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import Select

from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Refused
from app.fab.columns import ListColumn, Panel
from app.fab.declared import READ_ONLY, Link, ListFilter, record_action
from app.fab.editing import RuledForms
from app.fab.interface import SafeInterface
from app.fab.per_request import now, once
from app.fab.presentation import dash, yes_no
from app.fab.views import SafeModelView
from app.people.schools import queries
from app.people.schools.forms import CollegeForm, MajorForm, SchoolForm
from app.people.schools.models import College, Major, School
from app.people.schools.queries import school_choices
from app.people.schools.sheets import COLLEGES, MAJORS
from app.people.schools.workflow import keep_college, keep_major, keep_school, remove


def colleges() -> list[tuple[str, str]]:
    return once("college_options", lambda: queries.college_choices(actor()))


def schools() -> list[tuple[str, str]]:
    return once("school_options", lambda: school_choices(actor()))


def years() -> list[tuple[str, str]]:
    """The graduation years a list can be narrowed to, next year first."""
    this = clock.local(now()).year
    return [(str(year), str(year)) for year in range(this + 2, this - 6, -1)]


KEPT = READ_ONLY | {"add", "edit"}


class _Kept(RuledForms):
    """Parts of a school: written by the rules, deleted while nothing refers to them."""

    sheet = ""
    new: Any = ""
    add_row_message = edit_row_message = _l("Saved.")

    def head_links(self) -> list[Link]:
        view: Any = self
        if not view.appbuilder.sm.has_access("can_add", view.class_permission_name):
            return []
        links = [Link(view.url("add"), self.new)]
        if self.sheet:
            links.append(Link(url_for("ImportsView.begin", name=self.sheet), _("Import")))
        return links

    def record_name(self, item: Any) -> str:
        return str(item.name)

    def take_away(self, item: Any) -> ResponseReturnValue:
        view: Any = self
        try:
            remove(item, actor())
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(view.url("show", pk=item.id), 303)
        flash(_("Deleted."), "success")
        return redirect(view.list_url(), 303)


class SchoolsView(_Kept, SafeModelView):
    """Schools: an administrator opens them; one that takes no part any more is switched off (ADM-01)."""

    datamodel = SafeInterface(School)
    route_base = "/schools"
    class_permission_name = "Schools"
    include_route_methods = KEPT
    list_title = show_title = _l("Schools")
    new = add_title = _l("New school")
    edit_title = _l("Edit the school")
    add_form = edit_form = SchoolForm
    add_columns = edit_columns = ["code", "name", "contact", "active"]
    columns = (
        ListColumn("code", _l("Code"), sorts=True),
        ListColumn("name", _l("School name"), sorts=True),
        ListColumn("contact", _l("Contact"), dash),
        ListColumn("active", _l("Takes part"), yes_no),
    )
    panels = (Panel(None, "code name contact active"),)
    search_columns = ("code", "name")
    base_order = ("code", "asc")

    def scoped(self) -> Select[School]:
        return queries.schools_for(actor())

    def written(self, kind: str, item: School, form: FlaskForm) -> Any:
        return keep_school(item if kind == "edit" else None, form.values(), actor())


class CollegesView(_Kept, SafeModelView):
    """Colleges (ADM-01)."""

    datamodel = SafeInterface(College)
    route_base = "/colleges"
    class_permission_name = "Colleges"
    include_route_methods = KEPT | {"action", "action_post", "confirm"}
    list_title = show_title = _l("Colleges")
    new = add_title = _l("New college")
    edit_title = _l("Edit the college")
    sheet = "colleges"
    add_form = edit_form = CollegeForm
    add_columns = edit_columns = ["code", "name"]
    columns = (
        ListColumn("code", _l("Code"), sorts=True, head=COLLEGES.head("code")),
        ListColumn("name", _l("College name"), sorts=True, head=COLLEGES.head("name")),
        ListColumn("school.name", _l("School")),
    )
    panels = (Panel(None, "code name school.name"),)
    search_columns = ("code", "name")
    export_sheet = "colleges"
    base_order = ("code", "asc")
    filters = (ListFilter("school", _l("All schools"), College.school_id, schools),)

    def scoped(self) -> Select[College]:
        return queries.colleges_for(actor())

    def written(self, kind: str, item: College, form: FlaskForm) -> Any:
        return keep_college(item if kind == "edit" else None, form.values(), actor())

    @record_action("remove", _l("Delete"), _l("Delete it now?"), danger=True, multiple=False)
    def remove(self, items: list[College]) -> ResponseReturnValue:
        return self.take_away(items[0])


class MajorsView(_Kept, SafeModelView):
    """Majors (ADM-01)."""

    datamodel = SafeInterface(Major)
    route_base = "/majors"
    class_permission_name = "Majors"
    include_route_methods = KEPT | {"action", "action_post", "confirm"}
    list_title = show_title = _l("Majors")
    new = add_title = _l("New major")
    edit_title = _l("Edit the major")
    sheet = "majors"
    add_form = edit_form = MajorForm
    add_columns = edit_columns = ["college_id", "code", "name"]
    columns = (
        ListColumn("code", _l("Code"), sorts=True, head=MAJORS.head("code")),
        ListColumn("name", _l("Major name"), sorts=True, head=MAJORS.head("name")),
        ListColumn("college.name", _l("College"), head=MAJORS.head("college")),
    )
    panels = (Panel(None, "code name college.name"),)
    search_columns = ("code", "name")
    export_sheet = "majors"
    base_order = ("code", "asc")
    filters = (ListFilter("college", _l("All colleges"), Major.college_id, colleges),)

    def scoped(self) -> Select[Major]:
        return queries.majors_for(actor())

    def written(self, kind: str, item: Major, form: FlaskForm) -> Any:
        return keep_major(item if kind == "edit" else None, form.values(), actor())

    @record_action("remove", _l("Delete"), _l("Delete it now?"), danger=True, multiple=False)
    def remove(self, items: list[Major]) -> ResponseReturnValue:
        return self.take_away(items[0])
