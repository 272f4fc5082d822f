"""Registering as an employer with the licence scan; the page of one that waits or was rejected.

It stands in this package because a registration keeps an uploaded file.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from functools import partial
from typing import Any

from flask import abort, flash, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import sessions
from app.accounts.act_views import code_under_way
from app.accounts.models import AppUser
from app.core import mail
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.http import IN_DIALOG
from app.core.limits import Limit
from app.fab.builder import SafeView
from app.files.documents import attaching
from app.files.documents.attachments import Upload
from app.people.employers import registration
from app.people.employers import workflow as people
from app.people.employers.forms import RegisterForm
from app.people.employers.models import Employer
from app.people.employers.registration import FIELDS
from app.people.employers.review_views import RECORD, licence
from app.people.schools.models import School
from app.people.schools.queries import school_by_code

REGISTRATIONS = Limit("register", 20, timedelta(hours=1))  # from one address


SHARED = _l(
    "This telephone opens another account already, which is allowed: sign in to this one by "
    "credit code or e-mail."
)
TOKEN = "register"  # noqa: S105 (in the cookie: whose codes these are)


class RegisterView(SafeView):
    """An employer opens its account; everybody may, so it is counted by address."""

    route_base = "/register"
    default_view = "register"

    @expose("", methods=["GET", "POST"])
    def register(self) -> ResponseReturnValue:
        if g.user.is_authenticated:
            return redirect("/")
        if request.method == "POST" and not REGISTRATIONS.take(request.remote_addr):
            abort(429)
        form, ask = RegisterForm(), request.form.get("ask", "")
        if request.method == "POST" and ask in FIELDS:  # the button without script
            self._asked(form, ask)
        elif request.method == "POST":
            user = _registered(form)
            if user is not None:
                sessions.sign_in(user)
                flash(_("Registered. The school has been asked to check your details."), "success")
                if form.shared_phone:
                    flash(str(SHARED), "info")
                return redirect(url_for("EmployerReviewView.index"), 303)
            _say_what_is_lost(form)
        page = self.render_template(
            "people/employers/employer_register.html", form=form, **_proofs(form)
        )
        return page, 422 if form.errors else 200

    def _asked(self, form: RegisterForm, channel: str) -> None:
        """A code is asked for, and the page comes back as it was filled in."""
        try:
            address = _address(form, channel)
            registration.ask(_token(), channel, address, request.remote_addr or "")
            flash(code_under_way((channel, address)), "success")
        except (Invalid, Refused) as error:
            flash(sentence_of(error), "warning")
        _say_what_is_lost(form)

    @expose("/code/<string(maxlength=8):channel>", methods=["POST"])
    def code(self, channel: str) -> ResponseReturnValue:
        """The same for the page's script."""
        if channel not in FIELDS or g.user.is_authenticated:
            abort(404)
        address = _address(RegisterForm(), channel)
        try:
            registration.ask(_token(), channel, address, request.remote_addr or "")
        except (Invalid, Refused) as error:
            return jsonify(error=sentence_of(error)), 409
        return jsonify(sent=True, message=code_under_way((channel, address)))


def _token() -> str:
    """The browser's registration: in its cookie, new where there is none."""
    if TOKEN not in session:
        session[TOKEN] = secrets.token_urlsafe(24)
    return str(session[TOKEN])


def _address(form: RegisterForm, channel: str) -> str:
    return form[FIELDS[channel]].data or ""


def _proofs(form: RegisterForm) -> dict[str, object]:
    """Which of the addresses on the page this browser has proved."""
    return {
        f"{FIELDS[channel]}_proved": registration.is_proved(_token(), _address(form, channel))
        for channel in FIELDS
    }


def sentence_of(error: Invalid | Refused) -> str:
    """What is said, without a field."""
    if isinstance(error, Refused):
        return str(error)
    return " ".join(str(text) for _place, text in error.problems)


def _say_what_is_lost(form: RegisterForm) -> None:
    """No browser keeps a file or a password for the next page; the page's script does (F-26)."""
    if IN_DIALOG in request.headers:  # the page's script asks, and keeps both
        return
    again = _("Please choose it again: without its script the page cannot keep it.")
    if form.licence.data and not form.licence.errors:
        form.licence.errors = [again]
    if form.password.data and not form.password.errors:
        form.password.errors = [again]


def _registered(form: RegisterForm) -> AppUser | None:
    """The new account; None where the form says what is wrong, all of it at once."""
    form.validate()
    values, token = form.facts(), _token()
    codes = {mail.MAIL: form.email_code.data or "", mail.SMS: form.contact_phone_code.data or ""}
    problems = registration.gathered(
        *(
            partial(registration.prove, token, channel, _address(form, channel), codes[channel])
            for channel in FIELDS
            if not form[FIELDS[channel]].errors
        ),
        lambda: registration.wrong(
            values,
            form.password.data or "",
            form.again.data or "",
            mail_proved=registration.is_proved(token, values["email"] or ""),
        ),
    )
    upload = None
    try:
        upload = licence(form.licence.data)
    except Invalid as error:
        problems += error.problems
    school = school_by_code(form.school.data)
    if problems or form.errors or upload is None or school is None:
        show_problems(
            form, Invalid([(field, text) for field, text in problems if not form[field].errors])
        )
        return None
    return _opened(form, values, school, upload)


def _opened(
    form: RegisterForm, values: dict[str, Any], school: School, upload: Upload
) -> AppUser | None:
    def attach(employer: Employer, user: AppUser) -> None:
        employer.licence_id = attaching.keep(RECORD, employer, user.id, upload).id

    form.shared_phone = registration.phone_of_another(values["contact_phone"])
    try:
        user = people.register(values, form.password.data, form.again.data, school, attach)
    except (Invalid, Refused) as error:  # somebody was faster
        show_problems(form, error)
        return None
    return user
