"""One paper signing as the student sees it: print, upload, hand in, give up (OFF-04…06). HTTP only."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.act_views import code_url, take
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.documents.file_views import take_files
from app.signing.offline import detail, evidence, queries
from app.signing.offline.links import LINK_DAYS, make_link, withdraw_link
from app.signing.offline.student_views import LARGEST_KEY
from app.signing.placements.checks import not_made
from app.signing.placements.detail import paper_progress
from app.signing.placements.printing import base_url
from app.signing.placements.tasks import document_of, failure_of
from app.signing.placements.views import full_url
from app.signing.placements.workflow import PLACEMENTS

STEPS = ("hand_in", "ask_give_up", "go_on")
SHOWN = "upload_link"  # in the session: a new link on its way to the one page that shows it


class MyPaperStepsView(SafeView):
    """Where notices of a paper signing lead."""

    route_base = "/my/offline"
    default_view = "show"
    class_permission_name = "MyPaperSteps"

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        who, now = actor(), clock.now()
        placement = queries.paper_in(who, pk)
        offers = PLACEMENTS.offers(placement, who, now)
        return self.render_template(
            "signing/offline/show.html",
            title=_("Paper signing"),
            placement=placement,
            chip=detail.status(placement),
            steps=paper_progress(placement),
            next=detail.next_step(placement),
            refused=detail.refused_why(placement),
            over=detail.over(placement),
            in_force=placement.in_force,
            document=document_of(placement),
            not_made=not_made(failure_of(placement), placement),
            full=full_url(placement),
            adds=evidence.may_add(placement, who),
            most=evidence.MOST,
            **detail.sheets(placement, who),
            link=_link(placement, now),
            offers=[
                (
                    o,
                    self._url(pk, o.step.name),
                    o.step.name == "hand_in",
                    code_url(PLACEMENTS, placement, o),
                )
                for o in offers
            ],
            facts=detail.facts(placement),
            party_a=detail.party_a(placement),
            party_b=detail.party_b(placement),
            groups=detail.term_groups(placement),
            trace=detail.trace(placement),
        )

    def _url(self, pk: int, step: str) -> str:
        return url_for(".step", pk=pk, step=step)

    def _back(self, pk: int, part: str = "") -> ResponseReturnValue:
        return redirect(url_for(".show", pk=pk) + part, 303)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/<string:step>", methods=["POST"])
    @has_access
    def step(self, pk: int, step: str) -> ResponseReturnValue:
        """Hand in, ask to give up, go on after all."""
        queries.paper_in(actor(), pk)
        if step not in STEPS:
            raise NotYours(f"placement {pk}: {step}")
        take(PLACEMENTS, step, pk)
        return self._back(pk)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/files", methods=["POST"])
    @has_access
    def files(self, pk: int) -> ResponseReturnValue:
        """Add pages of the stamped agreement; each is checked on its own (OFF-04)."""
        queries.paper_in(actor(), pk)
        back = url_for(".show", pk=pk) + "#files"
        return take_files(partial(evidence.add_scan, pk, actor()), back, evidence.MOST)

    @expose(f"/<int(max={LARGEST_KEY}):pk>/link", methods=["POST"])
    @has_access
    def link(self, pk: int) -> ResponseReturnValue:
        """Make a link for the employer, or let the one there is open nothing any more."""
        queries.paper_in(actor(), pk)
        try:
            if request.form.get("action") == "withdraw":
                withdraw_link(pk, actor())
                flash(_("The link opens nothing any more."), "success")
            else:
                session[SHOWN] = [pk, make_link(pk, actor())]
        except Refused as refusal:
            flash(str(refusal), "warning")
        return self._back(pk, "#link")


def _link(placement: Any, now: Any) -> dict[str, object]:
    """The employer's link: its address once, right after it was made; then only until when."""
    shown = session.get(SHOWN)
    token = shown[1] if shown and shown[0] == placement.id else ""
    if token:
        session.pop(SHOWN)
    found = queries.open_link(placement.id)
    path = url_for("StampedView.show", token=token) if token else ""
    return {
        "address": f"{base_url()}{path}" if token else "",
        "until": clock.local(found.expires_at).strftime("%Y-%m-%d %H:%M")
        if found is not None and found.expires_at > now
        else "",
        "days": LINK_DAYS,
        "url": url_for(".link", pk=placement.id),
    }
