"""Students as staff see and keep them: list, detail, entering, correcting, review, phone (ADM-02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.accounts.told import frozen_since, told_of
from app.batches.step_views import StepActions
from app.codes import queries as codes
from app.codes.queries import code_name
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.identity import NAMES, countries
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.declared import READ_ONLY, Link, ListFilter, Offer, Tab, record_action
from app.fab.editing import RuledForms
from app.fab.export import same
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.views import SafeModelView
from app.notices.reached import after, ending
from app.people.names.queries import called_before
from app.people.schools.office_views import colleges, years
from app.people.students import fields, queries
from app.people.students.detail import (
    changes_shown,
    messages_of,
    record_trace,
    restrictions_of,
    told_before,
    trace_of,
    unreachable,
)
from app.people.students.forms import PhoneForm, StudentForm, StudentMailForm
from app.people.students.models import ORIGIN_CHIPS, ORIGIN_STATES, OriginState, Student
from app.people.students.queries import account_of, likely_twins, twins_of, unreached
from app.people.students.restriction_views import restrict_page
from app.people.students.search_views import StudentSearch, finds_student_or_class
from app.people.students.sheets import EXPORTED
from app.people.students.workflow import STUDENTS, change_mail, change_phone, correct, enter

LARGEST_KEY = 2**31 - 1


def _shown(group: str) -> list[str]:
    return [field.shown for field in fields.of_group(group)]


class StudentsView(RuledForms, StepActions, StudentSearch, SafeModelView):
    """The graduates of the scope with the state of their origin record (ADM-02)."""

    datamodel = SafeInterface(Student)
    flow = STUDENTS
    frequent_reasons = (
        _l("Name and ID number do not match the identity card."),
        _l("College or major is wrong."),
        _l("The training mode is to be checked."),
    )
    add_form = edit_form = StudentForm
    add_title, edit_title = _l("New student"), _l("Correct the record")
    add_fieldsets = edit_fieldsets = StudentForm.GROUPS
    add_columns = edit_columns = [name for _label, group in StudentForm.GROUPS
                                  for name in group["fields"]]  # fmt: skip
    add_row_message = STUDENTS.step("enter").done
    edit_row_message = STUDENTS.step("correct").done
    route_base = "/students"
    class_permission_name = "Students"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm", "add", "edit"}
    list_title = _l("Students")
    show_template = "people/students/office_student.html"
    show_title = _l("Student")
    list_columns = ["student_no", "name", "college.name", "major.name", "class_name",
                    "graduation_year", "origin_state"]  # fmt: skip
    order_columns = ["student_no", "name", "graduation_year", "class_name"]
    search_columns: list[str] = []
    show_fieldsets = [
        (_l("Student"), {"fields": ["name", "student_no", "id_document", "examinee_no",
                                    "sex", "nation", *_shown("person")]}),
        (_l("Studies"), {"fields": ["school.name", "college.name", "major.name", "class_name",
                                    "education",
                                    "graduation_year", "training_mode", *_shown("studies")]}),
        (_l("Contact details"), {"fields": ["phone_masked", "email", "address", "verified_at"]}),
        (_l("Origin and home"), {"fields": ["origin_state", "origin", *_shown("home")]}),
    ]  # fmt: skip
    label_columns = {
        "student_no": _l("Student number"), "name": _l("Name"), "college.name": _l("College"),
        "major.name": _l("Major"), "class_name": _l("Class"),
        "graduation_year": _l("Graduation year"),
        "origin_state": _l("Origin record"), "id_number_masked": _l("ID number"),
        "id_document": _l("Identity document"),
        "id_kind": _l("Kind of document"), "id_country": _l("Passport issued by"),
        "examinee_no": _l("Examinee number"), "sex": _l("Sex"), "nation": _l("Nationality"),
        "school.name": _l("School"), "education": _l("Level of education"),
        "training_mode": _l("Training mode"), "phone_masked": _l("Phone"), "email": _l("E-mail"),
        "address": _l("Address"), "verified_at": _l("First sign-in"),
        "origin": _l("Place of origin"), **{f.shown: f.label for f in fields.FIELDS},
    }  # fmt: skip
    formatters_columns = {
        "origin_state": chips(ORIGIN_STATES, ORIGIN_CHIPS), "sex": code_name("xb"),
        "nation": code_name("mz"),
        "education": code_name("xl"), "training_mode": code_name("pyfs"), "verified_at": moment,
        "origin": lambda code: codes.region_name(code) or "–", "email": dash, "address": dash,
        "id_kind": lambda kind: str(NAMES[kind]),
        "id_country": lambda code: countries().get(code, code) or "–",
        "examinee_no": dash, "class_name": dash, "phone_masked": dash, "id_number_masked": dash,
        "id_document": dash,
        **{f.shown: code_name(f.table) if f.table else dash for f in fields.FIELDS},
    }  # fmt: skip
    export_sheet, export_heads = "students", EXPORTED
    export_cuts = {"college.name": same, "major.name": same, "class_name": same, "education": same,
                   "sex": same, "nation": same, "training_mode": same, "origin": codes.province,
                   "graduation_year": same, "origin_state": same}  # fmt: skip
    export_columns = ("id_kind", "id_number_masked", "id_country")
    export_never = frozenset({"id_document"})
    base_order = ("student_no", "asc")
    wide_columns = frozenset({"major.name", "graduation_year"})
    cell_classes = {"student_no": "qq-number", "name": "qq-card-title",
                    "origin_state": "qq-card-status"}  # fmt: skip
    tabs = (
        Tab("all", _l("All")),
        Tab("entered", _l("To be reviewed"), lambda: Student.origin_state == OriginState.ENTERED,
            empty=_l("No origin record waits for the review.")),
        Tab("unreachable", _l("No way to tell"), unreached, counted=False,
            empty=_l("Every student has an e-mail or a phone.")),
        Tab("twins", _l("Likely duplicates"), likely_twins, counted=False,
            empty=_l("No two records have the same ID number, phone, examinee number, or name, "
                     "year and major.")),
    )  # fmt: skip
    search_hint = _l("Student number, name, class, employer, ID number, phone")
    filters: tuple[ListFilter, ...] = (
        ListFilter("college", _l("All colleges"), Student.college_id, colleges),
        ListFilter("year", _l("All years"), Student.graduation_year, years),
        ListFilter("origin", _l("Any origin record"), Student.origin_state,
                   lambda: [(s.value, str(text)) for s, text in ORIGIN_STATES.items()]),
    )  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        self.filters = (*type(self).filters, *stores().student_filters)
        super().__init__(**kwargs)

    def scoped(self) -> Select[Any]:
        return queries.students_for(actor())

    def finds(self, text: str) -> ColumnElement[bool]:
        more = [part for find in stores().student_finds for part in find(text, actor())]
        return finds_student_or_class(text, actor(), more)

    def record_name(self, item: Any) -> str:
        return str(item.name)

    def head_links(self) -> list[Link]:
        """A school enters its students one by one or by a file."""
        if not self.appbuilder.sm.has_access("can_add", "Students"):
            return []
        return [Link(self.url("add"), _("New student")),
                Link(url_for("ImportsView.begin", name="students"), _("Import")),
                Link(url_for("ImportsView.begin", name="facts"), _("Complete by file"))]  # fmt: skip

    def written(self, kind: str, item: Any, form: Any) -> Any:
        if kind == "edit":
            return correct(item, form.values(), actor())
        return enter(actor().school_id or 0, form.values(), actor())

    def show_context(self, item: Any) -> dict[str, Any]:
        """Restrictions and trace; what packages above keep stands on pages of theirs."""
        shown, user = restrictions_of(actor(), item.id), account_of(item)
        may = self.appbuilder.sm.has_access("can_create", "Restrict")
        keeps = self.appbuilder.sm.has_access("can_edit", "Students")
        return {
            "links": [(_("Terminations and chances"), url_for("ChancesView.show", pk=item.id))],
            "restrictions": [(row, url_for("RestrictionsView.show", pk=row.id)) for row in shown],
            "trace": trace_of([row.id for row in shown]) if shown else [],
            "record_trace": record_trace(item.id),
            "former": called_before(student_id=item.id),
            "told": told_of(user.id if user else None),
            "messages": messages_of(user.id if user else None),
            "unreachable": unreachable(item),
            "frozen_since": frozen_since(user.id if user else None),
            "changes": changes_shown(item),
            "changes_url": url_for("HeldChangesView.list")
            if self.appbuilder.sm.has_access("can_list", "HeldChanges")
            else "",
            "twins": [(twin, self.url("show", pk=twin.id)) for twin in twins_of(item, actor())],
            "merge_url": url_for("MergeStudentsView.merge", pk=item.id) if keeps else "",
            "phone_url": url_for("StudentPhoneView.change", pk=item.id) if keeps else "",
            "mail_url": url_for("StudentMailView.change", pk=item.id) if keeps else "",
            "restrict_url": url_for("RestrictView.begin", student=item.id) if may else "",
        }

    @record_action("restrict", _l("Restrict…"), danger=True, single=False)
    def restrict(self, items: list[Any]) -> Any:
        """Kind, days and reason are asked on a page of their own (ADM-03)."""
        return restrict_page(self, items)

    @record_action("approve_record", _l("Approve the record"), primary=True)
    def approve_record(self, items: list[Any]) -> Any:
        return self.take("approve_record", items)

    @record_action("reject_record", _l("Reject the record"), reason="required", danger=True)
    def reject_record(self, items: list[Any]) -> Any:
        return self.take("reject_record", items)

    @record_action("review_again", _l("Take the approval back"), reason="required", danger=True,
                   multiple=False)  # fmt: skip
    def review_again(self, items: list[Any]) -> Any:
        return self.take("review_again", items)

    @record_action("begin_anew", _l("Reset the first sign-in"), reason="required", danger=True,
                   multiple=False)  # fmt: skip
    def begin_anew(self, items: list[Any]) -> Any:
        return self.take("begin_anew", items)

    def offers(self, item: Any) -> list[Offer]:
        """Only the review has keys and frequent reasons."""
        review = ("approve_record", "reject_record")
        return [
            o if o.name in review else replace(o, key="", reasons=()) for o in super().offers(item)
        ]

    def bulk_offers(self) -> list[Offer]:
        return [replace(o, onward=o.name == "restrict") for o in super().bulk_offers()]


class StudentPhoneView(SafeView):
    """Another phone for a student, with the reason that student and trail are told (ADM-02)."""

    route_base = "/students"
    default_view = "change"
    class_permission_name = "StudentPhone"

    @expose(f"/<int(max={LARGEST_KEY}):pk>/phone", methods=["GET", "POST"])
    @has_access
    def change(self, pk: int) -> Any:
        form = PhoneForm()
        return _changed(self, pk, form, "change_phone", "people/students/student_phone.html",
                        lambda: change_phone(pk, form.phone.data, actor(), form.reason.data))  # fmt: skip


class StudentMailView(SafeView):
    """The same for the e-mail (ACC-15)."""

    route_base = "/students"
    default_view = "change"
    class_permission_name = "StudentMail"

    @expose(f"/<int(max={LARGEST_KEY}):pk>/mail", methods=["GET", "POST"])
    @has_access
    def change(self, pk: int) -> Any:
        form = StudentMailForm()

        def act() -> Any:
            return change_mail(pk, form.email.data or "", actor(), form.reason.data)

        return _changed(
            self, pk, form, "change_mail_office", "people/students/student_mail.html", act
        )


def _changed(
    view: Any, pk: int, form: Any, step: str, template: str, act: Callable[[], Any]
) -> Any:
    """The form of another way in; then the student's page, with what was done and whom it was told to."""
    student, back = STUDENTS.find(pk, actor()), url_for("StudentsView.show", pk=pk)
    if form.validate_on_submit():
        try:
            act()
            told = after(STUDENTS.kind, pk, step, actor().user_id)
            flash(ending(STUDENTS.step(step).done, told), "success")
            if not told_before(student):
                flash(_("Nobody could be told: no earlier phone or e-mail is on record. The change is "
                        "held all the same."), "warning")  # fmt: skip
            return redirect(back, 303)
        except (Invalid, Refused) as error:
            show_problems(form, error)
    page = view.render_template(template, form=form, student=student, back=back)
    return page, 422 if form.errors or form.form_errors else 200
