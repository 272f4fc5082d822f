"""Students as staff see and keep them: list, detail, entering, correcting, review, phone (ADM-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.accounts.told import frozen_line, told_panel
from app.batches.step_views import StepActions
from app.codes import regions
from app.codes.labels import code_name, region_name
from app.core.identity import NAMES, countries
from app.core.registry import stores
from app.fab.columns import Item, Items, ListColumn, Panel, fact, items_panel, notes_panel, same
from app.fab.declared import READ_ONLY, ActionButton, Link, ListFilter, Tab, record_action
from app.fab.editing import RuledForms
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.security import manager
from app.fab.views import SafeModelView
from app.people.names.queries import called_before
from app.people.reveals.detail import beside
from app.people.reveals.workflow import ID_NUMBER, PHONE
from app.people.schools.office_views import colleges, years
from app.people.students import fields, queries
from app.people.students.detail import (
    around_of,
    change_items,
    message_items,
    restriction_items,
    restrictions_of,
    traces_of,
    unreachable,
)
from app.people.students.forms import StudentForm
from app.people.students.models import ORIGIN_CHIPS, ORIGIN_STATES, OriginState, Student
from app.people.students.queries import likely_twins, unreached
from app.people.students.restriction_views import restrict_page
from app.people.students.search_views import StudentSearch, finds_student_or_class
from app.people.students.sheets import STUDENTS as STUDENTS_SHEET
from app.people.students.workflow import STUDENTS, correct, enter

LARGEST_KEY = 2**31 - 1


def _country(code: str | None) -> str:
    return countries().get(code, code) if code else "–"


_head = STUDENTS_SHEET.head  # of a column that the sheet of students takes back


def _shown(group: str) -> str:
    return " ".join(field.shown for field in fields.of_group(group))


def _of_field(field: fields.Field) -> ListColumn:
    """A field of the origin record as the detail and the export show it."""
    shape = code_name(field.table) if field.table else dash
    return fact(field.shown, field.label, shape, head=_head(field.name))


def _document(student: Student) -> Any:
    return beside("student", student.id, ID_NUMBER, student.id_document)


def _phone(student: Student) -> Any:
    return beside("student", student.id, PHONE, student.phone_masked)


def _account(student: Student) -> int | None:
    return around_of(student).account


def _to_be_known(student: Student) -> list[tuple[str, str]]:
    """That the account is frozen, that no message reaches it, what the student was called before."""
    out_of_reach, former = unreachable(student), called_before(around_of(student).former)
    since = around_of(student).frozen_at
    found = [*frozen_line(moment(since) if since else ""), (out_of_reach, "warn"), (former, "info")]
    return [note for note in found if note[0]]


def _restrictions(student: Student) -> Items:
    link = Link(url_for("RestrictView.begin", student=student.id), _("Restrict…"))
    may = manager().has_access("can_create", "Restrict")
    rows = restriction_items(restrictions_of(actor(), student.id))
    return Items(rows, _("This student was never restricted."), link if may else None)


def _traces(student: Student, which: int) -> Sequence[object] | None:
    rows = restrictions_of(actor(), student.id)
    return traces_of(student.id, [row.id for row in rows])[which] or None


def _changes(student: Student) -> Items | None:
    about = around_of(student)
    rows = change_items(about.account) if about.changed and about.account else []
    may = manager().has_access("can_list", "HeldChanges")
    link = Link(url_for("HeldChangesView.list"), _("Confirm or take back"))
    return Items(rows, head=link if may else None) if rows else None


def _keeps() -> bool:
    return manager().has_access("can_edit", "Students")


def _twins(student: Student) -> Items | None:
    """Other records that may be of the same person, each to be compared with this one."""
    merge = "MergeStudentsView.merge"
    found = [
        Item(
            f"{name} {number}",
            url_for("StudentsView.show", pk=key),
            end=Link(url_for(merge, pk=student.id, other=number), _("Compare")) if _keeps() else "",
        )
        for key, name, number in around_of(student).twins
    ]
    return Items(found) if found else None


def _also_kept(student: Student) -> Items:
    """What packages above keep stands on pages of theirs."""
    pages = [("ChancesView.show", _("Terminations and chances"))]
    if _keeps():
        pages += [
            ("StudentPhoneView.change", _("Change the phone")),
            ("StudentMailView.change", _("Change the e-mail")),
            ("MergeStudentsView.merge", _("Merge a second record")),
        ]
    return Items(links=[Link(url_for(page, pk=student.id), label) for page, label in pages])


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
    add_columns = edit_columns = [
        name for _label, group in StudentForm.GROUPS for name in group["fields"]
    ]
    add_row_message = STUDENTS.step("enter").done
    edit_row_message = STUDENTS.step("correct").done
    route_base = "/students"
    class_permission_name = "Students"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm", "add", "edit"}
    list_title = _l("Students")
    show_title = _l("Student")
    columns = (
        ListColumn(
            "student_no", _l("Student number"), sorts=True, width="number", head=_head("student_no")
        ),
        ListColumn("name", _l("Name"), sorts=True, card="title", head=_head("name")),
        ListColumn("college.name", _l("College"), cut=same, head=_head("college")),
        ListColumn("major.name", _l("Major"), card="none", cut=same, head=_head("major:ZY")),
        ListColumn("class_name", _l("Class"), dash, sorts=True, cut=same, head=_head("class_name")),
        ListColumn(
            "graduation_year",
            _l("Graduation year"),
            sorts=True,
            card="none",
            cut=same,
            head=_head("graduation_year"),
        ),
        ListColumn(
            "origin_state",
            _l("Origin record"),
            chips(ORIGIN_STATES, ORIGIN_CHIPS),
            card="status",
            cut=same,
        ),
        fact("id_document", _l("Identity document"), of_row=_document, out=False),
        fact("examinee_no", _l("Examinee number"), dash, head=_head("examinee_no")),
        fact("sex", _l("Sex"), code_name("xb"), cut=same, head=_head("sex:XB")),
        fact("nation", _l("Nationality"), code_name("mz"), cut=same, head=_head("nation:MZ")),
        *(_of_field(field) for field in fields.of_group("person")),
        fact("school.name", _l("School")),
        fact(
            "education",
            _l("Level of education"),
            code_name("xl"),
            cut=same,
            head=_head("education:XL"),
        ),
        fact(
            "training_mode",
            _l("Training mode"),
            code_name("pyfs"),
            cut=same,
            head=_head("training_mode:PYFS"),
        ),
        *(_of_field(field) for field in fields.of_group("studies")),
        fact("phone_masked", _l("Phone"), dash, of_row=_phone, out_shape=dash, head=_head("phone")),
        fact("email", _l("E-mail"), dash, head=_head("email")),
        fact("address", _l("Address"), dash),
        fact("verified_at", _l("First sign-in"), moment),
        fact(
            "origin",
            _l("Place of origin"),
            region_name,
            cut=regions.province,
            head=_head("origin:SYSZD"),
        ),
        *(_of_field(field) for field in fields.of_group("home")),
        fact(
            "id_kind", _l("Kind of document"), lambda kind: str(NAMES[kind]), head=_head("id_kind")
        ),
        fact("id_number_masked", _l("ID number"), dash, head=_head("id_number")),
        fact("id_country", _l("Passport issued by"), _country, head=_head("id_country")),
    )
    panels = (
        notes_panel(_to_be_known),
        Panel(
            _l("Student"), "name student_no id_document examinee_no sex nation " + _shown("person")
        ),
        Panel(
            _l("Studies"),
            "school.name college.name major.name class_name education graduation_year "
            "training_mode " + _shown("studies"),
        ),
        Panel(_l("Contact details"), "phone_masked email address verified_at"),
        Panel(_l("Origin and home"), "origin_state origin " + _shown("home")),
        items_panel(_l("Restrictions"), _restrictions),
        Panel(
            _l("History of the restrictions"), made=partial(_traces, which=1), template="fab/trace.html",
            aside=True,
        ),
        items_panel(_l("Changed sign-in"), _changes),
        items_panel(_l("Likely duplicates"), _twins),
        items_panel(_l("Also kept of this student"), _also_kept),
        items_panel(
            _l("What the student was told"),
            lambda item: Items(message_items(_account(item)), _("Nothing was told yet.")),
        ),
        told_panel(_account),
        Panel(
            _l("History of the record"), made=partial(_traces, which=0),
            template="fab/trace.html", aside=True,
        ),
    )  # fmt: skip
    export_sheet = STUDENTS_SHEET.name
    base_order = ("student_no", "asc")
    tabs = (
        Tab("all", _l("All")),
        Tab(
            "entered",
            _l("To be reviewed"),
            lambda: Student.origin_state == OriginState.ENTERED,
            empty=_l("No origin record waits for the review."),
        ),
        Tab(
            "unreachable",
            _l("No way to tell"),
            unreached,
            counted=False,
            empty=_l("Every student has an e-mail or a phone."),
        ),
        Tab(
            "twins",
            _l("Likely duplicates"),
            likely_twins,
            counted=False,
            empty=_l(
                "No two records have the same ID number, phone, examinee number, or name, "
                "year and major."
            ),
        ),
    )
    search_hint = _l("Student number, name, class, employer, ID number, phone")
    filters: tuple[ListFilter, ...] = (
        ListFilter("college", _l("All colleges"), Student.college_id, colleges),
        ListFilter("year", _l("All years"), Student.graduation_year, years),
        ListFilter(
            "origin",
            _l("Any origin record"),
            Student.origin_state,
            lambda: [(s.value, str(text)) for s, text in ORIGIN_STATES.items()],
        ),
    )

    def __init__(self, **kwargs: object) -> None:
        self.filters = (*type(self).filters, *stores().student_filters)
        notes, *own = type(self).panels
        self.panels = (notes, *stores().student_panels, *own)
        super().__init__(**kwargs)

    def scoped(self) -> Select[Student]:
        return queries.students_for(actor())

    def finds(self, text: str) -> ColumnElement[bool]:
        more = [part for find in stores().student_finds for part in find(text, actor())]
        return finds_student_or_class(text, actor(), more)

    def record_name(self, item: Student) -> str:
        return str(item.name)

    def head_links(self) -> list[Link]:
        """A school enters its students one by one or by a file."""
        if not self.appbuilder.sm.has_access("can_add", "Students"):
            return []
        return [
            Link(self.url("add"), _("New student")),
            Link(url_for("ImportsView.begin", name="students"), _("Import")),
            Link(url_for("ImportsView.begin", name="facts"), _("Complete by file")),
        ]

    def written(self, kind: str, item: Student, form: FlaskForm) -> Student:
        if kind == "edit":
            return correct(item, form.values(), actor())
        return enter(actor().school_id or 0, form.values(), actor())

    @record_action("restrict", _l("Restrict…"), danger=True, single=False)
    def restrict(self, items: list[Student]) -> ResponseReturnValue:
        """Kind, days and reason are asked on a page of their own (ADM-03)."""
        return restrict_page(self, items)

    def bulk_offers(self) -> list[ActionButton]:
        return [replace(o, onward=o.name == "restrict") for o in super().bulk_offers()]
