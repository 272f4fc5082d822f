"""The delivery log: what became of mails and text messages, and sending one again. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.core.errors import Refused
from app.core.mail import MAIL, SMS, Message
from app.fab.columns import ListColumn
from app.fab.declared import Tab, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import chip, dash, moment, whole
from app.fab.views import SafeModelView
from app.notices import queries
from app.notices.resending import resend

CHANNELS = {MAIL: _l("mail"), SMS: _l("text message")}
STATES = {
    "sent": (_l("sent"), "done"),
    "kept": (_l("not sent: no server or gateway is set"), "refused"),
    "waiting": (lazy_pgettext("message", "waiting"), "waiting"),
    "failed": (_l("failed; it is tried again"), "refused"),
    "given_up": (_l("failed; given up"), "refused"),
}


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.delivery_tab(name), empty=empty)


class DeliveriesView(SafeModelView):
    """Messages about the school's own records; never their text, never a code."""

    datamodel = SafeInterface(Message)
    route_base = "/deliveries"
    class_permission_name = "Deliveries"
    include_route_methods = {"list", "search", "pick_columns", "action", "action_post", "confirm"}
    list_title = _l("Deliveries")
    columns = (
        ListColumn("receiver.display_name", _l("To whom"), dash),
        ListColumn("fate", _l("State"), lambda fate: chip(*STATES[fate]), card="status"),
        ListColumn("subject", _l("Subject"), whole, width="roomy"),
        ListColumn("created_at", _l("Written"), moment, sorts=True, width="number"),
        ListColumn(
            "channel",
            _l("Channel"),
            lambda channel: str(CHANNELS.get(channel, channel)),
            card="none",
        ),
        ListColumn("address_masked", lazy_pgettext("message", "Address"), dash, card="none"),
        ListColumn("tries", _l("Attempts"), sorts=True, card="none"),
        ListColumn(
            "problem",
            _l("Last problem"),
            lambda problem: whole(queries.problem_in_words(problem)),
            width="roomy",
        ),
    )
    base_order = ("created_at", "desc")
    load_columns = ("sent_at", "tries")
    search_hint = _l("Name of the receiver")
    tabs = (
        _tab("failed", _l("Failed"), _l("Everything arrived.")),
        _tab("waiting", _l("To be sent"), _l("Nothing waits to be sent.")),
        _tab("sent", _l("Sent out"), _l("Nothing was sent yet.")),
        _tab("all", _l("All"), _l("Nothing was sent yet.")),
    )

    def scoped(self) -> Select[Message]:
        return queries.deliveries_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.to_whom(text)

    def record_name(self, item: Message) -> str:
        return f"{dash(item.receiver and item.receiver.display_name)}: {item.subject}"

    @record_action("resend", _l("Send again"), primary=True)
    def resend(self, items: list[Message]) -> Any:
        """Each once a minute at most; the text comes from the notice on the site."""
        done, refused = 0, ""
        for item in items:
            try:
                resend(item.id, actor())
                done += 1
            except Refused as refusal:
                refused = str(refusal)
        if done:
            flash(_("%(count)s messages are on their way again.", count=done), "success")
        if refused:
            flash(refused, "warning")
