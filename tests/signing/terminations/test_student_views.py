"""The student's 解约办理: the button for each state, the notice, the code, the letter, the chances."""

from __future__ import annotations

import re

import pytest

from app.core import clock
from app.core.db import db
from app.signing.placements.tasks import make_agreement
from app.signing.terminations.applying import grant_chance
from app.signing.terminations.models import Termination
from app.signing.terminations.tasks import make_letter
from app.signing.terminations.workflow import TERMINATIONS
from tests.factories import (
    accept,
    account,
    actor,
    attest,
    code_for,
    invite,
    pass_time,
    sent,
    terminate,
)
from tests.previews import fetched

LIST = "/my/terminations/"


@pytest.fixture
def signed(cast):
    """The student's signing, in force."""
    return attest(accept(invite(cast.employer, cast.student, breach_penalty=3000)[0]), cast.officer)


@pytest.fixture
def asked(cast, signed):
    """The employer's application, which the student has to answer."""
    return terminate(signed, cast.employer, "岗位撤销")


def page(browser, url: str) -> str:
    return browser.get(url).get_data(as_text=True)


def of(termination) -> str:
    return f"/my/terminations/signing/{termination.placement_id}"


def ended(cast, placement) -> Termination:
    """The signing ended by agreement."""
    found = terminate(placement)
    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    return TERMINATIONS.perform("approve", found.id, actor(cast.officer))


@pytest.mark.rule("TRM-08", "INV-19")
def test_without_a_signing_in_force_the_list_says_why_and_what_next(cast, visit):
    browser = visit(account(cast.student))
    assert "无需解约" in page(browser, LIST)
    waiting = accept(invite(cast.employer, cast.student)[0])
    browser = visit(account(cast.student))
    assert "无需解约" in page(browser, LIST)
    browser.post(f"/my/terminations/{waiting.id}/request", data={"reason": "x", "agreed": "1"})
    assert db.session.query(Termination).count() == 0


@pytest.mark.rule("TRM-08")
def test_each_state_has_its_own_button(cast, visit, signed):
    browser = visit(account(cast.student))
    assert "申请解约" in page(browser, LIST)
    assert "今年剩余解约次数：1" in page(browser, LIST)
    found = terminate(signed)
    assert "查看进度" in page(browser, LIST)
    TERMINATIONS.perform("decline", found.id, actor(cast.employer), reason="再沟通")
    assert "查看进度" in page(browser, LIST)
    assert "再沟通" in page(browser, of(found))
    TERMINATIONS.perform("ask_mediation", found.id, actor(cast.student), reason="请学校协调")
    TERMINATIONS.perform("close", found.id, actor(cast.officer), reason="双方和解")
    assert "申请解约" in page(browser, LIST)
    terminate(signed, cast.employer)
    assert "查看解约通知" in page(browser, LIST)


@pytest.mark.rule("TRM-02", "INV-19")
def test_the_notice_names_the_penalty_and_the_application_needs_tick_reason_and_confirmation(
    cast, visit, signed
):
    browser = visit(account(cast.student))
    shown = page(browser, f"/my/terminations/signing/{signed.id}")
    for text in (
        "解约须知",
        "3,000 元",
        'data-qq-reason="required"',
        "data-qq-tick=",
        "data-qq-confirm=",
    ):
        assert text in shown, text
    url = f"/my/terminations/{signed.id}/request"
    code = {"code": code_for(browser, f"/acts/termination/{signed.id}/request/code")}
    for wrong in (
        {"reason": "考研", **code},
        {"agreed": "1", **code},
        {"agreed": "1", "reason": "考研"},
        {"agreed": "1", "reason": "长" * 201, **code},
    ):
        answer = browser.post(url, data=wrong, follow_redirects=True).get_data(as_text=True)
        assert "qq-flash-warn" in answer
        assert db.session.query(Termination).count() == 0
    browser.post(url, data={"agreed": "1", "reason": "长" * 200, **code})
    pass_time(seconds=30)
    answer = browser.post(url, data={"agreed": "1", "reason": "再来一次"}, follow_redirects=True)
    assert "已有解约" in answer.get_data(as_text=True)
    assert db.session.query(Termination).count() == 1


@pytest.mark.rule("TRM-03", "TRM-08")
def test_the_notice_of_the_employer_says_who_why_since_when_and_until_when(cast, visit, asked):
    shown = page(visit(account(cast.student)), of(asked))
    for text in (
        "解约通知",
        cast.employer.name,
        "岗位撤销",
        "解约须知",
        "申请时间",
        clock.shown_deadline(asked.reply_by),
        "data-qq-countdown",
        "data-qq-code=",
    ):
        assert text in shown, text
    assert re.search(r'is-now" aria-current="step"[^<]*<span[^>]*>对方处理', shown)


@pytest.mark.rule("TRM-03", "ACC-10", "GRD-02")
def test_agreeing_twice_is_told_so_and_a_code_serves_one_act_only(cast, visit, asked):
    browser = visit(account(cast.student))
    url, code_url = f"/my/terminations/{asked.id}/agree", f"/acts/termination/{asked.id}/agree/code"
    missing = browser.post(url, data={"agreed": "1"}, follow_redirects=True)
    assert "请获取验证码" in missing.get_data(as_text=True)
    code = code_for(browser, code_url)
    sent()
    wrong = browser.post(url, data={"agreed": "1", "code": "000001"}, follow_redirects=True)
    assert "验证码不正确" in wrong.get_data(as_text=True)
    assert asked.state == "requested"
    browser.post(url, data={"agreed": "1", "code": code})  # the right one still counts
    assert asked.state == "awaiting_school"
    again = browser.post(url, data={"agreed": "1", "code": code}, follow_redirects=True)
    assert "qq-flash-warn" not in again.get_data(as_text=True)  # one breath: it is done (S-18)
    pass_time(seconds=30)
    again = browser.post(url, data={"agreed": "1", "code": code}, follow_redirects=True)
    said = re.search(r"qq-flash-warn.*?</div>", again.get_data(as_text=True), re.S).group()
    assert "验证码" not in said
    assert db.session.query(Termination).count() == 1


@pytest.mark.rule("ACC-10")
def test_a_code_of_another_act_is_refused(cast, visit, signed):
    [letter] = invite(cast.rival, cast.classmate)
    pass_time(hours=2)
    browser = visit(account(cast.classmate))
    code = code_for(browser, f"/acts/invitation/{letter.id}/accept/code")
    found = terminate(signed, cast.employer)
    mine = visit(account(cast.student))
    mine.post(f"/my/terminations/{found.id}/agree", data={"agreed": "1", "code": code})
    assert found.state == "requested"
    assert mine.post(f"/acts/invitation/{letter.id}/accept/code").status_code == 404


@pytest.mark.rule("TRM-03", "TRM-09")
def test_leaving_changes_nothing_and_declining_takes_a_reason(cast, visit, asked):
    browser = visit(account(cast.student))
    browser.post(f"/my/terminations/{asked.id}/leave")
    assert asked.state == "requested"
    code = code_for(browser, f"/acts/termination/{asked.id}/decline/code")
    browser.post(f"/my/terminations/{asked.id}/decline", data={"reason": " ", "code": code})
    assert asked.state == "requested"
    browser.post(f"/my/terminations/{asked.id}/decline", data={"reason": "不同意", "code": code})
    assert asked.state == "declined"
    assert "同意解约" in page(browser, of(asked))  # may still agree


@pytest.mark.rule("TRM-09", "INV-19")
def test_mediation_is_greyed_with_the_deadline_until_it_can_be_asked_for(cast, visit, signed):
    found = terminate(signed)
    browser = visit(account(cast.student))
    shown = page(browser, of(found))
    assert re.search(r'<button[^>]*id="do-ask_mediation"[^>]*disabled', shown)
    assert "逾期后可请学校调解" in shown
    url = f"/my/terminations/{found.id}/ask_mediation"
    browser.post(url, data={"reason": "单位不回复"})
    assert found.state == "requested"
    pass_time(days=40)
    browser = visit(account(cast.student))
    assert "任何一方都可以申请学校调解" in page(browser, of(found))
    browser.post(url, data={"reason": "单位不回复"})
    assert found.state == "mediation"


@pytest.mark.rule("TRM-05", "INV-19")
def test_a_chance_that_the_school_grants_opens_the_button_again(cast, visit, signed):
    ended(cast, signed)
    second = attest(accept(invite(cast.rival, cast.student)[0]), cast.officer)
    browser = visit(account(cast.student))
    assert "今年剩余解约次数：0" in page(browser, LIST)
    assert re.search(r"disabled aria-describedby=\"why-", page(browser, LIST))
    browser.post(f"/my/terminations/{second.id}/request", data={"reason": "x", "agreed": "1"})
    assert db.session.query(Termination).count() == 1
    grant_chance(cast.student.id, actor(cast.officer), "情况属实")
    assert "今年剩余解约次数：1" in page(browser, LIST)
    code = code_for(browser, f"/acts/termination/{second.id}/request/code")
    data = {"reason": "x", "agreed": "1", "code": code}
    browser.post(f"/my/terminations/{second.id}/request", data=data)
    assert db.session.query(Termination).count() == 2


@pytest.mark.rule("DOC-02", "TRM-04", "TRM-08")
def test_after_the_end_letter_and_void_agreement_can_be_downloaded(cast, visit, signed):
    make_agreement(signed.id)
    found = ended(cast, signed)
    browser = visit(account(cast.student))
    assert browser.get(f"/terminations/{found.id}.pdf?download=1").status_code == 202
    make_letter(found.id)
    shown = page(browser, of(found))
    for url in (f"/terminations/{found.id}.pdf", f"/agreements/{signed.id}.pdf"):
        assert url in shown
        answer = fetched(browser, url + "?download=1")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "已失效" in shown
    assert 'id="do-request"' not in shown


@pytest.mark.rule("INV-20")
def test_what_was_reported_as_untrue_rests_here_too(cast, visit, asked):
    from app.signing.objections.workflow import report

    report(actor(cast.student), "并非本人签约", placement_id=asked.placement_id)
    browser = visit(account(cast.student))
    assert "学校答复前暂停办理" in page(browser, of(asked))
    browser.post(f"/my/terminations/{asked.id}/decline", data={"reason": "x"})
    assert asked.state == "requested"


@pytest.mark.rule("ACC-02")
def test_another_students_terminations_are_not_there(cast, visit, asked):
    browser = visit(account(cast.classmate))
    assert cast.employer.name not in page(browser, LIST)
    for method, url in (
        ("get", of(asked)),
        ("get", f"/terminations/{asked.id}"),
        ("get", f"/terminations/{asked.id}.pdf"),
        ("get", "/my/terminations/signing/2147483647"),
        ("post", f"/my/terminations/{asked.placement_id}/request"),
        ("post", f"/my/terminations/{asked.id}/agree"),
        ("post", f"/my/terminations/{asked.id}/approve"),
        ("post", f"/my/terminations/{asked.id}/evidence"),
        ("post", f"/acts/termination/{asked.id}/agree/code"),
    ):
        answer = getattr(browser, method)(url, data={"agreed": "1", "reason": "x"})
        assert answer.status_code == 404, url


@pytest.mark.rule("NTF-02", "TRM-03")
def test_the_notice_leads_each_party_to_its_own_page(cast, visit, asked):
    for user, there in (
        (account(cast.student), of(asked)),
        (account(cast.employer), f"/employer/terminations/show/{asked.placement_id}"),
    ):
        assert visit(user).get(f"/terminations/{asked.id}").headers["Location"] == there


@pytest.mark.rule("TRM-08")
def test_list_and_page_ask_few_questions(cast, visit, asked, query_count):
    browser = visit(account(cast.student))
    for url, most in ((LIST, 12), (of(asked), 24)):
        browser.get(url)
        db.session.expunge_all()
        with query_count() as seen:
            browser.get(url)
        assert seen.n <= most, (url, seen.n)
