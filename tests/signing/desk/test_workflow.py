"""The levers of the desk over HTTP: signings, terminations and reports, each by its own table."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO

import pytest
from PIL import Image

from app.core.db import db
from app.settings.queries import set_setting
from app.signing.objections.models import ObjectionState
from app.signing.objections.queries import about
from app.signing.objections.workflow import report
from app.signing.placements.models import Placement
from app.signing.placements.models import PlacementState as S
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from app.signing.terminations.models import TerminationState as T
from app.signing.terminations.queries import latest
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow import trail
from app.workflow.actor import Role
from tests import factories as make
from tests.signing.desk.desk import rows, signed, text, two_levels, worked

PROVE = {"reason": "证据确凿"}


@pytest.fixture
def attested(cast):
    """A signing in force."""
    [placement] = signed(cast.employer, cast.student)
    return make.attest(placement, cast.officer)


@pytest.fixture
def agreed(cast, attested):
    """Its termination, on which both parties agree: it waits for the school."""
    return agree(cast, attested)


def agree(cast, placement):
    found = make.terminate(placement)
    TERMINATIONS.perform("agree", found.id, make.actor(cast.employer), agreed=True)
    return found


def mediated(cast, placement):
    found = make.terminate(placement)
    employer, student = make.actor(cast.employer), make.actor(placement.student)
    TERMINATIONS.perform("decline", found.id, employer, reason="不同意")
    TERMINATIONS.perform("ask_mediation", found.id, student, reason="请调解")
    return found


def state(record) -> str:
    return db.session.get(type(record), record.id, populate_existing=True).state


def levers(answer) -> dict[str, str]:
    """The buttons that work: name → address."""
    page = answer.get_data(as_text=True)
    found = re.findall(r'data-qq-action="(\w+)" data-qq-url="([^"]+)"', page)
    return {name: unescape(url) for name, url in reversed(found)}


def colleague(cast):
    user = make.make_user(Role.SCHOOL, "second", name="钱老师", school_id=cast.school.id)
    db.session.commit()
    return user


# -- what waits --------------------------------------------------------------------------------


@pytest.mark.rule("AGR-01", "TRM-03")
def test_an_agreed_termination_waits_for_me_with_its_age(cast, attested, agreed, visit):
    make.pass_time(days=4)
    desk = visit(cast.officer)
    page = desk.get("/desk/list/")
    assert rows(page) == [str(attested.id)]
    assert "等待解约审核" in text(page)
    assert "4 天" in text(page)
    assert rows(desk.get("/desk/list/?tab=termination")) == [str(attested.id)]
    assert rows(visit(cast.college_officer).get("/desk/list/")) == []


@pytest.mark.rule("TRM-09", "AGR-09")
@pytest.mark.parametrize("how", ["mediation", "second person"])
def test_mediation_and_a_second_person_wait_for_the_school(cast, attested, visit, how):
    if how == "mediation":
        mediated(cast, attested)
    else:
        forced(cast, visit, attested)
    assert rows(visit(cast.officer).get("/desk/list/")) == [str(attested.id)]


@pytest.mark.rule("INV-16", "AGR-01")
def test_a_lapsed_amendment_waits_again_without_a_worker(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    propose_terms(placement.id, make.actor(cast.employer), make.offer(regular_pay=9000))
    desk = visit(cast.officer)
    assert rows(desk.get("/desk/list/")) == []
    page = desk.get(f"/desk/show/{placement.id}")
    assert "9,000" in text(page)
    assert "attest" not in levers(page)
    make.pass_time(days=5)
    desk = visit(cast.officer)
    page = desk.get("/desk/list/")
    assert rows(page) == [str(placement.id)]
    assert "等待签约鉴证" in text(page)
    url = levers(desk.get(f"/desk/show/{placement.id}"))["attest"]
    assert desk.post(url).status_code == 303
    assert state(placement) == S.IN_FORCE


@pytest.mark.rule("AGR-06", "INV-16")
def test_a_lapsed_amendment_waits_at_its_own_level(cast, visit):
    two_levels(cast)
    [placement] = signed(cast.employer, cast.student)
    propose_terms(placement.id, make.actor(cast.employer), make.offer(regular_pay=9000))
    make.pass_time(days=5)
    assert rows(visit(cast.college_officer).get("/desk/list/")) == [str(placement.id)]
    assert rows(visit(cast.officer).get("/desk/list/")) == []
    assert rows(visit(cast.officer).get("/desk/list/?tab=other")) == [str(placement.id)]


@pytest.mark.rule("AGR-14")
def test_what_i_decided_today_is_mine_and_todays(cast, visit):
    first, second = signed(cast.employer, cast.student, cast.classmate)
    desk = visit(cast.officer)
    desk.post(f"/desk/action/attest/{first.id}")
    make.attest(second, colleague(cast))
    assert rows(desk.get("/desk/list/?tab=today")) == [str(first.id)]
    make.pass_time(days=1, hours=1)
    assert rows(visit(cast.officer).get("/desk/list/?tab=today")) == []


# -- terminations ------------------------------------------------------------------------------


@pytest.mark.rule("TRM-03", "TRM-04", "PLN-02")
def test_the_school_approves_a_termination_and_the_student_is_free(cast, attested, agreed, visit):
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{attested.id}")
    assert "双方协商一致" in text(page)
    found = levers(page)
    assert {"termination_approve", "termination_refuse"} <= set(found)
    assert "reopen" not in found  # greyed: a termination is under way
    # what can be taken back asks nothing where nothing is odd (AGR-18)
    button = page.text[page.text.index('data-qq-action="termination_approve"') :]
    assert "data-qq-confirm" not in button[: button.index(">")]
    assert desk.post(found["termination_approve"]).status_code == 303
    assert (state(attested), state(agreed)) == (S.TERMINATED, T.APPROVED)
    assert signed(cast.rival, cast.student)


@pytest.mark.rule("TRM-04", "TRM-05")
def test_a_refused_termination_needs_a_reason_and_the_signing_stands(cast, attested, agreed, visit):
    desk = visit(cast.officer)
    url = f"/desk/action/termination_refuse/{attested.id}"
    assert desk.post(url).status_code == 422
    assert desk.post(url, data={"reason": "违约金未商定"}).status_code == 303
    assert (state(attested), state(agreed)) == (S.IN_FORCE, T.REFUSED)
    assert "违约金未商定" in text(desk.get(f"/desk/show/{attested.id}"))


@pytest.mark.rule("AGR-06", "AGR-13")
def test_a_termination_goes_through_both_levels(cast, attested, visit):
    set_setting(cast.school.id, "termination_review", "both", None)
    found = agree(cast, attested)
    college, school = visit(cast.college_officer), visit(cast.officer)
    approve = f"/desk/action/termination_approve/{attested.id}"
    assert college.post(approve).status_code == 403
    assert school.post(approve).location == f"/desk/show/{attested.id}"
    assert rows(school.get("/desk/list/?tab=other")) == [str(attested.id)]
    assert (
        college.post(f"/desk/action/termination_approve_college/{attested.id}").status_code == 303
    )
    assert state(found) == T.AWAITING_SCHOOL
    back = f"/desk/action/termination_send_back/{attested.id}"
    assert school.post(back, data={"reason": "再看"}).status_code == 303
    assert state(found) == T.AWAITING_COLLEGE


@pytest.mark.rule("TRM-09")
def test_mediation_is_closed_with_a_reason(cast, attested, visit):
    found = mediated(cast, attested)
    desk = visit(cast.officer)
    url = levers(desk.get(f"/desk/show/{attested.id}"))["termination_close"]
    assert desk.post(url).status_code == 422
    assert desk.post(url, data={"reason": "双方愿意继续履行"}).status_code == 303
    assert (state(found), state(attested)) == (T.CLOSED, S.IN_FORCE)


@pytest.mark.rule("TRM-09", "DOC-05")
def test_evidence_of_the_school_opens_the_one_sided_review(cast, attested, visit):
    found = mediated(cast, attested)
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{attested.id}")
    assert "termination_review_one_sided" not in levers(page)
    assert "请先补充" in text(page) or "证据" in text(page)
    picture = BytesIO()
    Image.new("RGB", (800, 600), "white").save(picture, "PNG")
    picture.seek(0)
    sent = {"files": [(picture, "证据.png")]}
    url = f"/desk/evidence/{found.id}"
    assert visit(cast.college_officer).post(url).status_code == 403
    assert visit(cast.other_officer).post(url).status_code == 404
    assert desk.post(url, data=sent, content_type="multipart/form-data").status_code == 303
    page = desk.get(f"/desk/show/{attested.id}")
    file = re.search(r'href="(/files/\w{32})"', page.text)[1]
    assert desk.get(file).status_code == 200
    assert visit(cast.other_officer).get(file).status_code == 404
    url = levers(page)["termination_review_one_sided"]
    assert desk.post(url, data=PROVE).status_code == 303
    assert state(found) == T.AWAITING_SCHOOL


def forced(cast, visit, placement):
    set_setting(cast.school.id, "forced_online", True, None)
    set_setting(cast.school.id, "forced_by_two", True, None)
    desk = visit(cast.officer)
    url = levers(desk.get(f"/desk/show/{placement.id}"))["force"]
    assert desk.post(url, data={"reason": "单位注销"}).status_code == 303
    return latest(placement.id)


@pytest.mark.rule("AGR-09", "AGR-13")
def test_forced_termination_needs_the_setting_and_a_second_person(cast, attested, visit):
    page = visit(cast.officer).get(f"/desk/show/{attested.id}")
    assert "force" not in levers(page)
    assert 'id="do-force-' in page.text  # greyed with the sentence why
    found = forced(cast, visit, attested)
    assert state(found) == T.AWAITING_SECOND
    url = f"/desk/action/termination_confirm_force/{attested.id}"
    assert visit(cast.officer).post(url).location == f"/desk/show/{attested.id}"
    assert state(found) == T.AWAITING_SECOND
    assert visit(colleague(cast)).post(url).status_code == 303
    assert (state(found), state(attested)) == (T.APPROVED, S.TERMINATED)


# -- reports of untruth ------------------------------------------------------------------------


@pytest.mark.rule("INV-20")
@pytest.mark.parametrize(("lever", "ends"), [("uphold", S.REFUSED), ("dismiss", S.AWAITING_SCHOOL)])
def test_a_report_is_answered_on_the_desk(cast, visit, lever, ends):
    [placement] = signed(cast.employer, cast.student)
    report(make.actor(cast.student), "我没有签过", placement_id=placement.id)
    desk = visit(cast.officer)
    assert "学生反映不实" in text(desk.get("/desk/list/"))
    page = desk.get(f"/desk/show/{placement.id}")
    assert "我没有签过" in text(page)
    found = levers(page)
    assert "attest" not in found
    assert desk.post(found[lever], data={"reason": "已核实"}).status_code == 303
    assert state(placement) == ends
    assert about(placement.id, None)[0].state != ObjectionState.OPEN
    trace = text(desk.get(f"/desk/show/{placement.id}"))
    assert "我没有签过" in trace
    assert "已核实" in trace


# -- undo, stale pages, two reviewers ----------------------------------------------------------


@pytest.mark.rule("AGR-08")
@pytest.mark.parametrize("after", [5, 40])
def test_a_decision_is_undone_from_the_message_for_thirty_seconds(cast, visit, after):
    [placement] = signed(cast.employer, cast.student)
    desk = visit(cast.officer)
    page = desk.get(desk.post(f"/desk/action/attest/{placement.id}").location)
    undo = re.search(r'action="(/desk/action/undo/\d+)"', page.text)[1]
    assert 'data-qq-key="U"' in page.text
    make.pass_time(seconds=after)
    assert desk.post(undo).location == f"/desk/show/{placement.id}"
    assert state(placement) == (S.AWAITING_SCHOOL if after < 30 else S.IN_FORCE)


@pytest.mark.rule("TRM-04")
def test_an_approved_termination_is_undone_in_time(cast, attested, agreed, visit):
    desk = visit(cast.officer)
    done = desk.post(f"/desk/action/termination_approve/{attested.id}")
    assert f'action="/desk/action/termination_undo/{attested.id}"' in desk.get(done.location).text
    desk.post(f"/desk/action/termination_undo/{attested.id}")
    assert (state(attested), state(agreed)) == (S.IN_FORCE, T.AWAITING_SCHOOL)


@pytest.mark.rule("AGR-11", "INV-16")
def test_terms_changed_since_the_page_was_opened_are_looked_at_first(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    desk = visit(cast.officer)
    url = levers(desk.get(f"/desk/show/{placement.id}"))["attest"]
    make.pass_time(minutes=1)
    propose_terms(placement.id, make.actor(cast.employer), make.offer(regular_pay=9000))
    PLACEMENTS.perform("agree_terms", placement.id, make.actor(cast.student), agreed=True)
    answer = desk.post(url)
    assert answer.location == f"/desk/show/{placement.id}"
    assert state(placement) == S.AWAITING_SCHOOL
    fresh = levers(desk.get(answer.location))["attest"]
    desk.post(fresh)
    assert state(placement) == S.IN_FORCE


@pytest.mark.rule("AGR-11", "TRM-03")
def test_the_second_who_decides_a_termination_is_told_who_was_first(cast, attested, agreed, visit):
    desk, second = visit(cast.officer), visit(colleague(cast))
    url = levers(second.get(f"/desk/show/{attested.id}"))["termination_refuse"]
    desk.post(f"/desk/action/termination_approve/{attested.id}")
    answer = second.post(url, data={"reason": "不同意"})
    assert answer.location == f"/desk/show/{attested.id}"
    assert "王老师" in text(second.get(answer.location))
    assert state(agreed) == T.APPROVED


@pytest.mark.rule("AGR-08", "AGR-09")
def test_second_thoughts_of_the_school_are_in_more(cast, attested, visit):
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{attested.id}")
    more = page.text[page.text.index("qq-more") :]
    assert 'data-qq-action="reopen"' in more
    url = levers(page)["reopen"]
    assert desk.post(url, data={"reason": "岗位有误"}).status_code == 303
    assert state(attested) == S.AWAITING_SCHOOL
    desk.post(f"/desk/action/refuse/{attested.id}", data={"reason": "不实"})
    url = levers(desk.get(f"/desk/show/{attested.id}"))["restore"]
    desk.post(url, data={"reason": "误操作"})
    assert state(attested) == S.AWAITING_SCHOOL


# -- hints -------------------------------------------------------------------------------------


@pytest.mark.rule("AGR-12")
def test_a_hint_warns_before_approving_and_is_kept_in_the_trace(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    placement.employer_credit_code = "91999999MA00000000"
    db.session.commit()
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{placement.id}")
    assert 'id="hints"' in page.text
    desk.post(levers(page)["attest"])
    assert trail.of("placement", placement.id)[-1].details["hints"] == ["credit_code"]
    assert "提示仍通过" in text(desk.get(f"/desk/show/{placement.id}"))


@pytest.mark.rule("AGR-12", "AGR-07")
def test_hints_are_kept_in_bulk_too_and_nothing_is_kept_where_all_is_well(cast, visit):
    odd, good = signed(cast.employer, cast.student, cast.classmate)
    odd.employer_credit_code = "91999999MA00000000"
    db.session.commit()
    desk = visit(cast.officer)
    worked(
        desk, desk.post("/desk/action_post", data={"action": "attest", "rowid": [odd.id, good.id]})
    )
    assert trail.of("placement", odd.id)[-1].details["hints"] == ["credit_code"]
    assert "hints" not in trail.of("placement", good.id)[-1].details


# -- who may what ------------------------------------------------------------------------------

SCHOOLS = (
    "attest",
    "refuse",
    "send_back",
    "reopen",
    "restore",
    "force",
    "uphold",
    "dismiss",
    "termination_approve",
    "termination_refuse",
    "termination_send_back",
    "termination_close",
    "termination_review_one_sided",
    "termination_confirm_force",
    "termination_drop_force",
)
COLLEGES = (
    "attest_college",
    "refuse_college",
    "withdraw_college",
    "termination_approve_college",
    "termination_refuse_college",
    "termination_withdraw_college",
)
BOTH = ("undo", "termination_undo")


@pytest.mark.rule("AGR-13", "ACC-02")
@pytest.mark.parametrize(
    ("who", "barred"),
    [
        ("college_officer", SCHOOLS),
        ("officer", COLLEGES),
        ("data", (*SCHOOLS, *COLLEGES, *BOTH)),
        ("province", (*SCHOOLS, *COLLEGES, *BOTH)),
    ],
)
def test_a_lever_that_is_not_ones_own_does_not_move(cast, attested, agreed, visit, who, barred):
    desk = visit(getattr(cast, who))
    for name in barred:
        url = f"/desk/action/{name}/{attested.id}"
        assert desk.post(url, data={"reason": "x"}).status_code == 403, name
    assert db.session.get(Placement, attested.id).state == S.IN_FORCE


@pytest.mark.rule("ACC-02")
@pytest.mark.parametrize("lever", [*SCHOOLS, *BOTH])
def test_another_schools_record_has_no_lever(cast, attested, agreed, visit, lever):
    url = f"/desk/action/{lever}/{attested.id}"
    assert visit(cast.other_officer).post(url, data={"reason": "x"}).status_code == 404
    assert (state(attested), state(agreed)) == (S.IN_FORCE, T.AWAITING_SCHOOL)
