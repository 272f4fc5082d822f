"""Table of contents: every view of the product, in menu order; what each role's frame shows."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, session
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.accounts.hooks import HOMES, SCHOOL_NAMES
from app.accounts.office_views import AccountsView
from app.accounts.queries import actor_of
from app.accounts.views import PasswordView
from app.codes.office_views import CodesView, RegionsView
from app.invitations.office_views import InvitationsView
from app.people.office_views import (
    CollegesView,
    EmployersView,
    MajorsView,
    SchoolsView,
    StudentsView,
)
from app.people.queries import all_schools
from app.placements.home_views import OfficeView
from app.placements.office_views import DeskView
from app.placements.queries import frame_of
from app.placements.views import AgreementView, FileView
from app.plan.office_views import PlanView
from app.workflow.actor import STAFF, Role

SHELLS = {Role.STUDENT: "student", Role.EMPLOYER: "employer"}


def register(builder: AppBuilder) -> None:
    """Register every view; the order of the lines is the order of the menu."""
    builder.add_view_no_menu(PasswordView)
    office(builder)
    current_app.context_processor(frame)


def office(builder: AppBuilder) -> None:
    """The school office's side: what waits first, what is seldom touched last."""
    builder.add_view_no_menu(AgreementView)
    builder.add_view_no_menu(FileView)
    for view, name, label, icon in (
        (OfficeView, "Office", _l("To do"), "inbox"),
        (DeskView, "Desk", _l("Signings"), "sign"),
        (InvitationsView, "Invitations", _l("Invitations"), "send"),
        (StudentsView, "Students", _l("Students"), "users"),
        (EmployersView, "Employers", _l("Employers"), "building"),
        (PlanView, "Plan", _l("Employment plan"), "list"),
        (SchoolsView, "Schools", _l("Schools"), "home"),
        (CollegesView, "Colleges", _l("Colleges"), "route"),
        (MajorsView, "Majors", _l("Majors"), "briefcase"),
        (CodesView, "Codes", _l("Code tables"), "database"),
        (RegionsView, "Regions", _l("Regions"), "map"),
        (AccountsView, "Accounts", _l("Accounts"), "user"),
    ):
        builder.add_view(view, name, label=label, icon=icon)
    HOMES.update(dict.fromkeys(STAFF, "OfficeView.index"))
    SCHOOL_NAMES.append(all_schools)


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
    shell = SHELLS.get(Role(user.role), "office")
    found |= {"shell": shell, "user_name": user.display_name}
    if shell != "office":
        return found
    around = frame_of(actor_of(user))
    return {**found, "menu_counts": around.counts, "place_name": around.place}
