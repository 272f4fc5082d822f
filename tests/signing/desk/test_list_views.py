"""Many at once, and what a person keeps of the list: columns, named filters, all that is found."""

from __future__ import annotations

import re

import pytest

from app.accounts.models import Preference
from app.batches.models import Batch
from app.core.db import db
from app.fab import reading, views
from app.signing.placements.models import Placement
from app.signing.placements.models import PlacementState as S
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests.signing.desk.desk import rows, signed, text, worked


@pytest.fixture
def waiting(cast):
    """Three signings of the own school, one of the other."""
    third = make.make_student(cast.other_college, "丙")
    return signed(cast.employer, cast.student, cast.classmate, third, cast.stranger)


def states(placements) -> list[str]:
    return [db.session.get(Placement, p.id, populate_existing=True).state for p in placements]


# -- many at once ------------------------------------------------------------------------------


@pytest.mark.rule("AGR-07")
def test_all_that_the_filter_finds_are_taken_not_only_the_page(cast, waiting, visit):
    desk = visit(cast.officer)
    query = f"psize_DeskView=1&f_college={cast.college.id}"
    page = desk.get(f"/desk/list/?{query}").text
    assert 'name="all" value="1"' in page
    kept = re.search(r'name="query" value="([^"]*)"', page)[1].replace("&amp;", "&")
    asked = {"action": "attest", "all": "1", "query": kept, "batch": "t1"}
    result = worked(desk, desk.post("/desk/action_post", data=asked))
    assert states(waiting) == [S.IN_FORCE, S.IN_FORCE, S.AWAITING_SCHOOL, S.AWAITING_SCHOOL]
    assert cast.student.name in result.text


@pytest.mark.rule("AGR-07")
def test_all_that_is_found_is_read_by_one_scoped_query(cast, waiting, visit, query_count):
    desk = visit(cast.officer)
    desk.get("/desk/list/")
    with query_count() as seen:
        desk.post("/desk/confirm", data={"action": "attest", "all": "1", "query": ""})
    assert sum(s.startswith("SELECT placement.id") for s in seen) == 1


@pytest.mark.rule("AGR-07")
@pytest.mark.parametrize("query", ["tab=refused", "tab=nosuch", "f_kind=x"])
def test_a_list_that_finds_nothing_or_does_not_exist_takes_nothing(cast, waiting, visit, query):
    asked = {"action": "attest", "all": "1", "query": query}
    assert visit(cast.officer).post("/desk/action_post", data=asked).status_code == 400


@pytest.mark.rule("AGR-07")
def test_more_than_the_limit_is_refused_and_the_list_says_so(cast, waiting, visit, monkeypatch):
    assert reading.MOST_FOUND >= 8_000  # a school's year
    monkeypatch.setattr(views, "MOST_FOUND", 2)
    monkeypatch.setattr(reading, "MOST_FOUND", 2)
    desk = visit(cast.officer)
    page = desk.get("/desk/list/?psize_DeskView=1").text
    assert 'name="all"' not in page
    assert "一次最多处理 2 条，请先缩小列表范围。" in page
    asked = {"action": "attest", "all": "1", "query": ""}
    assert desk.post("/desk/action_post", data=asked).status_code == 400
    assert set(states(waiting)) == {S.AWAITING_SCHOOL}


@pytest.mark.rule("AGR-07")
def test_a_double_click_asks_once_and_another_selection_asks_anew(cast, waiting, visit):
    desk = visit(cast.officer)
    once = {"action": "attest", "rowid": [str(waiting[0].id)], "batch": "token"}
    first, second = (desk.post("/desk/action_post", data=once).location for _n in range(2))
    other = desk.post("/desk/action_post", data={**once, "rowid": [str(waiting[1].id)]}).location
    assert first == second != other
    assert db.session.query(Batch).count() == 2


@pytest.mark.rule("AGR-07")
def test_the_page_without_script_carries_the_choice_on(cast, waiting, visit):
    desk = visit(cast.officer)
    asked = {"action": "refuse", "all": "1", "query": "tab=all", "batch": "t"}
    page = desk.post("/desk/confirm", data=asked).text
    for name, value in (("all", "1"), ("query", "tab=all"), ("batch", "t")):
        assert f'name="{name}" value="{value}"' in page


@pytest.mark.rule("AGR-07", "TRM-03")
def test_a_mixed_selection_is_answered_row_by_row(cast, waiting, visit):
    ending = make.attest(waiting[0], cast.officer)
    found = make.terminate(ending)
    TERMINATIONS.perform("agree", found.id, make.actor(cast.employer), agreed=True)
    desk = visit(cast.officer)
    both = [str(ending.id), str(waiting[1].id)]
    page = worked(
        desk, desk.post("/desk/action_post", data={"action": "termination_approve", "rowid": both})
    )
    assert "没有解约申请" in text(page)
    assert states(waiting[:2]) == [S.TERMINATED, S.AWAITING_SCHOOL]
    page = worked(desk, desk.post("/desk/action_post", data={"action": "attest", "rowid": both}))
    assert states(waiting[:2]) == [S.TERMINATED, S.IN_FORCE]
    assert text(page).count("未完成") >= 1


@pytest.mark.rule("AGR-07", "AGR-08")
@pytest.mark.parametrize(("after", "ends"), [(5, S.AWAITING_SCHOOL), (60, S.IN_FORCE)])
def test_a_batch_is_undone_while_it_lasts(cast, waiting, visit, after, ends):
    desk = visit(cast.officer)
    two = {"action": "attest", "rowid": [str(p.id) for p in waiting[:2]]}
    answer = desk.post("/desk/action_post", data=two)
    page = worked(desk, answer)
    undo = f"{answer.location}/undo"
    assert f'action="{undo}"' in page.text
    make.pass_time(seconds=after)
    assert (f'action="{undo}"' in desk.get(answer.location).text) is (after < 30)
    worked(desk, desk.post(undo))
    assert states(waiting[:2]) == [ends, ends]


@pytest.mark.rule("AGR-07", "ACC-02")
def test_a_batch_is_its_askers_alone_and_shows_its_progress(cast, waiting, visit):
    desk = visit(cast.officer)
    answer = desk.post("/desk/action_post", data={"action": "attest", "rowid": [waiting[0].id]})
    page = desk.get(answer.location)
    assert 'http-equiv="refresh"' in page.text
    assert "0/1" in text(page) or "0 条" in text(page) or "已完成 0" in text(page)
    assert desk.get(answer.location, headers={"Accept": "application/json"}).json == {
        "total": 1,
        "left": 1,
        "finished": False,
    }
    for other in (cast.college_officer, cast.other_officer):
        assert visit(other).get(answer.location).status_code == 404
        assert visit(other).post(f"{answer.location}/undo").status_code == 404
    page = worked(desk, answer)
    assert 'http-equiv="refresh"' not in page.text
    assert f'href="/desk/show/{waiting[0].id}"' in page.text


# -- what is kept ------------------------------------------------------------------------------


@pytest.mark.rule("AGR-01")
def test_columns_are_the_accounts_on_every_device(cast, waiting, visit):
    shown = ["student.name", "employer_name", "state"]
    visit(cast.officer).post("/desk/columns", data={"column": shown})
    page = visit(cast.officer).get("/desk/list/").text
    assert page.count("<th scope=col") == 4
    assert visit(cast.other_officer).get("/desk/list/").text.count("<th scope=col") == 12


def keep(desk, name, query):
    return desk.post("/desk/filters", data={"name": name, "query": query})


@pytest.mark.rule("AGR-01")
def test_a_filter_is_saved_used_and_deleted(cast, waiting, visit):
    desk = visit(cast.officer)
    assert (
        keep(desk, "法学院 本周", f"f_college={cast.other_college.id}&tab=all").status_code == 303
    )
    page = visit(cast.officer).get("/desk/list/").text
    url = re.search(r'<a href="([^"]*)">法学院 本周</a>', page)[1].replace("&amp;", "&")
    assert rows(desk.get(url)) == [str(waiting[2].id)]
    assert "法学院 本周" not in visit(cast.other_officer).get("/desk/list/").text
    assert "法学院 本周" not in visit(cast.officer).get("/students/list/").text
    desk.post("/desk/filters/drop", data={"name": "法学院 本周"})
    assert "法学院 本周" not in visit(cast.officer).get("/desk/list/").text


@pytest.mark.rule("AGR-01")
@pytest.mark.parametrize("name", ["", "  ", "长" * 41])
def test_a_filter_has_a_name_of_at_most_forty_characters(cast, visit, name):
    desk = visit(cast.officer)
    assert keep(desk, name, "tab=all").status_code == 303
    assert "40" in re.search(r"qq-flash-warn.*?</div>", desk.get("/desk/list/").text, re.S)[0]
    assert db.session.query(Preference).count() == 0
    keep(desk, "长" * 40, "tab=all")
    assert db.session.query(Preference).count() == 1


@pytest.mark.rule("AGR-01")
def test_there_are_at_most_twenty_filters_and_a_saved_one_can_be_changed(cast, visit):
    desk = visit(cast.officer)
    for n in range(21):
        keep(desk, f"筛选{n}", "tab=all")
    kept = db.session.query(Preference).one().value["filters"]
    assert len(kept) == 20
    keep(desk, "筛选0", "tab=refused")
    kept = db.session.query(Preference).one().value["filters"]
    assert {"name": "筛选0", "query": "tab=refused"} in kept


@pytest.mark.rule("AGR-01", "ACC-02")
def test_a_saved_filter_holds_no_personal_number_and_nothing_odd(cast, visit):
    desk = visit(cast.officer)
    keep(desk, "号码", "tab=all&x=i" + "0" * 64)
    assert "x=" not in str(db.session.query(Preference).one().value)
    assert keep(desk, "坏", "f_kind=nonsense").status_code == 400
    assert keep(desk, "坏", "_flt_0_id=1").status_code == 400
