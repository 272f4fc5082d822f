"""«不属实»: a student reports its own invitation or signing as untrue (INV-20). HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose

from app.accounts.queries import actor
from app.core.errors import Invalid, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.objections.workflow import OBJECTIONS, report

LARGEST_KEY = 2**31 - 1


class MyObjectionsView(SafeView):
    """Where the quiet button of the letter and of the signing posts to."""

    route_base = "/my/objections"
    default_view = "invitation"
    class_permission_name = "MyObjections"

    @expose(f"/invitation/<int(max={LARGEST_KEY}):pk>", methods=["POST"])
    @has_access
    def invitation(self, pk: int) -> Any:
        return self._report(url_for("MyInvitationsView.show", pk=pk), invitation_id=pk)

    @expose(f"/placement/<int(max={LARGEST_KEY}):pk>", methods=["POST"])
    @has_access
    def placement(self, pk: int) -> Any:
        return self._report(url_for("MySigningsView.show", pk=pk), placement_id=pk)

    def _report(self, back: str, **about: int) -> Any:
        try:
            report(actor(), request.form.get("reason", ""), **about)
            flash(str(OBJECTIONS.step("report").done), "success")
        except Refused as refusal:
            flash(str(refusal), "warning")
        except Invalid as error:
            flash(" ".join(text for _place, text in error.problems), "warning")
        return redirect(back, 303)
