"""The student's first sign-in and own page: HTTP only."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import beside, contacts, holds, one_time, reach
from app.accounts.act_views import code_under_way
from app.accounts.campus.sending import came_by_campus
from app.accounts.models import AppUser
from app.accounts.told import told_of
from app.codes import labels
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.text import mask_email
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.students.first_sign_in import contact_proved, keep_address, send_first_code, verify
from app.people.students.forms import AddressForm, CampusVerifyForm, VerifyForm
from app.people.students.models import Student
from app.people.students.queries import code_contact, with_parts

# where a held change is answered by the contact that did not change: its holder may lack the new phone
OLD_CONTACT = {"SignInView.index", "SignInView.code", "SignInView.answer"}


def student_of(user: AppUser) -> Student | None:
    """The student of an account, from this session where it was read before."""
    if not user.student_id:
        return None
    beside.note(beside.RECORD)
    return db.session.get(Student, user.student_id, options=with_parts())


def verify_gate(user: AppUser) -> str | None:
    """Until the first sign-in is passed there is one page only (ACC-04).

    Whose way in staff changed may also say that this is right or wrong, by the old contact (ACC-15).
    """
    if request.endpoint in OLD_CONTACT:
        return None
    student = student_of(user)
    return "VerifyView.index" if student is not None and student.verified_at is None else None


def contact_of(user: AppUser) -> tuple[str, str] | None:
    """Where a student's codes go: phone or mail (ACC-13)."""
    student = student_of(user)
    return code_contact(student, user) if student is not None else None


def mobile_of(user: AppUser) -> str | None:
    """Where text messages for a student go."""
    contact = contact_of(user)
    return contact[1] if contact and contact[0] == mail.SMS else None


def me() -> Student:
    """The student asking."""
    found = student_of(g.user)
    if found is None:
        abort(404)
    return found


class VerifyView(SafeView):
    """The first sign-in: number and name fixed, e-mail, address, and the code to the phone (ACC-04)."""

    route_base = "/my/verify"
    default_view = "index"
    class_permission_name = "Verify"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        student = me()
        if student.verified_at is not None:
            return redirect("/")
        campus = came_by_campus()
        form = CampusVerifyForm(obj=student) if campus else VerifyForm(obj=student)
        proved = contact_proved(student, g.user)
        if proved:
            del form.code
        if kept := _kept_mail(student)[0]:
            form.email.data = kept
        if request.form.get("ask") == "code":  # the button without script: what is typed stays
            return self._asked(form, student, campus)
        if form.validate_on_submit():
            try:
                values = {"email": form.email.data, "address": form.address.data}
                code = "" if proved else form.code.data or ""
                verify(student, g.user, values, code, campus=campus)
                flash(_("Welcome. Your details are confirmed."), "success")
                return redirect("/", 303)
            except Invalid as error:
                show_problems(form, error)
        return self._page(form, student, campus), 422 if form.errors else 200

    def _asked(self, form: VerifyForm, student: Student, campus: bool) -> ResponseReturnValue:
        """The code is asked for and the page comes back as it was filled in (case 22)."""
        try:
            flash(code_under_way(send_first_code(student, g.user)), "success")
        except Refused as refusal:
            flash(str(refusal), "warning")
        return self._page(form, student, campus)

    def _page(self, form: VerifyForm, student: Student, campus: bool) -> Any:
        held, contact = contacts.hold_of(g.user, clock.now()), contact_of(g.user)
        kept, why = _kept_mail(student)
        return self.render_template(
            "people/students/student_verify.html",
            form=form,
            student=student,
            campus=campus,
            kept=kept,
            why_kept=why,
            held=holds.sentence(held) if held is not None else "",
            by_mail=contact is not None and contact[0] == mail.MAIL,
            reached=mask_email(contact[1]) if contact else "",
            unreached=one_time.UNREACHED,
        )

    @expose("/code", methods=["POST"])
    @has_access
    def code(self) -> ResponseReturnValue:
        """The same for the page's script."""
        try:
            contact = send_first_code(me(), g.user)
        except Refused as refusal:
            return jsonify(error=str(refusal)), 409
        return jsonify(sent=True, message=code_under_way(contact))


def _kept_mail(student: Student) -> tuple[str, str]:
    """The mail that cannot be typed anew at the first sign-in, and why; empty where it can."""
    if reach.has_mail(g.user) and contacts.hold_of(g.user, clock.now()) is not None:
        # it answers for what was changed
        return g.user.email, _("The e-mail stays until the changed sign-in is confirmed.")
    contact = code_contact(student, g.user)
    if contact is not None and contact[0] == mail.MAIL and not came_by_campus():
        why = _(
            "Your codes go to this address. Afterwards you can change it on the page “My sign-in”."
        )
        return contact[1], why
    return "", ""


class MyProfileView(SafeView):
    """Own page: the address is written here, the e-mail by its own code, the rest by the school (ACC-12)."""

    route_base = "/my/profile"
    default_view = "index"
    class_permission_name = "MyProfile"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        student = me()
        form = AddressForm(obj=student)
        if form.validate_on_submit():
            keep_address(student, form.address.data)
            flash(_("Saved."), "success")
            return redirect(url_for("MyProfileView.index"), 303)
        page = self.render_template(
            "people/students/student_profile.html",
            form=form,
            facts=facts(student),
            told=told_of(g.user.id),
        )
        return page, 422 if form.errors else 200


def facts(student: Student) -> list[tuple[str, str]]:
    """What the school keeps, numbers masked (INV-22)."""
    return [
        (_("Name"), student.name),
        (_("Student number"), student.student_no),
        (_("School"), student.school.name),
        (_("College"), student.college.name),
        (_("Major"), student.major.name),
        (_("Level of education"), labels.code("xl", student.education)),
        (_("Graduation year"), str(student.graduation_year)),
        (str(student.id_label), student.id_number_masked or ""),
        (_("Phone"), student.phone_masked or ""),
        (_("E-mail"), student.email or ""),
    ]
