"""One search finds students, employers and agreements of the whole scope (AGR-16)."""

from __future__ import annotations

import pytest
from lxml import html

from app.core.db import db
from tests import factories as make

pytestmark = pytest.mark.rule("AGR-16")


def links(answer) -> list[str]:
    assert answer.status_code == 200
    return html.fromstring(answer.text).xpath("//main//ul[@class='qq-list']//a/@href")


def typed(browser, text: str):
    """As from the box of the frame."""
    return browser.post("/search/", data={"q": text}, follow_redirects=True)


@pytest.mark.parametrize("text", ["黄河水", "河水", "hhs", "HHS", " h h ", "A1", "a1"])
def test_a_student_by_name_initials_or_number(cast, visit, text):
    assert f"/students/show/{cast.student.id}" in links(typed(visit(cast.officer), text))


@pytest.mark.parametrize("text", ["星光", "xgjt", "gjt"])
def test_an_employer_by_a_fragment_or_initials(cast, visit, text):
    assert f"/employers/show/{cast.employer.id}" in links(typed(visit(cast.officer), text))


def test_an_agreement_by_the_beginning_of_its_number(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.attest(placement, cast.officer)
    found = links(typed(visit(cast.officer), placement.agreement_no[:8]))
    assert f"/desk/show/{placement.id}" in found


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("number", ["id_number", "phone"])
def test_a_personal_number_stands_in_no_address(cast, visit, number):
    browser, clear = visit(cast.officer), getattr(cast.student, number)
    sent = browser.post("/search/", data={"q": clear})
    assert clear not in sent.location
    assert links(browser.get(sent.location)) == [f"/students/show/{cast.student.id}"]
    by_hand = browser.get("/search/", query_string={"q": clear})
    assert links(by_hand) == []
    assert clear not in by_hand.text


@pytest.mark.rule("ACC-02")
def test_only_what_is_in_the_scope(cast, visit):
    for who, text in (
        ("other_college_officer", "hhs"),
        ("other_officer", "黄河水"),
        ("officer", cast.stranger.student_no),
    ):
        assert links(typed(visit(getattr(cast, who)), text)) == []
    assert visit(make.account(cast.student)).get("/search/").status_code == 403
    assert (
        visit(make.account(cast.employer)).post("/search/lines", data={"q": "hhs"}).status_code
        == 403
    )


def test_the_palette_gets_the_same_as_lines(cast, visit):
    lines = visit(cast.officer).post("/search/lines", data={"q": "hhs"}).json["lines"]
    assert [line["label"] for line in lines] == [cast.student.name]
    assert lines[0]["url"] == f"/students/show/{cast.student.id}"
    assert visit(cast.officer).post("/search/lines", data={"q": "x"}).json == {"lines": []}


@pytest.mark.parametrize(
    "text", ["", "%", "_", "\\", "'", "~", "<b>", "，", "𠮷野家", "x" * 400, "0" * 40]
)
def test_odd_texts_find_nothing_and_break_nothing(cast, visit, text):
    answer = typed(visit(cast.officer), text)
    assert answer.status_code == 200
    assert "<b>" not in answer.text.replace("<body", "")


def test_where_there_are_more_the_list_has_all_of_them(cast, visit):
    for n in range(9):
        make.make_student(cast.college, "赵重阳", student_no=f"Z{n}")
    db.session.commit()
    answer = typed(visit(cast.officer), "赵重阳")
    assert len(links(answer)) == 8
    (more,) = html.fromstring(answer.text).xpath("//main//a[contains(@class, 'btn-sm')]/@href")
    assert visit(cast.officer).get(more).text.count("赵重阳") >= 9


def test_a_search_without_a_hit_leads_to_the_tabs_that_have_some(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.attest(placement, cast.officer)
    page = visit(cast.officer).get("/desk/list/?tab=mine&q=黄河水").text
    found = html.fromstring(page).xpath("//main//*[contains(@class, 'qq-empty')]//a")
    said = {a.text_content().strip(): a.get("href") for a in found}
    assert "在“已生效”中" in said
    assert "在“不通过”中" not in said
    assert "黄河水" in visit(cast.officer).get(said["在“已生效”中"]).text
    nobody = visit(cast.officer).get("/desk/list/?tab=mine&q=无此人名").text
    assert "在“" not in nobody
