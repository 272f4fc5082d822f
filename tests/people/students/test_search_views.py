"""The search box of every list of students, or of what is theirs: a personal number stands in no address."""

from __future__ import annotations

import pytest
from flask import current_app

from app.fab.views import SafeModelView
from app.people.students.models import Student
from app.people.students.search_views import StudentSearch
from tests.factories import account, id_number

OFFICE = (
    "desk",
    "students",
    "corrections",
    "restrictions",
    "plan",
    "plan/changes",
    "plan/letters",
    "plan/outside",
    "checks/findings",
    "reports/graduates",
    "invitations",
    "objections",
    "sign-in-changes",
)
EMPLOYER = ("employer/invitations", "employer/terminations")


def lists():
    views = current_app.extensions["appbuilder"].baseviews
    return [view for view in views if isinstance(view, StudentSearch)]


@pytest.mark.rule("ACC-02", "AGR-01")
def test_every_list_of_what_is_a_students_has_that_search_box(app):
    with app.test_request_context():
        found = {view.route_base.strip("/") for view in lists()}
        assert found == {*OFFICE, *EMPLOYER}
        others = {
            type(view).__name__
            for view in current_app.extensions["appbuilder"].baseviews
            if isinstance(view, SafeModelView)
            and not isinstance(view, StudentSearch)
            and view.searched
            and (view.datamodel.obj is Student or hasattr(view.datamodel.obj, "student_id"))
        }
    # accounts, and employers' names: a student's own invitations, what students typed of them
    assert others == {"AccountsView", "MyInvitationsView", "OfferedEmployersView"}


@pytest.mark.rule("ACC-02", "AGR-01")
@pytest.mark.parametrize("place", [*OFFICE, *EMPLOYER])
def test_a_personal_number_is_searched_by_a_token_and_refused_in_an_address(cast, visit, place):
    who = visit(account(cast.employer) if place in EMPLOYER else cast.officer)
    number = id_number(7)
    answer = who.post(f"/{place}/search", data={"q": number})
    assert answer.status_code == 303
    assert "x=" in answer.location
    assert number not in answer.location
    assert who.get(answer.location).status_code == 200
    assert who.get(f"/{place}/list/?q={number}").status_code == 400
    assert who.get(f"/{place}/list/?q=黄河").status_code == 200
    assert who.get(f"/{place}/list/?q=2023").status_code == 200
