"""Findings are accepted, come back, go by themselves, and bar the report (CHK-02, PLN-06)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.batches.tasks import run as work_off
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.people.students.models import Student
from app.people.students.workflow import STUDENTS
from app.plan.checks import queries, sync, tasks
from app.plan.checks.commands import check_plans
from app.plan.checks.models import CheckRun, Finding
from app.plan.checks.workflow import FINDINGS
from app.plan.rows import editions
from app.plan.rows.models import PlanEntry
from app.plan.rows.workflow import PLAN, edit
from app.workflow import trail
from tests import factories as make
from tests.factories import actor
from tests.plan.checks.test_rules import row_of


@pytest.fixture(autouse=True)
def _tables(session):
    editions.load_shipped()


def run(school, year=2027):
    sync.run(school.id, year)
    db.session.commit()


def one(rule: str, student) -> Finding:
    return db.session.query(Finding).filter_by(rule=rule, student_id=student.id).one()


@pytest.fixture
def finding(cast):
    """A region of city level: a warning on the student's row."""
    row_of(cast.student, location="420100")
    run(cast.school)
    return one("region_level", cast.student)


@pytest.mark.rule("CHK-02")
def test_an_accepted_finding_stays_so_until_its_facts_change(cast, finding):
    FINDINGS.perform("accept", finding.id, actor(cast.officer), reason="该市不设区县")
    run(cast.school)
    assert finding.state == "accepted"
    row_of(cast.student, location="420500")
    run(cast.school)
    assert finding.state == "open"
    steps = [(r.step, r.reason) for r in trail.of("finding", finding.id)]
    assert steps == [("accept", "该市不设区县"), ("changed", "")]


@pytest.mark.rule("CHK-02")
def test_a_finding_goes_once_mended_and_comes_back_with_the_fault(cast, finding):
    row_of(cast.student)
    run(cast.school)
    assert finding.state == "gone"
    row_of(cast.student, location="420100")
    run(cast.school)
    assert finding.state == "open"
    FINDINGS.perform("accept", finding.id, actor(cast.officer), reason="可以")
    row_of(cast.student)
    run(cast.school)
    assert finding.state == "gone"
    assert trail.of("finding", finding.id)[-1].step == "mended"


@pytest.mark.rule("CHK-02")
def test_an_acceptance_can_be_taken_back(cast, finding):
    with pytest.raises(Exception, match=r"reason|原因"):
        FINDINGS.perform("accept", finding.id, actor(cast.officer))
    FINDINGS.perform("accept", finding.id, actor(cast.data), reason="可以")
    FINDINGS.perform("reopen", finding.id, actor(cast.officer))
    assert finding.state == "open"


@pytest.mark.rule("CHK-02", "ACC-02")
def test_colleges_read_and_do_not_accept_and_foreign_schools_see_nothing(cast, finding):
    for user in (cast.college_officer, cast.other_college_officer, cast.other_officer, cast.admin):
        with pytest.raises(NotYours):
            FINDINGS.perform("accept", finding.id, actor(user), reason="x")
    assert FINDINGS.find(finding.id, actor(cast.college_officer)) is finding
    for user in (cast.other_college_officer, cast.other_officer):
        with pytest.raises(NotYours):
            FINDINGS.find(finding.id, actor(user))


def test_the_database_refuses_an_acceptance_without_its_event(cast, finding):
    db.session.execute(text("UPDATE finding SET state = 'accepted'"))
    with pytest.raises(DBAPIError, match="trail"):
        db.session.commit()


@pytest.mark.rule("CHK-01")
def test_a_second_run_writes_nothing(cast, finding):
    moved = "SELECT sum(xmin::text::bigint) FROM finding"
    before = db.session.scalar(text(moved))
    run(cast.school)
    assert db.session.scalar(text(moved)) == before
    known = db.session.query(CheckRun).one()
    assert (known.school_id, known.rows, known.running) == (cast.school.id, 3, False)


@pytest.mark.rule("CHK-02")
def test_what_one_record_shows_goes_with_its_edit(cast):
    entry = row_of(cast.student, industry="99", location="420100")
    run(cast.school)
    edit(entry.id, actor(cast.officer), {"industry": "34"})
    assert one("codes", cast.student).state == "gone"
    assert one("region_level", cast.student).state == "open"
    edit(entry.id, actor(cast.officer), {"industry": "98"})
    assert one("codes", cast.student).state == "open"


def checked(cast, student, **changes) -> PlanEntry:
    """A row that the checks passed; `changes` come from elsewhere afterwards, and it stays checked."""
    entry = row_of(student)
    PLAN.perform("check", entry.id, actor(cast.officer))
    for name, value in changes.items():
        setattr(entry, name, value)
        entry.changed_at = clock.now()
    db.session.commit()
    return entry


@pytest.mark.rule("PLN-06", "CHK-01")
def test_a_row_with_an_error_is_not_reported_until_mended_or_accepted(cast):
    entry = checked(cast, cast.student, industry="99")  # nobody ran the checks since
    for step in ("report", "check"):  # it fell back, and is not checked again either
        with pytest.raises(Refused, match=r"行业|Industry"):
            PLAN.perform(step, entry.id, actor(cast.officer))
        assert entry.state == "filled"
    fallen = trail.of("plan_entry", entry.id)[-1]
    assert (fallen.step, fallen.details["hints"]) == ("failed", ["codes"])
    FINDINGS.perform("accept", one("codes", cast.student).id, actor(cast.officer), reason="新代码")
    offer = PLAN.offer("check", entry, actor(cast.officer), clock.now())
    assert (offer.step.name, offer.why_not) == ("check", "")


@pytest.mark.rule("PLN-06", "CHK-01")
def test_warnings_do_not_bar_the_check(cast):
    entry = row_of(cast.student, location="420100")
    PLAN.perform("check", entry.id, actor(cast.officer))
    assert entry.state == "checked"


@pytest.mark.rule("PLN-06")
def test_a_row_without_an_approved_origin_record_is_neither_checked_nor_reported(cast):
    entry = row_of(cast.student)
    STUDENTS.perform("review_again", cast.student.id, actor(cast.officer), reason="学籍有误")
    for step in ("check", "report"):
        with pytest.raises(Refused, match="生源"):
            PLAN.perform(step, entry.id, actor(cast.officer))
    found = one("origin", cast.student)
    assert (found.severity, found.state) == ("error", "open")
    with pytest.raises(Refused, match="生源"):  # it cannot be waved through
        FINDINGS.perform("accept", found.id, actor(cast.officer), reason="先上报")
    STUDENTS.perform("approve_record", cast.student.id, actor(cast.officer))
    PLAN.perform("check", entry.id, actor(cast.officer))  # within the same minute
    PLAN.perform("report", entry.id, actor(cast.officer))
    assert entry.state == "reported"


@pytest.mark.rule("PLN-06")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "'新名'"),
        ("sex", "'9'"),
        ("id_number_index", "'\\x00'"),
        ("examinee_no", "'9'"),
        ("student_no", "'X9'"),
        ("education", "'33'"),
        ("nation", "'02'"),
        ("class_name", "'2班'"),
    ],
)
def test_whoever_changes_the_record_of_a_checked_row_takes_the_check_back(cast, column, value):
    entry, other = checked(cast, cast.student), checked(cast, cast.classmate)
    db.session.execute(text(f"UPDATE student SET {column} = {value} WHERE id = {cast.student.id}"))
    db.session.commit()
    assert (entry.state, other.state) == ("filled", "checked")
    assert trail.of("plan_entry", entry.id)[-1].step == "record_changed"
    db.session.execute(text("UPDATE student SET address = '别处', email = 'x@example.com'"))
    db.session.commit()
    assert other.state == "checked"  # what the student keeps itself is not what was checked


@pytest.mark.rule("PLN-06")
def test_checked_rows_that_the_checks_do_not_pass_are_found_by_the_night_and_by_a_command(
    cast, app
):
    before = checked(cast, cast.student, industry="99")
    tasks.nightly.func()
    assert before.state == "filled"
    after = checked(cast, cast.classmate, position_kind=None)
    said = app.test_cli_runner().invoke(check_plans).output
    assert after.state == "filled"
    assert "1 were checked and do not pass" in said


@pytest.mark.rule("PLN-06", "CHK-02")
def test_who_no_longer_accepts_an_error_takes_the_check_back(cast):
    entry = row_of(cast.student, industry="99")
    run(cast.school)
    key = one("codes", cast.student).id
    FINDINGS.perform("accept", key, actor(cast.officer), reason="新代码")
    PLAN.perform("check", entry.id, actor(cast.officer))
    FINDINGS.perform("reopen", key, actor(cast.officer))
    assert entry.state == "filled"
    assert trail.of("plan_entry", entry.id)[-1].step == "failed"


@pytest.mark.rule("PLN-06")
def test_an_error_of_the_whole_year_bars_the_report_too(cast):
    entry = checked(cast, cast.student)
    row_of(cast.classmate)
    cast.classmate.id_number = cast.student.id_number
    db.session.commit()
    with pytest.raises(Refused):
        PLAN.perform("report", entry.id, actor(cast.officer))
    assert entry.state == "filled"


@pytest.mark.rule("PLN-06")
def test_a_report_in_spite_of_a_warning_has_it_in_the_trace(cast):
    entry = checked(cast, cast.student, location="420100")
    PLAN.perform("report", entry.id, actor(cast.officer))
    assert "region_level" in trail.of("plan_entry", entry.id)[-1].details["hints"]


@pytest.mark.rule("PLN-06", "AGR-07")
def test_a_year_is_checked_by_the_worker_before_it_is_reported(cast, visit):
    good, bad = checked(cast, cast.student), checked(cast, cast.classmate, position_kind=None)
    office = visit(cast.officer)
    page = office.get("/plan/sync/").text
    assert "上报 2027 届已核对的 2 条记录" in page
    asked = office.post("/plan/sync/2027/report?seen=2")
    assert asked.status_code == 303
    assert (
        db.session.scalar(text("SELECT count(*) FROM batch")) == 0
    )  # of two, one does not pass now
    assert (good.state, bad.state) == ("checked", "filled")
    page = office.get(asked.location).text
    assert "现为 1 条" in page
    assert "上报 2027 届已核对的 1 条记录" in page
    office.post("/plan/sync/2027/report?seen=1")
    work_off.func(db.session.scalar(text("SELECT max(id) FROM batch")))
    db.session.expire_all()
    assert (good.state, bad.state) == ("reported", "filled")


@pytest.mark.rule("PLN-06", "AGR-07")
def test_what_a_year_s_check_does_not_pass_is_listed_with_the_reason(cast, visit):
    good, bad = row_of(cast.student), row_of(cast.classmate, position_kind=None)
    office = visit(cast.officer)
    asked = office.post("/plan/sync/2027/check?seen=2")
    work_off.func(db.session.scalar(text("SELECT max(id) FROM batch")))
    db.session.expire_all()
    assert (good.state, bad.state) == ("checked", "filled")
    result = office.get(asked.location).text
    assert cast.classmate.name in result
    assert "职位" in result


def test_the_night_looks_at_what_changed(cast):
    row_of(cast.student, industry="99")
    assert tasks.nightly.func() >= 1
    assert one("codes", cast.student).state == "open"
    assert tasks.nightly.func() == 0


# -- pages -----------------------------------------------------------------------------------------


@pytest.mark.rule("CHK-02")
def test_the_worklist_by_college_leads_to_its_findings(cast, visit, finding):
    office = visit(cast.officer)
    page = office.get("/checks/").text
    link = f"/checks/findings/list/?tab=warning&amp;f_college={cast.college.id}&amp;f_year=2027"
    assert link in page
    assert "计算机学院" in page
    listed = office.get(link.replace("&amp;", "&")).text
    assert "黄河水" in listed
    foreign = link.replace("&amp;", "&").replace(f"f_college={cast.college.id}", "f_college=99")
    assert "黄河水" not in office.get(foreign).text
    assert "所在地“湖北省武汉市”没有填到区县" in listed
    shown = office.get(f"/checks/findings/show/{finding.id}").text
    assert "/plan/show/" in shown
    assert "计算机学院" not in visit(cast.other_officer).get("/checks/").text


@pytest.mark.rule("CHK-02")
def test_findings_are_accepted_from_their_page_and_stand_on_the_row(cast, visit, finding):
    office = visit(cast.officer)
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert "没有填到区县" in office.get(f"/plan/show/{entry.id}").text
    office.post(f"/checks/findings/action/accept/{finding.id}", data={"reason": "该市不设区县"})
    assert finding.state == "accepted"
    assert "没有填到区县" not in office.get(f"/plan/show/{entry.id}").text
    assert "没有填到区县" in office.get("/checks/findings/list/?tab=accepted").text


@pytest.mark.rule("CHK-01")
def test_a_run_is_asked_for_and_its_progress_shown(cast, visit, finding):
    office = visit(cast.officer)
    assert office.post("/checks/2027").status_code == 303
    assert "<progress" in office.get("/checks/").text
    assert tasks.run.func(cast.school.id, 2027) == 3
    assert "<progress" not in office.get("/checks/").text
    for year in ("1999", "abcd", "99999999999"):
        assert office.post(f"/checks/{year}").status_code == 404


def test_hostile_arguments_of_the_list_do_no_harm(cast, visit, finding):
    office = visit(cast.officer)
    for query in (
        "?rule=%27",
        "?college=x",
        "?tab=none",
        "?year=99999999999999999999",
        "?q=%00%25_",
    ):
        assert office.get(f"/checks/findings/list/{query}").status_code < 500


def test_students_count_once_however_many_runs_meet(cast, finding):
    assert db.session.query(Student).count() >= 4
    assert db.session.query(Finding).filter_by(rule="region_level").count() == 1
    assert clock.now()


@pytest.mark.rule("CHK-02")
def test_findings_of_a_year_that_the_student_left_bar_nothing_and_go_in_the_night(cast, finding):
    assert finding in queries.open_of(cast.student.id)
    db.session.query(Student).filter_by(school_id=cast.school.id).update({"graduation_year": 2028})
    db.session.query(PlanEntry).update({"graduation_year": 2028})
    db.session.commit()
    assert not queries.open_of(cast.student.id)
    assert (cast.school.id, 2027) not in queries.years_to_check(None, minutes=12 * 60)
    make.pass_time(minutes=24 * 60 - 1)
    assert (cast.school.id, 2027) in queries.years_to_check(None, minutes=12 * 60)
    tasks.nightly.func()
    db.session.refresh(finding)
    assert finding.state == "gone"
    assert [f.rule for f in queries.open_of(cast.student.id)] == ["region_level"]
    assert finding.graduation_year == 2027


@pytest.mark.rule("CHK-01")
def test_the_night_looks_at_every_year_each_night(cast):
    row_of(cast.student)
    tasks.nightly.func()
    for _night in range(2):
        make.pass_time(minutes=24 * 60 - 1)
        assert tasks.nightly.func() >= 1
