"""Restricting by selection and releasing: reason, days, both pages, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.batches.models import Batch
from app.batches.tasks import run
from app.core import clock
from app.core.db import db
from app.notices.models import Notice
from app.people.models import Restriction
from app.people.queries import restriction_reason
from app.workflow.queries import trail_of
from tests.factories import account, make_student


def fields(*students, **more):
    today = clock.today()
    return {"rowid": [s.id for s in students], "kind": "all", "since": today.isoformat(), "until": "",
            "reason": "延期毕业"} | more  # fmt: skip


def barred(student, kind="online"):
    return db.session.scalar(db.select(restriction_reason(student.id, clock.today(), kind)))


@pytest.mark.rule("ADM-03")
def test_selected_students_are_restricted_with_a_reason_that_they_read(cast, visit):
    browser = visit(cast.officer)
    page = browser.post(
        "/students/action_post",
        data={"action": "restrict", "rowid": [cast.student.id, cast.classmate.id]},
    )
    assert "限制签约" in page.get_data(as_text=True)
    assert "黄河水" in page.get_data(as_text=True)
    assert (
        browser.post("/students/restrict/", data=fields(cast.student, cast.classmate)).status_code
        == 303
    )
    assert (barred(cast.student), barred(cast.classmate), barred(cast.neighbour)) == (
        "延期毕业",
        "延期毕业",
        None,
    )
    told = db.session.query(Notice).filter(Notice.user_id == account(cast.student).id).one()
    assert "延期毕业" in told.body
    page = browser.get("/restrictions/list/").get_data(as_text=True)
    assert "黄河水" in page
    assert "李静" in page


@pytest.mark.rule("ADM-03")
def test_a_double_click_restricts_once(cast, visit):
    browser = visit(cast.officer)
    for _n in range(2):
        browser.post("/students/restrict/", data=fields(cast.student))
    assert db.session.query(Restriction).count() == 1


@pytest.mark.rule("ADM-03")
@pytest.mark.parametrize(
    "more",
    [{"reason": ""}, {"since": ""}, {"since": "x"}, {"kind": "nothing"}, {"reason": "长" * 201}],
)
def test_a_bad_form_restricts_nobody(cast, visit, more):
    assert (
        visit(cast.officer)
        .post("/students/restrict/", data=fields(cast.student, **more))
        .status_code
        == 422
    )
    assert db.session.query(Restriction).count() == 0


@pytest.mark.rule("ADM-03")
def test_the_days_and_the_kind_bound_a_restriction(cast, visit):
    browser, today = visit(cast.officer), clock.today()
    later = (today + timedelta(days=3)).isoformat()
    browser.post("/students/restrict/", data=fields(cast.student, since=later))
    browser.post("/students/restrict/", data=fields(cast.classmate, kind="offline"))
    assert barred(cast.student) is None
    assert barred(cast.classmate) is None
    assert barred(cast.classmate, "offline") == "延期毕业"
    assert "黄河水" in browser.get("/restrictions/list/?tab=later").get_data(as_text=True)
    wrong = fields(cast.neighbour, until=(today - timedelta(days=1)).isoformat())
    browser.post("/students/restrict/", data=wrong)
    assert db.session.query(Restriction).count() == 2


@pytest.mark.rule("ADM-03")
def test_released_singly_and_by_selection_with_a_reason(cast, visit):
    browser = visit(cast.officer)
    more = make_student(cast.college)
    browser.post("/students/restrict/", data=fields(cast.student, cast.classmate, more))
    first, second, third = db.session.query(Restriction).order_by(Restriction.student_id).all()
    browser.post(f"/restrictions/action/release/{first.id}", data={"reason": ""})
    assert barred(cast.student)
    browser.post(f"/restrictions/action/release/{first.id}", data={"reason": "已恢复"})
    assert barred(cast.student) is None
    assert [row.step for row in trail_of("restriction", first.id)] == ["restrict", "release"]
    answer = browser.post("/restrictions/action_post", data={
        "action": "release", "rowid": [second.id, third.id], "reason": "已恢复"})  # fmt: skip
    assert answer.status_code == 303
    run(db.session.query(Batch).one().id)
    assert barred(cast.classmate) is None
    assert "已恢复" not in browser.get("/restrictions/list/").get_data(as_text=True)


@pytest.mark.rule("ADM-03", "ACC-02")
def test_only_the_own_school_restricts_its_students(cast, visit):
    for user in (cast.other_officer, cast.college_officer, cast.data, cast.province):
        answer = visit(user).post("/students/restrict/", data=fields(cast.student))
        assert answer.status_code in (403, 404)
    mixed = visit(cast.officer).post(
        "/students/restrict/", data=fields(cast.student, cast.stranger)
    )
    assert mixed.status_code == 404
    assert db.session.query(Restriction).count() == 0
