"""Table of contents: every view of the product, in menu order; what each role's frame shows."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, session
from flask_appbuilder import AppBuilder

from app.accounts.views import PasswordView
from app.workflow.actor import Role

SHELLS = {Role.STUDENT: "student", Role.EMPLOYER: "employer"}


def register(builder: AppBuilder) -> None:
    """Register every view; the order of the lines is the order of the menu."""
    builder.add_view_no_menu(PasswordView)
    current_app.context_processor(frame)


def frame() -> dict[str, Any]:
    """What base.html needs of the person asking."""
    user = g.get("user")
    builder = current_app.extensions["appbuilder"]
    found: dict[str, Any] = {
        "appbuilder": builder,
        "lang": session.get("locale", "zh"),
        "demo_accounts": [],
        "asset_version": current_app.extensions.get("asset_version", ""),
    }
    if user is None or not user.is_authenticated:
        return {**found, "shell": "public"}
    return {**found, "shell": SHELLS.get(Role(user.role), "office"), "user_name": user.display_name}
