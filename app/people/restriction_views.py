"""Restricting students' signing and releasing them, singly or by selection (ADM-03)."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired, Optional

from app.accounts.queries import actor
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.forms import MISSING, line
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.declared import ListFilter, Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.shown import chips, dash, moment
from app.fab.titles import TitleLinks
from app.fab.views import SafeModelView
from app.people import queries
from app.people.models import (
    RESTRICTION_KINDS,
    RESTRICTION_STATES,
    Restriction,
    RestrictionState,
    Student,
)
from app.people.step_views import StepActions
from app.people.workflow import RESTRICTIONS, restrict

MOST = 500  # students restricted by one form


class RestrictForm(FlaskForm):
    """Kind, days and the reason that the students read."""

    kind = SelectField(_l("Restrict"))
    since = DateField(_l("From"), [InputRequired(MISSING)])
    until = DateField(_l("To (this day included)"), [Optional()])
    reason = line(_l("Reason"), 200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(key, label) for key, label in RESTRICTION_KINDS.items()]


def restrict_page(view: Any, students: list[Student], form: RestrictForm | None = None) -> Any:
    """The form for these students."""
    return view.render_template(
        "people/restrict.html",
        form=form or RestrictForm(formdata=None, since=clock.today()),
        students=students,
        question=RESTRICTIONS.step("restrict").confirm,
    )


class RestrictView(SafeView):
    """The form for ticked students, and what became of each."""

    route_base = "/students/restrict"
    default_view = "create"
    class_permission_name = "Restrict"

    @expose("/", methods=["POST"])
    @has_access
    def create(self) -> Any:
        """The form first; with a reason in it, the restrictions."""
        students = self._students()
        if "since" not in request.form:
            return restrict_page(self, students)
        form = RestrictForm()
        if not form.validate():
            return restrict_page(self, students, form), 422
        return self._done(form, students)

    def _students(self) -> list[Student]:
        keys = [int(k) for k in request.form.getlist("rowid")[:MOST] if k.isdecimal()]
        found = db.session.scalars(
            queries.students_for(actor()).where(Student.id.in_(keys)).order_by(Student.id)
        ).all()
        if not found or len(found) != len(set(keys)):
            abort(404)
        return list(found)

    def _done(self, form: RestrictForm, students: list[Student]) -> Any:
        who, refused = actor(), []
        days: dict[str, date | None] = {"since": form.since.data, "until": form.until.data}
        for student in students:
            name = student.name
            try:
                restrict(student, who, form.reason.data, kind=form.kind.data, **days)  # type: ignore[arg-type]
            except (Refused, Invalid) as problem:
                refused.append(f"{name}: {problem}")
        done = len(students) - len(refused)
        flash(_("%(done)s of %(count)s students restricted.", done=done, count=len(students)),
              "success" if done else "warning")  # fmt: skip
        for sentence in refused[:20]:
            flash(sentence, "warning")
        return redirect(url_for("RestrictionsView.list"), 303)


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.restriction_tab(name, clock.today()), empty=empty)


class RestrictionsView(StepActions, TitleLinks, SafeModelView):
    """Who may not sign, since when and why (ADM-03)."""

    datamodel = SafeInterface(Restriction)
    flow = RESTRICTIONS
    route_base = "/restrictions"
    class_permission_name = "Restrictions"
    list_title, show_title = _l("Restrictions"), _l("Restriction")
    list_columns = ["student.name", "student.student_no", "kind", "since", "until", "reason",
                    "state", "changed_at"]  # fmt: skip
    order_columns = ["since", "until", "changed_at"]
    search_columns: list[str] = []
    base_order = ("changed_at", "desc")
    show_fieldsets = [
        (_l("Restriction"), {"fields": ["student.name", "student.student_no", "kind", "since",
                                        "until", "reason", "state", "changed_at"]}),
    ]  # fmt: skip
    label_columns = {
        "student.name": _l("Student"), "student.student_no": _l("Student number"),
        "kind": _l("Restricted"), "since": _l("From"), "until": _l("To"), "reason": _l("Reason"),
        "state": _l("State"), "changed_at": _l("Last change"),
    }  # fmt: skip
    formatters_columns = {
        "kind": lambda kind: str(RESTRICTION_KINDS[kind]), "until": dash, "changed_at": moment,
        "state": chips(RESTRICTION_STATES, {RestrictionState.SET: "refused"}),
    }  # fmt: skip
    cell_classes = {"state": "qq-card-status", "reason": "qq-roomy",
                    "student.student_no": "qq-number"}  # fmt: skip
    wide_columns = frozenset({"student.student_no", "changed_at"})
    search_hint = _l("Student number, name, ID number, phone")
    tabs = (
        _tab("now", _l("In effect"), _l("Nobody is restricted today.")),
        _tab("later", _l("Later"), _l("No restriction is set for later.")),
        _tab("over", _l("Over or released"), _l("No restriction is over yet.")),
        _tab("all", _l("All"), _l("Nobody was ever restricted.")),
    )
    filters = (
        ListFilter("kind", _l("All kinds"), Restriction.kind,
                   lambda: [(key, str(label)) for key, label in RESTRICTION_KINDS.items()]),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return queries.restrictions_for(actor())

    def search_args(self, text: str) -> dict[str, str]:
        return queries.search_args(text, actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.restricted_students(queries.finds_student(text))

    def token_clause(self, token: str) -> ColumnElement[bool] | None:
        found = queries.has_secret(token)
        return None if found is None else queries.restricted_students(found)

    def record_name(self, item: Any) -> str:
        return str(item.student.name)

    @record_action("release", _l("Release"), reason="required", primary=True)
    def release(self, items: list[Any]) -> Any:
        return self.take("release", items)
