"""The provincial centre's start page: all schools, who has reported, no queue that it cannot act on."""

from __future__ import annotations

import re

import pytest

from app.core import clock
from app.core.db import db
from app.plan.rows import editions, reconciling
from app.plan.years import snapshots
from tests import factories as make
from tests.signing.desk.desk import signed

YEAR = 2027


@pytest.fixture
def page(cast, visit):
    editions.load_shipped()

    def opened() -> str:
        return visit(cast.province).get("/office/").text

    return opened


def line(page: str, school) -> list[str]:
    """The cells of a school's line."""
    [row] = [r for r in re.findall(r"<tr>.*?</tr>", page, re.S) if school.name in r and "<td" in r]
    return [
        " ".join(re.sub(r"<[^>]+>", " ", c).split()) for c in re.findall(r"<td.*?</td>", row, re.S)
    ]


@pytest.mark.rule("RPT-04", "RPT-02")
def test_every_school_has_its_figures_in_the_order_of_the_codes(cast, page):
    waits, done = signed(cast.employer, cast.student, cast.classmate)
    make.attest(done, cast.officer)
    make.pass_time(days=4)
    signed(cast.rival, cast.stranger)
    reconciling.reconcile(None, None, clock.now())
    db.session.commit()
    text = page()
    assert line(text, cast.school)[1:6] == ["3", "1 33.33%", "1", "1", "0.0"]
    assert line(text, cast.other_school)[1:6] == ["1", "0 0.00%", "1", "0", "–"]
    assert text.index(cast.other_school.name) < text.index(cast.school.name)  # 10998, 10999
    assert "sort=" not in text
    assert waits.student.name not in text


@pytest.mark.rule("PLN-08")
def test_who_has_reported_within_a_month_and_who_has_not(cast, page):
    snapshots.take(make.actor(cast.officer), YEAR, "11月报送")
    text = page()
    assert "11月报送" in line(text, cast.school)[-1]
    assert ">1 / 2<" in text
    silent = re.search(r"qq-note-warn\">(.*?)</p>", text, re.S).group(1)
    assert cast.other_school.name in silent
    assert cast.school.name not in silent
    make.pass_time(days=40)
    assert ">0 / 2<" in page()


@pytest.mark.rule("ACC-02")
def test_no_queue_stands_there_that_the_province_cannot_act_on(cast, page, visit):
    signed(cast.employer, cast.student)
    text = page()
    main = text[text.index("<main") :]
    assert "/desk/" not in main
    menu = visit(cast.province).get("/students/list/").text
    badge = re.search(r'href="/desk/list/"[^>]*>(?:(?!</a>).)*qq-badge', menu, re.S)
    assert badge is None
    assert 'href="/disputes/list/' in main
    assert 'href="/sign-in-changes/list/' in main


def test_a_province_without_graduates_has_a_page(cast, page):
    db.session.execute(db.metadata.tables["student"].update().values(graduation_year=2020))
    db.session.commit()
    text = page()
    assert "<strong>—</strong>" in text
    assert line(text, cast.school)[1:3] == ["0", "0 —"]


def test_the_page_asks_few_questions(cast, visit, query_count):
    browser = visit(cast.province)
    browser.get("/office/")
    with query_count() as seen:
        browser.get("/office/")
    assert seen.n <= 8, "\n".join(seen)
