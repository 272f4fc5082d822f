"""«What is recorded about me»: the row as the school would report it, the signing, who saw the numbers."""

from __future__ import annotations

import pytest
from lxml import html

from app.core.db import db
from app.people.reveals.workflow import reveal
from app.signing.objections.models import Objection
from tests import factories as make

HERE = "/my/record/"


@pytest.fixture
def signed(cast):
    return make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)


def words(answer) -> str:
    assert answer.status_code == 200, answer.headers
    page = html.fromstring(answer.get_data(as_text=True)).xpath("//main")[0]
    return " ".join(page.text_content().split())


@pytest.mark.rule("RPT-05")
def test_the_row_stands_as_it_would_be_reported_with_its_source_and_the_pay(cast, visit):
    browser = visit(make.account(cast.student))
    assert "就业方案里还没有你的毕业去向" in words(browser.get(HERE))
    letter = make.invite(cast.employer, cast.student, regular_pay=7300)[0]
    placement = make.attest(make.accept(letter), cast.officer)
    said = words(visit(make.account(cast.student)).get(HERE))
    for text in (cast.employer.name, "来源：签约", "自 20", "7,300 元/月", placement.agreement_no):
        assert text in said, text
    assert "来自下面的签约或登记" in said
    assert cast.student.id_number not in said


@pytest.mark.rule("ADM-10")
def test_who_saw_a_whole_number_is_named_with_the_purpose(cast, visit):
    browser = visit(make.account(cast.student))
    assert "最近 90 天没有人看过" in words(browser.get(HERE))
    reveal(make.actor(cast.officer), "student", cast.classmate.id, "phone", "call")
    assert "最近 90 天没有人看过" in words(browser.get(HERE))
    reveal(make.actor(cast.officer), "student", cast.student.id, "phone", "call")
    said = words(browser.get(HERE))
    assert str(cast.officer) in said
    assert "最近 90 天没有人看过" not in said


@pytest.mark.rule("INV-20")
def test_a_signing_that_is_wrong_is_reported_from_here(cast, visit, signed):
    browser = visit(make.account(cast.student))
    url = f"/my/objections/placement/{signed.id}"
    assert url in browser.get(HERE).get_data(as_text=True)
    answer = browser.post(url, data={"reason": "不是我签的"})
    assert answer.headers["Location"] == f"/my/signings/{signed.id}"
    assert db.session.query(Objection).one().placement_id == signed.id
    page = browser.get(HERE).get_data(as_text=True)
    assert "不是我签的" in page
    assert url not in page  # it waits: there is no second button


@pytest.mark.rule("INV-20")
def test_after_a_report_of_a_paper_signing_its_own_page_stands_there(cast, visit):
    paper = make.paper(cast.student)
    browser = visit(make.account(cast.student))
    answer = browser.post(f"/my/objections/placement/{paper.id}", data={"reason": "不是我填的"})
    assert answer.headers["Location"] == f"/my/offline/{paper.id}"
    assert browser.get(answer.headers["Location"]).status_code == 200
    other = visit(make.account(cast.classmate))
    assert (
        other.post(f"/my/objections/placement/{paper.id}", data={"reason": "x"}).status_code == 404
    )
