"""Roles live in code: who may do what is answered without one database query.

FAB asks the database up to 17 times a page for permissions (W12), registers about 40 routes of
user, role and permission screens (W10), and writes to the database at start-up. None of it here.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import abort, current_app, g, redirect, request
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.wrappers import Response

Rules = tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]


@dataclass(frozen=True)
class CodeRole:
    """What FAB needs of a role, without a table behind it."""

    name: str
    id: int = 0


class CodeRoleManager(SecurityManager):
    """FAB's security manager with the roles of ``FAB_ROLES``: {role: [[view, permission], …]}.

    Both are regular expressions that must match the whole name (FAB's own prefix match would let
    ``can_list`` also open ``can_list_all``). A user has one role: the string ``user.role``.
    A subclass sets ``auth_view_class`` (the sign-in page) and ``load_user``.
    """

    auth_view_class: type | None = None

    def __init__(self, appbuilder: object) -> None:
        # Past SecurityManager.__init__: it writes on FAB's own view classes, may create tables.
        super(SecurityManager, self).__init__(appbuilder)
        self._rules = {str(role): _compiled(rows) for role, rows in self.builtin_roles.items()}
        self._allowed = functools.lru_cache(maxsize=8192)(self._decide)

    # -- questions ---------------------------------------------------------------------------

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """May the person asking do this? A stranger, an inactive person, an odd role: no."""
        user = g.get("user")  # asked for each entry of a page's menus
        role = _role_of(current_user if user is None else user)
        return role is not None and self._allowed(role, permission_name, view_name)

    def role_allows(self, role: str, permission_name: str, view_name: str) -> bool:
        """The same for a role by name: for printed tables of rights and guard tests."""
        return self._allowed(role, permission_name, view_name)

    def _decide(self, role: str, permission: str, view: str) -> bool:
        rules = self._rules.get(role, ())
        return any(v.fullmatch(view) and p.fullmatch(permission) for v, p in rules)

    def get_user_menu_access(self, menu_names: list[str] | None = None) -> set[str]:
        """Those of the named menu entries that the person asking may see."""
        return {name for name in menu_names or () if self.has_access("menu_access", name)}

    def is_item_public(self, permission_name: str, view_name: str) -> bool:  # noqa: ARG002
        """Nothing is public by permission: public pages simply carry no ``has_access``."""
        return False

    def get_user_roles(self, user: object) -> list[CodeRole]:
        """The one role of the user, as FAB wants to see it; none for a stranger."""
        role = _role_of(user)
        return [] if role is None else [CodeRole(role)]

    def get_public_role(self) -> CodeRole:
        """FAB asks for it by query; here it is a name that no rule mentions."""
        return CodeRole(self.auth_role_public)

    def get_public_permissions(self) -> list[object]:
        """None, without a query."""
        return []

    @property
    def current_user(self) -> object:
        """The person signed in, or None; tokens and API keys are not a way in."""
        return current_user if current_user.is_authenticated else None

    def turned_away(self) -> Response:
        """The answer to one who may not: 403 when signed in, else the sign-in page."""
        if current_user.is_authenticated and current_user.is_active:
            abort(403)
        if self.auth_view is None:
            abort(401)
        wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
        return redirect(self.appbuilder.get_url_for_login_with(next_url=wanted))

    # -- what a subclass brings ----------------------------------------------------------------

    def load_user(self, pk: Any) -> Any:
        """The user of the session, or None. FAB's own would accept a copied cookie (W7)."""
        raise NotImplementedError

    # -- start-up ------------------------------------------------------------------------------

    def register_views(self) -> None:
        """Only our sign-in page; none of FAB's security screens, REST sign-in, statistics (W10)."""
        if self.auth_view_class is not None:
            self.auth_view = self.appbuilder.add_view_no_menu(self.auth_view_class())

    def create_db(self) -> None:
        """Never: tables come from migrations, roles from code."""

    def create_jwt_manager(self, app: object) -> None:
        """No tokens: FAB's REST protection then refuses everything."""

    def create_limiter(self, app: object) -> Limiter:  # noqa: ARG002
        """A limiter that is not attached: ours counts in the database (W6), see app.core.limits."""
        return Limiter(key_func=get_remote_address, enabled=False)

    def add_limit_view(self, baseview: Any) -> None:
        """Refuse limits that would silently do nothing."""
        if baseview.limits:
            raise TypeError(f"{type(baseview).__name__}: use app.core.limits, not FAB's limits")


def _compiled(rows: Iterable[Iterable[str]]) -> Rules:
    return tuple((re.compile(view), re.compile(permission)) for view, permission in rows)


def _role_of(user: object) -> str | None:
    """The role's name of an active, signed-in user; None closes every door."""
    if not getattr(user, "is_authenticated", False) or not getattr(user, "is_active", False):
        return None
    role = getattr(user, "role", None)
    return str.__str__(role) if isinstance(role, str) and role else None


def manager() -> CodeRoleManager:
    """The security manager of the running application."""
    found: CodeRoleManager = current_app.appbuilder.sm  # type: ignore[attr-defined]
    return found
