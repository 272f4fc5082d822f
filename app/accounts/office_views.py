"""Accounts, for administrators: who can sign in, and stopping it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts import workflow
from app.accounts.forms import NewStaffForm, StaffForm
from app.accounts.hooks import SCHOOL_NAMES
from app.accounts.models import ROLE_NAMES, AppUser
from app.accounts.queries import accounts_for, actor
from app.core import clock
from app.core.errors import Refused
from app.fab.declared import Link, ListFilter, record_action
from app.fab.editing import RuledForms
from app.fab.interface import SafeInterface
from app.fab.once import once
from app.fab.shown import dash, yes_no
from app.fab.views import SafeModelView
from app.workflow.queries import trail_of

ACTS = {
    "open": _l("Opened"), "change": _l("Changed"), "activate": _l("Activate"),
    "deactivate": _l("Deactivate"), "sign_out": _l("Sign out everywhere"),
    "forget_password": _l("Reset the password"),
}  # fmt: skip


def _schools() -> list[tuple[str, str]]:
    """Id and name of every school, asked once a request."""
    return once("schools", lambda: [school for source in SCHOOL_NAMES for school in source()])


def _naive(value: Any) -> str:
    """Flask-AppBuilder's own column: Shanghai time without a zone."""
    return value.strftime("%Y-%m-%d %H:%M") if value else "–"


class AccountsView(RuledForms, SafeModelView):
    """No mail address and no number: an administrator needs neither (spec §1)."""

    datamodel = SafeInterface(AppUser)
    route_base = "/accounts"
    class_permission_name = "Accounts"
    include_route_methods = SafeModelView.include_route_methods | {"add", "edit"}
    list_title = _l("Accounts")
    add_title, edit_title = _l("New staff account"), _l("Edit the account")
    add_form, edit_form = NewStaffForm, StaffForm
    edit_columns = ["name", "email", "role", "school_id", "college_id"]
    add_columns = ["username", *edit_columns]
    add_row_message = _l("The account is open; the person was told by mail how to set a password.")
    edit_row_message = _l("The account is changed.")
    show_template = "accounts/account.html"
    show_title = _l("Account")
    list_columns = ["username", "display_name", "role", "school_id", "active", "last_login"]
    show_columns = [*list_columns, "login_count"]
    order_columns = ["username", "role", "last_login"]
    search_columns = ["username", "last_name", "first_name"]
    label_columns = {
        "username": _l("User name"), "display_name": _l("Name"), "role": _l("Role"),
        "school_id": _l("School"), "active": _l("Can sign in"), "last_login": _l("Last sign-in"),
        "login_count": _l("Sign-ins"),
    }  # fmt: skip
    formatters_columns = {
        "role": lambda role: str(ROLE_NAMES.get(role, "–")),
        "school_id": lambda key: dict(_schools()).get(str(key), "–"),
        "active": yes_no, "last_login": _naive, "login_count": dash,
    }  # fmt: skip
    base_order = ("username", "asc")
    load_columns = ("last_name", "first_name")
    cell_classes = {"active": "qq-card-status", "last_login": "qq-number"}
    filters = (
        ListFilter("role", _l("All roles"), AppUser.role,
                   lambda: [(role.value, str(text)) for role, text in ROLE_NAMES.items()]),
        ListFilter("school", _l("All schools"), AppUser.school_id, _schools),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return accounts_for(actor())

    def record_name(self, item: Any) -> str:
        return str(item.display_name)

    def head_links(self) -> list[Link]:
        return [Link(self.url("add"), _("New staff account"))]

    def written(self, kind: str, item: Any, form: Any) -> Any:
        if kind == "edit":
            return workflow.change_staff(item, form.values(), actor())
        return workflow.open_staff(form.values(), actor())

    def show_context(self, item: Any) -> dict[str, Any]:
        """What administrators did to the account (ADM-07)."""
        return {
            "trace": [
                {"who": row.actor_name, "what": ACTS.get(row.step, row.step),
                 "when": clock.local(row.at), "note": ""}
                for row in reversed(trail_of("account", item.id))
            ],
            "edit_url": self.url("edit", pk=item.id) if item.is_staff else "",
        }  # fmt: skip

    @record_action("forget_password", _l("Reset the password"), danger=True, multiple=False)
    def forget_password(self, items: list[Any]) -> Any:
        [user] = items
        try:
            workflow.forget_password(user, actor())
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(self.url("show", pk=user.id), 303)
        return self._told(user, _("The old password no longer works; a new one is set by code."))

    @record_action("sign_out", _l("Sign out everywhere"), multiple=False)
    def sign_out(self, items: list[Any]) -> Any:
        [user] = items
        workflow.sign_out_everywhere(user, actor())
        return self._told(user, _("The account is signed out on all devices."))

    @record_action("deactivate", _l("Deactivate"), danger=True, multiple=False)
    def deactivate(self, items: list[Any]) -> Any:
        return self._switch(items[0], False, _("The account can no longer sign in."))

    @record_action("activate", _l("Activate"), multiple=False)
    def activate(self, items: list[Any]) -> Any:
        return self._switch(items[0], True, _("The account can sign in again."))

    def offers(self, item: Any) -> list[Any]:
        """Only the one of the two switches that changes something; parties' passwords are theirs."""
        idle = {"activate" if item.active else "deactivate"}
        idle |= set() if item.is_staff else {"forget_password"}
        return [offer for offer in super().offers(item) if offer.name not in idle]

    def _switch(self, user: Any, active: bool, said: str) -> Any:
        try:
            workflow.switch(user, active, actor())
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(self.url("show", pk=user.id), 303)
        return self._told(user, said)

    def _told(self, user: Any, said: str) -> Any:
        flash(_("%(name)s: %(text)s", name=self.record_name(user), text=said), "success")
        return redirect(self.url("show", pk=user.id), 303)
