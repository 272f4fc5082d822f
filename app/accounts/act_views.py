"""A party's step by HTTP: the fresh code it needs, and the taking of it (ACC-10)."""

from __future__ import annotations

from typing import Any

from flask import flash, g, jsonify, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import acts
from app.accounts.campus import proofs
from app.accounts.sessions import LINKED
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.once import once
from app.fab.urls import local_path
from app.workflow.actor import Role
from app.workflow.engine import FLOWS, Workflow
from app.workflow.steps import Offer

LARGEST_KEY = 2**31 - 1


class ActCodeView(SafeView):
    """Sends the code for one act on one record; what it is for stands in the message."""

    route_base = "/acts"
    class_permission_name = "Acts"
    default_view = "code"

    @expose(f"/<string:kind>/<int(max={LARGEST_KEY}):pk>/<string:step>/code", methods=["POST"])
    @has_access
    def code(self, kind: str, pk: int, step: str) -> Any:
        flow = FLOWS.get(kind)
        if flow is None:
            raise NotYours(kind)
        asked_by_script = request.accept_mimetypes.best == "application/json"
        try:
            acts.ask(flow, step, pk, g.user)
        except Refused as refusal:
            if asked_by_script:
                return jsonify(error=str(refusal)), 409
            flash(str(refusal), "warning")
        else:
            if asked_by_script:
                return jsonify(sent=True)
            flash(_("A code was sent."), "success")
        return redirect(local_path(request.referrer or "") or "/", 303)


def code_url(flow: Workflow[Any], record: Any, offer: Offer) -> str:
    """Where the button's dialog asks for its code; empty for a step that needs none of this person."""
    if Role(g.user.role) not in offer.step.fresh:
        return ""
    linked = bool(session.get(LINKED))
    if linked and acts.is_proved(flow, offer.step.name, record, g.user):
        return ""  # the campus sign-in has said so a moment ago
    way = once("campus-proof", lambda: proofs.way_for(g.user)) if linked else None
    more: dict[str, Any] = (
        {"campus": 1} if way else {}
    )  # the dialog offers the campus sign-in beside the code
    return url_for("ActCodeView.code", kind=flow.kind, pk=record.id, step=offer.step.name, **more)


def take(flow: Workflow[Any], step: str, record_id: int, **data: Any) -> bool:
    """Take a step as the person asking, with tick, code and reason of the form; say how it went."""
    form = request.form
    try:
        user = g.user
        who = acts.prove(flow, step, record_id, user, form.get("code", ""))
        flow.perform(
            step, record_id, who, reason=form.get("reason", ""),
            agreed=form.get("agreed") == "1", **data,
        )  # fmt: skip
    except Refused as refusal:
        flash(str(refusal), "warning")
        return False
    except Invalid as error:
        flash(" ".join(str(text) for _place, text in error.problems), "warning")
        return False
    flash(str(flow.step(step).done), "success")
    return True
