"""Restricting and releasing by list (ADM-03, BLK-01)."""

from __future__ import annotations

import pytest
from lxml import html

from app.core import clock
from app.core.db import db
from app.files.imports import requests
from app.files.imports.effects import NotAsShownError
from app.files.imports.workflow import IMPORTS
from app.notices.models import Notice
from app.people.students.models import Restriction
from app.people.students.workflow import RESTRICTIONS, restrict
from app.workflow import trail
from app.workflow.actor import SYSTEM, Role
from tests import factories as make
from tests.files.imports.books import xlsx
from tests.files.imports.conftest import problems, tally

HEADS = ["学号", "姓名", "操作", "限制类型", "开始日期", "结束日期", "限制原因"]


def row(no, act="限制", **more):
    return {"学号": no, "操作": act, "限制原因": "学费未缴清"} | more


def state(student):
    db.session.expire_all()
    rows = db.session.query(Restriction).filter_by(student_id=student.id).order_by(Restriction.id)
    return [(r.state, r.kind) for r in rows]


@pytest.fixture
def listed(bring):
    return lambda *rows, name="限制.xlsx": bring(xlsx(list(rows), HEADS), name, "restrictions")


@pytest.mark.rule("ADM-03", "BLK-01")
def test_students_are_restricted_and_released_by_one_list(cast, listed, apply):
    old = restrict(cast.classmate, make.actor(cast.officer), "旧", since=clock.today())
    record = listed(row("A1", 限制类型="线下签约"), row("A2", "解除"))
    assert tally(record) == (2, 0, 0, 0), problems(record)
    assert state(cast.student) == []
    assert apply(record).state == "applied"
    assert state(cast.student) == [("set", "offline")]
    assert state(cast.classmate) == [("released", "all")]
    [line] = [t for t in trail.of("restriction", old.id) if t.step == "release"]
    assert (line.actor_id, line.reason) == (cast.officer.id, "学费未缴清")
    told = {n.user_id for n in db.session.query(Notice)}
    assert {make.account(s).id for s in (cast.student, cast.classmate)} <= told


@pytest.mark.rule("GRD-05", "ADM-07")
def test_the_trail_names_who_confirmed_and_who_undid_not_who_brought_the_file(cast, listed, apply):
    one, two = (
        make.make_user(Role.SCHOOL, name, name=name, school_id=cast.school.id)
        for name in ("confirms", "undoes")
    )
    db.session.commit()
    record = apply(listed(row("A1")), user=one)
    apply(record, "undo", user=two)
    [made] = db.session.query(Restriction).filter_by(student_id=cast.student.id)
    assert [
        (t.step, t.actor_id, t.actor_role, t.actor_name) for t in trail.of("restriction", made.id)
    ] == [
        ("restrict", one.id, "school", "confirms"),
        ("release", two.id, "school", "undoes"),
    ]


@pytest.mark.rule("ADM-03", "BLK-01")
def test_undoing_the_list_takes_each_act_back(cast, listed, apply):
    restrict(cast.classmate, make.actor(cast.officer), "旧", since=clock.today())
    record = apply(listed(row("A1"), row("A2", "解除")))
    assert apply(record, "undo").state == "undone"
    assert state(cast.student) == [("released", "all")]
    assert state(cast.classmate) == [("released", "all"), ("set", "all")]


@pytest.mark.rule("ADM-03", "BLK-01")
def test_a_list_is_not_undone_once_somebody_released_one_of_its_students(cast, listed, apply):
    record = apply(listed(row("A1"), row("A2")))
    first = db.session.query(Restriction).filter_by(student_id=cast.student.id).one()
    RESTRICTIONS.perform("release", first.id, make.actor(cast.officer), reason="已缴清")
    assert apply(record, "undo").state == "applied"
    assert state(cast.classmate) == [("set", "all")]


@pytest.mark.rule("ADM-03", "ACC-02")
@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (row("C1"), "student_no"),
        (row("A1", 姓名="别人"), "name"),
        (row("A1", "解除"), "act"),
        (row("A1", "删除"), "act"),
        (row("A1", 限制类型="全部都"), "kind"),
        (row("A1", 限制原因=""), "reason"),
        (row("A1", 开始日期="2027-05-01", 结束日期="2027-04-01"), "until"),
        (row("A1", 限制原因="因" * 201), "reason"),
    ],
)
def test_a_row_that_cannot_be_done_is_named_and_nothing_is_done(cast, listed, apply, bad, field):
    record = listed(row("A2"), bad)
    assert [f for f, _text in problems(record)[3]] == [field]
    assert state(cast.classmate) == []


@pytest.mark.rule("ADM-03", "BLK-03")
def test_a_row_that_was_overtaken_stops_the_list_and_nothing_is_done(app, cast, listed):
    record = listed(row("A1"), row("A2"))
    restrict(cast.student, make.actor(cast.officer), "先", since=clock.today())
    with app.test_request_context():
        requests.ask("write", record, make.actor(cast.officer))
        with pytest.raises(NotAsShownError):
            IMPORTS.perform("apply", record.id, SYSTEM)
    assert state(cast.classmate) == []


@pytest.mark.rule("BLK-01", "BLK-02")
def test_a_list_that_does_not_say_what_to_do_is_asked_in_the_words_of_the_office(
    cast, bring, visit
):
    """Our own name of an act is for the machine: a Chinese page once offered «release 解除限制»."""
    record = bring(
        xlsx([{"学号": "A1", "限制原因": "学费未缴清"}], ["学号", "限制原因"]),
        "名单.xlsx",
        "restrictions",
    )
    page = html.fromstring(visit(cast.officer).get(f"/imports/file/{record.uid}").text)
    options = page.xpath("//select[@name='all-act']/option")
    assert [o.get("value") for o in options] == ["", "restrict", "release"]
    assert [o.text for o in options[1:]] == ["所有行均为 限制签约", "所有行均为 解除限制"]
