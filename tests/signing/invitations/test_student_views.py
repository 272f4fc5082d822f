"""The student's pages: first sign-in, home, letter, answer, signing; the inbox."""

from __future__ import annotations

import re

import pytest
from lxml import html
from sqlalchemy import select

from app.core import mail
from app.core.db import db
from app.notices.models import Notice
from app.signing.invitations.models import InvitationState
from app.signing.placements.queries import placement_of
from app.workflow import trail
from tests import factories as make

PAGES = ("/my/", "/my/invitations/list/", "/my/profile/", "/notices/", "/employer/", "/desk/list/")


@pytest.fixture
def newcomer(cast):
    """A student who has never signed in."""
    cast.student.verified_at = None
    db.session.commit()
    return cast.student


def last_code() -> str:
    message = db.session.scalars(select(mail.Message).order_by(mail.Message.id.desc())).first()
    return re.search(r"\d{6}", message.body).group()


@pytest.mark.rule("ACC-04")
def test_before_the_first_sign_in_is_passed_every_address_leads_to_its_page(newcomer, visit):
    browser = visit(make.account(newcomer))
    for page in PAGES:
        answer = browser.get(page)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/my/verify/"), page


@pytest.mark.rule("ACC-04")
def test_the_first_sign_in_shows_the_phone_masked_and_needs_code_mail_and_address(newcomer, visit):
    browser = visit(make.account(newcomer))
    page = browser.get("/my/verify/").get_data(as_text=True)
    assert newcomer.phone_masked in page
    assert newcomer.phone not in page
    assert (
        browser.post("/my/verify/", data={"email": "", "address": "", "code": ""}).status_code
        == 422
    )
    assert browser.post("/my/verify/code").status_code == 200
    right = {"email": "me@example.com", "address": "武汉市1号", "code": last_code()}
    assert browser.post("/my/verify/", data={**right, "code": "000000"}).status_code == 422
    assert browser.post("/my/verify/", data=right).status_code == 303
    assert browser.get("/my/").status_code == 200
    assert (newcomer.email, newcomer.address) == ("me@example.com", "武汉市1号")


@pytest.mark.rule("ACC-04")
def test_an_e_mail_of_another_account_is_refused_with_a_sentence(cast, newcomer, visit):
    browser = visit(make.account(newcomer))
    browser.post("/my/verify/code")
    taken = make.account(cast.classmate).email
    answer = browser.post("/my/verify/", data={"email": taken, "address": "x", "code": last_code()})
    assert answer.status_code == 422
    assert newcomer.verified_at is None


@pytest.mark.rule("ACC-09", "ACC-03")
def test_a_student_without_a_password_sets_one_by_code(cast, client):
    client.post(
        "/password/forgotten", data={"who": cast.student.student_no, "school": cast.school.code}
    )
    make.worker_answers_resets()
    new = "Correct-horse-7"
    answer = client.post(
        "/password/reset", data={"code": last_code(), "password": new, "again": new}
    )
    assert answer.status_code == 302
    signed = client.post(
        "/login/",
        data={"who": cast.student.student_no, "school": cast.school.code, "password": new},
    )
    assert signed.headers["Location"] == "/"
    assert client.get("/my/").status_code == 200


@pytest.mark.rule("INV-22")
def test_home_shows_the_next_step_the_state_and_masked_numbers(cast, visit, query_count):
    make.invite(cast.employer, cast.student, regular_pay=8000)
    browser = visit(make.account(cast.student))
    browser.get("/my/")  # the code tables are read once a process
    db.session.expunge_all()
    with query_count() as seen:
        page = browser.get("/my/").get_data(as_text=True)
    assert cast.employer.name in page
    assert "8,000" in page
    assert cast.student.id_number_masked in page
    assert cast.student.id_number not in page
    assert seen.n <= 11, seen


@pytest.mark.rule("ACC-06", "ADM-03")
@pytest.mark.parametrize("change", [{"training_mode": "2"}, {"origin_state": "entered"}])
def test_home_of_a_student_who_may_not_sign_says_why_and_whom_to_ask(cast, visit, change):
    cast.school.contact = "就业中心 027-1"
    for name, value in change.items():
        setattr(cast.student, name, value)
    db.session.commit()
    page = visit(make.account(cast.student)).get("/my/").get_data(as_text=True)
    assert "qq-note-warn" in page
    assert "就业中心 027-1" in page


@pytest.mark.rule("INV-23")
def test_the_list_shows_employer_position_dates_and_both_states(cast, visit):
    make.invite(cast.employer, cast.student)
    make.invite(cast.rival, cast.student)
    browser = visit(make.account(cast.student))
    page = browser.get("/my/invitations/list/").get_data(as_text=True)
    for text in (cast.employer.name, cast.rival.name, "软件工程师", "qq-chip-waiting"):
        assert text in page
    found = browser.post("/my/invitations/search", data={"q": "星光"}, follow_redirects=True)
    assert cast.rival.name not in found.get_data(as_text=True)


def test_the_letter_asks_the_database_eleven_times_at_most(cast, visit, query_count):
    [letter] = make.invite(cast.employer, cast.student)
    browser = visit(make.account(cast.student))
    browser.get(f"/my/invitations/{letter.id}")
    db.session.expunge_all()
    with query_count() as seen:
        assert browser.get(f"/my/invitations/{letter.id}").status_code == 200
    assert seen.n <= 11, seen


@pytest.mark.rule("INV-10", "INV-19")
def test_inside_the_cooling_off_the_button_is_grey_and_says_until_when(cast, visit):
    [letter] = make.invite(cast.employer, cast.student)
    page = (
        visit(make.account(cast.student)).get(f"/my/invitations/{letter.id}").get_data(as_text=True)
    )
    assert re.search(r'<button[^>]*disabled[^>]*aria-describedby="do-accept-why"', page)
    assert re.search(r"qq-why[^<]*<?[^<]*\d\d:\d\d", page)


@pytest.mark.rule("INV-13")
def test_accepting_needs_the_tick_and_then_forms_the_placement(cast, visit):
    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    browser = visit(make.account(cast.student))
    page = browser.get(f"/my/invitations/{letter.id}").get_data(as_text=True)
    assert "data-qq-tick=" in page
    assert "data-qq-confirm=" in page
    browser.post(f"/my/answer/{letter.id}/accept", data={})
    assert placement_of(cast.student.id) is None
    url = f"/my/answer/{letter.id}/accept"
    for wrong in ({}, {"code": ""}, {"code": "000000"}):
        browser.post(url, data={"agreed": "1"} | wrong)
        assert placement_of(cast.student.id) is None
    code = make.code_for(browser, f"/acts/invitation/{letter.id}/accept/code")
    browser.post(url, data={"agreed": "1", "code": code})
    placement = placement_of(cast.student.id)
    assert trail.of("invitation", letter.id)[-1].factor == "sms"
    assert browser.get(f"/my/signings/{placement.id}").status_code == 200
    assert cast.employer.name in browser.get("/my/").get_data(as_text=True)


@pytest.mark.rule("INV-12")
def test_declining_takes_a_reason_and_the_employer_is_told(cast, visit):
    [letter] = make.invite(cast.employer, cast.student)
    visit(make.account(cast.student)).post(
        f"/my/answer/{letter.id}/decline", data={"reason": "已有安排"}
    )
    db.session.refresh(letter)
    assert letter.state == InvitationState.DECLINED
    told = db.session.scalars(
        select(Notice.body)
        .where(Notice.user_id == make.account(cast.employer).id)
        .order_by(Notice.id.desc())
    ).first()
    assert "已有安排" in told


@pytest.mark.rule("INV-14")
def test_while_a_signing_runs_other_letters_can_only_be_read(cast, visit):
    [first] = make.invite(cast.employer, cast.student)
    [second] = make.invite(cast.rival, cast.student)
    make.accept(first)
    browser = visit(make.account(cast.student))
    page = browser.get(f"/my/invitations/{second.id}").get_data(as_text=True)
    assert page.count("disabled") >= 2
    browser.post(f"/my/answer/{second.id}/accept", data={"agreed": "1"})
    db.session.refresh(second)
    assert second.state == InvitationState.OPEN


@pytest.mark.rule("INV-15")
def test_a_changed_letter_shows_old_and_new(cast, visit):
    from app.signing.invitations.workflow import INVITATIONS
    from app.signing.terms.models import Terms

    [letter] = make.invite(cast.employer, cast.student)
    terms = Terms(**make.offer(regular_pay=9999))
    INVITATIONS.perform("amend", letter.id, make.actor(cast.employer), terms=terms)
    page = (
        visit(make.account(cast.student)).get(f"/my/invitations/{letter.id}").get_data(as_text=True)
    )
    assert "<del>6,000 元/月</del>" in page
    assert "<ins>9,999 元/月</ins>" in page


@pytest.mark.rule("ACC-02")
def test_another_students_records_are_not_there(cast, visit):
    [letter] = make.invite(cast.employer, cast.student)
    placement = make.accept(letter)
    browser = visit(make.account(cast.classmate))
    for method, url in (
        ("get", f"/my/invitations/{letter.id}"),
        ("post", f"/my/answer/{letter.id}/accept"),
        ("post", f"/my/answer/{letter.id}/decline"),
        ("get", f"/my/signings/{placement.id}"),
        ("get", f"/agreements/{placement.id}.pdf"),
    ):
        assert getattr(browser, method)(url, data={"agreed": "1"}).status_code == 404, url


@pytest.mark.rule("INV-24")
def test_the_signing_shows_parties_side_by_side_and_the_trace(cast, visit):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    page = (
        visit(make.account(cast.student)).get(f"/my/signings/{placement.id}").get_data(as_text=True)
    )
    for text in (
        placement.agreement_no,
        cast.employer.credit_code,
        cast.student.id_number_masked,
        "王老师",
    ):
        assert text in page


@pytest.mark.rule("ACC-12")
def test_a_student_keeps_its_address_here_and_nothing_else(cast, visit):
    browser = visit(make.account(cast.student))
    number, name, email = cast.student.student_no, cast.student.name, cast.student.email
    browser.post(
        "/my/profile/",
        data={"email": "new@example.com", "address": "北京", "name": "X", "student_no": "9"},
    )
    db.session.refresh(cast.student)
    assert (cast.student.email, cast.student.address) == (email, "北京")
    assert (cast.student.student_no, cast.student.name) == (number, name)


@pytest.mark.rule("INV-07", "NTF-01", "NTF-02")
def test_a_sent_letter_makes_one_notice_and_one_mail(cast, visit):
    make.invite(cast.employer, cast.student)
    user = make.account(cast.student)
    notices = db.session.scalars(select(Notice).where(Notice.user_id == user.id)).all()
    mails = db.session.scalars(
        select(mail.Message).where(mail.Message.key.startswith("invitation:"))
    ).all()
    assert len(notices) == 1
    assert [m.address for m in mails] == [user.email]
    browser = visit(user)
    assert notices[0].subject in browser.get("/notices/").get_data(as_text=True)
    assert (
        browser.post(f"/notices/{notices[0].id}").headers["Location"].startswith("/my/invitations/")
    )
    assert visit(make.account(cast.classmate)).post(f"/notices/{notices[0].id}").status_code == 404


@pytest.mark.rule("DOC-04")
def test_anybody_can_verify_a_code_and_sees_masked_facts_only(cast, client):
    from app.core import clock
    from app.files.documents.models import Document

    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    db.session.add(
        Document(
            kind="agreement",
            record_kind="placement",
            record_id=placement.id,
            school_id=placement.school_id,
            code="0123456789AB",
            number=placement.agreement_no,
            file_key="x",
            sha256="0" * 64,
            data_sha256="0" * 64,
            template_version="t",
            created_at=clock.now(),
        )
    )
    db.session.commit()
    page = client.get("/v/0123-4567-89ab").get_data(as_text=True)
    assert placement.agreement_no in page
    assert cast.student.name not in page
    assert client.get("/v/ZZZZZZZZZZZZ").status_code == 200
    assert placement.agreement_no not in client.get("/v/ZZZZZZZZZZZZ").get_data(as_text=True)


def test_messages_are_the_administrators_outside_the_demo(cast, visit, client):
    assert client.get("/messages/").status_code == 404
    assert visit(cast.officer).get("/messages/").status_code == 404
    assert visit(cast.admin).get("/messages/").status_code == 200
    assert visit(cast.admin).get("/jobs/").status_code == 200
    assert visit(cast.officer).get("/jobs/").status_code == 403


@pytest.mark.rule("ACC-10", "INV-13")
def test_the_code_of_accepting_is_for_this_letter_lives_ten_minutes_and_serves_once(cast, visit):
    [first] = make.invite(cast.employer, cast.student)
    [second] = make.invite(cast.rival, cast.student)
    make.pass_time(hours=2)
    browser = visit(make.account(cast.student))
    code = make.code_for(browser, f"/acts/invitation/{second.id}/accept/code")

    def said(letter, **data) -> str:
        url = f"/my/answer/{letter.id}/accept"
        page = browser.post(url, data=data, follow_redirects=True).get_data(as_text=True)
        return re.search(r"qq-flash-warn.*?</div>", page, re.S).group()

    assert "请获取验证码" in said(first, agreed="1")
    assert "尚未获取本次操作的验证码" in said(first, agreed="1", code=code)  # of the other letter
    make.sent()
    make.pass_time(minutes=11)
    browser = visit(make.account(cast.student))
    assert "验证码已过期" in said(second, agreed="1", code=code)
    assert placement_of(cast.student.id) is None
    code = make.code_for(browser, f"/acts/invitation/{second.id}/accept/code")
    make.sent()
    assert "验证码不正确" in said(second, agreed="1", code=f"{(int(code) + 1) % 10**6:06d}")
    assert "勾选" in said(second, code=code)
    browser.post(f"/my/answer/{second.id}/accept", data={"agreed": "1", "code": code})
    assert placement_of(cast.student.id).employer_id == cast.rival.id
    url, data = f"/my/answer/{second.id}/accept", {"agreed": "1", "code": code}
    twice = browser.post(url, data=data, follow_redirects=True).get_data(as_text=True)
    assert "qq-flash-warn" not in twice  # pressed twice in one breath: it is done (S-18)
    make.pass_time(seconds=30)
    assert "勾选" not in said(second, agreed="1", code=code)  # later: says how it stands
    assert db.session.query(type(placement_of(cast.student.id))).count() == 1


@pytest.mark.rule("INV-11", "ACC-10")
def test_a_late_answer_hears_that_the_time_is_over_and_not_of_the_code(cast, visit):
    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(days=10)
    browser = visit(make.account(cast.student))
    page = browser.post(
        f"/my/answer/{letter.id}/accept",
        data={"agreed": "1", "code": "123456"},
        follow_redirects=True,
    ).get_data(as_text=True)
    warned = re.search(r"qq-flash-warn.*?</div>", page, re.S).group()
    assert "验证码" not in warned
    assert placement_of(cast.student.id) is None
    assert browser.post(
        f"/acts/invitation/{letter.id}/accept/code", headers={"Accept": "application/json"}
    ).status_code in (404, 409)


@pytest.mark.rule("ACC-10", "INV-13")
def test_without_script_the_code_is_sent_from_a_window_of_its_own_so_that_nothing_typed_is_lost(
    cast, visit
):
    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    browser, here = visit(make.account(cast.student)), f"/my/invitations/{letter.id}"
    parts = re.findall(
        r"<noscript>(.*?)</noscript>", browser.get(here).get_data(as_text=True), re.S
    )
    [plain] = [part for part in parts if f"/my/answer/{letter.id}/accept" in part]
    assert f'action="/my/answer/{letter.id}/accept"' in plain
    assert 'name="agreed"' in plain
    assert 'name="code"' in plain
    send = re.search(r'formaction="([^"]+)"', plain).group(1)
    assert 'formtarget="_blank"' in plain
    answer = browser.post(send)
    assert answer.status_code == 200
    assert "原窗口" in answer.get_data(as_text=True)
    browser.post(f"/my/answer/{letter.id}/accept", data={"agreed": "1", "code": last_code()})
    assert placement_of(cast.student.id) is not None


@pytest.fixture
def proposed(cast):
    """A signing for which the employer has proposed other terms."""
    from app.signing.placements.workflow import propose_terms

    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    return propose_terms(placement.id, make.actor(cast.employer), make.offer(regular_pay=9999))


@pytest.mark.rule("INV-16")
def test_proposed_terms_stand_beside_the_old_ones_only_where_they_differ(cast, visit, proposed):
    browser = visit(make.account(cast.student))
    page = browser.get(f"/my/signings/{proposed.id}").get_data(as_text=True)
    assert re.findall(r'<del class="qq-was">(.*?)</del>', page) == ["6,000 元/月"]
    assert re.findall(r'<ins class="qq-now">(.*?)</ins>', page) == ["9,999 元/月"]
    for text in ("同意新条款", "保留原条款", "data-qq-countdown", "data-qq-code=", "data-qq-tick="):
        assert text in page, text
    home = browser.get("/my/").get_data(as_text=True)
    assert "对照新旧条款" in home
    assert re.search(r'is-now" aria-current="step"><span[^>]*>新条款答复', home)


@pytest.mark.rule("INV-16", "ACC-10", "ACC-02")
def test_new_terms_count_once_with_a_code_and_for_nobody_else(cast, visit, proposed):
    browser, url = visit(make.account(cast.student)), f"/my/signings/{proposed.id}/agree_terms"
    assert visit(make.account(cast.classmate)).post(url, data={"agreed": "1"}).status_code == 404
    assert browser.post(f"/my/signings/{proposed.id}/attest").status_code == 404
    browser.post(url, data={"agreed": "1", "code": "123456"})
    assert proposed.terms.regular_pay == 6000
    code = make.code_for(browser, f"/acts/placement/{proposed.id}/agree_terms/code")
    for _click in range(2):
        browser.post(url, data={"agreed": "1", "code": code})
    db.session.refresh(proposed)
    assert (proposed.terms.regular_pay, proposed.state) == (9999, "awaiting_school")
    rows = [row for row in trail.of("placement", proposed.id) if row.step == "agree_terms"]
    assert [row.factor for row in rows] == ["sms"]


@pytest.mark.rule("INV-16", "INV-11")
def test_too_late_the_old_terms_stay_and_nothing_is_asked_any_more(cast, visit, proposed):
    make.pass_time(days=30)
    browser = visit(make.account(cast.student))
    assert "对照新旧条款" not in browser.get("/my/").get_data(as_text=True)
    assert "同意新条款" not in browser.get(f"/my/signings/{proposed.id}").get_data(as_text=True)
    browser.post(f"/my/signings/{proposed.id}/agree_terms", data={"agreed": "1", "code": "123456"})
    db.session.refresh(proposed)
    assert proposed.terms.regular_pay == 6000


@pytest.mark.rule("INV-22")
def test_home_names_the_one_next_step_a_termination_before_all_else(cast, visit, query_count):
    signed = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    make.invite(cast.rival, cast.student)
    browser = visit(make.account(cast.student))
    assert "查看签约" in browser.get("/my/").get_data(as_text=True)
    make.terminate(signed, cast.employer)
    page = browser.get("/my/").get_data(as_text=True)
    hero = re.search(r"qq-hero.*?</section>", page, re.S).group()
    assert f'href="/my/terminations/signing/{signed.id}"' in hero
    assert "data-qq-countdown" in hero
    assert re.search(r"解约待办</span><strong>1<", page)
    assert re.search(r"邀约待办</span><strong>1<", page)


@pytest.mark.rule("INV-23")
def test_open_letters_stand_side_by_side_with_what_differs(cast, visit):
    browser, here = visit(make.account(cast.student)), "/my/invitations/compare"
    assert "没有待应约的邀请" in browser.get(here).get_data(as_text=True)
    first = make.invite(cast.employer, cast.student, regular_pay=6000)[0]
    assert here not in browser.get("/my/invitations/list/").get_data(as_text=True)
    second = make.invite(cast.rival, cast.student, regular_pay=8500)[0]
    listed = browser.get("/my/invitations/list/").get_data(as_text=True)
    assert here in listed
    assert "8,500" in listed  # pay stands in the list of letters
    assert here in browser.get("/my/").get_data(as_text=True)
    page = html.fromstring(browser.get(here).get_data(as_text=True)).xpath("//main")[0]
    heads = [cell.text_content() for cell in page.xpath(".//thead//th/a")]
    assert heads == [cast.employer.name, cast.rival.name]
    rows = {
        row.xpath("./th")[0].text_content(): (row.get("class"), [c.text_content() for c in row.xpath("./td")])
        for row in page.xpath(".//tbody/tr[td]")
    }  # fmt: skip
    differs, pay = rows["转正起薪"]
    assert differs == "is-differing"
    assert ["6,000" in pay[0], "8,500" in pay[1]] == [True, True]
    assert rows["拟聘用职位"] == (None, ["软件工程师", "软件工程师"])
    assert rows["学校已审核"][1] == ["是", "是"]
    for label in ("试用起薪", "应约截止", "档案接收", "户口接收类型", "统一社会信用代码"):
        assert label in rows, list(rows)
    make.INVITATIONS.perform("decline", first.id, make.actor(cast.student), reason="x")
    page = browser.get(here).get_data(as_text=True)
    assert cast.employer.name not in page
    assert f"/my/invitations/{second.id}" in page


@pytest.mark.rule("ACC-02")
def test_nobody_compares_the_letters_of_another(cast, visit):
    make.invite(cast.employer, cast.student)
    page = visit(make.account(cast.classmate)).get("/my/invitations/compare")
    assert cast.employer.name not in page.get_data(as_text=True)
