"""Proposing other terms: form, comparison, answer; the student's page and home say so."""

from __future__ import annotations

import re

import pytest

from app.core.db import db
from app.signing.terminations.workflow import TERMINATIONS
from app.signing.terms.models import values_of
from tests.factories import (
    accept,
    account,
    actor,
    attest,
    code_for,
    invite,
    pass_time,
    terminate,
    typed,
)


@pytest.fixture
def waiting(cast):
    """A signing that nobody has reviewed yet."""
    return accept(invite(cast.employer, cast.student)[0])


def letter(placement, **changes) -> dict:
    """The letter's fields as its form posts them."""
    return typed(values_of(placement.terms)) | changes


@pytest.mark.rule("INV-16")
def test_the_employer_compares_and_proposes_and_the_student_agrees_with_a_code(
    cast, waiting, visit
):
    firm = visit(account(cast.employer))
    page = firm.get(f"/employer/invitations/show/{waiting.invitation_id}").get_data(as_text=True)
    assert f"/employer/amendments/{waiting.id}" in page
    url = f"/employer/amendments/{waiting.id}"
    compared = firm.post(url, data=letter(waiting, regular_pay=9000)).get_data(as_text=True)
    assert "6,000" in compared
    assert "9,000" in compared
    assert waiting.state == "awaiting_school"
    code = code_for(firm, f"/acts/placement/{waiting.id}/propose_terms/code")
    assert firm.post(url, data=letter(waiting, regular_pay=9000, sure="1")).status_code == 422
    for _click in range(2):
        firm.post(url, data=letter(waiting, regular_pay=9000, sure="1", code=code))
    assert waiting.state == "amending"
    student = visit(account(cast.student))
    assert "提出变更条款" in student.get("/my/").get_data(as_text=True)
    page = student.get(f"/my/signings/{waiting.id}").get_data(as_text=True)
    assert re.search(r"6,000.*9,000", page, re.S)
    code = code_for(student, f"/acts/placement/{waiting.id}/agree_terms/code")
    student.post(f"/my/signings/{waiting.id}/agree_terms", data={"agreed": "1", "code": "000000"})
    assert waiting.state == "amending"
    student.post(f"/my/signings/{waiting.id}/agree_terms", data={"agreed": "1", "code": code})
    db.session.refresh(waiting)
    assert (waiting.state, waiting.terms.regular_pay) == ("awaiting_school", 9000)


@pytest.mark.rule("INV-16")
def test_bad_terms_an_unchanged_letter_and_a_reviewed_signing_propose_nothing(cast, waiting, visit):
    firm, url = visit(account(cast.employer)), f"/employer/amendments/{waiting.id}"
    assert firm.post(url, data=letter(waiting, regular_pay="x", sure="1")).status_code == 422
    firm.post(url, data=letter(waiting, sure="1"))
    assert waiting.state == "awaiting_school"
    attest(waiting, cast.officer)
    assert firm.get(url).status_code == 303 or firm.get(url).status_code == 302
    firm.post(url, data=letter(waiting, regular_pay=9000, sure="1"))
    assert waiting.state == "in_force"


@pytest.mark.rule("INV-16")
def test_taken_back_by_the_employer(cast, waiting, visit):
    firm = visit(account(cast.employer))
    code = code_for(firm, f"/acts/placement/{waiting.id}/propose_terms/code")
    data = letter(waiting, regular_pay=9000, sure="1", code=code)
    firm.post(f"/employer/amendments/{waiting.id}", data=data)
    page = firm.get(f"/employer/invitations/show/{waiting.invitation_id}").get_data(as_text=True)
    assert "9,000" in page
    firm.post(f"/employer/amendments/{waiting.id}/take-back")
    assert waiting.state == "awaiting_school"


@pytest.mark.rule("INV-16", "ACC-02")
def test_nobody_else_amends_or_answers(cast, waiting, visit):
    assert visit(account(cast.rival)).get(f"/employer/amendments/{waiting.id}").status_code == 404
    assert (
        visit(account(cast.classmate)).post(f"/my/signings/{waiting.id}/agree_terms").status_code
        == 404
    )
    assert visit(cast.officer).post(f"/my/signings/{waiting.id}/agree_terms").status_code in (
        403,
        404,
    )
    mine = visit(account(cast.student))
    assert mine.post(f"/my/signings/{waiting.id}/propose_terms").status_code == 404


@pytest.mark.rule("INV-16", "INV-21")
def test_nothing_is_sent_before_the_comparison_and_the_letter_keeps_what_was_typed(
    cast, waiting, visit
):
    firm, url = visit(account(cast.employer)), f"/employer/amendments/{waiting.id}"
    assert 'value="软件工程师"' in firm.get(url).get_data(as_text=True)
    changed = letter(waiting, regular_pay=9000)
    compared = firm.post(url, data=changed).get_data(as_text=True)
    assert "尚未发送" in compared
    assert "6,000 元/月" in compared
    assert "<del" in compared
    assert 'value="9000"' in firm.post(url, data=changed | {"back": "1"}).get_data(as_text=True)
    assert waiting.state == "awaiting_school"
    assert "待学生处理的变更条款" not in firm.get("/employer/").get_data(as_text=True)
    code = code_for(firm, f"/acts/placement/{waiting.id}/propose_terms/code")
    firm.post(url, data=changed | {"sure": "1", "code": code})
    assert waiting.state == "amending"
    assert "待学生处理的变更条款" in firm.get("/employer/").get_data(as_text=True)
    page = firm.get(f"/employer/invitations/show/{waiting.invitation_id}").get_data(as_text=True)
    assert f'data-qq-url="/employer/amendments/{waiting.id}/take-back"' in page


@pytest.mark.rule("INV-16")
@pytest.mark.parametrize(
    "wrong",
    [
        {"regular_pay": "-1"},
        {"probation_days": "181"},
        {"report_by": "2020-01-01"},
        {"position": ""},
        {"position": "长" * 61},
        {"contact_phone": "x"},
        {"position_kind": "zz"},
        {"workplace_code": "x", "workplace": "x"},
    ],
)
def test_changed_terms_pass_the_checks_of_a_letter(cast, waiting, visit, wrong):
    firm, url = visit(account(cast.employer)), f"/employer/amendments/{waiting.id}"
    answer = firm.post(url, data=letter(waiting, **wrong) | {"sure": "1"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.get_data(as_text=True)
    assert waiting.state == "awaiting_school"


@pytest.mark.rule("INV-16", "INV-19")
def test_once_reviewed_the_button_is_greyed_and_says_the_way(cast, waiting, visit):
    attest(waiting, cast.officer)
    page = (
        visit(account(cast.employer))
        .get(f"/employer/invitations/show/{waiting.invitation_id}")
        .get_data(as_text=True)
    )
    assert 'id="do-propose_terms" disabled' in page
    assert "请先办理解约，再重新签约" in page
    assert f"/employer/terminations/show/{waiting.id}" in page


@pytest.mark.rule("INV-16")
def test_an_overdue_proposal_no_longer_counts_and_can_be_made_anew(cast, waiting, visit):
    url = f"/employer/amendments/{waiting.id}"
    visit(account(cast.employer)).post(url, data=letter(waiting, regular_pay=9000, sure="1"))
    pass_time(days=30)
    firm = visit(account(cast.employer))
    assert "待学生处理的变更条款" not in firm.get("/employer/").get_data(as_text=True)
    assert firm.get(url).status_code == 200
    page = firm.get(f"/employer/invitations/show/{waiting.invitation_id}").get_data(as_text=True)
    assert f'href="{url}"' in page
    assert "9,000" not in page  # what lapsed is no open proposal


@pytest.mark.rule("INV-18")
def test_terminated_signings_have_a_tab_and_their_marked_agreement(cast, waiting, visit):
    attest(waiting, cast.officer)
    found = terminate(waiting)
    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    TERMINATIONS.perform("approve", found.id, actor(cast.officer))
    firm = visit(account(cast.employer))
    assert "黄河水" in firm.get("/employer/invitations/list/?tab=terminated").get_data(as_text=True)
    page = firm.get(f"/employer/invitations/show/{waiting.invitation_id}").get_data(as_text=True)
    assert f"/agreements/{waiting.id}.pdf" in page
    assert "propose_terms" not in page
