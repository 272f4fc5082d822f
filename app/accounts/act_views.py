"""A party's step by HTTP: the fresh code it needs, and the taking of it (ACC-10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, g, jsonify, make_response, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import acts, noted_proofs
from app.accounts.campus import proofs
from app.accounts.queries import actor
from app.accounts.sessions import LINKED
from app.core import jobs
from app.core.errors import Invalid, NotYours, Refused
from app.core.http import IN_DIALOG
from app.core.registry import stores
from app.core.text import mask_email
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.per_request import once
from app.workflow import last_done
from app.workflow.actor import Actor
from app.workflow.consent import proof_asked
from app.workflow.engine import Workflow
from app.workflow.steps import Offer

LARGEST_KEY = 2**31 - 1


class ActCodeView(SafeView):
    """Sends the code for one act on one record; what it is for stands in the message."""

    route_base = "/acts"
    class_permission_name = "Acts"
    default_view = "code"

    @expose(f"/<string:kind>/<int(max={LARGEST_KEY}):pk>/<string:step>/code", methods=["POST"])
    @has_access
    def code(self, kind: str, pk: int, step: str) -> ResponseReturnValue:
        flow = stores().workflows.get(kind)
        if flow is None:
            raise NotYours(kind)
        return answer_code(self, lambda: acts.ask(flow, step, pk, g.user))


def answer_code(view: SafeView, send: Callable[[], tuple[str, str]]) -> ResponseReturnValue:
    """Send a code and say where it went: in JSON to the page's script, else on a page of its own.

    That page opens in a new window, so that what was typed stays where it is.
    """
    asked_by_script = request.accept_mimetypes.best == "application/json"
    try:
        said = code_under_way(send())
    except Refused as refusal:
        if asked_by_script:
            return jsonify(error=str(refusal)), 409
        flash(str(refusal), "warning")
    else:
        if asked_by_script:
            return jsonify(sent=True, message=said)
        flash(said, "success")
    return view.render_template("accounts/code_sent.html")


def code_under_way(contact: tuple[str, str] | None) -> str:
    """What is said once a code is queued: where it goes, masked, and that it may take long (S-06)."""
    address = mask_email(contact[1]) if contact else ""
    if jobs.worker_alive():
        if not address:
            return _("A code is on its way.")
        return _("A code is on its way to %(address)s.", address=address)
    slow = _(
        "The code is queued, but messages go out slowly at the moment. It counts from when it is "
        "sent, so you lose no time."
    )
    return _("%(said)s (To %(address)s)", said=slow, address=address) if address else slow


def code_url(flow: Workflow[Any], record: Any, offer: Offer) -> str:
    """Where the button's dialog asks for its code; empty for a step that needs none of this person."""
    return birth_code_url(flow, offer.step.name, record.id, getattr(record, "school_id", None))


def birth_code_url(flow: Workflow[Any], step: str, key: int, school_id: int | None) -> str:
    """As `code_url`, for an act that begins from the row of that id, which a school keeps."""
    if not proof_asked(flow.step(step), school_id, actor()):
        return ""
    way = once("campus-proof", lambda: proofs.way_for(g.user)) if session.get(LINKED) else None
    if way and noted_proofs.has_proof(g.user, acts.act_on(flow, step, key, g.user).purpose):
        return ""  # the campus sign-in has said so a moment ago
    more: dict[str, Any] = {"campus": 1} if way else {}  # the dialog offers it beside the code
    return url_for("ActCodeView.code", kind=flow.kind, pk=key, step=step, **more)


def proved(flow: Workflow[Any], step: str, key: int) -> Actor:
    """The person asking, with the proof in the form. Raises Invalid, NotYours."""
    return acts.prove(flow, step, key, g.user, request.form.get("code", ""))


def take(flow: Workflow[Any], step: str, record_id: int, **data: object) -> bool:
    """Take a step as the person asking, with tick, code and reason of the form; say how it went."""
    form = request.form

    def taken() -> None:
        flow.perform(
            step,
            record_id,
            actor(),
            prove=acts.proof(flow, g.user, form.get("code", "")),
            reason=form.get("reason", ""),
            agreed=form.get("agreed") == "1",
            **data,
        )

    return said(taken, flow, step, lambda: record_id)


def said(
    act: Callable[[], object], flow: Workflow[Any], step: str, done_on: Callable[[], int | None]
) -> bool:
    """Do it and say how it went. Pressed twice in one breath it is done, not too late (S-18).

    `done_on` gives the record that the same act of the same person would have changed a moment ago.
    """
    user_id = g.user.id
    try:
        act()
    except (Refused, Invalid) as problem:
        key = done_on()
        if key is None or not last_done.just_done(flow.kind, key, step, user_id):
            return _refused(problem)
    flash(
        " ".join(
            part
            for part in (str(flow.step(step).done), _told(flow, step, done_on, user_id))
            if part
        ),
        "success",
    )
    return True


def _told(flow: Workflow[Any], step: str, done_on: Callable[[], int | None], user_id: int) -> str:
    """Whom the act was told to, and whom not (NTF-05)."""
    key = done_on()
    if key is None:
        return ""
    return stores().told(flow.kind, key, step, user_id)


def refused_code(error: Invalid) -> Invalid:
    """In a dialog the sentence is answered to its script and the dialog stays open; else as it is (F-40)."""
    if IN_DIALOG in request.headers:
        text = " ".join(str(text) for _place, text in error.problems)
        abort(make_response(jsonify(error=text), 422))
    return error


def flash_code(error: Invalid) -> None:
    """Say what is wrong with the code; other problems stand beside their fields."""
    for place, text in error.problems:
        if place == "code":
            flash(str(text), "warning")


def _refused(problem: Refused | Invalid) -> bool:
    if isinstance(problem, Invalid):
        text = " ".join(str(text) for _place, text in refused_code(problem).problems)
    else:
        text = str(problem)
    flash(text, "warning")
    return False
