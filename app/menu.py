"""Table of contents: every view of the product, in menu order; what each role's frame shows."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, session
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.accounts.hooks import GATES, HOMES, SCHOOL_NAMES
from app.accounts.office_views import AccountsView
from app.accounts.queries import actor_of
from app.accounts.views import PasswordView
from app.codes.api import RegionView
from app.codes.office_views import CodesView, RegionsView
from app.documents.employer_views import EmployerReviewView, RegisterView, review_gate
from app.invitations.employer_views import EmployerHomeView, EmployerInvitationsView
from app.invitations.letter_views import CandidatesView, LetterView, OpenInvitationView
from app.invitations.office_views import InvitationsView
from app.people.employer_views import EmployerProfileView, SigningProfileView, profile_gate
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
from app.placements.queries import desk_counts
from app.placements.views import AgreementView, FileView
from app.plan.office_views import PlanView
from app.workflow.actor import STAFF, Role

SHELLS = {Role.STUDENT: "student", Role.EMPLOYER: "employer"}


def register(builder: AppBuilder) -> None:
    """Register every view; the order of the lines is the order of the menu."""
    builder.add_view_no_menu(PasswordView)
    office(builder)
    _employer(builder)
    current_app.context_processor(frame)


def _employer(builder: AppBuilder) -> None:
    """The employer's side: registration, first page, and its menu."""
    builder.add_view_no_menu(RegisterView)
    builder.add_view_no_menu(RegionView)
    builder.add_view_no_menu(EmployerReviewView)
    builder.add_view_no_menu(SigningProfileView)
    builder.add_view(EmployerHomeView, "EmployerHome", label=_l("Home"), icon="home")
    builder.add_view(CandidatesView, "EmployerCandidates", label=_l("Invite"), icon="send")
    builder.add_view_no_menu(LetterView)
    builder.add_view_no_menu(OpenInvitationView)
    builder.add_view(
        EmployerInvitationsView, "EmployerInvitations", label=_l("My invitations"), icon="sign"
    )
    builder.add_view(
        EmployerProfileView, "EmployerProfile", label=_l("Our details"), icon="building"
    )
    HOMES[Role.EMPLOYER] = "EmployerHomeView.index"
    for gate in (review_gate, profile_gate):
        if gate not in GATES:
            GATES.append(gate)


def office(builder: AppBuilder) -> None:
    """The school office's side: 待办 · 签约 · 邀约 · 学生 · 单位 · 就业方案 · 学校学院专业 · 代码 · 账号."""
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
    return {**found, "menu_counts": desk_counts(actor_of(user))} if shell == "office" else found
