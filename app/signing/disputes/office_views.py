"""本人否认: frozen accounts as school, province and administrators see and decide them. HTTP only."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.models import ROLE_NAMES
from app.accounts.queries import actor
from app.accounts.told import told_of
from app.batches.step_views import StepActions
from app.fab.declared import Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment, whole
from app.fab.views import SafeModelView
from app.signing.disputes import queries
from app.signing.disputes.models import CHIPS, LABELS, Dispute
from app.signing.disputes.workflow import DISPUTES
from app.workflow import trail
from app.workflow.actor import Role

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
    include_route_methods = {
        "list",
        "show",
        "search",
        "columns",
        "action",
        "action_post",
        "confirm",
    }
    list_title, show_title = _l("Disowned"), _l("Disowned")
    show_template = "signing/disputes/office_show.html"
    list_columns = ["name", "state", "role", "subject", "actor_role", "created_at"]
    order_columns = ["created_at", "changed_at"]
    search_columns: list[str] = []
    base_order = ("created_at", "desc")
    show_fieldsets = [
        (_l("Account"), {"fields": ["name", "role", "state", "created_at", "answer", "changed_at"]}),
        (_l("The message that was answered"), {"fields": ["subject", "contact", "actor_role",
                                                          "actor_name", "by_school"]}),
    ]  # fmt: skip
    label_columns = {
        "name": _l("Account of"), "role": _l("Role"), "state": _l("State"),
        "subject": _l("What was disowned"), "contact": _l("Pressed in the message to"),
        "actor_role": _l("Had been done by"), "actor_name": _l("Name"),
        "by_school": _l("Who clears it"), "answer": _l("The answer"),
        "created_at": _l("Frozen since"), "changed_at": _l("Last change"),
    }  # fmt: skip
    formatters_columns = {
        "state": chips(LABELS, CHIPS), "created_at": moment, "changed_at": moment, "answer": dash,
        "role": role_name, "actor_role": role_name, "actor_name": dash, "contact": dash,
        "subject": whole,
        "by_school": lambda yes: str(_l("The provincial centre: the school's staff had a hand in it")
                                     if yes else _l("Whoever had no hand in it")),
    }  # fmt: skip
    cell_classes = {"state": "qq-card-status", "subject": "qq-roomy", "name": "qq-card-title",
                    "created_at": "qq-number"}  # fmt: skip
    wide_columns = frozenset({"actor_role"})
    load_columns = ("user_id",)
    search_hint = _l("Name of the account")
    tabs = (
        _tab("frozen", _l("Frozen"), _l("Nobody says “This was not me”.")),
        _tab("cleared", _l("Cleared"), _l("Nothing has been cleared yet.")),
        _tab("all", _l("All"), _l("Nobody ever said “This was not me”.")),
    )

    def scoped(self) -> Select[Any]:
        return queries.disputes_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.finds(text)

    def record_name(self, item: Any) -> str:
        return str(item.name)

    def show_context(self, item: Any) -> dict[str, Any]:
        """What was told to which contacts, and what became of it."""
        return {"told": told_of(item.user_id), "trace": trail.shown("dispute", item.id)}

    @record_action("clear", _l("Open the account again"), reason="required", multiple=False)
    def clear(self, items: list[Any]) -> Any:
        return self.take("clear", items)

    @record_action("uphold", _l("It was another's hand"), reason="required", danger=True,
                   multiple=False)  # fmt: skip
    def uphold(self, items: list[Any]) -> Any:
        return self.take("uphold", items)
