"""本人否认: frozen accounts as school, province and administrators see and decide them. HTTP only."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.models import ROLE_NAMES
from app.accounts.queries import actor
from app.accounts.told import told_panel
from app.batches.step_views import StepActions
from app.fab.columns import CHANGED, ListColumn, Panel, fact, notes_panel, trace_panel
from app.fab.declared import Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment, whole
from app.fab.views import SafeModelView
from app.signing.disputes import queries
from app.signing.disputes.models import CHIPS, LABELS, Dispute
from app.signing.disputes.workflow import DISPUTES
from app.workflow import trail
from app.workflow.actor import Role

HOW_TO_SPEAK = _l(
    "Speak to the person by a way that nobody changed lately, such as in person with the student card. "
    "Whoever holds the account's phone may be the wrong one."
)
STRANGER = _l("nobody signed in: by a code")


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


def role_name(role: str) -> str:
    """The role as people call it; who was not signed in has none."""
    return str(ROLE_NAMES[Role(role)]) if role in ROLE_NAMES else str(STRANGER)


class DisputesView(StepActions, SafeModelView):
    """Whose account is frozen, since when, and what was told to whom."""

    datamodel = SafeInterface(Dispute)
    flow = DISPUTES
    route_base = "/disputes"
    class_permission_name = "Disputes"
    list_title, show_title = _l("Disowned"), _l("Disowned")
    columns = (
        ListColumn("name", _l("Account of"), card="title"),
        ListColumn("state", _l("State"), chips(LABELS, CHIPS), card="status"),
        ListColumn("role", _l("Role"), role_name),
        ListColumn("subject", _l("What was disowned"), whole, width="roomy"),
        ListColumn("actor_role", _l("Had been done by"), role_name, card="none"),
        ListColumn("created_at", _l("Frozen since"), moment, sorts=True, width="number"),
        fact("answer", _l("The answer"), dash),
        CHANGED.but(listed=False),
        fact("contact", _l("Pressed in the message to"), dash),
        fact("actor_name", _l("Name"), dash),
        fact(
            "by_school",
            _l("Who clears it"),
            lambda yes: str(
                _l("The provincial centre: the school's staff had a hand in it")
                if yes
                else _l("Whoever had no hand in it")
            ),
        ),
    )
    panels = (
        Panel(_l("Account"), "name role state created_at answer changed_at"),
        Panel(
            _l("The message that was answered"), "subject contact actor_role actor_name by_school"
        ),
        notes_panel(lambda _item: [(HOW_TO_SPEAK, "info")]),
        told_panel(lambda item: item.user_id),
        trace_panel(lambda item: trail.shown("dispute", item.id)),
    )
    base_order = ("created_at", "desc")
    load_columns = ("user_id",)
    search_hint = _l("Name of the account")
    tabs = (
        _tab("frozen", _l("Frozen"), _l("Nobody says “This was not me”.")),
        _tab("cleared", _l("Cleared"), _l("Nothing has been cleared yet.")),
        _tab("all", _l("All"), _l("Nobody ever said “This was not me”.")),
    )

    def scoped(self) -> Select[Dispute]:
        return queries.disputes_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.finds(text)

    def record_name(self, item: Dispute) -> str:
        return str(item.name)
