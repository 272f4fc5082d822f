"""Campus sign-in for administrators, who set ways up, and schools, who switch theirs on (ACC-11)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext
from flask_wtf import FlaskForm
from sqlalchemy import Select

from app.accounts.campus import ways
from app.accounts.campus.forms import WayForm
from app.accounts.campus.models import KIND_NAMES, WHO, SignInWay
from app.accounts.campus.sending import our_address
from app.accounts.queries import actor
from app.core.errors import Refused
from app.core.registry import stores
from app.fab.columns import ListColumn, Panel, fact, trace_panel
from app.fab.declared import Link, ListFilter, record_action
from app.fab.editing import RuledForms
from app.fab.interface import SafeInterface
from app.fab.per_request import once
from app.fab.presentation import chip, dash, moment
from app.fab.views import SafeModelView
from app.workflow import trail
from app.workflow.actor import Role

WORDS = {  # of what is done to a way, in its trail
    "keep_way": _l("Changed"),
    "try_way": _l("Tested"),
    "switch_on_way": _l("Switched on"),
    "switch_off_way": _l("Switched off"),
}


def problem_of(row: Any) -> str:
    """What a test of the way found."""
    return str(row.details.get("problem", ""))


def schools_once() -> list[tuple[str, str]]:
    return once("schools", stores().all_schools)


def school_name(key: object) -> str:
    return dict(schools_once()).get(str(key), "–")


def _state(on: bool) -> str:
    return chip(pgettext("way", "on"), "done") if on else chip(pgettext("way", "off"), "waiting")


class SignInWaysView(RuledForms, SafeModelView):
    """The ways of all schools, or of the own one."""

    datamodel = SafeInterface(SignInWay)
    route_base = "/sign-in-ways"
    class_permission_name = "SignInWays"
    include_route_methods = SafeModelView.include_route_methods | {"add", "edit"}
    list_title, show_title = _l("Campus sign-in"), _l("Way of signing in")
    add_title, edit_title = _l("New way of signing in"), _l("Edit the way of signing in")
    add_form = edit_form = WayForm
    add_columns = edit_columns = list(WayForm.NAMES)
    add_row_message = edit_row_message = _l("Saved. Test it now; then the school switches it on.")
    columns = (
        ListColumn("label_zh", _l("Label in Chinese"), sorts=True, card="title"),
        ListColumn("school_id", _l("School"), school_name, sorts=True),
        ListColumn("kind", _l("Protocol"), lambda kind: KIND_NAMES.get(kind, kind), sorts=True),
        ListColumn("who", _l("Who may use it"), lambda who: str(WHO.get(who, who))),
        ListColumn("server", _l("Address of the service"), width="full"),
        ListColumn("tested_at", _l("Test passed"), moment, width="number"),
        ListColumn("active", _l("State"), lambda on: _state(on), card="status"),
        fact("label_en", _l("Label in English"), out=False),
        fact("hosts", _l("Further hosts"), dash, out=False),
        fact("client_id", _l("Client id, or DN of the service account"), dash, out=False),
        fact("secret_masked", _l("Secret"), dash, out=False),
        fact("base_dn", _l("LDAP: base DN"), dash, out=False),
        fact("login_attribute", _l("LDAP: attribute of the user name"), dash, out=False),
        fact("dn_template", _l("LDAP: template of the DN"), dash, out=False),
        fact("claim", _l("Claim or attribute with the number"), out=False),
    )
    panels = (
        Panel(
            None,
            "label_zh label_en school_id kind who server hosts client_id secret_masked "
            "base_dn login_attribute dn_template claim tested_at active",
        ),
        trace_panel(lambda item: trail.shown("sign_in_way", item.id)),
    )
    search_columns = ("label_zh", "label_en", "server")
    base_order = ("id", "asc")
    filters = (ListFilter("school", _l("All schools"), SignInWay.school_id, schools_once),)

    def scoped(self) -> Select[SignInWay]:
        return ways.ways_for(actor())

    def record_name(self, item: SignInWay) -> str:
        return str(item.label_zh)

    def head_links(self) -> list[Link]:
        if actor().role is not Role.ADMIN:
            return []
        return [
            Link(self.url("add"), _("New way of signing in")),
            Link("/campus-identities/list/", _("Linked campus accounts")),
        ]

    def written(self, kind: str, item: SignInWay, form: FlaskForm) -> Any:
        return ways.keep(item if kind == "edit" else None, form.values(), actor())

    def show_context(self, item: SignInWay) -> dict[str, Any]:
        return {
            "edit_url": self.url("edit", pk=item.id) if actor().role is Role.ADMIN else "",
        }

    def offers(self, item: SignInWay) -> list[Any]:
        """Of the two switches only the one that changes something."""
        idle = "switch_on" if item.active else "switch_off"
        return [offer for offer in super().offers(item) if offer.name != idle]

    @record_action("try_out", _l("Test this way"), primary=True, multiple=False)
    def try_out(self, items: list[SignInWay]) -> ResponseReturnValue:
        return self._done(
            items[0],
            lambda way: ways.try_out(way, our_address(), actor()),
            _("The test passed. The school can switch it on."),
        )

    @record_action(
        "switch_on",
        _l("Switch on"),
        _l("Is this your campus's own service? Whoever it vouches for can sign in to your school."),
        primary=True,
        multiple=False,
    )
    def switch_on(self, items: list[SignInWay]) -> ResponseReturnValue:
        return self._done(
            items[0],
            lambda way: ways.switch(way, True, actor()),
            _("It is on the sign-in page now."),
        )

    @record_action("switch_off", _l("Switch off"), danger=True, multiple=False)
    def switch_off(self, items: list[SignInWay]) -> ResponseReturnValue:
        return self._done(
            items[0],
            lambda way: ways.switch(way, False, actor()),
            _("It is off; who came by it is signed out."),
        )

    def _done(self, way: Any, act: Any, said: str) -> Any:
        name, key = self.record_name(way), way.id
        try:
            act(way)
        except Refused as refusal:
            flash(str(refusal), "warning")
        else:
            flash(_("%(name)s: %(text)s", name=name, text=said), "success")
        return redirect(self.url("show", pk=key), 303)
