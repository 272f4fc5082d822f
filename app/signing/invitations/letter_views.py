"""The employer's composer: find students, keep the send list, write one letter, preview, send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask import abort, current_app, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import TooManyRequests

from app.accounts import acts
from app.accounts.act_views import answer_code, flash_code
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Invalid, NotYours, Refused
from app.core.limits import Limit
from app.core.names import name_problem
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.notices.fates import REACHED, ToldCount
from app.people.employers.employer_views import mine
from app.people.schools.models import School
from app.people.students.queries import find_student
from app.settings.queries import settings
from app.signing.invitations import guesses, queries
from app.signing.invitations.forms import LetterForm, SearchForm, beginning
from app.signing.invitations.models import Candidate, Invitation
from app.signing.invitations.notices import reach_of_students
from app.signing.invitations.views import NEXT_WAY, letter_of, person
from app.signing.invitations.workflow import INVITATIONS, send
from app.signing.placements.guards import cannot_sign

SEARCHES = Limit("find-student", 60, timedelta(hours=1))  # of one employer (INV-01)
MOST_ROWS = 500  # the list shows so many; more are reached by inviting or removing these
MOST_STUDENTS = 200  # of one letter
TOKEN_SECONDS = 900
BATCH = re.compile(r"[0-9a-f]{32}")


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
        if queries.put_on_list(owner, student_id):
            flash(_("Added to the send list."), "success")
        else:
            flash(_("This student is on your send list already."), "info")
        return redirect(url_for(".index"), 303)

    @expose("/chosen", methods=["POST"])
    @has_access
    def chosen(self) -> ResponseReturnValue:
        """One row by its own button, or the ticked ones."""
        one = request.form.get("one", "")
        ids = _ids([one] if one else request.form.getlist("rowid"))
        if not ids:
            flash(_("Please tick at least one student first."), "warning")
            return redirect(url_for(".index"), 303)
        rows = _mine(ids)
        if request.form.get("action") == "invite":
            wanted = ",".join(str(row.id) for row in rows)
            return redirect(url_for("LetterView.index", ids=wanted), 303)
        if request.form.get("action") != "remove":
            abort(400)
        queries.take_off_list(rows)
        flash(_("%(count)s taken off the send list.", count=len(rows)), "success")
        return redirect(url_for(".index"), 303)

    def _page(self, form: FlaskForm, **more: Any) -> Any:
        rows = queries.send_list(actor(), MOST_ROWS)
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


def _ids(texts: Sequence[str]) -> list[int]:
    """Row numbers as posted; whatever is no number of ours is nobody's."""
    kept = list(dict.fromkeys(text for text in texts if text))
    if any(not re.fullmatch(r"[0-9]{1,9}", text) for text in kept) or len(kept) > MOST_ROWS:
        raise NotYours("ids")
    return [int(text) for text in kept]


def _mine(ids: Sequence[int]) -> Sequence[Candidate]:
    rows = queries.chosen(actor(), ids)
    if not rows:
        raise NotYours("candidate")
    return rows


class LetterView(SafeView):
    """One letter: write, preview, send (INV-05, INV-06)."""

    route_base = "/employer/letter"
    default_view = "index"
    class_permission_name = "EmployerLetter"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        rows = self._rows()
        if not rows:
            flash(_("Please tick at least one student first."), "warning")
            return redirect(url_for("CandidatesView.index"))
        data = beginning(mine(), queries.last_terms(actor()))
        data["reply_days"] = _days_proposed(rows, data["reply_days"])
        form = LetterForm(formdata=None, data=data, years=_years(rows))
        return self._form(form, rows)

    @expose("/", methods=["POST"])
    @has_access
    def preview(self) -> ResponseReturnValue:
        rows = _mine(_posted_ids())
        form = LetterForm(years=_years(rows))
        if request.form.get("back"):
            return self._form(form, rows)
        if not form.validate() or not form.allowed_by(_schools(rows)):
            return self._form(form, rows), 422
        return self._preview(form, rows, uuid4().hex)

    def _preview(self, form: LetterForm, rows: Sequence[Candidate], batch: str) -> str:
        asked = _act(form, rows).asked
        return self.render_template(
            "signing/invitations/employer_preview.html",
            letter=letter_of(form.values(), mine().name, min(_years(rows))),
            students=[person(row.student) for row in rows],
            hours=max(settings(school.id).cooling_off_hours for school in _schools(rows)),
            ids=",".join(str(row.id) for row in rows),
            pairs=form.posted(),
            batch=batch,
            code=url_for("LetterView.code") if asked else "",
        )

    @expose("/code", methods=["POST"])
    @has_access
    def code(self) -> ResponseReturnValue:
        """One code for the whole batch, good for exactly these students and this letter (ACC-10)."""
        rows = _mine(_posted_ids())
        form = LetterForm(years=_years(rows))
        if not form.validate():
            raise NotYours("letter")
        return answer_code(self, lambda: acts.send(_act(form, rows), g.user))

    @expose("/send", methods=["POST"])
    @has_access
    def send(self) -> ResponseReturnValue:
        """Sending twice invites once: the preview's number goes with every invitation (INV-06)."""
        batch = request.form.get("batch", "")
        if not BATCH.fullmatch(batch):
            raise NotYours("batch")
        rows = queries.chosen(actor(), _posted_ids())
        form = LetterForm(years=_years(rows or queries.made_from(batch, actor())))
        if not form.validate():
            return self._form(form, rows), 422
        refused = []
        if rows:
            try:
                refused = self._sent(form, rows, batch)
            except Invalid as error:
                if not queries.made_from(batch, actor()):
                    flash_code(error)
                    return self._preview(form, rows, batch), 422
        made = queries.made_from(batch, actor())
        if not made and not refused:
            raise NotYours("candidate")
        return self.render_template(
            "signing/invitations/employer_sent.html",
            **_telling(made),
            refused=refused,
            until=clock.shown_deadline(made[0].reply_by) if made else "",
        )

    def _sent(
        self, form: LetterForm, rows: Sequence[Candidate], batch: str
    ) -> list[tuple[str, str]]:
        """Send them, proved by the one code; those who cannot be invited, with the sentence why."""
        who = acts.proved(_act(form, rows), g.user, request.form.get("code", ""))
        done = send(rows[:MOST_STUDENTS], form.values(), who, batch)
        return [(student.name, sentence) for student, sentence in done.refused]

    def _rows(self) -> Sequence[Candidate]:
        return queries.chosen(actor(), _ids(request.args.get("ids", "").split(",")))

    def _form(self, form: FlaskForm, rows: Sequence[Candidate]) -> Any:
        return self.render_template(
            "signing/invitations/employer_letter.html",
            form=form,
            groups=form.split(),
            students=[person(row.student) for row in rows],
            ids=",".join(str(row.id) for row in rows),
            employer=mine(),
        )


def _telling(made: Sequence[Invitation]) -> dict[str, object]:
    """Of the letters just sent: how many are being told, and whom nobody can tell, and why (NTF-05)."""
    reached, told = reach_of_students(made), ToldCount()
    for row in made:
        told.add(reached[row.id])
    lines = [(row.id, row.student.name, row.student.school.name, reached[row.id]) for row in made]
    return {
        "count": len(made),
        "figures": told.figures,
        "missed": [line for line in lines if line[3].fate not in REACHED],
        "made": [line for line in lines if line[3].fate in REACHED],
        "next_way": NEXT_WAY,
    }


def _act(form: LetterForm, rows: Sequence[Candidate]) -> acts.Act:
    """What the employer's code proves: this letter to these students."""
    return acts.batch_of(
        INVITATIONS,
        "send",
        [school.id for school in _schools(rows)],
        [row.id for row in rows],
        form.values(),
        g.user,
    )


def _posted_ids() -> list[int]:
    ids = _ids(request.form.get("ids", "").split(","))
    if len(ids) > MOST_STUDENTS:
        raise Refused(_("One letter goes to at most %(most)s students.", most=MOST_STUDENTS))
    return ids


def _years(rows: Sequence[Any]) -> set[int]:
    """The graduation years of the students: what is chosen for all counts for each (PLN-11)."""
    return {row.student.graduation_year for row in rows}


def _schools(rows: Sequence[Candidate]) -> list[School]:
    """The schools of the students, each once."""
    return list({row.student.school_id: row.student.school for row in rows}.values())


def _days_proposed(rows: Sequence[Candidate], days: int) -> int:
    """What one school proposes to its students; of several, none is asked for more than it allows."""
    found = [settings(school.id) for school in _schools(rows)]
    if len(found) == 1:
        return found[0].reply_days
    return min(days, *(school.reply_days_most for school in found))
