"""Nothing typed is lost when the session is over: it waits for its own account, and is sent once (ACC-14)."""

from __future__ import annotations

import html
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from flask_wtf import FlaskForm
from sqlalchemy import text
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter
from wtforms import PasswordField

from app.accounts import kept, kept_views, late, passwords, posted, session_views
from app.accounts.kept_models import KeptPost
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AccountSession
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.limits import Limit
from app.people.students.models import Student
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.models import Trail
from tests import factories as make
from tests.test_matrix import routes

pytestmark = pytest.mark.rule("ACC-14")
REASON = "协议书第二页缺少公章，请补盖后重新上传"


def pass_minutes(n: float) -> None:
    shifted = db.session.execute(text("SELECT seconds FROM clock_shift")).scalar()
    clock.shift(timedelta(seconds=n * 60 + shifted))


def person(record, name=None):
    user = make.account(record) if not hasattr(record, "username") else record
    user.password = passwords.hashed(make.PASSWORD)
    db.session.commit()
    return user


def token_of(page) -> str:
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True))[1]


def enter(client, user, path="/login/", password=make.PASSWORD):
    page = client.get(path)
    data = {"csrf_token": token_of(page), "who": user.username, "password": password}
    return client.post(path, data=data)


def fields_of(page) -> list[tuple[str, str]]:
    """What the page that offers a form again would send."""
    body = page.get_data(as_text=True)
    form = body[body.index('id="again"') :]
    form = form[: form.index("</form>")]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    found += re.findall(r'<textarea name="([^"]+)" hidden>\n(.*?)</textarea>', form, re.S)
    return [(name, html.unescape(value)) for name, value in found]


@pytest.fixture
def student(cast):
    return person(cast.student)


@pytest.fixture
def browser(app, session):
    return app.test_client()


def typed(page) -> dict[str, str]:
    """The profile form as a person sends it from that page."""
    return {
        "csrf_token": token_of(page),
        "email": "new.mail@example.org",
        "address": "湖北省武汉市洪山区珞喻路 1037 号东八舍 402",
    }


def late_profile(browser, student, minutes=31):
    """Signed in, the profile filled, called away, then sent."""
    assert enter(browser, student).status_code == 302
    data = typed(browser.get("/my/profile/"))
    pass_minutes(minutes)
    return data, browser.post("/my/profile/", data=data)


def test_a_form_after_the_sessions_end_leads_to_the_sign_in_that_says_it_is_kept(browser, student):
    _data, answer = late_profile(browser, student)
    assert answer.status_code == 303
    page = browser.get(answer.location).get_data(as_text=True)
    assert "登录已过期，请重新登录，您填写的内容已保留" in page
    assert "珞喻路" not in page


def again(browser, page, path, **more):
    return browser.post(path, data=MultiDict([*fields_of(page), *more.items()]))


def address_of(student):
    db.session.expire_all()
    return db.session.get(Student, student.student_id).address


def test_after_signing_in_the_person_sees_what_would_be_sent_and_sends_it_once(browser, student):
    data, answer = late_profile(browser, student)
    back = enter(browser, student, answer.location)
    page = browser.get(back.location)
    shown = page.get_data(as_text=True)
    assert data["address"] in shown
    assert data["email"] in shown
    assert address_of(student) != data["address"]  # nothing is sent by itself
    done = again(browser, page, "/my/profile/")
    assert done.status_code in (302, 303)
    assert address_of(student) == data["address"]
    assert db.session.query(KeptPost).count() == 0
    twice = again(browser, page, "/my/profile/")
    assert twice.location.startswith("/kept/")
    assert "不会重复发送" in browser.get(twice.location, follow_redirects=True).get_data(
        as_text=True
    )


def address(rule) -> str:
    """One that the rule matches."""
    values = {}
    for name, converter in rule._converters.items():
        number, length = (
            isinstance(converter, IntegerConverter),
            re.search(r"\{(\d+)", converter.regex),
        )
        values[name] = (
            max(1, converter.min or 1) if number else "a" * int(length[1] if length else 1)
        )
    return rule.build(values)[1]


def test_every_page_that_takes_a_form_from_signed_in_people_keeps_it(app, cast, visit, monkeypatch):
    monkeypatch.setattr(kept, "OFTEN", Limit("kept-test", 10_000, timedelta(hours=1)))
    browser, lost, seen = visit(person(cast.officer)), {}, 0
    pass_minutes(31)
    for rule in routes(app):
        if "POST" not in rule.methods or rule.endpoint in late.ANEW:
            continue
        path = address(rule)
        answer = browser.post(path, data={"reason": REASON})
        seen += 1
        if not (answer.location or "").startswith("/login/?next=/kept/"):
            lost[path] = answer.status_code, answer.location
    assert not lost
    assert seen > 80


def late_refusal(cast, browser, placement):
    assert enter(browser, person(cast.officer)).status_code == 302
    token = token_of(browser.get(f"/desk/show/{placement.id}"))
    pass_minutes(31)
    data = {"csrf_token": token, "action": "refuse", "reason": REASON}
    return browser.post(f"/desk/action/refuse/{placement.id}", data=data)


@pytest.fixture
def placement(cast):
    return make.accept(make.invite(cast.employer, cast.student)[0])


def test_a_refusal_with_its_reason_is_done_after_the_sign_in_and_once(cast, browser, placement):
    answer = late_refusal(cast, browser, placement)
    back = enter(browser, cast.officer, answer.location)
    page = browser.get(back.location)
    assert REASON in page.get_data(as_text=True)
    assert cast.student.name in page.get_data(as_text=True)  # whom it is about
    assert state(placement) == "awaiting_school"
    again(browser, page, f"/desk/action/refuse/{placement.id}")
    assert state(placement) == "refused"
    again(browser, page, f"/desk/action/refuse/{placement.id}")
    lines = db.session.query(Trail).filter_by(
        kind="placement", record_id=placement.id, step="refuse"
    )
    assert [line.reason for line in lines] == [REASON]


def state(record):
    db.session.expire_all()
    return db.session.get(type(record), record.id).state


def test_what_changed_meanwhile_is_answered_by_the_workflow_and_the_text_waits_on(
    cast, browser, placement
):
    answer = late_refusal(cast, browser, placement)
    PLACEMENTS.perform("attest", placement.id, make.actor(cast.officer))
    db.session.commit()
    back = enter(browser, cast.officer, answer.location)
    again(browser, browser.get(back.location), f"/desk/action/refuse/{placement.id}")
    assert state(placement) == "in_force"
    assert REASON in browser.get(back.location).get_data(as_text=True)
    assert back.location in browser.get("/desk/list/").get_data(as_text=True)


def test_another_account_that_signs_in_sees_and_sends_nothing(cast, browser, student):
    data, answer = late_profile(browser, student)
    other = person(cast.classmate)
    back = enter(browser, other, answer.location)
    page = browser.get(back.location, follow_redirects=True)
    assert data["address"] not in page.get_data(as_text=True)
    assert data["email"] not in page.get_data(as_text=True)
    key = answer.location.rpartition("/")[2]
    taken = browser.post(
        "/my/profile/", data={**typed(page := browser.get("/my/profile/")), "_kept": key}
    )
    assert taken.location.startswith("/kept/")
    assert address_of(other) != data["address"]
    assert address_of(student) != data["address"]
    browser.post("/logout", data={"csrf_token": token_of(page)})
    mine = browser.get(enter(browser, student, answer.location).location)
    assert data["address"] in mine.get_data(as_text=True)  # it waited for its own account


def test_a_page_of_another_account_than_the_one_signed_in_sends_nothing(
    cast, app, browser, student
):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    browser.post("/logout", data={"csrf_token": data["csrf_token"]})
    other = person(cast.classmate)
    enter(browser, other)
    answer = browser.post("/my/profile/", data=data)
    assert answer.status_code == 409
    assert "另一个账号" in answer.get_data(as_text=True)
    assert data["address"] not in answer.get_data(as_text=True)
    assert address_of(other) != data["address"]


def test_a_cookie_that_is_gone_altogether_loses_nothing(app, browser, student):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    fresh = app.test_client()
    answer = fresh.post("/my/profile/", data=data)
    assert answer.status_code == 303
    page = fresh.get(enter(fresh, student, answer.location).location)
    assert data["address"] in page.get_data(as_text=True)


def test_another_secret_key_of_the_server_loses_nothing(app, browser, student, monkeypatch):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    monkeypatch.setitem(app.config, "SECRET_KEY", "another-secret-key-of-the-server-000")
    answer = browser.post("/my/profile/", data=data)
    page = browser.get(enter(browser, student, answer.location).location)
    assert data["address"] in page.get_data(as_text=True)


def test_a_tab_from_before_a_new_sign_in_is_offered_again_at_once(app, browser, student):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    pass_minutes(31)
    enter(browser, student)  # in another tab
    answer = browser.post("/my/profile/", data=data)
    assert answer.status_code == 303
    assert data["address"] in browser.get(answer.location).get_data(as_text=True)


def test_a_session_that_was_ended_from_elsewhere_loses_nothing(browser, student):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    db.session.query(AccountSession).filter_by(user_id=student.id).delete()
    db.session.commit()
    answer = browser.post("/my/profile/", data=data)
    assert "/kept/" in answer.location


def test_a_refused_token_of_our_own_page_is_offered_again_and_of_a_foreign_one_never(
    browser, student
):
    enter(browser, student)
    data = {**typed(browser.get("/my/profile/")), "csrf_token": "cut"}
    foreign = browser.post("/my/profile/", data=data, headers={"Origin": "https://evil.example"})
    bare = browser.post("/my/profile/", data=data)
    assert (foreign.status_code, bare.status_code) == (400, 400)
    assert db.session.query(KeptPost).count() == 0
    ours = browser.post("/my/profile/", data=data, headers={"Origin": "http://localhost"})
    assert data["address"] in browser.get(ours.location).get_data(as_text=True)
    assert address_of(student) != data["address"]


def test_a_form_for_everybody_comes_back_to_who_typed_it(app, session):
    data = {"csrf_token": "cut", "name": "武汉星光建筑有限公司", "password": "Abcdefg-2026"}
    page = app.test_client().post("/register", data=data, headers={"Origin": "http://localhost"})
    body = page.get_data(as_text=True)
    assert page.status_code == 400
    assert "武汉星光建筑有限公司" in body
    assert "Abcdefg-2026" not in body
    assert db.session.query(KeptPost).count() == 0


def test_strangers_cannot_fill_the_store(app, session):
    stranger = app.test_client()
    for headers in ({}, {"Origin": "http://localhost"}):
        stranger.post("/my/profile/", data={"email": "x@example.org"}, headers=headers)
        stranger.post("/my/profile/", data={"csrf_token": "a.b.c"}, headers=headers)
    assert db.session.query(KeptPost).count() == 0


def test_one_account_keeps_five_forms_and_none_that_is_larger_than_a_form_is(browser, student):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    pass_minutes(31)
    for n in range(7):
        browser.post("/my/profile/", data={**data, "email": f"a{n}@example.org"})
        pass_minutes(0.1)
    large = browser.post("/my/profile/", data={**data, "address": "长" * 90_000})
    assert "/kept/" not in large.location
    assert db.session.query(KeptPost).count() == kept.MOST
    page = browser.get(large.location).get_data(as_text=True)
    assert "未能保留" in page


def test_passwords_codes_and_files_are_never_kept_and_are_asked_for_anew(browser, student):
    enter(browser, student)
    token = token_of(browser.get("/my/profile/"))
    pass_minutes(31)
    data = {
        "csrf_token": token,
        "reason": REASON,
        "code": "424242",
        "password": "Secret-2026!",
        "_code_url": "/acts/termination/5/agree/code",
        "scan": (io.BytesIO(b"%PDF-1.7 secret"), "解约协议.pdf"),
    }
    answer = browser.post("/my/terminations/request", data=data)
    if answer.status_code == 404:
        answer = browser.post(
            "/my/profile/", data={**data, "scan": (io.BytesIO(b"x"), "解约协议.pdf")}
        )
    row = db.session.query(KeptPost).one()
    opened = cipher().decrypt(row.sealed, f"kept_post:{row.key}:{student.id}")
    assert REASON in json.loads(opened)[2][0]
    for secret in ("424242", "Secret-2026!", "%PDF"):
        assert secret not in opened
    assert REASON.encode() not in row.sealed
    page = browser.get(enter(browser, student, answer.location).location).get_data(as_text=True)
    assert 'name="code"' in page
    assert 'data-qq-code-url="/acts/termination/5/agree/code"' in page
    assert re.search(r'type="password"[^>]*name="password"', page)
    assert re.search(r'type="file"[^>]*name="scan"', page)
    assert "解约协议.pdf" in page


def test_every_password_field_is_known_as_a_secret():
    named = {"password"}
    for form in kept_views._forms(FlaskForm):
        if form.__module__.startswith("app."):
            fields = ((name, getattr(form, name, None)) for name in dir(form))
            named |= {n for n, f in fields if getattr(f, "field_class", None) is PasswordField}
    for file in Path("templates").rglob("*.html"):
        for tag in re.findall(r"<input[^>]*>", file.read_text(encoding="utf-8")):
            if 'type="password"' in tag and "{{ name }}" not in tag:
                named |= set(re.findall(r' name="([^"]+)"', tag))
    assert {"password", "again", "old", "secret"} <= named
    assert named <= posted.PASSWORDS


def test_every_field_for_a_code_says_beside_it_that_it_is_one():
    """In a form without it a field called «code» is a college's or a table's: that is kept."""
    for file in Path("templates").rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        names = re.findall(r'<input[^>]* name="([^"]+)"[^>]*one-time-code', text)
        if names and file.name not in (
            "kept.html",
            "factor.html",
            "factor_app.html",
            "factor_contact.html",
        ):
            marked = "_code_url" in text or file.name == "dialogs.html"  # app.js puts it there
            assert marked, file
            assert set(names) <= {"code", "{{ name }}"}, file


def test_a_colleges_own_code_is_no_secret(cast, browser):
    enter(browser, person(cast.officer))
    token = token_of(browser.get("/colleges/add"))
    pass_minutes(31)
    data = {"csrf_token": token, "code": "123456", "name": "未来技术学院"}
    answer = browser.post("/colleges/add", data=data)
    page = browser.get(enter(browser, cast.officer, answer.location).location)
    assert ("code", "123456") in fields_of(page)
    assert ("name", "未来技术学院") in fields_of(page)


def test_signing_out_and_eight_hours_forget_it(browser, student):
    _data, answer = late_profile(browser, student)
    enter(browser, student, answer.location)
    browser.post("/logout", data={"csrf_token": token_of(browser.get("/my/profile/"))})
    assert db.session.query(KeptPost).count() == 0
    _data, answer = late_profile(browser, student)
    pass_minutes(8 * 60 + 1)
    back = enter(browser, student, answer.location)
    gone = browser.get(back.location, follow_redirects=True).get_data(as_text=True)
    assert "没有待发送的内容" in gone
    kept.forget_old()
    assert db.session.query(KeptPost).count() == 0


def test_it_can_be_thrown_away(browser, student):
    data, answer = late_profile(browser, student)
    back = enter(browser, student, answer.location)
    token = token_of(browser.get(back.location))
    left = browser.post(f"{back.location}/discard", data={"csrf_token": token})
    assert left.status_code == 303
    assert db.session.query(KeptPost).count() == 0
    assert address_of(student) != data["address"]


def test_another_browser_of_the_same_account_is_offered_nothing(app, browser, student):
    _data, answer = late_profile(browser, student)
    elsewhere = app.test_client()
    enter(elsewhere, student)
    path = unquote(answer.location.partition("next=")[2])
    assert elsewhere.get(path).location == "/"


def test_whoever_closed_the_page_is_told_after_the_sign_in_that_something_waits(browser, student):
    _data, _answer = late_profile(browser, student)
    enter(browser, student)
    page = browser.get("/my/profile/").get_data(as_text=True)
    assert "尚未发送" in page
    assert "/kept/" in page


def test_what_dies_while_it_is_sent_can_be_sent_again_two_minutes_later(browser, student):
    _data, answer = late_profile(browser, student)
    enter(browser, student, answer.location)
    row = db.session.query(KeptPost).one()
    assert kept.claim(row.key, student.id)
    assert not kept.claim(row.key, student.id)
    pass_minutes(2.1)
    assert kept.claim(row.key, student.id)


def test_a_page_asked_for_after_the_end_is_reached_after_the_sign_in(browser, student):
    enter(browser, student)
    pass_minutes(31)
    answer = browser.get("/my/signings/list/?page=2")
    answer = browser.get("/my/invitations/list/") if answer.status_code == 404 else answer
    page = browser.get(answer.location).get_data(as_text=True)
    assert "登录已过期，请重新登录" in page
    assert enter(browser, student, answer.location).location.startswith("/my/")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\/evil",
        "/login/?next=/login/",
    ],
)
def test_the_way_back_never_leads_out(browser, student, target):
    path = "/login/?next=" + quote(target)
    assert enter(browser, student, path).location == "/"
    assert browser.get(path).location == "/"  # signed in already


def test_a_script_is_told_in_a_sentence(browser, student):
    enter(browser, student)
    token = token_of(browser.get("/my/profile/"))
    pass_minutes(31)
    for headers in ({"Accept": "application/json"}, {"X-Dialog": "1"}):
        answer = browser.post("/my/profile/", headers={**headers, "X-CSRFToken": token})
        assert (answer.status_code, answer.json["over"]) == (401, True)
        assert "登录已过期" in answer.json["error"]


# -- how long the session lives ------------------------------------------------------------------------


def status(browser):
    return browser.get("/session/", headers={"Accept": "application/json"})


def left(answer) -> float:
    """Minutes until the end, by the server's own clock."""
    now, ends = (datetime.fromisoformat(answer.json[name]) for name in ("now", "ends"))
    return (ends - now).total_seconds() / 60


def test_asking_how_long_does_not_lengthen_the_session_and_going_on_does(browser, student):
    enter(browser, student)
    token = token_of(browser.get("/my/profile/"))
    pass_minutes(28.5)
    assert left(status(browser)) == pytest.approx(1.5, abs=0.1)
    assert left(status(browser)) == pytest.approx(1.5, abs=0.1)
    gone_on = browser.post(
        "/session/", headers={"Accept": "application/json", "X-CSRFToken": token}
    )
    assert left(gone_on) == pytest.approx(30, abs=0.1)
    pass_minutes(29)
    assert status(browser).status_code == 200
    pass_minutes(1.1)
    assert status(browser).status_code == 401


def test_no_session_goes_on_for_longer_than_eight_hours(browser, student):
    enter(browser, student)
    token = token_of(browser.get("/my/profile/"))
    headers = {"Accept": "application/json", "X-CSRFToken": token}
    for _n in range(23):
        pass_minutes(20)
        answer = browser.post("/session/", headers=headers)
    assert left(answer) == pytest.approx(20, abs=0.1)
    assert answer.json["last"]
    pass_minutes(20.1)
    assert status(browser).status_code == 401


def test_every_page_says_by_the_servers_clock_when_the_session_ends(browser, student):
    enter(browser, student)
    body = browser.get("/my/profile/").get_data(as_text=True)
    now = datetime.fromisoformat(re.search(r'data-now="([^"]+)"', body)[1])
    ends = datetime.fromisoformat(re.search(r'data-ends="([^"]+)"', body)[1])
    assert timedelta(minutes=29) < ends - now <= timedelta(minutes=30, seconds=1)


def test_another_accounts_key_for_drafts_is_another_one(cast, browser, student):
    enter(browser, student)
    pages = [browser.get("/my/profile/").get_data(as_text=True) for _page in range(2)]
    found = [re.search(r'data-draft="([0-9a-f]{64})([0-9a-f]{64})"', page) for page in pages]
    assert found[0][0] != found[1][0]  # under another mask in each page
    one, again = (
        f"{int(mask, 16) ^ int(key, 16):064x}" for mask, key in (f.groups() for f in found)
    )
    assert one == again
    assert one != session_views.draft_key(person(cast.classmate).id)
    assert one == session_views.draft_key(student.id)


def test_the_security_log_keeps_nothing_of_it(browser, student):
    data, answer = late_profile(browser, student)
    again(browser, browser.get(enter(browser, student, answer.location).location), "/my/profile/")
    lines = db.session.query(SecurityEvent).filter_by(user_id=student.id)
    assert not [
        line for line in lines if data["address"] in json.dumps(line.details, ensure_ascii=False)
    ]


def test_a_dialog_of_an_earlier_session_sends_its_form_as_a_page(cast, browser, placement):
    enter(browser, person(cast.officer))
    token = token_of(browser.get(f"/desk/show/{placement.id}"))
    pass_minutes(31)
    enter(browser, cast.officer)  # in another tab
    data = {"csrf_token": token, "action": "refuse", "reason": REASON}
    path = f"/desk/action/refuse/{placement.id}"
    told = browser.post(path, data=data, headers={"X-Dialog": "1"})
    assert (told.status_code, told.json["over"]) == (401, True)
    assert db.session.query(KeptPost).count() == 0
    assert REASON in browser.get(browser.post(path, data=data).location).get_data(as_text=True)


def test_what_was_corrected_on_its_page_and_sent_there_waits_no_more(browser, student):
    _data, answer = late_profile(browser, student)
    page = browser.get(enter(browser, student, answer.location).location)
    wrong = MultiDict(fields_of(page))
    wrong["address"] = "长" * 300
    assert browser.post("/my/profile/", data=wrong).status_code == 422
    assert db.session.query(KeptPost).count() == 1  # refused: it waits on
    good = {**typed(browser.get("/my/profile/")), "address": "改正后的地址 5 号"}
    browser.post("/my/profile/", data=good)
    assert address_of(student) == "改正后的地址 5 号"
    assert db.session.query(KeptPost).count() == 0


def test_a_double_click_after_the_end_keeps_one_form(browser, student):
    data, _answer = late_profile(browser, student)
    browser.post("/my/profile/", data=data)
    assert db.session.query(KeptPost).count() == 1


def test_back_leads_to_the_page_of_the_form(browser, student):
    enter(browser, student)
    data = typed(browser.get("/my/profile/"))
    pass_minutes(31)
    here = {"Referer": "http://localhost/my/profile/?tab=2"}
    answer = browser.post("/my/profile/", data=data, headers=here)
    page = browser.get(enter(browser, student, answer.location).location).get_data(as_text=True)
    assert 'href="/my/profile/?tab=2"' in page


def test_the_first_sign_in_is_kept_behind_its_gate_too(cast, browser):
    newcomer = person(make.make_student(cast.college, verified_at=None))
    enter(browser, newcomer)
    token = token_of(browser.get("/my/verify/"))
    pass_minutes(31)
    data = {
        "csrf_token": token,
        "email": "a@example.org",
        "address": "东八舍",
        "code": "123456",
        "_code_url": "",
    }
    answer = browser.post("/my/verify/", data=data)
    page = browser.get(enter(browser, newcomer, answer.location).location)
    assert "东八舍" in page.get_data(as_text=True)
    again(browser, page, "/my/verify/", code="000000")
    assert "东八舍" in browser.get(f"/kept/{answer.location.rpartition('/')[2]}").get_data(
        as_text=True
    )
