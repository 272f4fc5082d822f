"""Step-up: what needs a fresh factor, and what goes on with an older one (CHN-09)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.accounts.factor_models import CodeApp
from app.accounts.models import AccountSession
from app.core import clock
from app.core.db import db
from app.workflow.models import Trail
from tests.accounts.factor_hands import code_now


def aged(user, minutes: float) -> None:
    """The person's sessions proved their factor so long ago."""
    for row in db.session.query(AccountSession).filter_by(user_id=user.id):
        row.factor_at = clock.now() - timedelta(minutes=minutes)
    db.session.commit()


@pytest.mark.rule("CHN-09")
def test_a_student_gets_another_phone_only_with_a_fresh_factor_and_nothing_typed_is_lost(
    cast, with_app
):
    browser, secret, _codes = with_app(cast.officer)
    aged(cast.officer, 5.1)
    url, typed = (
        f"/students/{cast.student.id}/phone",
        {"phone": "13912345678", "reason": "本人到场"},
    )
    asked = browser.post(url, data=typed)
    assert asked.status_code == 403
    assert "13912345678" in asked.text
    assert "本人到场" in asked.text
    assert cast.student.phone != "13912345678"
    wrong = browser.post(url, data=typed | {"_factor_code": "000000", "_factor_act": "更换手机"})
    assert wrong.status_code == 422
    assert "本人到场" in wrong.text
    done = browser.post(url, data=typed | {"_factor_code": code_now(secret, 1)})
    assert done.status_code == 303
    db.session.refresh(cast.student)
    assert cast.student.phone == "13912345678"
    row = db.session.query(Trail).filter_by(kind="student", step="change_phone").one()
    assert row.factor == "app"


@pytest.mark.rule("CHN-09")
def test_a_factor_of_the_last_five_minutes_is_enough(cast, with_app):
    browser, _secret, _codes = with_app(cast.officer)
    aged(cast.officer, 4.9)
    url = f"/students/{cast.student.id}/phone"
    assert browser.post(url, data={"phone": "13912345678", "reason": "到场"}).status_code == 303


@pytest.mark.rule("CHN-09")
def test_who_has_no_factor_goes_on_as_before_where_it_is_only_offered(cast, visit):
    url = f"/students/{cast.student.id}/phone"
    done = visit(cast.officer).post(url, data={"phone": "13912345678", "reason": "到场"})
    assert done.status_code == 303


@pytest.mark.rule("CHN-09")
def test_a_passkey_is_as_good_for_the_act(cast, with_key):
    browser, key = with_key(cast.officer)
    aged(cast.officer, 10)
    url, typed = f"/students/{cast.student.id}/phone", {"phone": "13912345678", "reason": "到场"}
    assert browser.post(url, data=typed).status_code == 403
    answer = key.get(browser.post("/factor/options").json)
    assert browser.post(url, data=typed | {"_factor_answer": answer}).status_code == 303


@pytest.mark.rule("CHN-09")
def test_own_factors_are_changed_with_a_fresh_factor_only(cast, with_app):
    browser, _secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    for url in ("/account/factors/codes", "/account/factors/app/remove"):
        assert browser.post(url).status_code == 403
    for url in ("/account/factors/app", "/account/factors/key"):
        assert browser.get(url).status_code == 403
    asked = browser.post("/account/factors/key/options", headers={"Accept": "application/json"})
    assert (asked.status_code, list(asked.json)) == (403, ["error"])
    assert db.session.get(CodeApp, cast.officer.id) is not None


@pytest.mark.rule("CHN-09")
def test_a_page_that_is_only_read_is_opened_after_the_proof(cast, with_app):
    browser, secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    asked = browser.get("/account/factors/key")
    action = re.search(r'action="(/factor/[^"]*)"', asked.text).group(1)
    done = browser.post(action, data={"_factor_code": code_now(secret, 1)})
    assert done.location == "/account/factors/key"
    assert browser.get("/account/factors/key").status_code == 200


@pytest.mark.rule("CHN-09")
def test_every_act_of_the_rule_asks_anew():
    from app.wiring import WORKFLOWS

    marked = {(flow.kind, s.name) for flow in WORKFLOWS for s in flow.steps if s.step_up}
    assert marked >= {
        ("export_file", "ask"),
        ("export_file", "stream"),
        ("export_file", "fetch"),
        ("termination", "force"),
        ("termination", "confirm_force"),
        ("student", "change_phone"),
        ("staff_request", "ask"),
        ("staff_request", "confirm"),
    }


@pytest.mark.rule("CHN-09")
def test_clear_numbers_go_out_only_after_a_fresh_factor(cast, with_app):
    from app.files.exports.models import Export

    browser, secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    data = {
        "list": "StudentsView",
        "query": "",
        "format": "csv",
        "columns": "shown",
        "clear": "1",
        "purpose": "核对身份",
        "uid": "a" * 32,
    }
    asked = browser.post("/exports/", data=data)
    assert asked.status_code == 403
    assert "核对身份" in asked.text
    assert db.session.query(Export).count() == 0
    done = browser.post("/exports/", data=data | {"_factor_code": code_now(secret, 1)})
    assert done.status_code == 303
    aged(cast.officer, 6)
    assert browser.get(f"/exports/file/{'a' * 32}/fetch").status_code == 403
    plain = browser.post("/exports/", data=data | {"clear": "", "uid": "b" * 32})
    assert plain.status_code == 303, "without whole numbers nobody is asked"


@pytest.mark.rule("CHN-09")
def test_settings_of_the_school_are_changed_after_a_fresh_factor_only(cast, with_app):
    from app.settings.models import SchoolSetting

    browser, _secret, _codes = with_app(cast.officer)
    aged(cast.officer, 6)
    page = browser.get("/settings/")
    assert page.status_code == 200
    assert browser.post("/settings/", data={"cooling_off_minutes": "0"}).status_code == 403
    assert db.session.query(SchoolSetting).filter_by(set_by=cast.officer.id).count() == 0


@pytest.mark.rule("CHN-09")
def test_a_batch_asks_before_the_worker_takes_what_asks_anew(app, cast, with_app):
    from flask import g

    from app.accounts import queries
    from app.batches.queries import ask
    from app.core.errors import FactorNeeded

    with_app(cast.officer)
    with app.test_request_context():
        g.user = cast.officer
        g.proof = queries.Proof(enrolled=True, at=clock.now() - timedelta(minutes=6), way="app")
        with pytest.raises(FactorNeeded):
            ask(queries.actor(), "termination", "confirm_force", [(1, "x", "/")])
