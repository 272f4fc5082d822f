"""The edge: headers, health, errors, hostile requests."""

from __future__ import annotations

import pytest


def test_health_names_version_database_and_worker(client):
    page = client.get("/healthz")
    assert page.status_code == 503  # no worker runs in this test
    assert page.json["database"] == "ok"
    assert page.json["worker"] == "down"
    assert page.json["version"]


def test_every_page_carries_the_security_headers(client):
    page = client.get("/login/")
    assert "nonce-" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert page.headers["Cache-Control"] == "no-store"


def test_no_page_asks_another_host(client):
    import re

    text = client.get("/login/").get_data(as_text=True)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)


def test_a_post_without_token_is_refused_with_a_sentence(app, session):
    page = app.test_client().post("/login/", data={"who": "x", "password": "y"})
    assert page.status_code == 400
    assert "qq-note" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/%00",
        "/lang/xx",
        "/desk/show/99999999999999999999",
        "/../etc/passwd",
    ],
)
def test_strange_addresses_get_a_page_and_never_a_bug(cast, visit, path):
    assert visit(cast.officer).get(path).status_code in (302, 400, 404)


@pytest.mark.rule("LNG-01")
def test_one_switch_changes_the_language_of_every_page(client):
    assert 'lang="zh-CN"' in client.get("/login/").get_data(as_text=True)
    client.get("/lang/en")
    assert 'lang="en"' in client.get("/login/").get_data(as_text=True)
