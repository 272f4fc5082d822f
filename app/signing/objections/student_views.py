"""«不属实»: a student reports its own invitation or signing as untrue (INV-20). HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import lazy_gettext as _l

from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.signing.invitations.views import now
from app.signing.objections.models import CHIPS, Objection, ObjectionState
from app.signing.objections.queries import last_objection
from app.signing.objections.workflow import OBJECTIONS, report, why_not
from app.signing.placements.models import Kind, Placement
from app.signing.placements.notices import PAGES
from app.signing.placements.queries import placement_in
from app.workflow.actor import Role

LARGEST_KEY = 2**31 - 1
NOTES = {"waiting": "qq-note-warn", "refused": "qq-note-done", "done": "qq-note-info"}
TITLES = {
    ObjectionState.OPEN: _l(
        "You have reported this as untrue: it rests until your school has answered"
    ),
    ObjectionState.UPHELD: _l("Your school confirmed that it was untrue"),
    ObjectionState.DISMISSED: _l("Your school answered your report; it goes on"),
}
BY_EMPLOYER = {  # the employer said of an act in its name that it was not its own
    ObjectionState.OPEN: _l(
        "The employer says “This was not me”: it rests until your school has answered"
    ),
    ObjectionState.UPHELD: _l("Your school confirmed what the employer reported"),
    ObjectionState.DISMISSED: _l("Your school answered the employer's report; it goes on"),
}
QUESTION = {True: _l("You did not sign this?"), False: _l("You do not know this employer?")}
TEXT = {
    True: _l(
        "It was not you who signed, or it is not what was agreed. Your school is told and "
        "answers; everything rests until then."
    ),
    False: _l(
        "The employer is unknown to you, or it is not what was agreed. Your school is told and "
        "answers; the letter rests until then."
    ),
}


class MyObjectionsView(SafeView):
    """Where the quiet button of the letter and of the signing posts to."""

    route_base = "/my/objections"
    default_view = "invitation"
    class_permission_name = "MyObjections"

    @expose(f"/invitation/<int(max={LARGEST_KEY}):pk>", methods=["POST"])
    @has_access
    def invitation(self, pk: int) -> ResponseReturnValue:
        return self._report(url_for("MyInvitationsView.show", pk=pk), invitation_id=pk)

    @expose(f"/placement/<int(max={LARGEST_KEY}):pk>", methods=["POST"])
    @has_access
    def placement(self, pk: int) -> ResponseReturnValue:
        kind = Kind(placement_in(actor(), pk).kind)
        return self._report(f"/my/{PAGES[kind]}/{pk}", placement_id=pk)

    def _report(self, back: str, **about: int) -> ResponseReturnValue:
        try:
            report(actor(), request.form.get("reason", ""), **about)
            flash(str(OBJECTIONS.step("report").done), "success")
        except Refused as refusal:
            flash(str(refusal), "warning")
        except Invalid as error:
            flash(" ".join(text for _place, text in error.problems), "warning")
        return redirect(back, 303)


def report_of(about: Any) -> dict[str, object]:
    """What letter and signing show: the last report with its answer, and the quiet button (INV-20).

    There is no button while a report waits, and none on what has ended.
    """
    signing = isinstance(about, Placement)
    last = last_objection(
        **({"placement_id": about.id} if signing else {"invitation_id": about.id})
    )
    possible = not about.frozen and not why_not(about, actor(), now())
    return {
        "last": _shown(last) if last else None,
        "step": OBJECTIONS.step("report") if possible else None,
        "url": url_for(f"MyObjectionsView.{'placement' if signing else 'invitation'}", pk=about.id),
        "question": QUESTION[signing],
        "text": TEXT[signing],
    }


def _shown(objection: Objection) -> dict[str, object]:
    state = ObjectionState(objection.state)
    return {
        "title": (TITLES if objection.reporter == Role.STUDENT else BY_EMPLOYER)[state],
        "note": NOTES[CHIPS[state]],
        "at": moment(objection.created_at),
        "reason": objection.reason,
        "answer": objection.answer,
        "answered_at": moment(objection.changed_at),
    }
