"""Accounts and the requests about them, for the three administrators. HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import Select

from app.accounts import workflow as sign_in
from app.accounts.models import ROLE_NAMES, AppUser
from app.accounts.queries import accounts_for, actor
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.registry import stores
from app.fab.columns import ListColumn, Panel, fact, trace_panel
from app.fab.declared import Link, ListFilter, record_action
from app.fab.editing import RuledForms
from app.fab.interface import SafeInterface
from app.fab.per_request import once
from app.fab.presentation import dash, yes_no
from app.fab.views import SafeModelView
from app.people.staff import workflow
from app.people.staff.forms import AskChangeForm, AskNewForm
from app.people.staff.models import StaffRequest
from app.workflow import trail

WORDS = {  # of what is done to an account, in its trail
    "open": _l("Opened"),
    "change": _l("Changed"),
    "activate": _l("Activate"),
    "deactivate": _l("Deactivate"),
    "sign_out": _l("Sign out everywhere"),
    "forget_password": _l("Reset the password"),
    "reset_factor": _l("Reset the second factor"),
}


def _schools() -> list[tuple[str, str]]:
    """Id and name of every school, asked once a request."""
    return once("schools", stores().all_schools)


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
    add_form, edit_form = AskNewForm, AskChangeForm
    edit_columns = ["name", "email", "role", "school_id", "college_id", "reason"]
    add_columns = ["username", *edit_columns]
    show_title = _l("Account")
    columns = (
        ListColumn("username", _l("User name"), sorts=True),
        ListColumn("display_name", _l("Name")),
        ListColumn("role", _l("Role"), lambda role: str(ROLE_NAMES.get(role, "–")), sorts=True),
        ListColumn("school_id", _l("School"), lambda key: dict(_schools()).get(str(key), "–")),
        ListColumn("active", _l("Can sign in"), yes_no, card="status"),
        ListColumn("last_login", _l("Last sign-in"), _naive, sorts=True, width="number"),
        fact("login_count", _l("Sign-ins"), dash, out=False),
    )
    panels = (
        Panel(None, "username display_name role school_id active last_login login_count"),
        trace_panel(lambda item: trail.shown("account", item.id)),
    )
    search_columns = ("username", "last_name", "first_name")
    base_order = ("username", "asc")
    load_columns = ("last_name", "first_name")
    filters = (
        ListFilter(
            "role",
            _l("All roles"),
            AppUser.role,
            lambda: [(role.value, str(text)) for role, text in ROLE_NAMES.items()],
        ),
        ListFilter("school", _l("All schools"), AppUser.school_id, _schools),
    )

    def scoped(self) -> Select[AppUser]:
        return accounts_for(actor())

    def record_name(self, item: AppUser) -> str:
        return str(item.display_name)

    def _has(self, word: str) -> bool:
        return bool(self.appbuilder.sm.has_access(f"can_{word}", self.class_permission_name))

    def head_links(self) -> list[Link]:
        return [Link(self.url("add"), _("New staff account"))] if self._has("add") else []

    def _saved(self, kind: str, item: AppUser, form: FlaskForm) -> ResponseReturnValue:
        """Nothing is written to the account: the request waits for the second administrator."""
        values, reason = form.values(), form.reason.data or ""
        try:
            if kind == "edit":
                record = workflow.change_staff(item, values, actor(), reason)
            else:
                record = workflow.open_staff(values, actor(), reason)
        except (Invalid, Refused) as error:
            show_problems(form, error)
            for sentence in form.form_errors:
                flash(str(sentence), "warning")
            return self._form_page(kind, form, 422)
        return _waits(record)

    def show_context(self, item: AppUser) -> dict[str, Any]:
        """Parties keep their accounts themselves."""
        return {
            "edit_url": self.url("edit", pk=item.id) if item.is_staff and self._has("edit") else ""
        }

    @record_action(
        "forget_password", _l("Reset the password"), reason="required", danger=True, multiple=False
    )
    def forget_password(self, items: list[AppUser]) -> ResponseReturnValue:
        return self._asked(items[0], workflow.forget_password)

    @record_action(
        "reset_factor",
        _l("Reset the second factor"),
        reason="required",
        danger=True,
        multiple=False,
    )
    def reset_factor(self, items: list[AppUser]) -> ResponseReturnValue:
        return self._asked(items[0], workflow.reset_factor)

    @record_action("sign_out", _l("Sign out everywhere"), multiple=False)
    def sign_out(self, items: list[AppUser]) -> ResponseReturnValue:
        [user] = items
        sign_in.sign_out_everywhere(user, actor())
        return self._told(user, _("The account is signed out on all devices."))

    @record_action("deactivate", _l("Deactivate"), danger=True, multiple=False)
    def deactivate(self, items: list[AppUser]) -> ResponseReturnValue:
        [user] = items
        try:
            sign_in.switch(user, False, actor())
        except Refused as refusal:
            return self._refused(user, refusal)
        return self._told(user, _("The account can no longer sign in."))

    @record_action("activate", _l("Activate"), reason="required", multiple=False)
    def activate(self, items: list[AppUser]) -> ResponseReturnValue:
        return self._asked(items[0], workflow.activate)

    def offers(self, item: AppUser) -> list[Any]:
        """Only the one of the two switches that changes something; parties' passwords are theirs."""
        idle = {"activate" if item.active else "deactivate"}
        idle |= set() if item.is_staff else {"forget_password"}
        idle |= {"reset_factor"} if item.student_id else set()
        return [offer for offer in super().offers(item) if offer.name not in idle]

    def _asked(self, user: Any, ask: Callable[..., StaffRequest | None]) -> ResponseReturnValue:
        try:
            record = ask(user, actor(), request.form.get("reason", ""))
        except Refused as refusal:
            return self._refused(user, refusal)
        except Invalid as error:
            return self._refused(user, Refused(error.problems[0][1]))
        if record is None:
            return self._told(user, _("The account can sign in again."))
        return _waits(record)

    def _refused(self, user: Any, refusal: Refused) -> ResponseReturnValue:
        flash(str(refusal), "warning")
        return redirect(self.url("show", pk=user.id), 303)

    def _told(self, user: Any, said_text: str) -> ResponseReturnValue:
        flash(_("%(name)s: %(text)s", name=self.record_name(user), text=said_text), "success")
        return redirect(self.url("show", pk=user.id), 303)


def _waits(record: StaffRequest) -> ResponseReturnValue:
    flash(
        _("Asked for. It takes effect when the security administrator has confirmed it."), "success"
    )
    return redirect(url_for("StaffRequestsView.show", pk=record.id), 303)
