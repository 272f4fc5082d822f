"""Every route × every role × own and foreign record: generated from the application, nothing forgotten.

A route without an expectation fails; so does a page that a role may not open but does, and a foreign
record that answers anything but «not there».
"""

from __future__ import annotations

import pytest

from app.workflow.actor import Role
from tests import factories as make

ROLES = ("nobody", "student", "employer", "college", "school", "province", "data", "admin")
# what needs no permission: it answers everybody, and shows nothing of anybody
PUBLIC = {
    "static", "appbuilder.static", "healthz", "HomeView.index", "UtilView.back", "LocaleView.index",
    "AuthView.login", "AuthView.logout", "AuthView.demo", "PasswordView.change", "PasswordView.forgotten",
    "PasswordView.reset", "RegisterView.register", "MessagesView.index", "VerificationView.ask",
    "VerificationView.show",
}  # fmt: skip


def people(cast) -> dict:
    """One account a role."""
    return {
        "student": make.account(cast.student), "employer": make.account(cast.employer),
        "college": cast.college_officer, "school": cast.officer, "province": cast.province,
        "data": cast.data, "admin": cast.admin,
    }  # fmt: skip


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
    app, cast, visit, client, role
):
    browser = client if role == "nobody" else visit(people(cast)[role])
    manager = app.extensions["appbuilder"].sm
    wrong = []
    for rule in routes(app):
        if rule.arguments or "GET" not in rule.methods:
            continue
        view, permission = permission_of(app, rule.endpoint)
        may = role != "nobody" and manager.role_allows(role, permission, view)
        status = browser.get(rule.rule).status_code
        allowed = (200, 302) if may else (302,) if role == "nobody" else (403, 404)
        if status not in allowed:
            wrong.append((rule.rule, role, status))
    assert not wrong


def records(cast) -> dict[str, tuple[int, int]]:
    """Per view: the id of a record of the own school or party, and of a foreign one."""
    mine = make.accept(make.invite(cast.employer, cast.student)[0])
    far = make.accept(make.invite(cast.rival, cast.stranger)[0])
    return {
        "placement": (mine.id, far.id),
        "invitation": (mine.invitation_id, far.invitation_id),
        "student": (cast.student.id, cast.stranger.id),
        "school": (cast.school.id, cast.other_school.id),
        "college": (cast.college.id, cast.far_college.id),
        "major": (cast.student.major_id, cast.stranger.major_id),
    }


OF = {
    "DeskView": "placement", "AgreementView": "placement", "MySigningsView": "placement",
    "EmployerHomeView": "placement", "InvitationsView": "invitation", "MyInvitationsView": "invitation",
    "EmployerInvitationsView": "invitation", "OpenInvitationView": "invitation", "AnswerView": "invitation",
    "StudentsView": "student", "SchoolsView": "school", "CollegesView": "college", "MajorsView": "major",
}  # fmt: skip


@pytest.mark.rule("ACC-02", "AGR-07")
@pytest.mark.parametrize("role", ["student", "employer", "college", "school", "data"])
def test_a_foreign_record_is_not_there_whatever_is_asked_of_it(app, cast, visit, role):
    ids = records(cast)
    browser = visit(people(cast)[role])
    leaks = []
    for rule in routes(app):
        kind = OF.get(rule.endpoint.partition(".")[0])
        if kind is None or "pk" not in rule.arguments:
            continue
        values = {"pk": ids[kind][1]}
        names = ["attest", "refuse", "approve"] if "name" in rule.arguments else [None]
        for name in names:
            with app.test_request_context():
                url = app.url_map.bind("localhost").build(
                    rule.endpoint, {**values, **({"name": name} if name else {})}
                )
            for method in rule.methods & {"GET", "POST"}:
                status = browser.open(
                    url, method=method, data={"agreed": "1", "reason": "x"}
                ).status_code
                if status not in (403, 404):
                    leaks.append((method, url, status))
    assert not leaks


@pytest.mark.rule("ACC-02", "AGR-07")
@pytest.mark.parametrize("action", ["attest", "refuse", "attest_college", "refuse_college"])
def test_a_foreign_row_among_own_ones_stops_a_bulk_action_before_it_starts(cast, visit, action):
    from app.placements.models import Placement

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
