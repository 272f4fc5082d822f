"""The student's first sign-in and own page: HTTP only."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, jsonify, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from app.accounts import contacts, holds, one_time
from app.accounts.models import AppUser
from app.codes import queries as codes
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.forms import AddressForm, VerifyForm
from app.people.models import Student
from app.people.students import VERIFY, keep_address, verify

# where a held change is answered by the contact that did not change: its holder may lack the new phone
OLD_CONTACT = {"SignInView.index", "SignInView.code", "SignInView.answer"}


def student_of(user: AppUser) -> Student | None:
    """The student of an account, from this session where it was read before."""
    if not user.student_id:
        return None
    parts = [joinedload(part) for part in (Student.school, Student.college, Student.major)]
    return db.session.get(Student, user.student_id, options=parts)


def verify_gate(user: AppUser) -> str | None:
    """Until the first sign-in is passed there is one page only (ACC-04).

    Whose way in staff changed may also say that this is right or wrong, by the old contact (ACC-15).
    """
    if request.endpoint in OLD_CONTACT:
        return None
    student = student_of(user)
    return "VerifyView.index" if student is not None and student.verified_at is None else None


def phone_of(user: AppUser) -> tuple[str, str] | None:
    """Where a student's codes go: the phone on record."""
    student = student_of(user)
    return (mail.SMS, student.phone) if student is not None and student.phone else None


def mobile_of(user: AppUser) -> str | None:
    """Where text messages for a student go."""
    contact = phone_of(user)
    return contact[1] if contact else None


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
    def index(self) -> Any:
        student = me()
        if student.verified_at is not None:
            return redirect("/")
        held = contacts.hold_of(g.user, clock.now())
        form = VerifyForm(obj=student)
        kept = g.user.email if held is not None and contacts.has_mail(g.user) else ""
        if kept:
            form.email.data = kept  # the mail on record answers for the changed phone: it stays
        if form.validate_on_submit():
            try:
                values = {"email": form.email.data, "address": form.address.data}
                verify(student, g.user, values, form.code.data)
                flash(_("Welcome. Your details are confirmed."), "success")
                return redirect("/", 303)
            except Invalid as error:
                show_problems(form, error)
        page = self.render_template(
            "people/student_verify.html", form=form, student=student, kept=kept,
            held=holds.sentence(held) if held is not None else "",
        )  # fmt: skip
        return page, 422 if form.errors else 200

    @expose("/code", methods=["POST"])
    @has_access
    def code(self) -> Any:
        student = me()
        asked_by_script = request.accept_mimetypes.best == "application/json"
        try:
            if not student.phone:
                raise Refused(_("No phone is on record. Ask your college officer to enter it."))
            one_time.send(f"student:{student.id}", VERIFY, mail.SMS, student.phone)
        except Refused as refusal:
            if asked_by_script:
                return jsonify(error=str(refusal)), 409
            flash(str(refusal), "warning")
        if asked_by_script:
            return jsonify(sent=True)
        return redirect(url_for("VerifyView.index"), 303)


class MyProfileView(SafeView):
    """Own page: the address is written here, the e-mail by its own code, the rest by the school (ACC-12)."""

    route_base = "/my/profile"
    default_view = "index"
    class_permission_name = "MyProfile"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> Any:
        student = me()
        form = AddressForm(obj=student)
        if form.validate_on_submit():
            keep_address(student, form.address.data)
            flash(_("Saved."), "success")
            return redirect(url_for("MyProfileView.index"), 303)
        page = self.render_template("people/student_profile.html", form=form, facts=facts(student))
        return page, 422 if form.errors else 200


def facts(student: Student) -> list[tuple[str, str]]:
    """What the school keeps, numbers masked (INV-22)."""
    return [
        (_("Name"), student.name),
        (_("Student number"), student.student_no),
        (_("School"), student.school.name),
        (_("College"), student.college.name),
        (_("Major"), student.major.name),
        (_("Level of education"), codes.name("xl", student.education)),
        (_("Graduation year"), str(student.graduation_year)),
        (_("ID number"), student.id_number_masked or ""),
        (_("Phone"), student.phone_masked or ""),
        (_("E-mail"), student.email or ""),
    ]
