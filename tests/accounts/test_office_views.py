"""The administrator's list of accounts: stopping a sign-in, without seeing a number."""

from __future__ import annotations

import pytest

from app.accounts.models import AccountSession, AppUser
from app.core.db import db
from app.workflow.queries import trail_of
from tests import factories as make


@pytest.mark.rule("ADM-01", "ACC-02")
def test_only_administrators_have_the_list(cast, visit):
    assert cast.officer.username in visit(cast.admin).get("/accounts/list/").text
    for who in ("officer", "college_officer", "province", "data"):
        assert visit(getattr(cast, who)).get("/accounts/list/").status_code == 403


@pytest.mark.rule("ADM-01")
def test_an_administrator_sees_no_address_and_no_number(cast, visit):
    user = make.account(cast.student)
    admin = visit(cast.admin)
    for page in (admin.get("/accounts/list/").text, admin.get(f"/accounts/show/{user.id}").text):
        for secret in (user.email, cast.student.id_number, cast.student.phone):
            assert secret not in page


@pytest.mark.rule("ADM-01", "ACC-09")
def test_a_deactivated_account_is_out_at_once_until_it_is_activated(cast, visit):
    desk, admin = visit(cast.officer), visit(cast.admin)
    assert desk.get("/office/").status_code == 200
    assert admin.post(f"/accounts/action/deactivate/{cast.officer.id}").status_code == 303
    assert desk.get("/office/").status_code == 302
    assert not db.session.get(AppUser, cast.officer.id, populate_existing=True).active
    admin.post(f"/accounts/action/activate/{cast.officer.id}")
    assert db.session.get(AppUser, cast.officer.id, populate_existing=True).active
    steps = [row.step for row in trail_of("account", cast.officer.id)]
    assert steps == ["deactivate", "activate"]


@pytest.mark.rule("ACC-09")
def test_signing_out_everywhere_ends_every_session(cast, visit):
    visit(cast.officer), visit(cast.officer)
    visit(cast.admin).post(f"/accounts/action/sign_out/{cast.officer.id}")
    left = db.session.query(AccountSession).filter_by(user_id=cast.officer.id).count()
    assert left == 0


@pytest.mark.rule("ADM-01")
def test_nobody_switches_off_the_own_account(cast, visit):
    admin = visit(cast.admin)
    answer = admin.post(f"/accounts/action/deactivate/{cast.admin.id}")
    assert answer.location == f"/accounts/show/{cast.admin.id}"
    assert db.session.get(AppUser, cast.admin.id, populate_existing=True).active


@pytest.mark.rule("ADM-01")
def test_filters_by_role_and_school(cast, visit):
    page = visit(cast.admin).get(f"/accounts/list/?f_role=school&f_school={cast.school.id}").text
    assert cast.officer.display_name in page
    assert cast.other_officer.display_name not in page
