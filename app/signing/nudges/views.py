"""An employer reminds a student; the office does so where it decides (AGR-17). HTTP only."""

from __future__ import annotations

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.batches.step_views import WHO
from app.core.errors import NotYours, Refused
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import came_from
from app.workflow.actor import Role
from app.workflow.models import Trail

LARGEST_KEY = 2**31 - 1
STEP = "nudge_student"


def reminded(row: Trail) -> str:
    """Who was reminded."""
    whom = row.details.get("reminded")
    return _("Reminded: %(who)s", who=WHO[Role(whom)]) if whom else ""


class NudgesView(SafeView):
    """Post only; back to the page with the button."""

    route_base = "/nudges"
    default_view = "send"
    class_permission_name = "Nudges"

    @expose(f"/<string(maxlength=20):kind>/<int(max={LARGEST_KEY}):pk>", methods=["POST"])
    @has_access
    def send(self, kind: str, pk: int) -> ResponseReturnValue:
        flow = stores().workflows.get(kind)
        if flow is None or all(step.name != STEP for step in flow.steps):
            raise NotYours(f"{kind} {pk}")
        try:
            flow.perform(STEP, pk, actor())
        except Refused as refusal:
            flash(str(refusal), "warning")
        else:
            flash(str(flow.step(STEP).done), "success")
        return redirect(came_from() or "/", 303)
