"""Signing in by OpenID Connect: what opens an account, and everything that does not."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.accounts.campus import oidc_issuer
from app.accounts.campus.models import CampusAttempt, CampusIdentity
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AccountSession
from app.core.db import db
from tests import factories as make
from tests.accounts.campus.issuer import KEY, LOGOUT, OTHER_KEY


@pytest.fixture
def way(cast, issuer, make_way):
    return make_way(cast.school, "oidc", issuer.url, client_id="qingqian")


def go(browser, way, **query):
    """The address of the issuer to which the sign-in page leads."""
    answer = browser.get(f"/campus/{way.id}/begin", query_string=query)
    assert answer.status_code == 303, answer.text
    return answer.location


def come_back(browser, url):
    parts = urlsplit(url)
    return browser.get(f"{parts.path}?{parts.query}")


def who(browser):
    """The account that the browser is signed in as."""
    with browser.session_transaction() as cookie:
        return int(cookie["_user_id"]) if "_user_id" in cookie else None


def signed_in(browser, way, issuer, sub="sub-1", number="A1", **claims):
    url = issuer.login(go(browser, way), sub, student_no=number, **claims)
    return come_back(browser, url)


@pytest.mark.rule("ACC-11", "CHN-08", "ACC-03")
def test_a_student_signs_in_at_the_issuer_and_is_bound_by_its_number(cast, way, issuer, client):
    answer = signed_in(client, way, issuer)
    user = make.account(cast.student)
    assert (answer.status_code, answer.location, who(client)) == (303, "/", user.id)
    bound = db.session.query(CampusIdentity).one()
    assert (bound.user_id, bound.subject, bound.issuer) == (user.id, "sub-1", issuer.url)
    assert db.session.query(AccountSession).filter_by(user_id=user.id).one().way == f"oidc:{way.id}"
    assert client.get("/my/").status_code == 200


@pytest.mark.rule("CHN-08")
def test_the_question_has_pkce_a_nonce_a_state_and_our_own_address(way, client):
    asked = parse_qs(urlsplit(go(client, way)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["nonce"][0]) > 30
    assert len(asked["state"][0]) > 30
    assert asked["redirect_uri"] == [f"http://localhost/campus/{way.id}/back"]
    assert asked["response_type"] == ["code"]


@pytest.mark.rule("ACC-11", "CHN-08")
def test_the_real_provider_lets_a_student_in(cast, provider, make_way, client):
    way = make_way(cast.school, "oidc", provider, client_id="qingqian")
    requests.put(f"{provider}/users/real-1", json={"student_no": "A1"}, timeout=5)
    location = go(client, way)
    back = requests.post(location, data={"sub": "real-1"}, allow_redirects=False, timeout=5)
    assert come_back(client, back.headers["Location"]).location == "/"
    assert who(client) == make.account(cast.student).id


FORGED = {
    "signed with a key of its own": lambda i: setattr(i, "sign", lambda c: i.signed(c, OTHER_KEY)),
    "for another client": lambda i: setattr(i, "change", lambda c: c | {"aud": "other"}),
    "for several, issued to another": lambda i: setattr(
        i, "change", lambda c: c | {"aud": ["qingqian", "other"], "azp": "other"}
    ),
    "by another issuer": lambda i: setattr(
        i, "change", lambda c: c | {"iss": "https://evil.example"}
    ),
    "with an old nonce": lambda i: setattr(i, "change", lambda c: c | {"nonce": "n" * 43}),
    "without a nonce": lambda i: setattr(
        i, "change", lambda c: {k: v for k, v in c.items() if k != "nonce"}
    ),
    "over for two minutes": lambda i: setattr(
        i, "change", lambda c: c | {"exp": int(time.time()) - 120}
    ),
    "without an end": lambda i: setattr(
        i, "change", lambda c: {k: v for k, v in c.items() if k != "exp"}
    ),
    "from the future": lambda i: setattr(
        i, "change", lambda c: c | {"iat": int(time.time()) + 600}
    ),
    "without a subject": lambda i: setattr(
        i, "change", lambda c: {k: v for k, v in c.items() if k != "sub"}
    ),
    "with a subject that is a list": lambda i: setattr(
        i, "change", lambda c: c | {"sub": ["sub-1"]}
    ),
    "unsigned": lambda i: setattr(i, "sign", _unsigned),
    "signed with the client's secret": lambda i: setattr(i, "sign", _by_secret),
    "signed with the public key as a secret": lambda i: setattr(i, "sign", _by_public_key),
    "no token at all": lambda i: setattr(i, "sign", lambda c: "x.y"),
}


def _b64(data) -> str:
    import base64
    import json

    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unsigned(claims):
    return f"{_b64({'alg': 'none', 'kid': 'one'})}.{_b64(claims)}."


def _hmac(claims, secret: bytes):
    import hashlib
    import hmac

    body = f"{_b64({'alg': 'HS256', 'kid': 'one'})}.{_b64(claims)}"
    return f"{body}.{_b64(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def _by_secret(claims):
    return _hmac(claims, b"s3cret")


def _by_public_key(claims):
    return _hmac(claims, KEY.as_pem(private=False))


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize("how", FORGED)
def test_a_forged_token_opens_nothing_and_is_logged(how, way, issuer, client):
    FORGED[how](issuer)
    answer = signed_in(client, way, issuer)
    assert (answer.status_code, answer.location) == (303, "/login/")
    assert who(client) is None
    assert not db.session.query(CampusIdentity).count()
    logged = db.session.query(SecurityEvent).filter_by(event="campus_sign_in").one()
    assert logged.outcome == "failed"


@pytest.mark.rule("CHN-08")
def test_a_state_is_good_once_and_in_its_own_browser(app, way, issuer, client):
    url = issuer.login(go(client, way), "sub-1", student_no="A1")
    thief = app.test_client()
    thief.get("/login/")
    assert come_back(thief, url).location == "/login/"
    assert who(thief) is None
    assert come_back(client, url).location == "/"
    client.post("/logout")
    assert come_back(client, url).location == "/login/"
    assert who(client) is None


@pytest.mark.rule("CHN-08")
def test_a_stranger_cannot_put_its_own_sign_in_under_another(app, way, issuer, client):
    """Login CSRF: a link with the attacker's code and state signs the victim in as nobody."""
    attacker = app.test_client()
    url = issuer.login(go(attacker, way), "attacker", student_no="A2")
    go(client, way)
    assert come_back(client, url).location == "/login/"
    assert who(client) is None


@pytest.mark.rule("CHN-08")
def test_a_code_of_one_issuer_is_not_taken_at_the_way_of_another(
    cast, way, issuer, client, make_way
):
    other = make_way(cast.school, "oidc", issuer.url + "/", client_id="qingqian")
    url = issuer.login(go(client, way), "sub-1", student_no="A1")
    mixed = url.replace(f"/campus/{way.id}/", f"/campus/{other.id}/")
    assert come_back(client, mixed).location == "/login/"
    assert come_back(client, url.replace("iss=", "iss=x")).location == "/login/"
    assert who(client) is None


@pytest.mark.rule("CHN-08")
def test_an_attempt_is_over_after_ten_minutes(way, issuer, client):
    url = issuer.login(go(client, way), "sub-1", student_no="A1")
    attempt = db.session.query(CampusAttempt).one()
    from datetime import timedelta

    attempt.created_at -= timedelta(minutes=11)
    db.session.commit()
    assert come_back(client, url).location == "/login/"


@pytest.mark.rule("CHN-08")
def test_the_shifted_clock_of_the_demo_moves_no_token(way, issuer, client):
    url = issuer.login(go(client, way), "sub-1", student_no="A1")
    make.pass_time(hours=5)
    assert come_back(client, url).location == "/"


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_the_page_afterwards_is_one_of_ours(target, way, issuer, client):
    url = issuer.login(go(client, way, next=target), "sub-1", student_no="A1")
    assert come_back(client, url).location == "/"


@pytest.mark.rule("CHN-08")
def test_the_number_may_stand_on_the_page_about_the_person_of_the_same_subject(
    cast, way, issuer, client
):
    issuer.userinfo = {"sub": "sub-1", "student_no": "A1"}
    url = issuer.login(go(client, way), "sub-1")
    assert come_back(client, url).location == "/"
    client.post("/logout")
    issuer.userinfo = {"sub": "other", "student_no": "A2"}
    assert come_back(client, issuer.login(go(client, way), "sub-9")).location == "/login/"


@pytest.mark.rule("CHN-08")
def test_the_issuer_is_asked_nothing_elsewhere(cast, way, issuer, client):
    oidc_issuer._known.clear()
    issuer.metadata = lambda m: m | {"token_endpoint": "http://169.254.169.254/latest"}
    answer = client.get(f"/campus/{way.id}/begin")
    assert answer.location == "/login/"
    assert "169.254.169.254" in client.get("/login/").text
    for wrong in ({"jwks_uri": f"{issuer.url}/elsewhere"}, {"jwks_uri": f"{issuer.url}/large"}):
        oidc_issuer._known.clear()
        issuer.metadata = lambda m, wrong=wrong: m | wrong
        assert signed_in(client, way, issuer).location == "/login/"
        assert who(client) is None


@pytest.mark.rule("CHN-08", "ACC-03")
def test_a_service_that_is_down_gives_a_sentence_and_the_password_still_works(
    cast, make_way, client
):
    from tests.accounts.campus.servers import free_port

    way = make_way(cast.school, "oidc", f"http://127.0.0.1:{free_port()}", client_id="q")
    assert client.get(f"/campus/{way.id}/begin").location == "/login/"
    page = client.get(f"/login/?school={cast.school.code}").text
    assert "没有响应" in page or "does not answer" in page
    assert 'name="password"' in page


# -- signing out both ways -----------------------------------------------------------------------


@pytest.mark.rule("CHN-08")
def test_signing_out_here_leads_on_to_signing_out_there(way, issuer, client):
    signed_in(client, way, issuer)
    page = client.post("/logout")
    assert page.status_code == 200
    assert f"{issuer.url}/logout?" in page.text
    assert "id_token_hint=" in page.text
    assert not db.session.query(AccountSession).count()


def out(client, way, token):
    return client.post(f"/campus/{way.id}/signed-out", data={"logout_token": token}).status_code


@pytest.mark.rule("CHN-08")
def test_signing_out_there_ends_the_session_here_and_the_token_is_good_once(
    app, way, issuer, client
):
    token = issuer.logout_token(sid="session-1", sub="sub-1")
    signed_in(client, way, issuer, sid="session-1")
    elsewhere = app.test_client()
    signed_in(elsewhere, way, issuer, sid="session-2")
    assert out(client, way, token) == 200
    left = db.session.query(AccountSession).all()
    assert len(left) == 1
    assert out(client, way, token) == 400
    assert out(client, way, issuer.logout_token(sub="sub-1")) == 200
    assert not db.session.query(AccountSession).count()


BAD_LOGOUTS = {
    "with a nonce": {"nonce": "n"},
    "without its event": {"events": {}},
    "of no list": {"events": [LOGOUT]},
    "without a number": {"jti": None},
    "of nobody": {"sub": None},
    "for another": {"aud": "other"},
    "by another": {"iss": "https://evil.example"},
    "without a time": {"iat": None},
    "old": {"iat": 1_000},
    "over": {"exp": 1_000},
}


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize("how", BAD_LOGOUTS)
def test_a_sign_out_token_that_is_not_right_ends_nothing(how, way, issuer, client):
    signed_in(client, way, issuer)
    token = issuer.logout_token(**({"sub": "sub-1"} | BAD_LOGOUTS[how]))
    assert out(client, way, token) == 400
    assert db.session.query(AccountSession).count() == 1


@pytest.mark.rule("CHN-08")
def test_an_id_token_or_a_forged_one_is_no_sign_out_token(way, issuer, client):
    signed_in(client, way, issuer)
    claims = {
        "iss": issuer.url,
        "aud": "qingqian",
        "sub": "sub-1",
        "iat": int(time.time()),
        "exp": int(time.time()) + 60,
        "jti": "1",
        "events": {LOGOUT: {}},
    }
    assert out(client, way, issuer.signed(claims, OTHER_KEY)) == 400
    assert out(client, way, _unsigned(claims)) == 400
    assert out(client, way, "") == 400
    assert db.session.query(AccountSession).count() == 1
