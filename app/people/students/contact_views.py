"""Another phone or e-mail for a student, by staff, with the reason that it is told (ADM-02, ACC-15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.notices.reached import after, ending
from app.people.students.detail import told_before
from app.people.students.forms import PhoneForm, StudentMailForm
from app.people.students.workflow import STUDENTS, change_mail, change_phone

LARGEST_KEY = 2**31 - 1


class StudentPhoneView(SafeView):
    """Another phone for a student, with the reason that student and trail are told (ADM-02)."""

    route_base = "/students"
    default_view = "change"
    class_permission_name = "StudentPhone"

    @expose(f"/<int(max={LARGEST_KEY}):pk>/phone", methods=["GET", "POST"])
    @has_access
    def change(self, pk: int) -> ResponseReturnValue:
        form = PhoneForm()
        return _changed(
            self,
            pk,
            form,
            "change_phone",
            "people/students/student_phone.html",
            lambda: change_phone(pk, form.phone.data, actor(), form.reason.data),
        )


class StudentMailView(SafeView):
    """The same for the e-mail (ACC-15)."""

    route_base = "/students"
    default_view = "change"
    class_permission_name = "StudentMail"

    @expose(f"/<int(max={LARGEST_KEY}):pk>/mail", methods=["GET", "POST"])
    @has_access
    def change(self, pk: int) -> ResponseReturnValue:
        form = StudentMailForm()
        return _changed(
            self,
            pk,
            form,
            "change_mail_office",
            "people/students/student_mail.html",
            lambda: change_mail(pk, form.email.data or "", actor(), form.reason.data),
        )


def _changed(
    view: Any, pk: int, form: FlaskForm, step: str, template: str, act: Callable[[], Any]
) -> ResponseReturnValue:
    """The form of another way in; then the student's page, with what was done and whom it was told to."""
    student, back = STUDENTS.find(pk, actor()), url_for("StudentsView.show", pk=pk)
    if form.validate_on_submit():
        try:
            act()
            told = after(STUDENTS.kind, pk, step, actor().user_id)
            flash(ending(STUDENTS.step(step).done, told), "success")
            if not told_before(student):
                flash(
                    _(
                        "Nobody could be told: no earlier phone or e-mail is on record. The change is "
                        "held all the same."
                    ),
                    "warning",
                )
            return redirect(back, 303)
        except (Invalid, Refused) as error:
            show_problems(form, error)
    page = view.render_template(template, form=form, student=student, back=back)
    return page, 422 if form.errors or form.form_errors else 200
