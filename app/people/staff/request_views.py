"""Requests about accounts: what waits for a second person, and what became of them. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.fab.columns import ListColumn, Panel, fact, trace_panel
from app.fab.declared import Link, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.views import SafeModelView
from app.people.staff import queries
from app.people.staff.models import ACTS, CHIPS, LABELS, StaffRequest
from app.people.staff.notices import LABELS as FACTS
from app.people.staff.workflow import STAFF_REQUESTS
from app.workflow import trail


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


def _changes(item: StaffRequest) -> list[tuple[Any, str, str, bool]] | None:
    """Old beside new: label, before, afterwards, whether they differ."""
    before, after = item.before or {}, item.after or {}
    found = [
        (label, before.get(name), after.get(name), name)
        for name, label in FACTS.items()
        if name in after
    ]
    return [
        (label, queries.in_words(name, old), queries.in_words(name, new), old != new)
        for label, old, new, name in found
    ] or None


class StaffRequestsView(StepActions, SafeModelView):
    """What waits for the security administrator, and what became of everything asked."""

    datamodel = SafeInterface(StaffRequest)
    flow = STAFF_REQUESTS
    route_base = "/accounts/requests"
    class_permission_name = "StaffRequests"
    list_title, show_title = _l("Requests about accounts"), _l("Request about an account")
    columns = (
        ListColumn("username", _l("User name"), sorts=True),
        ListColumn("act", _l("What is asked"), lambda act: str(ACTS[act])),
        ListColumn("state", _l("State"), chips(LABELS, CHIPS), card="status"),
        ListColumn("asked_name", _l("Asked by")),
        ListColumn("reason", _l("Reason"), dash, width="roomy"),
        ListColumn("created_at", _l("Asked on"), moment, sorts=True, width="number"),
        ListColumn("expires_at", _l("Expires"), moment, width="number"),
        fact("changed_at", _l("Last change"), moment, out=False),
    )
    panels = (
        Panel(None, "username act state asked_name reason created_at expires_at changed_at"),
        Panel(_l("What the account becomes"), made=_changes, template="people/staff/changes.html"),
        trace_panel(lambda item: trail.shown("staff_request", item.id)),
    )
    base_order = ("created_at", "desc")
    load_columns = ("user_id", "asked_by", "before", "after")
    tabs = (
        _tab("open", _l("Awaiting confirmation"), _l("No request waits.")),
        _tab("settled", _l("Dealt with"), _l("No request has been dealt with yet.")),
        _tab("all", _l("All"), _l("Nothing was ever asked.")),
    )

    def scoped(self) -> Select[StaffRequest]:
        return queries.requests_for(actor())

    def record_name(self, item: Any) -> str:
        return f"{item.username} · {ACTS[item.act]}"

    def related(self, item: StaffRequest) -> list[Link]:
        if not item.user_id:
            return []
        return [Link(url_for("AccountsView.show", pk=item.user_id), _("To the account"))]
