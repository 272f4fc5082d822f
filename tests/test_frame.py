"""What is kept of pages and what is not: parts by what they depend on, tokens under a mask, files for a year."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import render_template_string, session
from flask_babel import force_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from wtforms import ValidationError

from app.accounts import kept
from app.core import compress, csrf
from app.core.db import db
from app.core.pieces import Pieces, hole
from app.core.site import keyed_url
from app.settings.queries import set_setting
from app.workflow.actor import Role
from tests import factories as make
from tests.signing.desk.desk import signed

ROOT = Path(__file__).resolve().parent.parent
ZIPPED = {"Accept-Encoding": "br;q=1.0, gzip;q=0.8"}


def rail(page) -> str:
    return re.search(r'<nav class="qq-(?:rail|bar)".*?</nav>', page.get_data(as_text=True), re.S)[0]


def entries(page) -> list[str]:
    return re.findall(r"</svg><span>([^<]+)</span>", rail(page))


def account(student):
    return make.account(student)


# -- kept parts ------------------------------------------------------------------------------------------


def test_each_role_and_each_language_has_its_own_menu_however_they_take_turns(cast, visit):
    officer, data = visit(cast.officer), visit(cast.data)
    for _turn in range(2):
        mine, theirs = entries(officer.get("/office/")), entries(data.get("/office/"))
        assert "签约管理" in mine
        assert mine != theirs
        with officer.session_transaction() as cookie:
            cookie["locale"] = "en"
        english = officer.get("/office/")
        assert "Signings" in entries(english)
        assert "Sign out" in english.text
        with officer.session_transaction() as cookie:
            cookie["locale"] = "zh"


def test_another_role_has_another_menu_with_the_next_page(cast, visit):
    browser = visit(cast.officer)
    before = entries(browser.get("/office/"))
    cast.officer.role = Role.DATA.value
    db.session.commit()
    assert entries(browser.get("/office/")) == entries(visit(cast.data).get("/office/")) != before


@pytest.mark.rule("DST-04")
def test_the_menu_follows_the_setting_of_each_school_at_once(cast, visit):
    mine, theirs = visit(account(cast.student)), visit(account(cast.stranger))
    assert "其他去向" in entries(mine.get("/my/"))
    set_setting(cast.school.id, "destination_name", "registration", None)
    db.session.commit()
    assert "其他去向" not in entries(mine.get("/my/"))
    assert "其他去向" in entries(theirs.get("/my/"))
    set_setting(cast.school.id, "destinations_open", False, None)
    db.session.commit()
    assert len(entries(mine.get("/my/"))) == len(entries(theirs.get("/my/"))) - 1


def test_two_schools_share_a_frame_but_nothing_that_is_theirs(cast, visit):
    for _turn in range(2):
        for officer, other in (
            (cast.officer, cast.other_officer),
            (cast.other_officer, cast.officer),
        ):
            page = visit(officer).get("/office/").text
            head = page[: page.index("<main")]
            assert officer.display_name in head
            assert make.db.session.get(make.School, officer.school_id).name in head
            assert other.display_name not in page
            assert make.db.session.get(make.School, other.school_id).name not in head


def test_counts_and_the_current_page_are_those_of_the_request(cast, visit):
    assert "qq-badge" not in rail(visit(cast.officer).get("/office/"))
    waiting = signed(cast.employer, cast.student)[0]
    browser = visit(cast.officer)
    first, then = rail(browser.get("/office/")), rail(browser.get("/desk/list/"))
    assert re.search(r'href="/office/" aria-current="page"', first)
    assert re.search(r'href="/desk/list/" aria-current="page"', then)
    assert first.count("aria-current") == then.count("aria-current") == 1
    assert re.search(r'签约管理</span><span class="qq-badge" aria-hidden="true">1</span>', then)
    record = rail(browser.get(f"/desk/show/{waiting.id}"))
    assert re.search(r'href="/desk/list/" aria-current="page"', record)


def test_the_group_of_a_page_is_marked_and_counts_what_lies_in_it(cast, visit):
    page = rail(visit(account(cast.student)).get("/my/invitations/list/"))
    assert '<summary class="is-active">' in page
    assert page.count('aria-current="page"') == 1


def test_no_two_facts_share_a_part_and_holes_are_escaped(app, monkeypatch):
    from jinja2 import DictLoader

    part = "<b>{{ fact }}</b>{{ hole('name') }}{{ hole('none') }}|{{ request }}"
    monkeypatch.setattr(app.jinja_env, "loader", DictLoader({"kept/x.html": part}))
    pieces = Pieces()
    with app.test_request_context("/"), force_locale("zh"):
        assert pieces.part("x", {"fact": 1}, {"name": "<i>"}) == "<b>1</b>&lt;i&gt;|None"
        assert pieces.part("x", {"fact": 2}, {"name": Markup("<i>")}) == "<b>2</b><i>|None"
        assert pieces.part("x", {"fact": 1}, {}, {"name": "o"}) == "<b>1</b>o|None"
        assert len(pieces.made) == 2
        with force_locale("en"):
            pieces.part("x", {"fact": 1}, {})
        assert len(pieces.made) == 3
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/under"}):
        pieces.part("x", {"fact": 1}, {})
    assert len(pieces.made) == 4
    assert str(hole("a")) == "\x00a\x00"


def test_a_kept_part_knows_nothing_of_a_request_nor_do_its_macros():
    seen, waiting = set(), sorted((ROOT / "templates" / "kept").glob("*.html"))
    assert len(waiting) > 3
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        source = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.S)
        code = " ".join(re.findall(r"\{[{%](.*?)[%}]\}", source, re.S))
        names = {"request", "session", "g", "current_user", "csrf_token", "get_flashed_messages"}
        assert not names & set(re.findall(r"\b[a-z_]+\b", code)), file
        waiting += [
            ROOT / "templates" / name
            for name in re.findall(r'(?:import|from|include|extends) "([^"]+)"', source)
        ]


def test_an_address_is_built_once_for_each_root(app):
    with app.test_request_context("/"):
        assert render_template_string("{{ url_for('AuthView.login') }}") == "/login/"
        assert keyed_url("AgreementView.show", 7) == "/agreements/7.pdf"
        assert keyed_url("AgreementView.show", 12) == "/agreements/12.pdf"
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/under"}):
        assert app.url_for("AuthView.login") == "/under/login/"
        assert app.url_for("static", filename="app.css").startswith("/under/static/app.css?v=")
        assert app.url_for("AuthView.login", next="/my/") == "/under/login/?next=/my/"
        assert app.url_for("AuthView.login", _external=True).startswith("http://")


def test_a_list_speaks_the_language_and_shows_the_rights_of_each_who_asks(cast, visit):
    """Two people and two languages take turns on one list: no style, row, button or script of another."""
    signed(cast.employer, cast.student)
    staff = {"school": visit(cast.officer), "data": visit(cast.data)}
    words = {"zh": ("单位", "选择 "), "en": ("Employer", "Select ")}
    for _turn in range(2):
        for who, browser in staff.items():
            for spoken, (head, select) in words.items():
                with browser.session_transaction() as cookie:
                    cookie["locale"] = spoken
                page = browser.get("/desk/list/?tab=all").text
                style = re.search(r'<style nonce="[^"]+">(.*?)</style>', page)[1]
                said = re.escape(f'{{--said:"{head}"}}')
                place = re.search(rf"td:nth-child\((\d+)\){said}", style)[1]
                heads = re.findall(r"<th[^>]*>(.*?)</th>", page)
                assert head in re.sub("<[^>]+>", "", heads[int(place) - 1])  # the very column
                ticks = re.findall(rf'name=rowid value="\d+" aria-label="{select}', page)
                assert len(ticks) == (1 if who == "school" else 0)
                assert ("data-qq-rows" in page) is (who == "school")
                assert f"/dialogs/{spoken}.js" in page


def test_the_bar_of_a_sign_in_says_in_the_page_only_whose_it_is(cast, visit, client):
    marks = []
    for user in (cast.officer, cast.data):
        page = visit(user).get("/office/").text
        [living] = re.findall(r"<div hidden data-qq-living[^>]*>", page)
        marks.append(re.search(r'data-account="([^"]+)"', living)[1])
        assert 'id="qq-session"' not in page
    assert len(set(marks)) == 2
    assert "data-qq-living" not in client.get("/login/").text
    for spoken, sentence in (("zh", "登录已过期"), ("en", "Your sign-in has ended")):
        script = client.get(f"/dialogs/{spoken}.js").text
        assert sentence in script
        assert not [mark for mark in marks if mark in script]


# -- tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["ab" * 20, f"{'cd' * 16}.{'ef' * 48}"])
def test_a_token_stands_for_the_sessions_value_under_a_mask_of_each_page(app, value):
    tokens = set()
    for _page in range(3):
        with app.test_request_context("/"):
            session[csrf.NAME] = value
            assert csrf.token() == csrf.token()
            tokens.add(csrf.token())
            csrf.check(csrf.token())
            csrf.check(generate_csrf())  # of a page that was open when the product was renewed
            assert csrf.value_of(csrf.token()) == csrf.value_of(generate_csrf()) == value
    assert len(tokens) == 3
    assert len({token[:20] for token in tokens}) == 3


def test_a_page_after_signing_out_has_the_token_of_the_new_session(app):
    """The page that leads on to the campus is made after the session was cleared."""
    with app.test_request_context():
        csrf.check(before := csrf.token())
        generate_csrf()
        session.clear()
        after = csrf.token()
        assert csrf.value_of(after) == session[csrf.NAME] != csrf.value_of(before)
        csrf.check(after)
        session[csrf.NAME] = "cd" * 20  # and where it became another's
        assert csrf.value_of(csrf.token()) == "cd" * 20


@pytest.mark.parametrize("wrong", ["", "x", "cut", "a.b.c", "=", "A" * 54, "é", "A" * 5_000])
def test_another_token_opens_nothing(app, wrong):
    with app.test_request_context("/"):
        session[csrf.NAME] = "ab" * 20
        with pytest.raises(ValidationError):
            csrf.check(wrong)
        mine = csrf.token()
        session[csrf.NAME] = "ac" * 20
        with pytest.raises(ValidationError):
            csrf.check(mine)
        csrf.value_of(wrong)


def test_a_form_is_taken_with_the_token_of_its_page_and_with_no_other(app, client):
    app.config["WTF_CSRF_ENABLED"] = True
    page = client.get("/login/").text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]
    sent = {"who": "nobody", "password": "x"}
    assert client.post("/login/", data=sent | {"csrf_token": token}).status_code == 422
    assert client.post("/login/", data=sent, headers={"X-CSRFToken": token}).status_code == 422
    for other in ("", f"{token[:-4]}AAAA", token[4:]):
        assert client.post("/login/", data=sent | {"csrf_token": other}).status_code == 400


def test_a_masked_token_still_says_whose_page_it_was(app, cast):
    user = account(cast.student)
    with app.test_request_context("/"):
        session[csrf.NAME] = kept.seal(user)
        token = csrf.token()
    with app.test_request_context("/", method="POST", data={"csrf_token": token}):
        assert kept.page_owner() == user.id


# -- on the way ------------------------------------------------------------------------------------------


def test_a_page_is_compressed_for_whom_that_is_right_and_never_twice_as_long(client):
    plain, packed = client.get("/login/"), client.get("/login/", headers=ZIPPED)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data).lstrip().startswith(b"<!DOCTYPE html>")
    assert len(packed.data) < len(plain.data) / 2
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert "Accept-Encoding" in packed.headers["Vary"]
    for asked in ("identity", "gzip;q=0, identity", ""):
        answer = client.get("/login/", headers={"Accept-Encoding": asked})
        assert "Content-Encoding" not in answer.headers
    assert "Content-Encoding" not in client.get("/healthz", headers=ZIPPED).headers


def test_the_length_of_a_page_tells_nothing_of_what_stands_in_it():
    page = b"secret" * 500
    sizes = [len(compress.packed(page, longer)) for longer in range(compress.PADDING)]
    assert sizes == list(range(sizes[0], sizes[0] + compress.PADDING))
    assert {gzip.decompress(compress.packed(page, longer)) for longer in (0, 1, 63)} == {page}


def test_a_file_is_compressed_once_and_depends_on_no_session(cast, visit, query_count):
    browser = visit(cast.officer)
    body = browser.get("/office/").text
    files = re.findall(r'(?:src|href)="(/(?:static|dialogs)/[^"#]+\?v=[0-9a-f]{8})', body)
    assert any(file.startswith("/dialogs/zh.js") for file in files)
    with query_count() as seen:
        for file in set(files):
            with browser.get(file, headers=ZIPPED) as answer:
                assert answer.status_code == 200, file
                assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
                assert "Cookie" not in answer.headers.get("Vary", "")
                assert "Set-Cookie" not in answer.headers
                if file.partition("?")[0].endswith((".css", ".js")):
                    assert answer.headers["Content-Encoding"] == "gzip"
    assert seen.n == 0


def test_a_file_that_one_has_is_not_sent_again(client):
    with client.get("/static/app.css", headers=ZIPPED) as first:
        tag = first.headers["ETag"]
        assert gzip.decompress(first.data) == (ROOT / "app" / "static" / "app.css").read_bytes()
    with client.get("/static/app.css", headers=ZIPPED | {"If-None-Match": tag}) as again:
        assert again.status_code == 304
    with client.get("/static/app.css", headers=ZIPPED | {"Range": "bytes=0-9"}) as part:
        assert (part.status_code, len(part.data)) == (206, 10)


def test_the_dialogs_are_a_script_of_the_pages_language(client):
    page = client.get("/login/").text
    assert "<dialog" not in page
    url = re.search(r'src="(/dialogs/zh\.js\?v=[0-9a-f]{8})"', page)[1]
    chinese, english = client.get(url).text, client.get("/dialogs/en.js").text
    assert "取消" in chinese
    assert "Cancel" in english
    assert "qq-dialog-reason" in chinese
    assert client.get("/dialogs/en.js").headers["Cache-Control"] == "no-cache"
    assert client.get("/dialogs/fr.js").status_code == 404


# -- how much --------------------------------------------------------------------------------------------


def test_a_desk_page_of_25_rows_stays_small(cast, visit):
    people = [make.make_student(cast.college) for _n in range(25)]
    signed(cast.employer, *people)
    browser = visit(cast.officer)
    plain = browser.get("/desk/list/?tab=all")
    assert plain.text.count('class="qq-row"') == 25
    packed = browser.get("/desk/list/?tab=all", headers=ZIPPED)
    assert len(packed.data) <= 8 * 1024
    assert len(plain.data) <= 30 * 1024
