"""The security log for the audit administrator: read only, searchable, exportable (ADM-07). HTTP only."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext
from sqlalchemy import ColumnElement, Select, or_

from app.accounts import log_queries
from app.accounts.agents import in_words
from app.accounts.log_models import SecurityEvent
from app.accounts.log_words import CHIPS, EVENTS, OUTCOMES, event_name, lines, whose_hand
from app.accounts.models import ROLE_NAMES
from app.accounts.queries import actor
from app.core import clock
from app.fab.columns import ListColumn, Panel, fact
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash
from app.fab.views import SafeModelView

DAYS = (1, 7, 30, 90, 365)


def _events() -> list[tuple[str, str]]:
    return [(name, str(label)) for name, label in EVENTS.items()]


def _outcomes() -> list[tuple[str, str]]:
    return [(name, str(label)) for name, label in OUTCOMES.items()]


def _days() -> list[tuple[str, str]]:
    return [(str(n), ngettext("The last %(num)s day", "The last %(num)s days", n)) for n in DAYS]


def _since(days: str) -> ColumnElement[bool]:
    return SecurityEvent.at >= clock.now() - timedelta(days=int(days))


def _second(value: Any) -> str:
    """A moment with its seconds: in this log they matter."""
    return clock.local(value).strftime("%Y-%m-%d %H:%M:%S") if value else "–"


def _device(agent: str) -> str:
    return in_words(agent) if agent else "–"


def _browser(event: SecurityEvent) -> list[tuple[str, str]]:
    return [(_("Device"), event.device)] if event.device else []


class SecurityLogView(SafeModelView):
    """Every line, the newest first; nothing can be changed here."""

    datamodel = SafeInterface(SecurityEvent)
    route_base = "/security-log"
    class_permission_name = "SecurityLog"
    include_route_methods = {"list", "show", "search", "pick_columns"}
    list_title, show_title = _l("Security log"), _l("Security log")
    columns = (
        ListColumn("event", _l("What happened"), event_name),
        ListColumn("at", _l("Time"), _second, sorts=True, width="number"),
        ListColumn("outcome", _l("Outcome"), chips(OUTCOMES, CHIPS), card="status"),
        ListColumn("user.display_name", _l("Whose account"), dash),
        ListColumn("actor_name", _l("By whom"), of_row=whose_hand),
        ListColumn("address", lazy_pgettext("network", "Address"), dash),
        ListColumn("device", _l("Device"), _device),
        fact("device_id", _l("Mark of the browser"), dash, out=False),
        fact(
            "actor_role",
            _l("In which role"),
            lambda role: str(ROLE_NAMES.get(role, "–")),
            out=False,
        ),
        fact("id", _l("Number"), out=False),
    )
    panels = (
        Panel(
            None,
            "event at outcome user.display_name actor_name address device device_id actor_role id",
        ),
        Panel(_l("Details"), made=lines, columns=1),
        Panel(_l("What the browser says of itself"), made=_browser, columns=1),
    )
    search_hint = _l("User name, name or address")
    base_order = ("at", "desc")
    load_columns = ("actor_id", "user_id", "address")
    filters = (
        ListFilter("event", _l("All that happened"), SecurityEvent.event, _events),
        ListFilter("outcome", _l("All outcomes"), SecurityEvent.outcome, _outcomes),
        ListFilter("days", _l("All times"), _since, _days),
    )

    def scoped(self) -> Select[SecurityEvent]:
        return log_queries.events_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        """An address exactly; else the accounts of that user name or name, whose and by whom."""
        try:
            return SecurityEvent.address == str(ipaddress.ip_address(text.strip()))
        except ValueError:
            pass
        keys = log_queries.named(text)
        if not keys:
            return None
        return or_(SecurityEvent.user_id.in_(keys), SecurityEvent.actor_id.in_(keys))

    def record_name(self, item: SecurityEvent) -> str:
        return f"{event_name(item.event)} {_second(item.at)}"

    def head_links(self) -> list[Link]:
        return [Link(url_for("AuditView.index"), _("Proof of the trail"))]
