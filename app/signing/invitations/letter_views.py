"""The employer's composer: find students, keep the send list, write one letter, preview, send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.accounts import acts
from app.accounts.act_views import answer_code, flash_code
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.notices.fates import REACHED, ToldCount
from app.people.employers.employer_views import mine
from app.people.schools.models import School
from app.people.students.models import Student
from app.settings.queries import settings
from app.signing.invitations import candidates, queries
from app.signing.invitations.candidate_views import own_candidates, row_ids
from app.signing.invitations.forms import LetterForm, beginning
from app.signing.invitations.models import Candidate, Invitation
from app.signing.invitations.notices import reach_of_students
from app.signing.invitations.views import NEXT_WAY, letter_of, person
from app.signing.invitations.workflow import INVITATIONS, send, why_not_invite
from app.signing.terms.checks import odd

MOST_STUDENTS = 200  # of one letter
BATCH = re.compile(r"[0-9a-f]{32}")


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
        like = request.args.get("like", "")
        data = _like(like, rows) if like else beginning(mine(), queries.last_terms(actor()))
        if not like:
            data["reply_days"] = _days_proposed(rows, data["reply_days"])
        form = LetterForm(formdata=None, data=data, years=_years(rows))
        return self._form(form, rows)

    @expose("/", methods=["POST"])
    @has_access
    def preview(self) -> ResponseReturnValue:
        rows = own_candidates(_posted_ids())
        form = LetterForm(years=_years(rows))
        if request.form.get("back"):
            return self._form(form, rows)
        if not form.validate() or not form.allowed_by(_schools(rows)):
            return self._form(form, rows), 422
        return self._preview(form, rows, uuid4().hex)

    def _preview(self, form: LetterForm, rows: Sequence[Candidate], batch: str) -> str:
        asked, values = _act(form, rows).asked, form.values()
        return self.render_template(
            "signing/invitations/employer_preview.html",
            hints=odd(values, clock.deadline(clock.now(), values["reply_days"])),
            letter=letter_of(values, mine().name, min(_years(rows))),
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
        rows = own_candidates(_posted_ids())
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
        rows = candidates.chosen(actor(), _posted_ids())
        form = LetterForm(years=_years(rows or queries.made_from(batch, actor())))
        if not form.validate():
            return self._form(form, rows), 422
        if rows:
            try:
                self._send(form, rows, batch)
            except Invalid as error:
                if not queries.made_from(batch, actor()):
                    flash_code(error)
                    return self._preview(form, rows, batch), 422
        left = candidates.chosen(actor(), [row.id for row in rows])
        if not left and not queries.made_from(batch, actor()):
            raise NotYours("candidate")
        ids, days = ",".join(str(row.id) for row in left), form.reply_days.data
        return redirect(url_for(".sent", batch=batch, ids=ids or None, days=days), 303)

    @expose("/sent/<string(length=32):batch>", methods=["GET"])
    @has_access
    def sent(self, batch: str) -> ResponseReturnValue:
        """What became of one sending; the address can be opened again, and sends nothing."""
        made = queries.made_from(batch, actor())
        left = candidates.chosen(actor(), row_ids(request.args.get("ids", "").split(",")))
        if not made and not left:
            raise NotYours("candidate")
        days = row_ids([request.args.get("days", "1")])
        return self.render_template(
            "signing/invitations/employer_sent.html",
            **_telling(made),
            refused=[(row.student.name, _why_left(row.student, *days)) for row in left],
            until=clock.shown_deadline(made[0].reply_by) if made else "",
        )

    def _send(self, form: LetterForm, rows: Sequence[Candidate], batch: str) -> None:
        """Send them, proved by the one code; whoever cannot be invited stays on the send list."""
        who = acts.proved(_act(form, rows), g.user, request.form.get("code", ""))
        send(rows[:MOST_STUDENTS], form.values(), who, batch)

    def _rows(self) -> Sequence[Candidate]:
        return candidates.chosen(actor(), row_ids(request.args.get("ids", "").split(",")))

    def _form(self, form: FlaskForm, rows: Sequence[Candidate]) -> Any:
        return self.render_template(
            "signing/invitations/employer_letter.html",
            form=form,
            groups=form.split(),
            students=[person(row.student) for row in rows],
            ids=",".join(str(row.id) for row in rows),
            employer=mine(),
        )


def _why_left(student: Student, days: int = 1) -> str:
    """Why nothing was sent to this student, as things stand."""
    why_not = why_not_invite(student, mine(), actor(), clock.now(), days=days)
    return why_not or _("It can be invited now.")


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
    ids = row_ids(request.form.get("ids", "").split(","))
    if len(ids) > MOST_STUDENTS:
        raise Refused(_("One letter goes to at most %(most)s students.", most=MOST_STUDENTS))
    return ids


def _years(rows: Sequence[Any]) -> set[int]:
    """The graduation years of the students: what is chosen for all counts for each (PLN-11)."""
    return {row.student.graduation_year for row in rows}


def _schools(rows: Sequence[Candidate]) -> list[School]:
    """The schools of the students, each once."""
    return list({row.student.school_id: row.student.school for row in rows}.values())


def _like(letter: str, rows: Sequence[Candidate]) -> dict[str, Any]:
    """What a letter like that one of the employer's own begins with; its days as far as allowed."""
    item = queries.invitation_of(actor(), row_ids([letter])[0])
    data = beginning(mine(), item.terms, whole=True)
    return data | {"reply_days": min(data["reply_days"], *_most_days(rows))}


def _most_days(rows: Sequence[Candidate]) -> list[int]:
    """What each of the schools allows at most."""
    return [settings(school.id).reply_days_most for school in _schools(rows)]


def _days_proposed(rows: Sequence[Candidate], days: int) -> int:
    """What one school proposes to its students; of several, none is asked for more than it allows."""
    schools = _schools(rows)
    if len(schools) == 1:
        return settings(schools[0].id).reply_days
    return min(days, *_most_days(rows))
