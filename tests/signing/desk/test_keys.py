"""A approves what a row waits for, R refuses it, nothing else; the bar offers what fits all that is ticked."""

from __future__ import annotations

import re

import pytest

from app.core import clock
from app.core.db import db
from app.settings.queries import set_setting
from app.signing.objections.workflow import report
from app.signing.placements.models import Placement
from app.signing.placements.models import PlacementState as S
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import force
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Role
from tests import factories as make
from tests.signing.desk.desk import signed, text, two_levels, worked


def keys(browser, placement) -> dict[str, str]:
    """What the keys do on the row: key → action; the same on list and detail."""
    found = {}
    for url in (f"/desk/keys/{placement.id}", f"/desk/show/{placement.id}"):
        page = browser.get(url).text
        buttons = re.findall(
            r'data-qq-action="([^"]*)"(?:(?!</button>).)*?data-qq-key="([AR])"', page, re.S
        )
        found[url] = {key: name for name, key in buttons}
    one, other = found.values()
    assert one == other
    return one


def said(browser, placement) -> str:
    return text(browser.get(f"/desk/keys/{placement.id}"))


# what a row waits for, and what A and R do on it for the school and for the college
def online(cast):
    return signed(cast.employer, cast.student)[0]


def at_college(cast):
    two_levels(cast)
    return online(cast)


def form(cast):
    return make.paper(cast.student)


def form_at_college(cast):
    set_setting(cast.school.id, "offline_review", "both", None)
    db.session.commit()
    return form(cast)


def stamped_awaited(cast):
    paper = form(cast)
    PLACEMENTS.perform("approve_form", paper.id, make.actor(cast.officer))
    make.pass_time(minutes=2)
    return paper


def giving_up(cast):
    paper = stamped_awaited(cast)
    PLACEMENTS.perform("ask_give_up", paper.id, make.actor(cast.student), reason="另有安排")
    return paper


def destination(cast):
    return make.destination(cast.student)


def in_force(cast):
    placement = make.attest(online(cast), cast.officer)
    make.pass_time(minutes=2)
    return placement


def asked_to_end(cast):
    placement = in_force(cast)
    make.terminate(placement)
    return placement


def agreed_to_end(cast):
    placement = in_force(cast)
    ending = make.terminate(placement)
    TERMINATIONS.perform("agree", ending.id, make.actor(cast.employer), agreed=True)
    return placement


def mediated(cast):
    placement = in_force(cast)
    ending = make.terminate(placement)
    TERMINATIONS.perform("decline", ending.id, make.actor(cast.employer), reason="不同意")
    TERMINATIONS.perform("ask_mediation", ending.id, make.actor(cast.student), reason="请学校调解")
    return placement


def mediated_with_evidence(cast):
    placement = mediated(cast)
    make.attach(db.session.get(Placement, placement.id).termination)
    return placement


def forced(cast):
    set_setting(cast.school.id, "forced_online", True, None)
    set_setting(cast.school.id, "forced_by_two", True, None)
    db.session.commit()
    placement = in_force(cast)
    force(placement.id, make.actor(cast.officer), "单位已注销")
    return placement


def reported(cast):
    placement = in_force(cast)
    report(make.actor(cast.student), "他人代签", placement_id=placement.id)
    return placement


def refused(cast):
    placement = online(cast)
    PLACEMENTS.perform("refuse", placement.id, make.actor(cast.officer), reason="信息不实")
    make.pass_time(minutes=2)
    return placement


def second_officer(cast):
    user = make.make_user(Role.SCHOOL, "second", name="钱老师", school_id=cast.school.id)
    db.session.commit()
    return user


ATTEST = {"A": "attest", "R": "refuse"}
ROWS = [
    (online, ATTEST, "学校"),
    (at_college, {}, "学院"),
    (form, {"A": "approve_form", "R": "refuse_form"}, "学校"),
    (form_at_college, {}, "学院"),
    (stamped_awaited, {}, "学生"),
    (giving_up, {"A": "give_up", "R": "keep"}, "学校"),
    (destination, ATTEST, "学校"),
    (in_force, {}, "没有在等任何人"),
    (asked_to_end, {}, "用人单位"),
    (agreed_to_end, {"A": "termination_approve", "R": "termination_refuse"}, "学校"),
    (mediated, {"R": "termination_close"}, "学校"),
    (
        mediated_with_evidence,
        {"A": "termination_review_one_sided", "R": "termination_close"},
        "学校",
    ),
    (forced, {"A": "termination_confirm_force", "R": "termination_drop_force"}, "学校"),
    (reported, {"A": "uphold", "R": "dismiss"}, "学校"),
    (refused, {}, "没有在等任何人"),
]


@pytest.mark.rule("AGR-18")
@pytest.mark.parametrize(("row", "wanted", "waits"), ROWS, ids=lambda v: getattr(v, "__name__", ""))
def test_the_keys_answer_what_the_row_waits_for_and_nothing_else(cast, visit, row, wanted, waits):
    placement = row(cast)
    school = visit(second_officer(cast))
    assert keys(school, placement) == wanted
    if wanted:
        assert "您现在不需要" not in said(school, placement)
    else:
        assert waits in said(school, placement)
    college = visit(cast.college_officer)
    theirs = {
        "at_college": {"A": "attest_college", "R": "refuse_college"},
        "form_at_college": {"A": "approve_form_college", "R": "refuse_form_college"},
    }
    assert keys(college, placement) == theirs.get(row.__name__, {})
    if row.__name__ not in theirs:
        assert waits in said(college, placement)


@pytest.mark.rule("AGR-18", "INV-19")
def test_a_key_that_is_refused_says_why(cast, visit):
    placement = mediated(cast)
    page = visit(cast.officer).get(f"/desk/keys/{placement.id}")
    assert 'data-qq-greyed="A"' in page.text
    assert "请先上传证明材料" in text(page)


@pytest.mark.rule("AGR-18", "ACC-02")
def test_the_keys_of_another_schools_row_are_not_there(cast, visit):
    placement = online(cast)
    assert visit(cast.other_officer).get(f"/desk/keys/{placement.id}").status_code == 404
    assert keys(visit(cast.province), placement) == {}


@pytest.mark.rule("AGR-18", "AGR-05")
def test_frequent_reasons_are_offered_for_refusals_alone(cast, visit):
    placement = online(cast)
    page = visit(cast.officer).get(f"/desk/show/{placement.id}").text
    offered = re.findall(r'data-qq-action="([^"]*)"(?:(?!>).)*data-qq-reasons', page, re.S)
    assert offered == ["refuse"]


# -- the bar of the ticked rows ----------------------------------------------------------------


def fits(browser, *placements, **more) -> dict:
    data = {"rowid": [str(p.id) for p in placements], "query": "tab=all", "tab": "all", **more}
    answer = browser.post("/desk/fits", data=data)
    assert answer.status_code == 200
    return answer.json


def free(found: dict) -> set[str]:
    return {name for name, said in found["offers"].items() if not said["why"]}


@pytest.mark.rule("AGR-07")
def test_only_what_fits_every_ticked_row_is_offered_and_the_rest_says_why(cast, visit):
    one = online(cast)
    other = make.paper(cast.classmate)
    desk = visit(cast.officer)
    assert free(fits(desk, one)) == {"attest", "refuse"}
    assert free(fits(desk, other)) == {"approve_form", "refuse_form"}
    both = fits(desk, one, other)
    assert free(both) == set()
    assert cast.classmate.name in both["offers"]["attest"]["why"]
    assert both["offers"]["attest"]["why"].startswith("2 条中有 1 条不在等这一步")
    assert both["offers"]["termination_approve"]["none"]
    assert fits(desk, one)["offers"]["attest"]["key"] == "A"


@pytest.mark.rule("AGR-07")
def test_it_says_before_sending_how_many_can_be_done_and_who_needs_a_look(cast, visit):
    good, lacking = signed(cast.employer, cast.student, cast.neighbour)
    lacking.employer_industry = None
    db.session.commit()
    desk = visit(cast.officer)
    said = fits(desk, good, lacking)["offers"]["attest"]
    assert (said["why"], said["able"]) == ("", 1)
    [[key, name, why]] = said["alone"]
    assert (key, cast.neighbour.name in name, "行业" in why) == (str(lacking.id), True, True)
    page = desk.post("/desk/confirm", data={"action": "attest", "rowid": [good.id, lacking.id]})
    assert "可办 1 / 需单看 1" in text(page)
    assert f'name="alone" value="{lacking.id}"' in page.text


@pytest.mark.rule("AGR-07")
def test_what_was_said_to_need_a_look_is_not_done_even_when_it_could_be_by_now(cast, visit):
    good, other = signed(cast.employer, cast.student, cast.neighbour)
    desk = visit(cast.officer)
    ticked = {"action": "attest", "rowid": [good.id, other.id], "alone": [other.id]}
    page = worked(desk, desk.post("/desk/action_post", data=ticked))
    assert (good.state, other.state) == (S.IN_FORCE, S.AWAITING_SCHOOL)
    assert "留待单独查看" in text(page)


@pytest.mark.rule("AGR-07", "AGR-11")
@pytest.mark.parametrize("faster", [False, True])
def test_a_colleague_is_named_only_where_he_really_was_faster(cast, visit, faster):
    two = signed(cast.employer, cast.student, cast.neighbour)
    if not faster:
        make.attest(two[0], cast.officer)  # before the page was made
        make.pass_time(minutes=2)
    desk = visit(second_officer(cast))
    page = desk.get("/desk/list/?tab=all").text
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    if faster:
        make.pass_time(seconds=5)
        make.attest(two[0], cast.officer)
    ticked = {"action": "attest", "rowid": [p.id for p in two], "seen": seen.replace("&#43;", "+")}
    result = text(worked(desk, desk.post("/desk/action_post", data=ticked)))
    assert ("王老师已先处理" in result) is faster
    assert "已鉴证" in result or "鉴证通过" in result


@pytest.mark.rule("AGR-11")
def test_a_step_of_the_wrong_kind_blames_nobody(cast, visit):
    paper = make.paper(cast.student)
    desk = visit(cast.officer)
    ticked = {"action": "attest", "rowid": [paper.id], "seen": clock.now().isoformat()}
    result = text(worked(desk, desk.post("/desk/action_post", data=ticked)))
    assert "已先处理" not in result
    assert "当前状态为" in result


@pytest.mark.rule("AGR-07")
@pytest.mark.parametrize(
    "seen", ["", "x", "2026-11-23", "9999-12-31T00:00:00+00:00", "2026-11-23T10:00:00"]
)
def test_a_moment_that_is_none_blames_nobody_and_breaks_nothing(cast, visit, seen):
    placement = in_force(cast)
    desk = visit(second_officer(cast))
    ticked = {"action": "attest", "rowid": [placement.id], "seen": seen}
    assert "已先处理" not in text(worked(desk, desk.post("/desk/action_post", data=ticked)))


@pytest.mark.rule("ACC-02", "AGR-07")
def test_what_is_asked_of_foreign_rows_is_not_there(cast, visit):
    mine, foreign = signed(cast.employer, cast.student, cast.stranger)
    data = {"rowid": [str(mine.id), str(foreign.id)], "tab": "all"}
    assert visit(cast.officer).post("/desk/fits", data=data).status_code == 404
    assert visit(cast.officer).post("/desk/fits", data={"tab": "all"}).status_code == 400
