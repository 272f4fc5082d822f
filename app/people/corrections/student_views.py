"""生源信息核对: the student reads its record and proposes corrections, field by field (ADM-09). HTTP only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.accounts.act_views import take
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import chip, moment
from app.files.documents import attaching, files
from app.files.documents.file_views import sent_files, take_files
from app.people.corrections.forms import form_for, text_of
from app.people.corrections.models import (
    CHIPS,
    FIELDS,
    GROUPS,
    LABELS,
    PROVED,
    Correction,
    CorrectionState,
)
from app.people.corrections.queries import kept, on_page, own, settled
from app.people.corrections.workflow import CORRECTIONS, RECORD, propose
from app.people.students.models import ORIGIN_CHIPS, ORIGIN_STATES, OriginState
from app.people.students.student_views import me

LARGEST_KEY = 2**31 - 1


def state_chip(correction: Correction) -> str:
    state = CorrectionState(correction.state)
    return chip(LABELS[state], CHIPS.get(state, "closed"))


class MyOriginView(SafeView):
    """The record as the school keeps it, with what the student has proposed."""

    route_base = "/my/origin"
    default_view = "index"
    class_permission_name = "MyOrigin"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        student, rows = me(), own(me().id)
        return self.render_template(
            "people/corrections/student_record.html",
            groups=[
                (label, [self._fact(student, field, rows) for field in names])
                for label, names in GROUPS
            ],
            review=ORIGIN_STATES[OriginState(student.origin_state)],
            review_chip=ORIGIN_CHIPS.get(OriginState(student.origin_state), "waiting"),
            rows=[(row, state_chip(row), moment(row.created_at), self._url(row)) for row in rows],
        )

    def _fact(self, student: Any, field: str, rows: Sequence[Correction]) -> dict[str, object]:
        """A field with its value; one that waits for the school leads to the proposal."""
        waiting = next(
            (r for r in rows if r.field == field and CORRECTIONS.offers(r, actor(), clock.now())),
            None,
        )
        return {
            "label": FIELDS[field],
            "value": on_page(field, kept(student, field)),
            "waiting": self._url(waiting) if waiting else "",
            "url": "" if settled(student, field) else url_for("MyOriginView.propose", field=field),
        }

    def _url(self, row: Correction) -> str:
        return url_for("MyOriginView.show", pk=row.id)

    @expose("/propose/<string:field>", methods=["GET", "POST"])
    @has_access
    def propose(self, field: str) -> ResponseReturnValue:
        """One field: what it should be, why, and the proof."""
        student = me()
        if field not in FIELDS:
            abort(404)
        form, problems = form_for(field, student), []
        if form.validate_on_submit():
            try:
                proofs = attaching.decoded(sent_files(), actor())
                made = propose(student, field, text_of(form), form.reason.data, actor(), proofs)
                flash(str(CORRECTIONS.step("propose").done), "success")
                return redirect(url_for("MyOriginView.show", pk=made.id), 303)
            except (Invalid, Refused) as error:
                show_problems(form, error)
                problems = [
                    text for place, text in getattr(error, "problems", ()) if place == "files"
                ]
        page = self.render_template(
            "people/corrections/student_propose.html",
            form=form,
            field=FIELDS[field],
            value=on_page(field, kept(student, field)),
            proved=field in PROVED,
            file_problems=problems,
        )
        return page, 422 if form.errors or form.form_errors else 200

    @expose(f"/correction/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        row = CORRECTIONS.find(pk, actor())
        offers = CORRECTIONS.offers(row, actor(), clock.now())
        return self.render_template(
            "people/corrections/student_correction.html",
            row=row,
            chip=state_chip(row),
            when=moment(row.created_at),
            files=files.listed(RECORD, row, actor()),
            files_url=url_for("MyOriginView.files", pk=pk),
            offers=[(o, url_for("MyOriginView.withdraw", pk=pk)) for o in offers],
            open=files.changeable(RECORD, row, actor()),
        )

    @expose(f"/correction/<int(max={LARGEST_KEY}):pk>/files", methods=["POST"])
    @has_access
    def files(self, pk: int) -> ResponseReturnValue:
        who, row = actor(), CORRECTIONS.find(pk, actor())
        return take_files(
            lambda name, stream: attaching.attach(RECORD, row, who, name, stream),
            url_for("MyOriginView.show", pk=pk),
        )

    @expose(f"/correction/<int(max={LARGEST_KEY}):pk>/withdraw", methods=["POST"])
    @has_access
    def withdraw(self, pk: int) -> ResponseReturnValue:
        take(CORRECTIONS, "withdraw", pk)
        return redirect(url_for("MyOriginView.index"), 303)
