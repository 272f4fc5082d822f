"""The page behind the link, and the lists of school, province and administrators, over HTTP."""

from __future__ import annotations

import re

import pytest

from app.accounts.models import AppUser
from app.core.db import db
from app.signing.disputes.models import Dispute
from app.signing.objections.models import Objection
from tests import factories as make
from tests.signing.disputes.told import last_token, start_anew, tokens_of


@pytest.fixture
def link(cast) -> str:
    return f"/not-me/{tokens_of(start_anew(cast.student, cast.officer))[0]}"


def frozen(student) -> bool:
    db.session.expire_all()
    return make.account(student).frozen_at is not None


@pytest.mark.rule("INV-20")
def test_opening_the_page_does_nothing_however_it_is_opened(cast, client, link):
    for method in ("GET", "HEAD", "OPTIONS"):
        for agent in ("Mozilla/5.0 MicroMessenger/8.0", "Outlook-SafeLinks", ""):
            client.open(link, method=method, headers={"User-Agent": agent})
    assert not frozen(cast.student)
    page = client.get(link).get_data(as_text=True)
    assert "这不是我" in page
    [form] = re.findall(r"<form[^>]*/not-me/.*?</form>", page, re.S)
    assert form.count("<button") == 1
    assert 'method="post"' in form


@pytest.mark.rule("INV-20", "INV-22")
def test_the_page_shows_no_personal_number_and_no_whole_name(cast, client, link):
    page = client.get(link).get_data(as_text=True)
    for secret in (
        cast.student.phone,
        cast.student.name,
        cast.student.email,
        cast.student.student_no + "<",
    ):
        assert secret not in page
    assert "黄*水" in page
    answer = client.get(link)
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "same-origin"  # the link is told to no other host


@pytest.mark.rule("INV-20")
def test_the_button_acts_without_signing_in_and_pressed_again_says_it_is_done(cast, client, link):
    for _click in range(2):
        answer = client.post(link, follow_redirects=True)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert "账号已冻结" in page
        assert ">这不是我<" not in page
    assert db.session.query(Dispute).count() == 1
    assert frozen(cast.student)


@pytest.mark.rule("INV-20")
def test_the_button_needs_the_token_of_its_page(app, cast, session, link):
    """Another site cannot press it: the form carries the token against forged requests."""
    app.config["WTF_CSRF_ENABLED"] = True
    browser = app.test_client()
    assert browser.post(link).status_code == 400
    assert not frozen(cast.student)
    token = re.search(
        r'name="csrf_token" value="([^"]+)"', browser.get(link).get_data(as_text=True)
    )[1]
    assert browser.post(link, data={"csrf_token": token}).status_code == 303
    assert frozen(cast.student)


@pytest.mark.rule("INV-20")
def test_unknown_old_and_odd_links_are_answered_with_a_sentence(cast, client, link):
    for odd in ("/not-me/" + "x" * 22, "/not-me/" + "%00" * 22, "/not-me/" + "好" * 22):
        assert client.get(odd).status_code == 404
        assert client.post(odd).status_code == 404
    make.pass_time(days=31)
    answer = client.get(link)
    assert answer.status_code == 404
    assert "30 天" in answer.get_data(as_text=True)
    assert "30 天" in client.post(link, follow_redirects=True).get_data(as_text=True)
    assert not frozen(cast.student)


@pytest.mark.rule("INV-20", "ACC-10")
def test_staff_do_not_press_for_a_party_but_for_their_own_account(cast, visit, link):
    for staff in (cast.officer, cast.province, cast.admin):
        assert visit(staff).get(link).status_code == 404
        assert visit(staff).post(link).status_code == 404
    assert not frozen(cast.student)
    assert visit(make.account(cast.classmate)).post(link).status_code == 303  # a friend's phone


@pytest.mark.rule("INV-20", "NTF-05")
def test_school_and_province_find_it_on_home_and_list_and_others_do_not(cast, visit, client, link):
    client.post(link)
    found = db.session.query(Dispute).one()
    for office in (cast.officer, cast.province):
        browser = visit(office)
        home = browser.get("/office/").get_data(as_text=True)
        assert re.search(r"本人否认.*?1", home, re.S)
        page = browser.get("/disputes/list/").get_data(as_text=True)
        assert cast.student.name in page
        show = browser.get(f"/disputes/show/{found.id}").get_data(as_text=True)
        assert "王老师" in show
        assert "****" in show
        assert cast.student.phone not in show
    for other in (cast.other_officer, cast.admin):
        assert cast.student.name not in visit(other).get("/disputes/list/").get_data(as_text=True)
        assert visit(other).get(f"/disputes/show/{found.id}").status_code == 404
    for nobody in (cast.college_officer, cast.data, make.account(cast.student)):
        assert visit(nobody).get("/disputes/list/").status_code in (302, 403, 404)


@pytest.mark.rule("INV-20", "INV-19")
def test_the_greyed_button_says_why_and_the_province_opens_it_again(cast, visit, client, link):
    client.post(link)
    found = db.session.query(Dispute).one()
    own = visit(cast.officer)
    assert "由其他人员处理" in own.get(f"/disputes/show/{found.id}").get_data(as_text=True)
    own.post(f"/disputes/action/clear/{found.id}", data={"reason": "本人说的"})
    assert frozen(cast.student)
    province = visit(cast.province)
    assert (
        province.post(f"/disputes/action/clear/{found.id}", data={"reason": ""}).status_code == 422
    )
    province.post(f"/disputes/action/clear/{found.id}", data={"reason": "已当面核对学生证"})
    assert not frozen(cast.student)
    assert "已当面核对学生证" in province.get(f"/disputes/show/{found.id}").get_data(as_text=True)


@pytest.mark.rule("INV-20")
def test_the_schools_page_of_the_person_says_that_the_account_is_frozen(cast, visit, client, link):
    url = f"/students/show/{cast.student.id}"
    assert "该账号已于" not in visit(cast.officer).get(url).get_data(as_text=True)
    client.post(link)
    page = visit(cast.officer).get(url).get_data(as_text=True)
    assert "该账号已于" in page
    assert "本人否认</span>" in page
    make.accept(make.invite(cast.employer, cast.classmate)[0])
    employer = make.account(cast.employer)
    employer.frozen_at = (
        db.session.query(AppUser.frozen_at).filter(AppUser.frozen_at.is_not(None)).scalar()
    )
    db.session.commit()
    firm = f"/employers/show/{cast.employer.id}"
    assert "该账号已于" in visit(cast.officer).get(firm).get_data(as_text=True)
    assert "该账号已于" not in visit(cast.other_officer).get(firm).get_data(as_text=True)


@pytest.mark.rule("INV-20")
def test_the_sign_in_page_says_why_a_frozen_account_does_not_open(cast, client, link):
    from app.accounts import passwords

    user = make.account(cast.student)
    user.password = passwords.hashed(make.PASSWORD)
    db.session.commit()
    client.post(link)
    page = client.post("/login/", data={"who": user.username, "password": make.PASSWORD})
    assert "已冻结" in page.get_data(as_text=True)
    wrong = client.post("/login/", data={"who": user.username, "password": "wrong"})
    assert "已冻结" not in wrong.get_data(as_text=True)


@pytest.mark.rule("INV-20")
def test_the_province_reads_disowned_signings_and_the_page_of_their_link(cast, visit, client):
    make.accept(make.invite(cast.employer, cast.student)[0])
    link = f"/not-me/{last_token(make.account(cast.student))}"
    assert "该签约立即冻结" in client.get(link).get_data(as_text=True)
    page = client.post(link, follow_redirects=True).get_data(as_text=True)
    assert "该签约已冻结" in page
    found = db.session.query(Objection).one()
    province = visit(cast.province)
    assert cast.student.name in province.get("/objections/list/?tab=link").get_data(as_text=True)
    show = province.get(f"/objections/show/{found.id}").get_data(as_text=True)
    assert "通过消息链接反映" in show
    mine = visit(make.account(cast.student)).get(f"/my/signings/{found.placement_id}")
    assert "你已反映此事不属实" in mine.get_data(as_text=True)
