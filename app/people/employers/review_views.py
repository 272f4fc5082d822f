"""How an employer's registration stands, and how it is corrected. HTTP only."""

from __future__ import annotations

from datetime import timedelta
from typing import BinaryIO, cast

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.forms import MISSING, show_problems
from app.core.limits import Limit
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.documents import attaching, files
from app.files.documents.attachments import Upload, accept_upload
from app.people.employers import workflow as people
from app.people.employers.employer_views import mine
from app.people.employers.forms import CompanyForm
from app.people.employers.models import EMPLOYER_STATES, Employer, EmployerState
from app.people.employers.queries import employer_of, employers_for
from app.people.schools.queries import school_by_code
from app.workflow import trail

RECORD = "employer"

CORRECTIONS = Limit("resubmit", 20, timedelta(hours=1))  # of one employer
CHIPS = {EmployerState.AWAITING: "waiting", EmployerState.REJECTED: "refused"}


def review_gate(user: AppUser) -> str | None:
    """Until a school has approved it, an employer sees only its registration (ACC-07)."""
    employer = employer_of(user)
    if employer is None or employer.was_approved:
        return None
    return "EmployerReviewView.index"


def licence(file: FileStorage | None) -> Upload | None:
    """The uploaded scan, decoded and fit to be kept; None where none was sent. Raises Invalid."""
    if file is None or not file.filename:
        return None
    try:
        return accept_upload(file.filename, cast(BinaryIO, file.stream))
    except Refused as refusal:
        raise Invalid([("licence", str(refusal))]) from refusal


FILES = files.FileKind(Employer, employers_for, only=lambda found: Employer.licence_id == found.id)


class EmployerReviewView(SafeView):
    """How the registration stands; where it was rejected: why, and the form to correct it."""

    route_base = "/employer/review"
    default_view = "index"
    class_permission_name = "EmployerReview"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> ResponseReturnValue:
        employer = mine()
        if employer.is_approved:
            return redirect("/")
        offers = people.EMPLOYERS.offers(employer, actor_of(g.user), clock.now())
        form = _correction(employer) if offers else None
        if form is not None and request.method == "POST":
            if not CORRECTIONS.take(employer.id):
                abort(429)
            if form.validate() and _resubmitted(form, employer):
                flash(_("Submitted again; the school checks next."), "success")
                return redirect(url_for(".index"), 303)
        page = self.render_template(
            "people/employers/employer_review.html",
            form=form,
            employer=employer,
            state=EMPLOYER_STATES[EmployerState(employer.state)],
            chip=CHIPS.get(EmployerState(employer.state), "closed"),
            waiting=not offers and EmployerState(employer.state) in CHIPS,
            reason=_reason(employer),
            since=clock.local(employer.changed_at).strftime("%Y-%m-%d %H:%M"),
        )
        return page, 422 if form is not None and form.errors else 200


def _correction(employer: Employer) -> CompanyForm:
    names = ("credit_code", "name", "contact_name", "email")
    form = CompanyForm(
        data={name: getattr(employer, name) for name in names}
        | {"school": employer.school.code, "contact_phone": employer.contact_phone}
    )
    form.licence.description = _("Choose a file only if the scan has to be replaced.")
    return form


def _resubmitted(form: CompanyForm, employer: Employer) -> bool:
    """Whether the corrected registration went in; else the form says why not."""
    user = g.user
    try:
        upload, school = licence(form.licence.data), school_by_code(form.school.data)
        if school is None:
            raise Invalid([("school", str(MISSING))])
        values = {**form.facts(), "school_id": school.id}
        if upload is not None:
            values["licence_id"] = attaching.keep(RECORD, employer, user.id, upload).id
        people.resubmit(employer, user, values)
    except (Invalid, Refused) as error:
        db.session.rollback()
        show_problems(form, error)
        return False
    return True


def _reason(employer: Employer) -> str:
    """Why the school rejected it last."""
    rows = [row for row in trail.of("employer", employer.id) if row.step == "reject"]
    return rows[-1].reason if rows else ""
