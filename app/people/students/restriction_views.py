"""Restricting students' signing and releasing them, singly or by selection (ADM-03)."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select
from wtforms import DateField, Field, SelectField
from wtforms.validators import InputRequired, Optional, ValidationError

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.forms import MISSING, line
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.columns import CHANGED, ListColumn, Panel, fact, trace_panel
from app.fab.declared import Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.per_request import once
from app.fab.presentation import dash, whole
from app.fab.views import SafeModelView
from app.notices.reached import after_each
from app.people.schools.queries import college_choices
from app.people.students.detail import standing_chip, trace_of
from app.people.students.models import RESTRICTION_KINDS, Restriction, RestrictionState, Student
from app.people.students.queries import (
    restricted_so,
    restricted_students,
    restriction_tab,
    restrictions_for,
    students_for,
)
from app.people.students.restriction_sheets import ACTS, RESTRICTION_LIST
from app.people.students.search_views import STUDENT, StudentSearch
from app.people.students.workflow import RESTRICTIONS, dates_in_order, restrict, restriction_of
from app.settings.forms import NO_DAY

MOST = 200  # students restricted by one form: each is told, while the person waits


class RestrictForm(FlaskForm):
    """Kind, days and the reason that the students read."""

    kind = SelectField(_l("Kind of restriction"))
    since = DateField(_l("From"), [InputRequired(MISSING)], invalid_value_message=NO_DAY)
    until = DateField(_l("To (this day included)"), [Optional()], invalid_value_message=NO_DAY)
    reason = line(_l("Reason"), 200)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(key, label) for key, label in RESTRICTION_KINDS.items()]

    def validate_until(self, field: Field) -> None:
        """The days are in order, by the rule itself."""
        if self.since.data and field.data:
            days = Restriction(since=self.since.data, until=field.data)
            if problem := dates_in_order(days, actor(), clock.now()):
                raise ValidationError(problem)

    def values(self) -> dict[str, Any]:
        """The restriction's own values."""
        return {name: self[name].data for name in ("kind", "since", "until", "reason")}


def restrict_page(view: Any, students: list[Student], form: RestrictForm | None = None) -> str:
    """The form for these students."""
    if len(students) > MOST:
        raise Refused(_("At most %(most)s students at a time.", most=MOST))
    return view.render_template(
        "people/students/restrict.html",
        form=form or RestrictForm(formdata=None, since=clock.today()),
        students=students,
        back=_back(students),
    )


def _back(students: list[Student]) -> str:
    if len(students) == 1:
        return url_for("StudentsView.show", pk=students[0].id)
    return url_for("StudentsView.list")


class RestrictView(SafeView):
    """Form, preview, and what became of each student."""

    route_base = "/students/restrict"
    default_view = "begin"
    class_permission_name = "Restrict"

    @expose("/", methods=["GET"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        """The form for one student, from its page."""
        if not request.args.get("student"):
            flash(_("Please tick at least one student first."), "warning")
            return redirect(url_for("StudentsView.list"))
        return restrict_page(self, _students([request.args.get("student", "")]))

    @expose("/", methods=["POST"])
    @has_access
    def create(self) -> ResponseReturnValue:
        """The form, then the preview, and only what is sent from there restricts."""
        students, form = _students(request.form.getlist("rowid")), RestrictForm()
        if request.form.get("back"):
            return restrict_page(self, students, form)
        if not form.validate():
            return restrict_page(self, students, form), 422
        if request.form.get("sure") != "1":
            return self._preview(form, students)
        return self._done(form, students)

    def _preview(self, form: RestrictForm, students: list[Student]) -> str:
        who, now = actor(), clock.now()
        new = [restriction_of(student, **form.values()) for student in students]
        found = [(n.student, RESTRICTIONS.why_not("restrict", n, who, now)) for n in new]
        return self.render_template(
            "people/students/restrict_preview.html",
            pairs=[(name, value or "") for name, value in form.values().items()],
            rowids=[student.id for student in students],
            facts=_facts(form),
            fit=[student for student, why in found if not why],
            unfit=[(student, why) for student, why in found if why],
            question=RESTRICTIONS.step("restrict").confirm,
            back=_back(students),
        )

    def _done(self, form: RestrictForm, students: list[Student]) -> str:
        """Each by the rules; who sends twice reads the same answer twice."""
        who, values, refused = actor(), form.values(), {}
        reason = values.pop("reason")
        for student in students:
            try:
                restrict(student, who, reason, **values)
            except Refused as refusal:
                refused[student.id] = str(refusal)
        made = restricted_so(students, reason=reason, **values)
        told = dict.fromkeys(made.values(), "")
        found = after_each(RESTRICTIONS.kind, list(told), "restrict", who.user_id)
        told |= {key: each.sentence for key, each in found.items()}
        return self.render_template(
            "people/students/restrict_done.html",
            facts=_facts(form),
            made=[(student, told[made[student.id]]) for student in students if student.id in made],
            refused=[(s, refused[s.id]) for s in students if s.id not in made],
            back=_back(students),
        )


def _students(texts: list[str]) -> list[Student]:
    """The students of these keys, all of them in scope, or none is there."""
    keys = {int(key) for key in texts if key.isascii() and key.isdecimal() and len(key) < 10}
    if not keys or len(keys) != len(set(texts)):
        abort(404)
    if len(keys) > MOST:
        raise Refused(_("At most %(most)s students at a time.", most=MOST))
    found = db.session.scalars(
        students_for(actor()).where(Student.id.in_(keys)).order_by(Student.id)
    ).all()
    if len(found) != len(keys):
        abort(404)
    return list(found)


def _facts(form: RestrictForm) -> list[tuple[Any, Any]]:
    words = RESTRICTION_KINDS[form.kind.data]
    until = form.until.data or _("until released")
    return [
        (_("Restrict"), words),
        (_("From"), form.since.data),
        (_("To (this day included)"), until),
        (_("Reason"), form.reason.data),
    ]


def _colleges() -> list[tuple[str, str]]:
    """The colleges of the scope, asked once a request."""
    return once("college_options", lambda: college_choices(actor()))


def _of_college(key: str) -> ColumnElement[bool]:
    """The restrictions of a college's students."""
    return restricted_students(Student.college_id == int(key))


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: restriction_tab(name, clock.today()), empty=empty)


def _bars(span: tuple[str, date, date | None]) -> bool:
    """Whether a restriction still stands, or will."""
    state, _since, until = span
    return state == RestrictionState.SET and (until is None or until >= clock.today())


class RestrictionsView(StepActions, StudentSearch, SafeModelView):
    """Who may not sign, since when and why (ADM-03)."""

    datamodel = SafeInterface(Restriction)
    flow = RESTRICTIONS
    route_base = "/restrictions"
    class_permission_name = "Restrictions"
    list_title, show_title = _l("Restrictions"), _l("Restriction")
    columns = (
        STUDENT.but(head=RESTRICTION_LIST.head("name")),
        ListColumn(
            "student.student_no",
            _l("Student number"),
            width="number",
            card="none",
            head=RESTRICTION_LIST.head("student_no"),
        ),
        ListColumn(
            "kind",
            _l("Kind of restriction"),
            lambda kind: str(RESTRICTION_KINDS[kind]),
            head=RESTRICTION_LIST.head("kind"),
        ),
        ListColumn(
            "since", _l("From"), sorts=True, width="number", head=RESTRICTION_LIST.head("since")
        ),
        ListColumn(
            "until", _l("To"), dash, sorts=True, width="number", head=RESTRICTION_LIST.head("until")
        ),
        ListColumn(
            "reason", _l("Reason"), whole, width="roomy", head=RESTRICTION_LIST.head("reason")
        ),
        ListColumn("span", _l("State"), standing_chip, card="status"),
        CHANGED.but(card="none"),
        fact(
            "act",
            _l("Act"),
            out_row=lambda row: str(ACTS["restrict" if _bars(row.span) else "release"]),
            head=RESTRICTION_LIST.head("act"),
        ),
    )
    panels = (
        Panel(
            _l("Restriction"),
            "student.name student.student_no kind since until reason span changed_at",
        ),
        trace_panel(lambda item: trace_of([item.id])),
    )
    base_order = ("changed_at", "desc")
    load_columns = ("state", "since", "until", "student_id")
    export_sheet = RESTRICTION_LIST.name
    tabs = (
        _tab("now", _l("In effect"), _l("Nobody is restricted today.")),
        _tab("later", _l("Later"), _l("No restriction is set for later.")),
        _tab("over", _l("Over or released"), _l("No restriction is over yet.")),
        _tab("all", _l("All"), _l("Nobody was ever restricted.")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), _of_college, _colleges),
        ListFilter(
            "kind",
            _l("All kinds"),
            Restriction.kind,
            lambda: [(key, str(label)) for key, label in RESTRICTION_KINDS.items()],
        ),
    )

    def scoped(self) -> Select[Restriction]:
        return restrictions_for(actor())

    def record_name(self, item: Restriction) -> str:
        return str(item.student.name)

    def head_links(self) -> list[Link]:
        """A school restricts and releases by a list, too."""
        if not self.appbuilder.sm.has_access("can_create", "Restrict"):
            return []
        return [Link(url_for("ImportsView.begin", name="restrictions"), _("Import"))]

    def related(self, item: Restriction) -> list[Link]:
        return [Link(url_for("StudentsView.show", pk=item.student_id), _("To the student"))]
