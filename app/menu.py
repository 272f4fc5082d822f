"""Table of contents: every view of the product, in menu order; what each role's frame shows."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, session
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

from app.accounts.hooks import GATES, HOMES
from app.accounts.views import PasswordView
from app.codes.api import RegionView
from app.documents.employer_views import EmployerReviewView, RegisterView, review_gate
from app.invitations.employer_views import EmployerHomeView, EmployerInvitationsView
from app.invitations.letter_views import CandidatesView, LetterView, OpenInvitationView
from app.people.employer_views import EmployerProfileView, SigningProfileView, profile_gate
from app.workflow.actor import Role

SHELLS = {Role.STUDENT: "student", Role.EMPLOYER: "employer"}


def register(builder: AppBuilder) -> None:
    """Register every view; the order of the lines is the order of the menu."""
    builder.add_view_no_menu(PasswordView)
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
