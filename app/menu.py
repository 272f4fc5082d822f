"""Table of contents: every view of the product, in menu order; what each role's frame shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import current_app, g, session, url_for
from flask_appbuilder import AppBuilder
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import factors
from app.accounts.act_views import ActCodeView
from app.accounts.campus.identity_views import CampusIdentitiesView
from app.accounts.campus.office_views import SignInWaysView
from app.accounts.campus.own_views import CampusProofView, MyCampusView
from app.accounts.campus.views import CampusView
from app.accounts.factor_proof_views import FactorView
from app.accounts.factor_views import MyFactorsView
from app.accounts.kept_views import KeptView
from app.accounts.log_views import SecurityLogView
from app.accounts.own_views import MySignInsView
from app.accounts.password_views import PasswordView
from app.accounts.posted import MARK
from app.accounts.queries import actor_of
from app.accounts.session_views import SessionView, account_mark, masked_key
from app.audit.views import AuditView, RootsView
from app.batches.views import BatchView
from app.codes.api import RegionView
from app.codes.edition_views import CodeEditionsView, RegionsView
from app.codes.office_views import CodesView
from app.core import clock, jobs
from app.demo import ACCOUNTS
from app.fab.frame import Menu, Menus
from app.fab.per_request import now, once
from app.fab.security import manager
from app.files.documents.file_views import FileView
from app.files.exports.list_views import ExportHistoryView
from app.files.exports.views import ExportsView
from app.files.imports.list_views import ImportHistoryView
from app.files.imports.views import ImportsView
from app.files.imports.word_views import ImportWordsView
from app.files.made.import_views import ImportChangesView
from app.files.made.views import PapersView
from app.home.employer_views import EmployerHomeView
from app.home.office_views import OfficeView
from app.home.own_record import MyRecordView
from app.home.queries import frame_of
from app.home.search_views import SearchView
from app.home.student_views import MyCopyView, MyHomeView
from app.notices.office_views import DeliveriesView
from app.notices.queries import unread_count
from app.notices.views import JobsView, MessagesView, NoticesView
from app.people.contacts.office_views import HeldChangesView
from app.people.contacts.sign_in_views import SignInView
from app.people.corrections.office_views import CorrectionsView
from app.people.corrections.student_views import MyOriginView
from app.people.employers.employer_views import EmployerProfileView, SigningProfileView
from app.people.employers.office_views import EmployersView
from app.people.employers.registration_views import RegisterView
from app.people.employers.review_views import EmployerReviewView
from app.people.merging.office_views import MergeEmployersView, MergeStudentsView
from app.people.reveals.office_views import RevealsView
from app.people.schools.office_views import CollegesView, MajorsView, SchoolsView
from app.people.staff.office_views import AccountsView
from app.people.staff.request_views import StaffRequestsView
from app.people.students.contact_views import StudentMailView, StudentPhoneView
from app.people.students.office_views import StudentsView
from app.people.students.restriction_views import RestrictionsView, RestrictView
from app.people.students.student_views import MyProfileView, VerifyView
from app.plan.checks.check_views import ChecksView
from app.plan.checks.office_views import FindingsView
from app.plan.checks.views import FindingsBookView
from app.plan.comparison.views import PlanFilesView
from app.plan.letters.office_views import LettersView
from app.plan.letters.work_views import LetterWorkView
from app.plan.official.views import OfficialView
from app.plan.reports.graduate_views import GraduatesView
from app.plan.reports.office_views import ReportsView
from app.plan.reports.pivot_views import PivotView
from app.plan.reports.question_views import QuestionsView
from app.plan.rows.change_views import ChangesView
from app.plan.rows.code_views import CountsAsView, FormulasView
from app.plan.rows.office_views import PlanView
from app.plan.rows.outside_views import OutsideView
from app.plan.years.export_views import PlanExportView
from app.plan.years.snapshot_views import SnapshotsView
from app.plan.years.year_views import PlanYearView
from app.portal.verification.views import VerificationView
from app.settings.models import DESTINATION_NAMES
from app.settings.office_views import SettingsView
from app.settings.queries import settings
from app.signing.desk.office_views import DeskView
from app.signing.destinations.office_views import DestinationKindsView
from app.signing.destinations.part_views import DestinationFieldsView, DestinationProofsView
from app.signing.destinations.student_views import MyDestinationsView
from app.signing.destinations.type_views import DestinationTypesView
from app.signing.disputes.office_views import DisputesView
from app.signing.disputes.views import NotMeView
from app.signing.invitations.amendment_views import AmendmentView
from app.signing.invitations.candidate_views import CandidatesView
from app.signing.invitations.edit_views import OpenInvitationView
from app.signing.invitations.employer_views import EmployerInvitationsView
from app.signing.invitations.letter_views import LetterView
from app.signing.invitations.office_views import InvitationsView
from app.signing.invitations.signing_views import MySigningsView
from app.signing.invitations.student_views import AnswerView, MyInvitationsView
from app.signing.nudges.views import NudgesView
from app.signing.objections.office_views import ObjectionsView
from app.signing.objections.student_views import MyObjectionsView
from app.signing.offline.employer_views import EmployerPaperView
from app.signing.offline.office_views import OfferedEmployersView
from app.signing.offline.step_views import MyPaperStepsView
from app.signing.offline.student_views import MyPaperView
from app.signing.offline.views import StampedView
from app.signing.placements.views import AgreementView
from app.signing.terminations.employer_views import EmployerTerminationsView
from app.signing.terminations.office_views import ChancesView
from app.signing.terminations.student_views import MyTerminationsView
from app.signing.terminations.views import TerminationsView
from app.workflow.actor import Role

MENUS = Menus()
SHELLS = {Role.STUDENT: "student", Role.EMPLOYER: "employer"}


def register(builder: AppBuilder) -> None:
    """Register every view; the order of the lines is the order of the menu."""
    builder.add_view_no_menu(PasswordView)
    builder.add_view_no_menu(MySignInsView)
    builder.add_view_no_menu(MyCopyView)
    builder.add_view_no_menu(MyRecordView)
    builder.add_view_no_menu(RootsView)
    builder.add_view_no_menu(ActCodeView)
    builder.add_view_no_menu(KeptView)
    builder.add_view_no_menu(SessionView)
    builder.add_view_no_menu(FactorView)
    builder.add_view_no_menu(MyFactorsView)
    for campus in (CampusView, CampusProofView, MyCampusView, CampusIdentitiesView):
        builder.add_view_no_menu(campus)
    builder.add_view_no_menu(BatchView)
    builder.add_view_no_menu(TerminationsView)
    _bulk(builder)
    office(builder)
    _employer(builder)
    _student(builder)
    builder.add_view(NoticesView, "Notices", label=_l("Messages"), icon="bell")
    builder.add_view(MyProfileView, "MyProfile", label=_l("Me"), icon="user")
    builder.add_view(JobsView, "Jobs", label=_l("Failed jobs"), icon="alert")
    builder.add_view_no_menu(MessagesView)
    builder.add_view_no_menu(VerificationView)
    builder.add_view_no_menu(StampedView)
    builder.add_view_no_menu(NotMeView)
    current_app.context_processor(frame)


def _bulk(builder: AppBuilder) -> None:
    """Imports and exports are reached from the lists they fill."""
    builder.add_view_no_menu(ImportsView)
    builder.add_view_no_menu(ImportHistoryView)
    builder.add_view_no_menu(ImportWordsView)
    builder.add_view_no_menu(ImportChangesView)
    builder.add_view_no_menu(ExportsView)
    builder.add_view_no_menu(ExportHistoryView)


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
    builder.add_view_no_menu(AmendmentView)
    builder.add_view(
        EmployerInvitationsView, "EmployerInvitations", label=_l("My invitations"), icon="sign"
    )
    builder.add_view_no_menu(EmployerPaperView)
    builder.add_view_no_menu(NudgesView)
    builder.add_view(
        EmployerTerminationsView, "EmployerTerminations", label=_l("Terminations"), icon="unlink"
    )
    builder.add_view(
        EmployerProfileView, "EmployerProfile", label=_l("Our details"), icon="building"
    )


def _student(builder: AppBuilder) -> None:
    """The student's side: first sign-in, home, letters; the bar at the foot of a phone."""
    builder.add_view_no_menu(VerifyView)
    builder.add_view(MyHomeView, "MyHome", label=_l("Home"), icon="home")
    signing = {"category": "MySigning", "category_label": _l("Sign"), "category_icon": "sign"}
    builder.add_view(
        MyInvitationsView, "MyInvitations", label=_l("Online signing"), icon="sign", **signing
    )
    builder.add_view_no_menu(AnswerView)
    builder.add_view(MyPaperView, "MyPaper", label=_l("Offline signing"), icon="paper", **signing)
    builder.add_view_no_menu(MyPaperStepsView)
    builder.add_view(
        MyTerminationsView, "MyTerminations", label=_l("Terminations"), icon="unlink", **signing
    )
    builder.add_view(
        MyDestinationsView, "MyDestinations", label=_l("Other destinations"), icon="route"
    )
    builder.add_view_no_menu(MySigningsView)
    builder.add_view_no_menu(MyObjectionsView)
    builder.add_view_no_menu(MyOriginView)


def office(builder: AppBuilder) -> None:
    """The school office's side: what waits first, what is seldom touched last."""
    _office_pages(builder)
    for view, name, label, icon in (
        (OfficeView, "Office", _l("To do"), "inbox"),
        (DeskView, "Desk", _l("Signings"), "sign"),
        (ObjectionsView, "Objections", _l("Contested by students"), "alert"),
        (DisputesView, "Disputes", _l("Disowned"), "lock"),
        (InvitationsView, "Invitations", _l("Invitations"), "send"),
        (StudentsView, "Students", _l("Students"), "users"),
        (CorrectionsView, "Corrections", _l("Corrections of records"), "file"),
        (HeldChangesView, "HeldChanges", _l("Changed sign-ins"), "lock"),
        (RestrictionsView, "Restrictions", _l("Restrictions"), "lock"),
        (EmployersView, "Employers", _l("Employers"), "building"),
        (PlanView, "Plan", _l("Employment plan"), "list"),
        (ChangesView, "PlanChanges", _l("Changes to the plan"), "swap"),
        (FindingsView, "Findings", _l("Findings of the checks"), "alert"),
        (ReportsView, "Reports", _l("Reports"), "chart"),
        (SchoolsView, "Schools", _l("Schools"), "home"),
        (CollegesView, "Colleges", _l("Colleges"), "route"),
        (MajorsView, "Majors", _l("Majors"), "briefcase"),
        (SettingsView, "Settings", _l("Settings"), "cog"),
        (CountsAsView, "PlanCodes", _l("What the codes count as"), "chart"),
        (CodesView, "Codes", _l("Code tables"), "database"),
        (DestinationKindsView, "DestinationKinds", _l("Kinds of destinations"), "route"),
        (RegionsView, "Regions", _l("Regions"), "map"),
        (DeliveriesView, "Deliveries", _l("Deliveries"), "mail"),
        (AccountsView, "Accounts", _l("Accounts"), "user"),
        (SecurityLogView, "SecurityLog", _l("Security log"), "lock"),
        (AuditView, "Audit", _l("Proof of the trail"), "shield"),
        (StaffRequestsView, "StaffRequests", _l("Requests about accounts"), "check"),
        (SignInWaysView, "SignInWays", _l("Campus sign-in"), "lock"),
    ):
        builder.add_view(view, name, label=label, icon=icon)


def _office_pages(builder: AppBuilder) -> None:
    """Pages of the office that lists and other pages lead to."""
    builder.add_view_no_menu(AgreementView)
    builder.add_view_no_menu(FileView)
    builder.add_view_no_menu(RestrictView)
    builder.add_view_no_menu(ChancesView)
    for kept in (
        SignInView,
        StudentPhoneView,
        StudentMailView,
        RevealsView,
        SearchView,
        MergeStudentsView,
        MergeEmployersView,
        OfferedEmployersView,
    ):
        builder.add_view_no_menu(kept)
    for files in (
        PlanYearView,
        PlanExportView,
        PivotView,
        QuestionsView,
        OutsideView,
        SnapshotsView,
        PlanFilesView,
        PapersView,
        OfficialView,
        LetterWorkView,
        LettersView,
    ):
        builder.add_view_no_menu(files)
    for page in (ChecksView, FindingsBookView, GraduatesView, CodeEditionsView, FormulasView):
        builder.add_view_no_menu(page)
    for part in (DestinationTypesView, DestinationFieldsView, DestinationProofsView):
        builder.add_view_no_menu(part)


def server_now() -> datetime:
    """The moment that pages count from; an error page has one too when the database does not answer."""
    try:
        return now()
    except SQLAlchemyError:
        return clock.machine()


def frame() -> dict[str, object]:
    """What base.html needs of the person asking."""
    user = g.get("user")
    demo_mode = jobs.config().mode == "demo"
    spoken = session.get("locale", "zh")
    found: dict[str, Any] = {
        "appbuilder": current_app.extensions["appbuilder"],
        "lang": spoken,
        "languages": other_languages(spoken),
        "home_url": url_for("HomeView.index"),
        "server_now": server_now().isoformat(),
        "demo_accounts": demo_people(user) if demo_mode else [],
        "messages_url": "/messages/" if demo_mode else "",
    }
    if user is None or not user.is_authenticated or factors.waiting(user):
        return {**found, "shell": "public"}
    role = Role(user.role)
    shell = SHELLS.get(role, "office")
    found |= {
        "shell": shell,
        "user_name": user.display_name,
        "logout_url": url_for("AuthView.logout"),
        "user_links": user_links(),
        "living": {
            "ends": g.ends,
            "last": g.last,
            "account": account_mark(user.id),
            "draft": masked_key(user.id),
        }
        if "ends" in g
        else None,
        "unsent_url": url_for("KeptView.show", key=session[MARK]) if session.get(MARK) else "",
        "batch_token": uuid4().hex,
        "unread": unread_count(),
        "inbox_url": url_for("NoticesView.index"),
    }
    if shell == "student":
        return {**found, "menu": student_menu(role, user.school_id)}
    found["menu"] = MENUS.of(role)
    if shell != "office":
        return found
    if manager().has_access("can_index", "Search"):
        found["find_url"] = url_for("SearchView.index")
    around = once("frame", lambda: frame_of(actor_of(user)))
    return {**found, "menu_counts": around.counts, "place_name": around.place}


def other_languages(spoken: str) -> tuple[tuple[str, str, str], ...]:
    """The languages that a page may be read in instead: as HTML calls them, their name, where that leads."""
    return tuple(
        (
            "zh-CN" if code == "zh" else code,
            language["name"],
            url_for("LocaleView.index", locale=code),
        )
        for code, language in current_app.config["LANGUAGES"].items()
        if code != spoken
    )


def user_links() -> tuple[tuple[str, str], ...]:
    """One's own pages, under one's own name."""
    found = [
        (_("My sign-ins and devices"), url_for("MySignInsView.index")),
        (_("Change password"), url_for("PasswordView.change")),
    ]
    if current_app.extensions["appbuilder"].sm.has_access("can_index", "MyFactors"):
        found.append((_("Second factor"), url_for("MyFactorsView.index")))
    return tuple(found)


def student_menu(role: Role, school_id: int) -> Menu:
    """The menu as the school has set it: destinations by its name for them, or left out (DST-04)."""
    known = settings(school_id)
    label = str(DESTINATION_NAMES[known.destination_name]) if known.destinations_open else ""
    return MENUS.of(role, {"MyDestinations": label})


def demo_people(user: object) -> list[dict[str, object]]:
    """The demo's people, each one click away."""
    here = getattr(user, "username", "")
    return [
        {
            "label": f"{who} {name}",
            "url": url_for("AuthView.demo", name=name),
            "current": name == here,
        }
        for name, who, _waits in ACCOUNTS
    ]
