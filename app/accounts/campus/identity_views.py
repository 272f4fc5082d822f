"""Which campus account opens which account, for those who may unlink it. HTTP only."""

from __future__ import annotations

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts.campus import binding, ways
from app.accounts.campus.models import CampusIdentity
from app.accounts.campus.office_views import school_name, schools_once
from app.accounts.models import AppUser
from app.accounts.queries import actor
from app.core.db import db
from app.fab.columns import ListColumn
from app.fab.declared import Link, ListFilter, record_action
from app.fab.interface import SafeInterface
from app.fab.presentation import moment
from app.fab.views import SafeModelView


def _account(key: object) -> str:
    user = db.session.get(AppUser, key)
    return f"{user.display_name} {user.username}" if user else "–"


class CampusIdentitiesView(SafeModelView):
    """Which campus account opens which account: an administrator may unlink, never link."""

    datamodel = SafeInterface(CampusIdentity)
    route_base = "/campus-identities"
    class_permission_name = "CampusIdentities"
    include_route_methods = {"list", "search", "pick_columns", "action", "action_post", "confirm"}
    list_title = _l("Linked campus accounts")
    columns = (
        ListColumn("user_id", _l("Account"), _account, card="title"),
        ListColumn("school_id", _l("School"), school_name),
        ListColumn("number", _l("Number at the campus")),
        ListColumn("bound_at", _l("Linked"), moment, sorts=True, width="number"),
        ListColumn("last_at", _l("Last sign-in"), moment, sorts=True, width="number"),
    )
    search_columns = ("number", "subject")
    base_order = ("bound_at", "desc")
    filters = (ListFilter("school", _l("All schools"), CampusIdentity.school_id, schools_once),)

    def scoped(self) -> Select[CampusIdentity]:
        return ways.identities_for(actor())

    def record_name(self, item: CampusIdentity) -> str:
        return _account(item.user_id)

    def head_back(self) -> Link | None:
        return Link("/sign-in-ways/list/", _("Campus sign-in"))

    @record_action(
        "unlink",
        _l("Unlink"),
        _l(
            "The person is told on every contact and can link a campus account again by signing in."
        ),
        reason="required",
        danger=True,
        multiple=False,
    )
    def unlink(self, items: list[CampusIdentity]) -> ResponseReturnValue:
        [identity] = items
        name = self.record_name(identity)
        binding.release(identity, actor(), request.form.get("reason", "")[:200])
        flash(_("%(name)s: %(text)s", name=name, text=_("Unlinked.")), "success")
        return redirect(self.list_url(), 303)
