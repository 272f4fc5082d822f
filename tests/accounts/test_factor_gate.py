"""The gate: a session without its second factor reaches nothing but the page that asks it (CHN-09)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.workflow.models import Trail
from tests.accounts.factor_hands import code_now, held, signs_in

OPEN_TO_ALL = {
    "dialogs",  # a script, the same for everybody
    "offline",  # another
    "static",
    "appbuilder.static",
    "healthz",
    "LocaleView.index",
    "AuthView.logout",
}
OPEN_AT_THE_GATE = OPEN_TO_ALL | {
    "AuthView.demo",
    "FactorView.index",
    "FactorView.options",
}


def addresses(app):
    with app.test_request_context():
        bind = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            values = dict.fromkeys(rule.arguments, 1)
            values |= {n: "0" * 32 for n in rule.arguments if n in ("uid", "token", "code")}
            yield rule.endpoint, bind.build(rule.endpoint, values), rule.methods & {"GET", "POST"}


@pytest.mark.rule("CHN-09")
def test_a_session_without_its_second_factor_reaches_no_route(app, cast, client, with_app):
    with_app(cast.officer)
    signs_in(client, cast.officer)
    through = [
        (method, url)
        for endpoint, url, methods in addresses(app)
        if endpoint not in OPEN_AT_THE_GATE
        for method in methods
        if not held(client.open(url, method=method))
    ]
    assert not through
    assert held(client.get("/nowhere"))
    assert db.session.query(Trail).filter_by(actor_id=cast.officer.id).count() == 0


@pytest.mark.rule("CHN-09")
def test_staff_who_must_have_a_factor_reach_only_the_page_that_sets_it_up(
    app, cast, visit, required
):
    browser = visit(cast.officer)
    own = OPEN_TO_ALL | {
        "RegionView.find",
        "MessagesView.index",
        # the session's clock, and the words that its own person had typed
        "SessionView.index",
        "SessionView.go_on",
        "KeptView.show",
        "KeptView.discard",
    }
    parties = {"SignInView.mail", "SignInView.mail_code", "SignInView.old_code"}  # no staff's: 403
    through = [
        (method, url)
        for endpoint, url, methods in addresses(app)
        if endpoint not in own | parties and not endpoint.startswith("MyFactorsView.")
        for method in methods
        if browser.open(url, method=method).location != "/account/factors/"
    ]
    assert not through
    assert visit(make_party(cast)).get("/account/factors/").status_code == 200
    assert visit(make_party(cast)).get("/employer/").location != "/account/factors/"


def make_party(cast):
    from tests import factories as make

    return make.account(cast.employer)


@pytest.mark.rule("CHN-09")
def test_an_old_session_of_the_person_is_asked_once_a_factor_is_there(cast, visit, with_app):
    old = visit(cast.officer)
    assert old.get("/office/").status_code == 200
    with_app(cast.officer)
    assert held(old.get("/office/"))


@pytest.mark.rule("CHN-09")
def test_the_proof_gives_the_session_another_secret(cast, client, with_app):
    _browser, secret, _codes = with_app(cast.officer)
    signs_in(client, cast.officer)
    with client.session_transaction() as cookie:
        before = dict(cookie)
    client.post("/factor/", data={"_factor_code": code_now(secret, 1)})
    assert client.get("/office/").status_code == 200
    with client.session_transaction() as cookie:
        cookie.update(before)
    assert client.get("/office/").location.startswith("/login/")


@pytest.mark.rule("CHN-09")
def test_the_gate_holds_scripts_too_and_no_header_opens_it(cast, client, with_app):
    with_app(cast.officer)
    signs_in(client, cast.officer)
    for headers in (
        {"Accept": "application/json"},
        {"X-Original-URL": "/factor/"},
        {"X-HTTP-Method-Override": "GET"},
    ):
        assert held(client.get("/desk/list/", headers=headers))


@pytest.mark.rule("CHN-09")
def test_employers_may_switch_it_on_and_students_have_no_page(cast, client, with_app, visit):
    from tests import factories as make

    user = make.account(cast.employer)
    with_app(user)
    signs_in(client, user)
    assert held(client.get("/employer/"))
    assert visit(make.account(cast.student)).get("/account/factors/").status_code == 403
