"""The employer's signing profile: the one page of its first visit, later its own page."""

from __future__ import annotations

from flask import abort, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.models import AppUser
from app.core import sms
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.employers.forms import ProfileForm, when
from app.people.employers.models import Employer
from app.people.employers.queries import employer_of
from app.people.employers.workflow import update_profile


def profile_gate(user: AppUser) -> str | None:
    """An approved employer completes its signing profile before anything else (ACC-08)."""
    employer = employer_of(user)
    if employer is None or not employer.is_approved or employer.profile_at is not None:
        return None
    return "SigningProfileView.index"


def mobile_of(user: AppUser) -> str | None:
    """Where text messages for an employer go: its contact's telephone, unless none reaches it."""
    employer = employer_of(user)
    phone = employer.contact_phone if employer is not None else None
    return phone if phone and sms.reaches(phone) else None


def mine() -> Employer:
    """The employer of the person asking."""
    found = employer_of(g.user)
    if found is None:
        abort(404)
    return found


class _Profile(SafeView):
    """The form, once as the first page and once as a page of the menu."""

    def answer(self, template: str, done: str) -> ResponseReturnValue:
        """Show the form, or write it and go to the start page or back here."""
        employer = mine()
        form = ProfileForm.of(employer)
        if form.validate_on_submit():
            try:
                update_profile(employer, g.user, form.values())
                flash(done, "success")
                return redirect(url_for("EmployerHomeView.index"), 303)
            except (Invalid, Refused) as error:
                show_problems(form, error)
        page = self.render_template(
            template,
            form=form,
            employer=employer,
            archive_when=when(form.archive_receiver),
            household_when=when(form.household_kind),
        )
        return page, 422 if form.errors else 200


class SigningProfileView(_Profile):
    """The only page of an approved employer's first visit; afterwards it leads on."""

    route_base = "/employer/first"
    default_view = "index"
    class_permission_name = "EmployerProfile"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        if mine().profile_at is not None:
            return redirect(url_for("EmployerHomeView.index"))
        return self.answer(
            "people/employers/employer_first.html", _("Saved. Now you can invite students.")
        )


class EmployerProfileView(_Profile):
    """What the employer keeps itself; name and credit code are shown only (ACC-12)."""

    route_base = "/employer/profile"
    default_view = "index"
    class_permission_name = "EmployerProfile"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return self.answer("people/employers/employer_profile.html", _("Your details are saved."))
