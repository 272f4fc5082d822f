"""The student's corrections of its record, decided field by field (ADM-09)."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from app.batches.models import Batch
from app.batches.tasks import run
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.files.documents.models import Attachment
from app.notices.models import Notice
from app.people.corrections.models import FIELDS, Correction
from app.people.corrections.workflow import CORRECTIONS, propose
from app.people.schools.models import Major
from app.people.students.models import Student
from app.people.students.workflow import correct
from app.workflow import trail
from tests import factories as make
from tests.files.imports.books import good_row, number, xlsx


def ask(student, field="class_name", value="9班", reason="分班了", proofs=()):
    return propose(student, field, value, reason, make.actor(student), proofs)


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


def picture():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), "身份证.jpg"


@pytest.mark.rule("ADM-09")
def test_a_student_reads_its_record_and_proposes_with_a_proof(cast, visit):
    browser = visit(make.account(cast.student))
    page = browser.get("/my/origin/").text
    for label in FIELDS.values():
        assert str(label) in page
    assert cast.student.id_number not in page
    data = {"value": "黄河清", "reason": "姓名写错", "files": picture()}
    bare = {"value": "黄河清", "reason": "姓名写错"}
    assert browser.post("/my/origin/propose/name", data=bare).status_code == 422
    assert browser.post("/my/origin/propose/name", data=data).status_code == 303
    row = db.session.query(Correction).one()
    assert (row.was, row.wish, row.wanted) == ("黄河水", "黄河清", "黄河清")
    assert fresh(cast.student).name == "黄河水"
    assert db.session.query(Attachment).filter_by(record_kind="correction").count() == 1
    assert browser.get(f"/my/origin/correction/{row.id}").status_code == 200
    seen = visit(cast.officer).get(f"/corrections/show/{row.id}").text
    assert "黄河清" in seen
    assert "身份证.jpg" in seen


@pytest.mark.rule("ADM-09", "ADM-02")
def test_an_accepted_name_is_written_with_its_trail_and_the_student_is_told_once(cast, visit):
    row = ask(cast.student, "name", "黄河清", "写错", [make.uploaded()])
    visit(cast.officer).post(f"/corrections/action/accept/{row.id}")
    assert fresh(cast.student).name == "黄河清"
    assert make.account(cast.student).last_name == "黄河清"
    assert fresh(row).state == "accepted"
    [line] = trail.of("student", cast.student.id)
    assert line.details["changed"] == {"name": ["黄河水", "黄河清"]}
    told = db.session.query(Notice).filter_by(user_id=make.account(cast.student).id).all()
    assert len(told) == 1


@pytest.mark.rule("ADM-09", "INV-22")
def test_a_new_id_number_is_nowhere_in_clear_until_it_is_written(cast, visit):
    row = ask(cast.student, "id_number", number(5), "号码写错", [make.uploaded()])
    kept = "".join(str(getattr(row, c.name)) for c in Correction.__table__.c)
    assert number(5) not in kept
    page = visit(cast.officer).get(f"/corrections/show/{row.id}").text
    assert number(5) not in page
    CORRECTIONS.perform("accept", row.id, make.actor(cast.officer))
    assert fresh(cast.student).id_number == number(5)


@pytest.mark.rule("ADM-09", "ACC-04")
def test_an_accepted_phone_goes_the_way_of_a_changed_phone(cast):
    row = ask(cast.student, "phone", "13712345678", "换号")
    CORRECTIONS.perform("accept", row.id, make.actor(cast.officer))
    student = fresh(cast.student)
    assert (student.phone, student.verified_at) == ("13712345678", None)


@pytest.mark.rule("ADM-09")
def test_a_refusal_needs_a_reason_and_leaves_the_record(cast):
    row, officer = ask(cast.student), make.actor(cast.officer)
    with pytest.raises(Invalid):
        CORRECTIONS.perform("refuse", row.id, officer)
    CORRECTIONS.perform("refuse", row.id, officer, reason="与学籍不符")
    assert (fresh(row).answer, fresh(cast.student).class_name) == ("与学籍不符", "1班")
    ask(cast.student)  # refused: it may be proposed again


@pytest.mark.rule("ADM-09")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("id_number", "110101199001010000"),
        ("id_number", "neighbour"),
        ("phone", "12"),
        ("class_name", "1班"),
        ("phone", "taken"),
    ],
)
def test_what_the_schools_own_form_would_refuse_is_not_proposed(cast, field, value):
    value = {"neighbour": cast.classmate.id_number, "taken": cast.classmate.phone}.get(value, value)
    with pytest.raises(Invalid):
        ask(cast.student, field, value, proofs=[make.uploaded()])
    assert db.session.query(Correction).count() == 0


@pytest.mark.rule("ADM-09", "ACC-02")
def test_a_major_of_another_school_and_an_unknown_field_are_not_taken(cast, visit):
    far = db.session.query(Major).filter_by(college_id=cast.far_college.id).first()
    browser = visit(make.account(cast.student))
    sent = {"value": str(far.id), "reason": "转专业"}
    assert browser.post("/my/origin/propose/major_id", data=sent).status_code == 422
    with pytest.raises(Invalid):
        ask(cast.student, "major_id", str(far.id))
    for field in ("origin_state", "school_id", "verified_at", "x"):
        assert browser.post(f"/my/origin/propose/{field}", data=sent).status_code == 404
    with pytest.raises(NotYours):
        propose(cast.student, "name", "x", "y", make.actor(cast.classmate), [make.uploaded()])


@pytest.mark.rule("ADM-09")
def test_one_field_waits_once_and_a_withdrawn_one_may_be_proposed_again(cast):
    row = ask(cast.student)
    with pytest.raises(Refused):
        ask(cast.student, value="8班")
    CORRECTIONS.perform("withdraw", row.id, make.actor(cast.student))
    ask(cast.student, value="8班")


@pytest.mark.rule("ADM-09", "ACC-10")
def test_staff_neither_propose_nor_withdraw_and_a_foreign_school_sees_nothing(cast, visit):
    row = ask(cast.student)
    for step, user in (
        ("withdraw", cast.officer),
        ("accept", cast.other_officer),
        ("accept", cast.college_officer),
    ):
        with pytest.raises(NotYours):
            CORRECTIONS.perform(step, row.id, make.actor(user))
    other = visit(cast.other_officer)
    assert other.get(f"/corrections/show/{row.id}").status_code == 404
    sent = {"action": "accept", "rowid": [row.id]}
    assert other.post("/corrections/action_post", data=sent).status_code == 404
    assert fresh(cast.student).class_name == "1班"


@pytest.mark.rule("ADM-09", "BLK-01")
def test_an_import_neither_loses_a_proposal_nor_is_overwritten_unseen(cast, visit, bring, apply):
    row = ask(cast.student)
    record = apply(bring(xlsx([good_row(1, 学号="A1", 姓名="黄河水", 班级="3班")])))
    assert record.state == "applied", record.details
    assert fresh(row).state == "proposed"
    office = visit(cast.officer)
    assert "3班" in office.get(f"/corrections/show/{row.id}").text
    with pytest.raises(Refused, match="3班"):
        CORRECTIONS.perform("accept", row.id, make.actor(cast.officer))
    office.post(f"/corrections/action/accept_anyway/{row.id}", data={"reason": "以学生材料为准"})
    assert fresh(cast.student).class_name == "9班"


@pytest.mark.rule("ADM-09")
def test_what_the_school_wrote_in_the_meantime_itself_is_simply_accepted(cast):
    row = ask(cast.student)
    correct(cast.student, {"class_name": "9班"}, make.actor(cast.officer))
    offers = {
        o.step.name: o
        for o in CORRECTIONS.offers(fresh(row), make.actor(cast.officer), clock.now())
    }
    assert set(offers) == {"accept", "refuse"}
    CORRECTIONS.perform("accept", row.id, make.actor(cast.officer))


@pytest.mark.rule("ADM-09")
def test_many_are_decided_each_by_itself(cast, visit):
    rows = [ask(s, value="9班") for s in (cast.student, cast.classmate)]
    sent = {"action": "accept", "rowid": [r.id for r in rows]}
    visit(cast.officer).post("/corrections/action_post", data=sent)
    run.func(db.session.query(Batch).one().id)
    names = {db.session.get(Student, r.student_id, populate_existing=True).class_name for r in rows}
    assert names == {"9班"}


@pytest.mark.rule("ADM-09", "DOC-05")
def test_proofs_come_and_go_until_the_school_has_decided(cast, visit):
    row, browser = ask(cast.student), visit(make.account(cast.student))
    url = f"/my/origin/correction/{row.id}/files"
    assert browser.post(url, data={"files": picture()}).status_code == 303
    assert db.session.query(Attachment).filter_by(record_kind="correction").count() == 1
    CORRECTIONS.perform("accept", row.id, make.actor(cast.officer))
    browser.post(url, data={"files": picture()})
    assert db.session.query(Attachment).filter_by(record_kind="correction").count() == 1
    page = browser.get(f"/my/origin/correction/{row.id}").text
    assert not re.search(r"name=.files.", page)
