"""The review desk: who sees and decides what, singly and in bulk, and how one finds a record."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.core.db import db
from app.signing.placements.models import Placement
from app.signing.placements.models import PlacementState as S
from app.workflow import trail
from tests import factories as make
from tests.signing.desk.desk import rows, signed, tab_counts, text, two_levels, worked


@pytest.fixture
def waiting(cast):
    """Two signings at the own school (two colleges), one at the other school."""
    return signed(cast.employer, cast.student, cast.neighbour, cast.stranger)


def state(placement) -> str:
    return db.session.get(Placement, placement.id, populate_existing=True).state


# -- the list ----------------------------------------------------------------------------------


@pytest.mark.rule("AGR-01")
def test_list_has_the_manuals_columns_in_their_order_and_the_age_of_waiting(cast, waiting, visit):
    page = visit(cast.officer).get("/desk/list/").get_data(as_text=True)
    heads = re.findall(r"<th scope=col[^>]*>(.*?)</th>", page)
    assert len(heads) == 12
    first = page.index(f"/agreements/{waiting[0].id}.pdf")
    number, name = page.index(cast.student.student_no, first), page.index(cast.student.name, first)
    assert first < number < name < page.index(cast.college.name, name)
    assert page.index("专业", name) < page.index(cast.employer.name, name)


@pytest.mark.rule("AGR-01", "AGR-06")
def test_tabs_count_what_awaits_me_the_college_and_what_was_decided(cast, waiting, visit):
    two_levels(cast)
    signed(cast.rival, cast.classmate)
    make.attest(
        waiting[0], cast.officer
    )  # last: time passes where people sign, also into the next day
    # awaiting me, terminations, forms, stamped agreements, the other level, in force, not approved, ended, all, decided today
    assert tab_counts(visit(cast.officer).get("/desk/list/")) == [
        "1",
        "0",
        "0",
        "0",
        "1",
        "1",
        "0",
        "0",
        "3",
        "1",
    ]
    assert tab_counts(visit(cast.college_officer).get("/desk/list/")) == [
        "1",
        "0",
        "0",
        "0",
        "0",
        "1",
        "0",
        "0",
        "2",
        "0",
    ]
    assert tab_counts(visit(cast.province).get("/desk/list/")) == [
        "3",
        "0",
        "0",
        "0",
        "1",
        "1",
        "0",
        "0",
        "4",
    ]


@pytest.mark.rule("AGR-01")
def test_what_waits_longest_stands_first_and_elsewhere_the_last_change(cast, visit):
    old, new = signed(cast.employer, cast.student)[0], None
    make.pass_time(days=1)
    new = signed(cast.rival, cast.classmate)[0]
    desk = visit(cast.officer)
    assert rows(desk.get("/desk/list/")) == [str(old.id), str(new.id)]
    assert rows(desk.get("/desk/list/?tab=all")) == [str(new.id), str(old.id)]


@pytest.mark.rule("AGR-02")
def test_the_number_opens_the_agreement_the_row_and_the_name_open_the_detail(cast, waiting, visit):
    page = visit(cast.officer).get("/desk/list/").get_data(as_text=True)
    row = page[page.index('<tr class="qq-row"') :]
    assert f'<a href="/agreements/{waiting[0].id}.pdf">' in row
    assert f'<a href="/desk/show/{waiting[0].id}">{cast.student.name}</a>' in row


@pytest.mark.rule("AGR-02")
def test_back_finds_the_list_as_it_was_left(cast, waiting, visit):
    desk = visit(cast.officer)
    left = f"/desk/list/?tab=all&f_college={cast.college.id}"
    desk.get(left)
    page = desk.get(f"/desk/show/{waiting[0].id}").get_data(as_text=True)
    assert f'class="qq-back" href="{left.replace("&", "&amp;")}"' in page
    done = desk.post(f"/desk/action/attest/{waiting[0].id}")
    assert done.status_code == 303
    assert done.location == left


@pytest.mark.rule("AGR-01")
def test_hidden_columns_stay_hidden(cast, waiting, visit):
    desk = visit(cast.officer)
    shown = ["student.name", "employer_name", "state"]
    desk.post("/desk/columns", data={"column": shown})
    page = desk.get("/desk/list/").get_data(as_text=True)
    assert len(re.findall(r"<th scope=col", page)) == 4


@pytest.mark.rule("AGR-01")
def test_filters_narrow_the_list(cast, waiting, visit):
    desk = visit(cast.officer)
    assert rows(desk.get(f"/desk/list/?f_college={cast.other_college.id}")) == [str(waiting[1].id)]
    assert rows(desk.get("/desk/list/?f_kind=offline")) == []
    assert len(rows(desk.get("/desk/list/?f_year=2027"))) == 2
    assert desk.get(f"/desk/list/?f_college={cast.far_college.id}").status_code == 400


def found(desk, typed):
    """Search as a person does; the rows, and every address the browser went through."""
    answer = desk.post("/desk/search", data={"q": typed, "tab": "all"})
    page = desk.get(answer.location)
    return rows(page), answer.location + page.get_data(as_text=True)


@pytest.mark.rule("AGR-01")
@pytest.mark.parametrize("typed", ["黄", "河水", "A1", "1202710999"])
def test_search_finds_by_one_or_two_characters_and_by_numbers(cast, waiting, visit, typed):
    make.attest(waiting[0], cast.officer)
    ids, _pages = found(visit(cast.officer), typed)
    assert ids == [str(waiting[0].id)]


@pytest.mark.rule("AGR-01")
def test_search_finds_by_a_fragment_of_the_employers_name_and_by_its_code(cast, waiting, visit):
    desk = visit(cast.officer)
    assert len(found(desk, "星光")[0]) == len(found(desk, "星")[0]) == 2
    assert len(found(desk, cast.employer.credit_code)[0]) == 2
    assert found(desk, "光谷")[0] == []
    assert found(desk, "%")[0] == []


@pytest.mark.rule("AGR-01", "ACC-02")
@pytest.mark.parametrize("kind", ["id_number", "phone"])
def test_search_by_a_personal_number_puts_it_into_no_address(cast, waiting, visit, kind):
    number = getattr(cast.student, kind)
    ids, pages = found(visit(cast.officer), number)
    assert ids == [str(waiting[0].id)]
    assert number not in pages
    assert visit(cast.officer).get(f"/desk/list/?q={number}").status_code == 400
    assert visit(cast.officer).get("/desk/list/?x=i" + "0" * 64).status_code == 200
    assert visit(cast.officer).get("/desk/list/?x=nonsense").status_code == 400


@pytest.mark.rule("AGR-01")
def test_a_student_number_that_looks_like_a_phone_is_found_as_a_number(cast, visit):
    student = make.make_student(cast.college, "同号", student_no="13800001234")
    [placement] = signed(cast.employer, student)
    assert found(visit(cast.officer), "13800001234")[0] == [str(placement.id)]


@pytest.mark.rule("AGR-01")
@pytest.mark.parametrize("size", [5, 50])
def test_list_asks_the_database_no_more_for_many_rows(cast, visit, query_count, size):
    students = [make.make_student(cast.college) for _n in range(size)]
    signed(cast.employer, *students)
    desk = visit(cast.officer)
    desk.get("/desk/list/?psize_DeskView=50")
    db.session.expunge_all()
    with query_count() as seen:
        page = desk.get("/desk/list/?psize_DeskView=50")
    assert len(rows(page)) == size
    assert seen.n <= 12, "\n".join(seen)


# -- scope -------------------------------------------------------------------------------------


@pytest.mark.rule("ACC-02", "AGR-06")
def test_college_officer_sees_and_decides_only_its_college(cast, visit):
    two_levels(cast)
    mine, theirs = signed(cast.employer, cast.student, cast.neighbour)
    desk = visit(cast.college_officer)
    assert rows(desk.get("/desk/list/?tab=all")) == [str(mine.id)]
    assert desk.get(f"/desk/show/{theirs.id}").status_code == 404
    assert desk.post(f"/desk/action/attest_college/{theirs.id}").status_code == 404
    assert desk.post(f"/desk/action/attest_college/{mine.id}").status_code == 303
    assert (state(mine), state(theirs)) == (S.AWAITING_SCHOOL, S.AWAITING_COLLEGE)


@pytest.mark.rule("AGR-13")
def test_college_staff_cannot_decide_at_the_school_level(cast, waiting, visit):
    desk = visit(cast.college_officer)
    for name in ("attest", "refuse"):
        answer = desk.post(f"/desk/action/{name}/{waiting[0].id}", data={"reason": "x"})
        assert answer.status_code == 403
    assert state(waiting[0]) == S.AWAITING_SCHOOL


@pytest.mark.rule("AGR-13", "AGR-06")
def test_school_staff_cannot_decide_for_the_college(cast, visit):
    two_levels(cast)
    [placement] = signed(cast.employer, cast.student)
    desk = visit(cast.officer)
    assert desk.post(f"/desk/action/attest_college/{placement.id}").status_code == 403
    assert desk.post(f"/desk/action/attest/{placement.id}").status_code == 303
    assert state(placement) == S.AWAITING_COLLEGE


@pytest.mark.rule("ACC-02")
def test_another_schools_record_is_not_there(cast, waiting, visit):
    desk, own, foreign = visit(cast.officer), waiting[0], waiting[2]
    assert desk.get(f"/desk/show/{foreign.id}").status_code == 404
    assert desk.post(f"/desk/action/attest/{foreign.id}").status_code == 404
    mixed = {"action": "attest", "rowid": [str(own.id), str(foreign.id)]}
    assert desk.post("/desk/action_post", data=mixed).status_code == 404
    assert desk.post("/desk/confirm", data=mixed).status_code == 404
    assert desk.post(f"/desk/facts/{foreign.id}", data={}).status_code == 404
    assert {state(p) for p in waiting} == {S.AWAITING_SCHOOL}


@pytest.mark.rule("ACC-02", "ACC-10")
@pytest.mark.parametrize("who", ["province", "data"])
def test_readers_read_and_decide_nothing(cast, waiting, visit, who):
    desk = visit(getattr(cast, who))
    page = desk.get(f"/desk/show/{waiting[0].id}")
    assert page.status_code == 200
    assert "data-qq-action" not in page.get_data(as_text=True)
    assert desk.post(f"/desk/action/attest/{waiting[0].id}").status_code == 403
    assert desk.post(f"/desk/facts/{waiting[0].id}").status_code == 403
    assert "rowid" not in desk.get("/desk/list/").get_data(as_text=True)


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("who", ["student", "employer", "admin"])
def test_parties_and_administrators_have_no_desk(cast, waiting, visit, who):
    user = getattr(cast, who)
    desk = visit(user if who == "admin" else make.account(user))
    assert desk.get("/desk/list/").status_code == 403
    assert desk.get(f"/desk/show/{waiting[0].id}").status_code == 403


# -- decisions ---------------------------------------------------------------------------------


@pytest.mark.rule("AGR-04")
def test_attest_from_the_detail_returns_to_the_list(cast, waiting, visit):
    desk = visit(cast.officer)
    answer = desk.post(f"/desk/action/attest/{waiting[0].id}")
    assert (answer.status_code, answer.location) == (303, "/desk/list/")
    assert state(waiting[0]) == S.IN_FORCE
    assert cast.student.name in text(desk.get("/desk/list/"))


@pytest.mark.rule("AGR-04")
def test_attest_and_next_opens_the_next_that_waits(cast, waiting, visit):
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{waiting[0].id}").get_data(as_text=True)
    url = unescape(re.search(r'data-qq-url="(/desk/action/attest/[^"]*next=1)"', page)[1])
    assert desk.post(url).location == f"/desk/show/{waiting[1].id}"
    assert desk.post(f"/desk/action/attest/{waiting[1].id}?next=1").location == "/desk/list/"


@pytest.mark.rule("AGR-03")
def test_next_and_previous_follow_the_list(cast, waiting, visit):
    desk = visit(cast.officer)
    first = desk.get(f"/desk/show/{waiting[0].id}").get_data(as_text=True)
    assert f'rel="next" href="/desk/show/{waiting[1].id}"' in first
    assert 'rel="prev"' not in first


@pytest.mark.rule("AGR-05")
def test_refusing_needs_a_reason_which_both_parties_read(cast, waiting, visit):
    desk, own = visit(cast.officer), waiting[0]
    assert desk.post(f"/desk/action/refuse/{own.id}").status_code == 422
    assert desk.post(f"/desk/action/refuse/{own.id}", data={"reason": " "}).status_code == 422
    assert (
        desk.post(f"/desk/action/refuse/{own.id}", data={"reason": "长" * 201}).status_code == 422
    )
    assert state(own) == S.AWAITING_SCHOOL
    assert (
        desk.post(f"/desk/action/refuse/{own.id}", data={"reason": "信息不实"}).status_code == 303
    )
    assert state(own) == S.REFUSED
    assert trail.of("placement", own.id)[-1].reason == "信息不实"
    assert signed(cast.rival, cast.student)


@pytest.mark.rule("AGR-07")
def test_ticked_records_are_approved_together(cast, waiting, visit):
    ticked = {"action": "attest", "rowid": [str(p.id) for p in waiting[:2]]}
    desk = visit(cast.officer)
    page = worked(desk, desk.post("/desk/action_post", data=ticked))
    assert "2" in text(page)
    assert {state(p) for p in waiting[:2]} == {S.IN_FORCE}


@pytest.mark.rule("AGR-07", "AGR-03")
def test_one_that_may_not_be_approved_does_not_stop_the_others(cast, waiting, visit):
    own, lacking = waiting[:2]
    lacking.employer_industry = None
    db.session.commit()
    ticked = {"action": "attest", "rowid": [str(lacking.id), str(own.id)]}
    desk = visit(cast.officer)
    page = worked(desk, desk.post("/desk/action_post", data=ticked))
    assert (state(own), state(lacking)) == (S.IN_FORCE, S.AWAITING_SCHOOL)
    assert f'/desk/show/{lacking.id}">{cast.neighbour.name}' in page.text
    assert "行业" in text(page)


@pytest.mark.rule("AGR-07")
def test_bulk_refusal_has_one_reason_for_all_and_a_limit(cast, waiting, visit):
    desk, keys = visit(cast.officer), [str(p.id) for p in waiting[:2]]
    assert (
        desk.post("/desk/action_post", data={"action": "refuse", "rowid": keys}).status_code == 422
    )
    too_many = {"action": "attest", "rowid": [str(n) for n in range(1, 502)]}
    assert desk.post("/desk/action_post", data=too_many).status_code == 400
    answer = desk.post(
        "/desk/action_post", data={"action": "refuse", "rowid": keys, "reason": "不实"}
    )
    worked(desk, answer)
    assert {state(p) for p in waiting[:2]} == {S.REFUSED}


@pytest.mark.rule("AGR-11")
def test_the_second_reviewer_is_told_who_decided(cast, waiting, visit):
    from app.workflow.actor import Role

    second = make.make_user(Role.SCHOOL, "second", name="钱老师", school_id=cast.school.id)
    db.session.commit()
    make.attest(waiting[0], cast.officer)
    desk = visit(second)
    answer = desk.post(f"/desk/action/refuse/{waiting[0].id}", data={"reason": "不实"})
    assert answer.location == f"/desk/show/{waiting[0].id}"
    flashes = re.findall(r'<div class="qq-flash.*?</button>', desk.get(answer.location).text, re.S)
    assert any("王老师" in flash for flash in flashes)
    assert state(waiting[0]) == S.IN_FORCE


# -- the detail and the employer's facts -------------------------------------------------------


@pytest.mark.rule("AGR-03", "INV-24")
def test_detail_shows_the_six_blocks_and_the_trace_with_masked_numbers(cast, waiting, visit):
    page = visit(cast.officer).get(f"/desk/show/{waiting[0].id}").get_data(as_text=True)
    for block in ("student", "employer", "offer", "archive", "household", "proofs"):
        assert f'id="{block}"' in page
    assert page.count('<li class="is-') == 2  # sent, accepted
    assert cast.student.id_number not in page
    assert cast.student.phone not in page
    assert cast.student.id_number_masked in page
    assert f'src="/agreements/{waiting[0].id}.pdf"' in page


@pytest.mark.rule("AGR-03", "INV-19")
def test_missing_facts_are_marked_and_bar_approval_until_filled_in(cast, waiting, visit):
    own = waiting[0]
    own.employer_kind = own.employer_industry = own.employer_location = None
    db.session.commit()
    since = own.changed_at
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{own.id}").get_data(as_text=True)
    assert page.count('class="qq-missing"') == 3
    assert 'aria-describedby="do-attest-' in page
    assert desk.post(f"/desk/action/attest/{own.id}").location == f"/desk/show/{own.id}"
    assert state(own) == S.AWAITING_SCHOOL
    facts = {"employer_kind": "39", "employer_industry": "34", "employer_location": "420111"}
    facts["region"] = "湖北省武汉市洪山区"
    assert desk.post(f"/desk/facts/{own.id}", data=facts).status_code == 303
    assert desk.post(f"/desk/action/attest/{own.id}").location == "/desk/list/"
    line = trail.of("placement", own.id)[1]
    assert (line.step, line.details["employer_kind"]) == ("complete_facts", [None, "39"])
    assert trail.of("placement", own.id)[-1].to_state == S.IN_FORCE
    assert since <= own.changed_at


@pytest.mark.rule("AGR-03")
def test_filling_in_facts_keeps_the_place_in_the_queue(cast, waiting, visit):
    since = waiting[0].changed_at
    make.pass_time(days=1)
    facts = {"employer_kind": "39", "employer_industry": "22", "region": "湖北省武汉市洪山区"}
    visit(cast.officer).post(f"/desk/facts/{waiting[0].id}", data=facts)
    db.session.refresh(waiting[0])
    assert (waiting[0].employer_industry, waiting[0].employer_location) == ("22", "420111")
    assert waiting[0].changed_at == since


@pytest.mark.rule("AGR-03")
@pytest.mark.parametrize(
    "wrong",
    [
        {"employer_kind": "??"},
        {"employer_industry": ""},
        {"employer_location": "420000"},
        {"employer_location": "999999"},
        {"employer_location": "x" * 50},
    ],
)
def test_facts_come_from_the_code_tables(cast, waiting, visit, wrong):
    good = {
        "employer_kind": "39",
        "employer_industry": "34",
        "employer_location": "420111",
        "region": "",
    }
    answer = visit(cast.officer).post(f"/desk/facts/{waiting[0].id}", data={**good, **wrong})
    assert answer.status_code == 422
    assert "qq-error" in answer.get_data(as_text=True)


@pytest.mark.rule("AGR-03", "AGR-06")
def test_facts_are_filled_in_only_while_a_review_waits(cast, waiting, visit):
    make.attest(waiting[0], cast.officer)
    facts = {"employer_kind": "31", "employer_industry": "22", "employer_location": "420111"}
    desk = visit(cast.officer)
    assert desk.post(f"/desk/facts/{waiting[0].id}", data=facts).status_code == 303
    assert db.session.get(Placement, waiting[0].id).employer_kind == "39"
    assert 'name="employer_kind"' not in desk.get(f"/desk/show/{waiting[0].id}").text
    college = visit(cast.college_officer)
    assert college.post(f"/desk/facts/{waiting[1].id}", data=facts).status_code == 404


def test_regions_are_found_for_the_picker(cast, visit):
    found = visit(cast.officer).get("/regions?q=洪山").get_json()
    assert {"code": "420111", "name": "湖北省武汉市洪山区"} in found
