"""The employer's send list, and the search that fills it. HTTP only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import TooManyRequests

from app.accounts.queries import actor
from app.core import clock
from app.core.errors import NotYours
from app.core.limits import Limit
from app.core.names import name_problem
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.employers.employer_views import mine
from app.people.students.queries import find_student
from app.signing.invitations import candidates, guesses
from app.signing.invitations.forms import SearchForm
from app.signing.invitations.models import Candidate
from app.signing.invitations.views import person
from app.signing.placements.may_sign import cannot_sign

SEARCHES = Limit("find-student", 60, timedelta(hours=1))  # of one employer (INV-01)
MOST_ROWS = 500  # the list shows so many; more are reached by inviting or removing these

TOKEN_SECONDS = 900


class CandidatesView(SafeView):
    """The send list, and the search that fills it."""

    route_base = "/employer/candidates"
    default_view = "index"
    class_permission_name = "EmployerCandidates"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return self._page(SearchForm(formdata=None))

    @expose("/search", methods=["POST"])
    @has_access
    def search(self) -> ResponseReturnValue:
        """Posted, so that no number stands in an address; the answer to every miss is the same."""
        form = SearchForm()
        if not form.validate():
            return self._page(form), 422
        if not SEARCHES.take(mine().id):
            sentence = _("You have searched too often. Please wait an hour, then go on.")
            raise _too_often(sentence)
        typed = (form.school.data, int(form.year.data), form.name.data)
        answered = guesses.spend(actor(), typed)
        student = find_student(*typed, form.number.data)
        if not answered or student is None or cannot_sign(student, clock.now()) is not None:
            return self._page(form, missed=True, odd=name_problem(form.name.data) or "")
        guesses.give_back(actor(), typed)
        form.number.data = ""
        token = _signer().dumps([mine().id, student.id])
        return self._page(form, found=person(student), token=token)

    @expose("/add", methods=["POST"])
    @has_access
    def add(self) -> ResponseReturnValue:
        """Only what this employer's own search has found can be added, and not for long."""
        try:
            owner, student_id = _signer().loads(
                request.form.get("token", ""), max_age=TOKEN_SECONDS
            )
        except (BadData, ValueError, TypeError):
            flash(_("This search is too old. Please search for the student again."), "warning")
            return redirect(url_for(".index"), 303)
        if owner != mine().id:
            raise NotYours("token")
        if candidates.put_on_list(owner, student_id):
            flash(_("Added to the send list."), "success")
        else:
            flash(_("This student is on your send list already."), "info")
        return redirect(url_for(".index"), 303)

    @expose("/chosen", methods=["POST"])
    @has_access
    def chosen(self) -> ResponseReturnValue:
        """One row by its own button, or the ticked ones."""
        one = request.form.get("one", "")
        ids = row_ids([one] if one else request.form.getlist("rowid"))
        if not ids:
            flash(_("Please tick at least one student first."), "warning")
            return redirect(url_for(".index"), 303)
        rows = own_candidates(ids)
        if request.form.get("action") == "invite":
            wanted = ",".join(str(row.id) for row in rows)
            return redirect(url_for("LetterView.index", ids=wanted), 303)
        if request.form.get("action") != "remove":
            abort(400)
        candidates.take_off_list(rows)
        flash(_("%(count)s taken off the send list.", count=len(rows)), "success")
        return redirect(url_for(".index"), 303)

    def _page(self, form: FlaskForm, **more: Any) -> Any:
        rows = candidates.send_list(actor(), MOST_ROWS)
        return self.render_template(
            "signing/invitations/employer_candidates.html",
            form=form,
            rows=[(row.id, person(row.student)) for row in rows],
            most=MOST_ROWS if len(rows) == MOST_ROWS else 0,
            **{"found": None, "token": "", "missed": False, "odd": "", **more},
        )


def _too_often(sentence: str) -> TooManyRequests:
    error = TooManyRequests()
    error.sentence = sentence  # type: ignore[attr-defined]
    return error


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="send-list")


def row_ids(texts: Sequence[str]) -> list[int]:
    """Row numbers as posted; whatever is no number of ours is nobody's."""
    kept = list(dict.fromkeys(text for text in texts if text))
    if any(not re.fullmatch(r"[0-9]{1,9}", text) for text in kept) or len(kept) > MOST_ROWS:
        raise NotYours("ids")
    return [int(text) for text in kept]


def own_candidates(ids: Sequence[int]) -> Sequence[Candidate]:
    rows = candidates.chosen(actor(), ids)
    if not rows:
        raise NotYours("candidate")
    return rows
