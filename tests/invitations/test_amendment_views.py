"""Proposing other terms: form, comparison, answer; the student's page and home say so."""

from __future__ import annotations

import re

import pytest

from app.core.db import db
from app.terms.models import FIELDS, values_of
from tests.factories import accept, account, attest, code_for, invite


@pytest.fixture
def waiting(cast):
    """A signing that nobody has reviewed yet."""
    return accept(invite(cast.employer, cast.student)[0])


def letter(placement, **changes) -> dict:
    """The letter's fields as its form posts them."""
    values = {k: "" if v is None else v for k, v in values_of(placement.terms).items()}
    regions = {f.name: values[f.name] for f in FIELDS if f.kind == "region"}
    return values | {f"{name}_code": code for name, code in regions.items()} | changes


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
    for _click in range(2):
        firm.post(url, data=letter(waiting, regular_pay=9000, sure="1"))
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
    firm.post(
        f"/employer/amendments/{waiting.id}", data=letter(waiting, regular_pay=9000, sure="1")
    )
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
