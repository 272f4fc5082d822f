"""The door: what no page can make sense of is answered once, with the house's page (S-17)."""

from __future__ import annotations

import itertools
import json
from urllib.parse import unquote, unquote_to_bytes

import pytest
from flask import Flask, request
from flask_babel import Babel
from werkzeug.exceptions import HTTPException

from app.core import door

FORM = "application/x-www-form-urlencoded"
NAUGHTY = ["%00", "a%00b", "%01", "%1b", "%7f", "%ff", "%ed%a0%80", "%c0%80", "%d5%c5"]


def forms(app):
    """Every page that takes forms, without a record."""
    return sorted(
        r.rule for r in app.url_map.iter_rules() if "POST" in r.methods and not r.arguments
    )


@pytest.mark.parametrize("bad", NAUGHTY)
def test_broken_text_in_path_query_form_and_header_is_answered(client, bad):
    path = unquote_to_bytes(f"/v/{bad}").decode("latin-1")  # as a server hands it over
    assert client.get("/", environ_overrides={"PATH_INFO": path}).status_code == 404
    assert client.get(f"/login/?next={bad}").status_code == 400
    answer = client.post("/login/", data=f"who={bad}&password=x", content_type=FORM)
    assert answer.status_code == 400
    assert "qq-note" in answer.text


def test_broken_text_in_a_multipart_form_and_its_file_names_is_answered(client):
    import io

    for data in (
        {"who": "a\x00b"},
        {"a\x1bb": "x"},
        {"x": (io.BytesIO(b"x"), "a\x00.pdf")},
    ):
        answer = client.post("/register", data=data, content_type="multipart/form-data")
        assert answer.status_code == 400


def test_lines_tabs_and_every_script_of_the_world_pass(client):
    data = {"who": "张三·李四 𠮷😀\r\n\tمرحبا\u200d", "password": "x"}
    assert client.post("/login/", data=data).status_code == 422


def test_a_json_body_sent_to_any_form_page_is_415(app, client):
    bodies = itertools.cycle(({}, [], None, {"csrf_token": "x"}))
    for path in (*["/login/"] * 4, *forms(app)):
        body = next(bodies)
        answer = client.post(path, data=json.dumps(body), content_type="application/json")
        assert answer.status_code == 415, (path, body)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("text/xml", 415),
        ("application/octet-stream", 415),
        ("x", 415),
        (f"{FORM}; charset=gb18030", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=é", 400),
        ("multipart/mixed; boundary=b", 415),
        (f"{FORM}; charset=UTF-8", 422),
    ],
)
def test_other_bodies_are_refused_by_their_kind(client, kind, status):
    assert client.post("/login/", data=b"who=x", content_type=kind).status_code == status


@pytest.mark.parametrize(
    "key", ["2147483648", "9" * 20, "00012", "+1", "-1", "１２", "1.0", "0x1", "1e3", "%2012"]
)
def test_a_number_that_no_record_has_or_is_spelt_otherwise_is_404_everywhere(app, cast, visit, key):
    browser, routes = visit(cast.officer), app.url_map.bind("localhost")
    assert browser.get(f"/desk/show/{key}").status_code == 404
    wrong = []
    for rule in app.url_map.iter_rules():
        if rule.arguments != {"pk"} or "GET" not in rule.methods:
            continue
        path = "".join(key if dynamic else part.lstrip("|") for dynamic, part in rule._trace)
        if routes.test(unquote(path)) and browser.get(path).status_code not in (403, 404, 405):
            wrong.append((path, browser.get(path).status_code))
    assert not wrong


def test_too_much_of_anything_is_refused(client):
    assert client.get("/login/?" + "a=1&" * 3000).status_code == 414
    assert client.get("/login/?q=" + "x" * 5000).status_code == 414
    assert client.get("/" + "x" * 2000).status_code == 404
    many = "&".join(f"a{n}=1" for n in range(5000))
    assert client.post("/login/", data=many, content_type=FORM).status_code == 413
    large = b"who=" + b"x" * (2 * 1024 * 1024)
    assert client.post("/login/", data=large, content_type=FORM).status_code == 413
    head = {"CONTENT_LENGTH": "99999999999"}
    assert client.post("/login/", environ_overrides=head, content_type=FORM).status_code == 413
    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"}
    assert client.post("/login/", environ_overrides=chunked, content_type=FORM).status_code == 411


def test_the_answer_is_in_the_readers_language(client):
    assert "本页只接受表单提交" in client.post("/login/", json={}).text
    client.get("/lang/en")
    assert "This page takes forms only" in client.post("/login/", json={}).text
    asked = client.post("/login/", json={}, headers={"Accept": "application/json"})
    assert (asked.status_code, asked.json["error"]) == (415, "This page takes forms only.")


def test_a_file_under_the_name_of_a_text_field_is_no_text(cast, visit):
    import io

    data = {"name": (io.BytesIO(b"x"), "x.txt"), "reason": "x"}
    page = visit(cast.admin).post("/destination-types/add", data=data)
    assert page.status_code in (404, 422)


def test_a_number_no_column_can_hold_is_a_page_and_no_bug(app, session):
    from sqlalchemy import text

    from app.core.db import db

    def asks():
        db.session.execute(text("SELECT CAST(:n AS integer)"), {"n": 2**40})

    endpoint = "LocaleView.index"
    kept = app.view_functions[endpoint]
    app.view_functions[endpoint] = lambda **_more: asks()
    try:
        assert app.test_client().get("/lang/en").status_code == 400
    finally:
        app.view_functions[endpoint] = kept


# -- pages that take JSON ------------------------------------------------------------------------------


@pytest.fixture
def plain():
    """An application of two pages, one of which takes JSON."""
    app = Flask("plain")
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = 1_000_000
    Babel(app)
    door.init(app)

    @app.post("/json")
    @door.takes(door.JSON)
    def takes_json():
        return request.get_json() or {}

    @app.errorhandler(HTTPException)
    def refused(error):
        return str(getattr(error, "sentence", "")), error.code

    return app.test_client()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"a": ["b", 1, null]}', 200),
        (b"null", 200),
        (b'"\\u0000"', 400),
        (b'{"a":"\\ud800"}', 400),
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 30 + b"1" + b"}" * 30, 400),
        (b"\xff", 400),
        (b'{"\\u0001":1}', 400),
        (b"", 400),
    ],
)
def test_a_page_that_takes_json_takes_whole_and_clean_json(plain, body, status):
    assert plain.post("/json", data=body, content_type="application/json").status_code == status


def test_it_takes_nothing_else_besides_forms(plain):
    assert plain.post("/json", data=b"<x/>", content_type="text/xml").status_code == 415
