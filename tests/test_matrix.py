"""Every route × every role × own and foreign record: generated from the application, nothing forgotten.

A route without an expectation fails; so does a page that a role may not open but does, and a foreign
record that answers anything but «not there».
"""

from __future__ import annotations

import pytest

from app.workflow.actor import Role
from tests import factories as make
from tests import query_counts

ROLES = (
    "nobody",
    "student",
    "employer",
    "college",
    "school",
    "province",
    "data",
    "admin",
    "security",
    "audit",
)
# what needs no permission: it answers everybody, and shows nothing of anybody
PUBLIC = {
    "static",
    "appbuilder.static",
    "healthz",
    "dialogs",
    "offline",
    "HomeView.index",
    "UtilView.back",
    "LocaleView.index",
    "AuthView.login",
    "AuthView.logout",
    "AuthView.demo",
    "PasswordView.change",
    "PasswordView.forgotten",
    "PasswordView.reset",
    "RegisterView.register",
    "RegisterView.code",
    "HomeView.first",
    "MessagesView.index",
    "VerificationView.ask",
    "VerificationView.show",
    "VerificationView.file",
    "RootsView.index",
    "RootsView.machine",
    "StampedView.show",
    "StampedView.add",
    "NotMeView.show",
    "NotMeView.press",
    "CampusView.begin",
    "CampusView.back",
    "CampusView.enter",
    "CampusView.single_sign_out",
    "CampusView.signed_out",
}


def people(cast) -> dict:
    """One account a role."""
    return {
        "student": make.account(cast.student),
        "employer": make.account(cast.employer),
        "college": cast.college_officer,
        "school": cast.officer,
        "province": cast.province,
        "data": cast.data,
        "admin": cast.admin,
        "security": cast.security,
        "audit": cast.audit,
    }


def permission_of(app, endpoint: str) -> tuple[str, str] | None:
    """(view, permission) that FAB asks for an endpoint."""
    view_name, _dot, method = endpoint.partition(".")
    for view in app.extensions["appbuilder"].baseviews:
        if view.endpoint == view_name:
            kept = getattr(getattr(view, method), "_permission_name", None)
            if method in ("action", "action_post"):
                return view.class_permission_name, "an action"
            return (view.class_permission_name, f"can_{kept}") if kept else None
    return None


def routes(app):
    return [r for r in app.url_map.iter_rules() if r.endpoint not in PUBLIC]


def pages(app):
    """The routes that somebody can open without a record."""
    return [r for r in routes(app) if not r.arguments and "GET" in r.methods]


def may_open(app, role: str, rule) -> bool:
    """Whether the role's grants let it open a page."""
    view, permission = permission_of(app, rule.endpoint)
    manager = app.extensions["appbuilder"].sm
    return role != "nobody" and manager.role_allows(role, permission, view)


@pytest.mark.rule("ACC-02")
def test_every_route_asks_a_permission_or_is_named_as_public(app):
    unguarded = [r.endpoint for r in routes(app) if permission_of(app, r.endpoint) is None]
    assert not unguarded


@pytest.mark.rule("ACC-02")
def test_every_grant_names_a_permission_that_exists(app):
    from app.roles import GRANTS

    views = app.extensions["appbuilder"].baseviews
    unknown = []
    for name, grants in GRANTS.items():
        mine = [v for v in views if v.class_permission_name == name]
        unknown += [
            (name, role, word)
            for role, words in grants.items()
            for word in words
            if not any(hasattr(v, word) or word in getattr(v, "actions", {}) for v in mine)
        ]
    assert not unknown


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("role", ROLES)
def test_a_page_without_a_record_opens_for_those_who_may_and_for_nobody_else(
    app, cast, visit, client, role, query_count
):
    browser = client if role == "nobody" else visit(people(cast)[role])
    wrong, asked = [], {}
    for rule in pages(app):
        may = may_open(app, role, rule)
        status = browser.get(rule.rule).status_code
        allowed = (200, 302) if may else (302,) if role == "nobody" else (403, 404)
        if status not in allowed:
            wrong.append((rule.rule, role, status))
        if status == 200:
            asked[rule.rule] = statements(browser, rule.rule, query_count)
    assert not wrong + query_counts.compared(role, asked)


def statements(browser, path: str, query_count) -> int:
    """The fewest of two visits after the first: what a process remembers, or notes now and then, is no cost."""
    from app.core.db import db

    counts = []
    for _visit in range(2):
        db.session.expunge_all()  # as every request begins
        with query_count() as seen:
            assert browser.get(path).status_code == 200
        counts.append(seen.n)
    return min(counts)


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("role", [role for role in ROLES if role != "nobody"])
def test_a_page_of_an_own_record_asks_the_database_as_much_as_is_kept(
    app, cast, visit, role, query_count
):
    ids = records(cast)
    browser = visit(people(cast)[role])
    asked = {}
    for rule in routes(app):
        kind = kind_of(rule.endpoint)
        if kind is None or rule.arguments != {"pk"} or "GET" not in rule.methods:
            continue
        [url] = addresses(app, rule, ids[kind][0])
        if browser.get(url).status_code == 200:
            asked[rule.rule] = statements(browser, url, query_count)
    assert not query_counts.compared(f"{role}'s", asked)


def test_no_page_asks_more_than_its_budget():
    """Half of all pages five statements, nine of ten eight, none more than twelve."""
    assert not query_counts.beyond_budget()


def records(cast) -> dict[str, tuple[int, int]]:
    """Per kind: the id of a record of the own school or party, and of a foreign one."""
    from app.core import clock
    from app.people.corrections.workflow import propose
    from app.people.students.workflow import restrict
    from app.signing.objections.workflow import report

    mine = make.accept(make.invite(cast.employer, cast.student)[0])
    far = make.accept(make.invite(cast.rival, cast.stranger)[0])
    own_end = make.terminate(_in_force(cast.employer, cast.classmate, cast.officer))
    far_student = make.make_student(cast.far_college)
    far_end = make.terminate(_in_force(cast.rival, far_student, cast.other_officer))
    today = clock.today()
    return {
        "destination": tuple(
            make.destination(make.make_student(c)).id for c in (cast.college, cast.far_college)
        ),
        "placement": (mine.id, far.id),
        "invitation": (mine.invitation_id, far.invitation_id),
        "termination": (own_end.id, far_end.id),
        "objection": tuple(
            report(make.actor(p.student), "不实", placement_id=p.id).id for p in (mine, far)
        ),
        "restriction": tuple(
            restrict(student, make.actor(officer), "复核", since=today).id
            for student, officer in (
                (cast.student, cast.officer),
                (cast.stranger, cast.other_officer),
            )
        ),
        "correction": tuple(
            propose(student, "class_name", "9班", "写错了", make.actor(student)).id
            for student in (cast.student, cast.stranger)
        ),
        "student": (cast.student.id, cast.stranger.id),
        "contact_change": tuple(
            _changed(student, officer)
            for student, officer in (
                (make.make_student(cast.college), cast.officer),
                (make.make_student(cast.far_college), cast.other_officer),
            )
        ),
        "school": (cast.school.id, cast.other_school.id),
        "college": (cast.college.id, cast.far_college.id),
        "major": (cast.student.major_id, cast.stranger.major_id),
    }


def _changed(student, officer) -> int:
    from app.accounts.contact_models import ContactChange
    from app.core.db import db
    from app.people.students.workflow import change_phone

    change_phone(student.id, f"139{student.id:08d}"[:11], make.actor(officer), "换号")
    mine = db.session.query(ContactChange).filter_by(user_id=make.account(student).id)
    return mine.one().id


def _in_force(employer, student, officer):
    return make.attest(make.accept(make.invite(employer, student)[0]), officer)


OF = {  # view, or view and method → kind of record
    "DeskView": "placement",
    "AgreementView": "placement",
    "MySigningsView": "placement",
    "EmployerHomeView": "placement",
    "InvitationsView": "invitation",
    "MyInvitationsView": "invitation",
    "EmployerInvitationsView": "invitation",
    "OpenInvitationView": "invitation",
    "AnswerView": "invitation",
    "StudentsView": "student",
    "SchoolsView": "school",
    "CollegesView": "college",
    "MajorsView": "major",
    "ChancesView": "student",
    "CorrectionsView": "correction",
    "MyOriginView": "correction",
    "StudentPhoneView": "student",
    "StudentMailView": "student",
    "HeldChangesView": "contact_change",
    "MergeStudentsView": "student",
    "AmendmentView": "placement",
    "TerminationsView": "termination",
    "MyTerminationsView": "termination",
    "MyTerminationsView.show": "placement",
    "MyTerminationsView.request": "placement",
    "MyTerminationsView.proof": "placement",
    "MyPaperStepsView": "placement",
    "EmployerPaperView": "placement",
    "EmployerTerminationsView": "termination",
    "EmployerTerminationsView.show": "placement",
    "EmployerTerminationsView.request": "placement",
    "DeskView.evidence": "termination",
    "ObjectionsView": "objection",
    "RestrictionsView": "restriction",
    "MyDestinationsView": "destination",
    "MyObjectionsView.placement": "placement",
    "MyObjectionsView.invitation": "invitation",
}
OWN = {
    "RevealsView",
    "NoticesView",
    "JobsView",
    "SettingsView",
    "DeliveriesView",
    "CodesView",
    "RegionsView",
    "AccountsView",
    "EmployersView",
    "MergeEmployersView",
    "OfferedEmployersView",
    "PlanView",
    "ChangesView",
    "SnapshotsView",
    "LettersView",
    "FindingsView",
    "ReportsView",
    "GraduatesView",
    "QuestionsView",
    "CountsAsView",
    "FormulasView",
    "DestinationKindsView",
    "DisputesView",
    "DestinationTypesView",
    "DestinationFieldsView",
    "DestinationProofsView",
    "SecurityLogView",
    "StaffRequestsView",
    "MyFactorsView",
    "SignInWaysView",
    "CampusIdentitiesView",
    "MyCampusView",
}  # told apart by tests of their own
STEPS = {
    "MyPaperStepsView.step": ["hand_in", "ask_give_up", "go_on", "approve_form"],
    "MySigningsView.answer": ["agree_terms", "decline_terms"],
    "MyTerminationsView.take": ["agree", "decline", "leave", "ask_mediation"],
    "EmployerTerminationsView.take": ["agree", "decline", "leave", "ask_mediation"],
    "ActCodeView.code": ["accept"],
}


def kind_of(endpoint: str) -> str | None:
    return OF.get(endpoint) or OF.get(endpoint.partition(".")[0])


def addresses(app, rule, key: int):
    """The route's addresses for that record: one for each name or step it takes."""
    names = [
        "attest",
        "refuse",
        "approve",
        "release",
        "uphold",
        "force",
        "termination_approve",
        "confirm_change",
        "undo_change",
    ]
    values = {"pk": key}
    for part, choices in (("name", names), ("step", STEPS.get(rule.endpoint, ["agree"]))):
        if part in rule.arguments:
            with app.test_request_context():
                bind = app.url_map.bind("localhost")
                return [bind.build(rule.endpoint, {**values, part: choice}) for choice in choices]
    with app.test_request_context():
        return [app.url_map.bind("localhost").build(rule.endpoint, values)]


@pytest.mark.rule("ACC-02")
def test_every_route_of_a_record_is_in_the_matrix(app):
    unknown = {
        rule.endpoint
        for rule in routes(app)
        if "pk" in rule.arguments
        and kind_of(rule.endpoint) is None
        and rule.endpoint.partition(".")[0]
        not in OWN | {"ActCodeView", "CampusProofView", "NudgesView"}
    }
    assert not unknown


@pytest.mark.rule("ACC-02", "AGR-07")
@pytest.mark.parametrize("role", ["student", "employer", "college", "school", "data"])
def test_a_foreign_record_is_not_there_whatever_is_asked_of_it(app, cast, visit, role):
    ids = records(cast)
    browser = visit(people(cast)[role])
    leaks = []
    for rule in routes(app):
        kind = kind_of(rule.endpoint)
        if kind is None or "pk" not in rule.arguments:
            continue
        for url in addresses(app, rule, ids[kind][1]):
            for method in rule.methods & {"GET", "POST"}:
                status = browser.open(
                    url, method=method, data={"agreed": "1", "reason": "x"}
                ).status_code
                if status not in (403, 404):
                    leaks.append((method, url, status))
    assert not leaks


@pytest.mark.rule("ACC-10")
@pytest.mark.parametrize(
    "role", ["college", "school", "province", "data", "admin", "security", "audit"]
)
def test_no_staff_account_takes_a_partys_step_whatever_route_it_tries(app, cast, visit, role):
    """Every POST of every route on a record of the own school: no trace shows staff as a party."""
    from app.core.db import db
    from app.wiring import WORKFLOWS
    from app.workflow.actor import PARTIES
    from app.workflow.models import Trail

    ids, user = records(cast), people(cast)[role]
    browser = visit(user)
    for rule in routes(app):
        kind = kind_of(rule.endpoint)
        if kind is None or "pk" not in rule.arguments or "POST" not in rule.methods:
            continue
        for url in addresses(app, rule, ids[kind][0]):
            browser.post(url, data={"agreed": "1", "reason": "代办", "code": "000000", "sure": "1"})
    theirs = {(f.kind, s.name) for f in WORKFLOWS for s in f.steps if set(s.roles) & PARTIES}
    taken = db.session.query(Trail).filter(Trail.actor_id == user.id).all()
    assert not [(row.kind, row.step) for row in taken if (row.kind, row.step) in theirs]


@pytest.mark.rule("ACC-02", "AGR-07")
@pytest.mark.parametrize("action", ["attest", "refuse", "attest_college", "refuse_college"])
def test_a_foreign_row_among_own_ones_stops_a_bulk_action_before_it_starts(cast, visit, action):
    from app.signing.placements.models import Placement

    mine, far = records(cast)["placement"]
    for officer in (cast.officer, cast.college_officer):
        answer = visit(officer).post(
            "/desk/action_post", data={"action": action, "rowid": [mine, far], "reason": "x"}
        )
        assert answer.status_code in (403, 404)
    from app.core.db import db

    assert {db.session.get(Placement, i).state for i in (mine, far)} == {"awaiting_school"}


def test_roles_are_all_there():
    assert set(ROLES) - {"nobody"} == {r.value for r in Role} - {"system"}
