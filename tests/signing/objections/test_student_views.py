"""«不属实» on the student's pages: the quiet button, what rests, the answer."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.signing.objections.models import Objection
from app.signing.objections.workflow import OBJECTIONS, report
from app.signing.placements.queries import placement_of
from tests.factories import accept, account, actor, attest, code_for, invite, pass_time

BUTTON = 'id="do-report"'


def page(browser, url: str) -> str:
    return browser.get(url).get_data(as_text=True)


@pytest.mark.rule("INV-20", "INV-19")
def test_a_reported_letter_can_be_read_and_not_answered_until_the_school_has_answered(cast, visit):
    [letter] = invite(cast.employer, cast.student)
    pass_time(hours=2)
    browser, url = visit(account(cast.student)), f"/my/invitations/{letter.id}"
    shown = page(browser, url)
    assert BUTTON in shown
    assert f'data-qq-url="/my/objections/invitation/{letter.id}"' in shown
    code = code_for(browser, f"/acts/invitation/{letter.id}/accept/code")
    browser.post(f"/my/objections/invitation/{letter.id}", data={"reason": "不认识该单位"})
    shown = page(browser, url)
    assert BUTTON not in shown
    assert "学校答复前一切暂停" in shown
    assert "不认识该单位" in shown
    browser.post(f"/my/answer/{letter.id}/accept", data={"agreed": "1", "code": code})
    browser.post(f"/my/answer/{letter.id}/decline")
    assert letter.state == "open"
    assert placement_of(cast.student.id) is None
    [found] = db.session.query(Objection).all()
    OBJECTIONS.perform("dismiss", found.id, actor(cast.officer), reason="单位属实，请放心")
    shown = page(browser, url)
    assert "单位属实，请放心" in shown
    assert BUTTON in shown  # it can be reported anew


@pytest.mark.rule("INV-20")
def test_what_the_school_confirmed_as_untrue_shows_the_answer_and_no_button(cast, visit):
    signed = attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    found = report(actor(cast.student), "并非本人签约", placement_id=signed.id)
    OBJECTIONS.perform("uphold", found.id, actor(cast.officer), reason="经核实，予以撤销")
    shown = page(visit(account(cast.student)), f"/my/signings/{signed.id}")
    assert "学校已确认：此事不属实" in shown
    assert "经核实，予以撤销" in shown
    assert BUTTON not in shown


@pytest.mark.rule("INV-20")
def test_a_report_needs_a_reason_and_pressed_twice_is_one(cast, visit):
    [letter] = invite(cast.employer, cast.student)
    browser, url = visit(account(cast.student)), f"/my/objections/invitation/{letter.id}"
    for wrong in ("", "  ", "长" * 201):
        browser.post(url, data={"reason": wrong})
        assert db.session.query(Objection).count() == 0
    browser.post(url, data={"reason": "不属实"})
    again = browser.post(url, data={"reason": "不属实"}, follow_redirects=True)
    assert "qq-flash-warn" in again.get_data(as_text=True)
    assert db.session.query(Objection).count() == 1


@pytest.mark.rule("ACC-02", "INV-20")
def test_nobody_reports_what_is_another_students(cast, visit):
    signed = accept(invite(cast.employer, cast.student)[0])
    browser = visit(account(cast.classmate))
    for url in (
        f"/my/objections/placement/{signed.id}",
        f"/my/objections/invitation/{signed.invitation_id}",
        "/my/objections/placement/2147483647",
    ):
        assert browser.post(url, data={"reason": "x"}).status_code == 404
    assert visit(account(cast.employer)).post(
        f"/my/objections/placement/{signed.id}", data={"reason": "x"}
    ).status_code in (403, 404)
    assert db.session.query(Objection).count() == 0
