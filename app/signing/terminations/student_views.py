"""The student's 解约办理: one page a signing, with the right button for its state (TRM-08). HTTP only."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.act_views import proved
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.files.documents import attaching, files
from app.files.documents.attachments import Upload
from app.files.documents.file_views import sent_files
from app.people.students.student_views import me
from app.signing.destinations.detail import Leaving
from app.signing.placements.labels import AGREEMENT_CHIPS, AGREEMENT_LABELS
from app.signing.placements.models import Placement, PlacementState
from app.signing.terminations import chances, narrowing, queries
from app.signing.terminations.applying import applies_by, apply_with_proof, why_not
from app.signing.terminations.detail import NEXT, asked, next_step, under_way
from app.signing.terminations.models import Termination, TerminationState
from app.signing.terminations.page import PROOF, page_of, state_chip
from app.signing.terminations.tasks import RECORD
from app.signing.terminations.views import LARGEST_KEY, PartyTerminations, in_scope
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Actor


class MyTerminationsView(PartyTerminations, SafeView):
    """The signings that are or were in force, and what can be done about each."""

    route_base = "/my/terminations"
    default_view = "index"
    class_permission_name = "MyTerminations"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        who, now = actor(), clock.now()
        rows = narrowing.once_in_force(who)
        last = queries.latest_of((placement.id for placement in rows), who)
        school = me().school_id
        return self.render_template(
            "signing/terminations/student_list.html",
            title=_("Terminations"),
            rows=[self._row(p, last.get(p.id), who, now) for p in rows],
            chances=chances.chances_left(who.student_id or 0, school, now),
        )

    def _row(
        self, placement: Placement, last: Termination | None, who: Actor, now: datetime
    ) -> dict[str, object]:
        """A signing with the one button that its state asks for (TRM-08)."""
        mine = asked(last, who)
        running = under_way(last)
        return {
            "key": placement.id,
            "url": self.page_url(placement.id),
            "name": placement.employer_name,
            "number": placement.agreement_no or "–",
            "when": moment(placement.attested_at),
            "agreement": _chip(placement.state),
            "chip": state_chip(last),
            "next": next_step(last, who, now) if last else "",
            "asked": mine,
            "running": running,
            "over": not placement.holds_slot,
            "apply_why": ""
            if running
            else why_not(applies_by(placement, who), placement, who, now),
        }

    @expose(f"/signing/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        page = page_of(in_scope(pk), self.endpoint)
        return self.render_template(
            "signing/terminations/party.html",
            back=(_("Terminations"), "MyTerminationsView.index"),
            **page,
        )

    @expose(f"/signing/<int(max={LARGEST_KEY}):pk>/proof", methods=["POST"])
    @has_access
    def proof(self, pk: int) -> ResponseReturnValue:
        """Apply with a reason and the stamped proof; what was typed stays on the page (TRM-06)."""
        placement, reason = in_scope(pk), request.form.get("reason", "")
        try:
            proofs = self._proofs(placement)
            apply_with_proof(pk, proved(TERMINATIONS, PROOF, pk), reason, proofs)
            flash(str(TERMINATIONS.step(PROOF).done), "success")
            return redirect(self.page_url(pk), 303)
        except Refused as refusal:
            flash(str(refusal), "warning")
        except Invalid as error:
            flash(" ".join(text for _place, text in error.problems), "warning")
        page = page_of(in_scope(pk), self.endpoint) | {"typed": reason[:200]}
        back = (_("Terminations"), "MyTerminationsView.index")
        return self.render_template("signing/terminations/party.html", back=back, **page), 422

    def _proofs(self, placement: Placement) -> list[Upload]:
        """The decoded files; nothing is decoded for what cannot be applied for."""
        refusal = why_not(applies_by(placement, actor()), placement, actor(), clock.now())
        if refusal:
            raise Refused(refusal)
        return attaching.decoded(sent_files(), actor())


def _chip(state: str) -> tuple[object, str]:
    known = PlacementState(state)
    return AGREEMENT_LABELS[known], AGREEMENT_CHIPS.get(known, "closed")


LEFT = {
    TerminationState.APPROVED: _l("You have left it and are free to sign or register anew."),
    TerminationState.REFUSED: _l("Not approved: the registration stays in force."),
    TerminationState.CLOSED: _l("Closed: the registration stays in force."),
}


def leaving_told(placement: Placement, who: Actor, _now: datetime) -> dict[str, object] | None:
    """What the page of a destination says of the last application to leave it (DST-03)."""
    last = queries.latest(placement.id, who)
    if last is None:
        return None
    state = TerminationState(last.state)
    return {
        "chip": state_chip(last),
        "next": LEFT.get(state) or NEXT.get(state, ""),
        "reason": last.reason,
        "when": moment(last.created_at),
        "files": files.listed(RECORD, last, who),
    }


LEAVING = Leaving(
    why_not=lambda placement, who, now: why_not("apply_with_proof", placement, who, now),
    apply=apply_with_proof,
    told=leaving_told,
    last=queries.last,
)
