"""A student's record kept by staff: review, entering, correcting, phone, first sign-in (ADM-02)."""

from __future__ import annotations

import re

import pytest

from app.accounts.identifiers import account_for, identify
from app.accounts.models import AccountSession, AppUser
from app.batches.models import Batch
from app.batches.tasks import run
from app.core.db import db
from app.core.mail import Message
from app.notices.models import Notice
from app.people.schools.models import Major
from app.people.students.models import OriginState, Student
from app.people.students.workflow import STUDENTS
from app.workflow import trail
from tests import factories as make
from tests.files.imports.books import number


def fresh(student):
    return db.session.get(Student, student.id, populate_existing=True)


def record(student, **more):
    """The form of a record as it stands."""
    return {
        "student_no": student.student_no,
        "name": student.name,
        "id_number": "",
        "sex": "1",
        "nation": "01",
        "examinee_no": "",
        "major_id": student.major_id,
        "class_name": "1班",
        "graduation_year": 2027,
        "education": "31",
        "training_mode": "1",
        "origin": "",
    } | more


@pytest.mark.rule("ADM-02")
def test_a_record_is_rejected_with_a_reason_and_approved_again(cast, visit):
    student = make.make_student(cast.college, origin_state=OriginState.ENTERED)
    db.session.commit()
    office, url = visit(cast.officer), f"/students/action/{{}}/{student.id}"
    assert office.post(url.format("reject_record"), data={"reason": ""}).status_code in (303, 422)
    assert fresh(student).origin_state == "entered"
    office.post(url.format("reject_record"), data={"reason": "姓名与身份证不符"})
    assert fresh(student).origin_state == "rejected"
    note = db.session.query(Notice).filter_by(user_id=make.account(student).id).one()
    assert "姓名与身份证不符" in note.body
    office.post(url.format("approve_record"))
    assert fresh(student).origin_state == "approved"
    office.post(url.format("review_again"), data={"reason": "复核"})
    assert fresh(student).origin_state == "entered"
    steps = [row.step for row in trail.of("student", student.id)]
    assert steps == ["reject_record", "approve_record", "review_again"]


@pytest.mark.rule("ADM-02", "ACC-02")
def test_many_records_are_approved_by_the_worker_and_a_foreign_one_stops_all(cast, visit):
    mine = [make.make_student(cast.college, origin_state=OriginState.ENTERED) for _n in range(3)]
    cast.stranger.origin_state = OriginState.ENTERED
    db.session.commit()
    office = visit(cast.officer)
    ids = [s.id for s in mine]
    bad = {"action": "approve_record", "rowid": [*ids, cast.stranger.id]}
    assert office.post("/students/action_post", data=bad).status_code == 404
    good = {"action": "approve_record", "rowid": ids}
    assert office.post("/students/action_post", data=good).status_code == 303
    run.func(db.session.query(Batch).one().id)
    assert {fresh(s).origin_state for s in mine} == {"approved"}
    assert fresh(cast.stranger).origin_state == "entered"


@pytest.mark.rule("ADM-02", "ACC-10")
@pytest.mark.parametrize("who", ["college_officer", "province", "data", "other_officer"])
def test_nobody_else_reviews_corrects_or_changes_a_phone(cast, visit, who):
    browser = visit(getattr(cast, who))
    key = cast.student.id
    for url in (
        f"/students/action/begin_anew/{key}",
        f"/students/edit/{key}",
        f"/students/{key}/phone",
    ):
        sent = browser.post(url, data={"reason": "x", "phone": "13712345678", "name": "别人"})
        assert sent.status_code in (403, 404), url
    assert fresh(cast.student).name == "黄河水"


@pytest.mark.rule("ADM-02", "ACC-01")
def test_a_student_entered_by_hand_has_its_account(cast, visit):
    form = record(
        cast.student, student_no="N1", name="新来的", id_number=number(7), phone="13700000007"
    )
    answer = visit(cast.officer).post("/students/add", data=form)
    assert answer.status_code == 303, re.findall(r"qq-problem[^<]*<[^<]*", answer.text)
    student = db.session.query(Student).filter_by(student_no="N1").one()
    assert (student.school_id, student.college_id) == (cast.school.id, cast.college.id)
    assert (student.origin_state, student.id_number) == ("entered", number(7))
    user = make.account(student)
    assert user.password is None
    assert account_for("N1", "10999").id == account_for(number(7)).id == user.id


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("student_no", "A2"),
        ("id_number", "110101199001010000"),
        ("graduation_year", "1999"),
        ("name", ""),
        ("major_id", "999999"),
        ("education", "zz"),
        ("phone", "12345"),
        ("graduation_year", "9" * 30),
        ("origin", "没有这个地方"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_written(cast, visit, field, value):
    form = record(cast.student, student_no="N1", id_number=number(7)) | {field: value}
    answer = visit(cast.officer).post("/students/add", data=form)
    assert answer.status_code == 422
    assert db.session.query(Student).filter_by(student_no="N1").count() == 0


@pytest.mark.rule("ADM-02", "ACC-02")
def test_a_major_of_another_school_is_not_taken(cast, visit):
    major = db.session.query(Major).filter_by(college_id=cast.far_college.id).first()
    form = record(cast.student, major_id=major.id)
    assert (
        visit(cast.officer).post(f"/students/edit/{cast.student.id}", data=form).status_code == 422
    )
    assert fresh(cast.student).college_id == cast.college.id


@pytest.mark.rule("ADM-02", "ACC-03", "INV-22")
def test_a_correction_writes_what_differs_and_the_trail_has_masks_only(cast, visit):
    user, old = make.account(cast.student), cast.student.id_number
    identify(user, "id_number", old)
    db.session.commit()
    office = visit(cast.officer)
    page = office.get(f"/students/edit/{cast.student.id}").text
    assert old not in page
    assert cast.student.id_number_masked in page
    form = record(cast.student, name="黄河清", id_number=number(9), student_no="A9")
    assert office.post(f"/students/edit/{cast.student.id}", data=form).status_code == 303
    student = fresh(cast.student)
    assert (student.name, student.id_number, student.student_no) == ("黄河清", number(9), "A9")
    assert account_for("A9", "10999").id == account_for(number(9)).id == user.id
    assert account_for(old) is None
    [row] = trail.of("student", student.id)
    assert row.details["changed"]["name"] == ["黄河水", "黄河清"]
    assert number(9) not in str(row.details)
    assert old not in str(row.details)
    assert "phone" not in row.details["changed"]
    assert db.session.query(Notice).filter_by(user_id=user.id).count() == 1


@pytest.mark.rule("ADM-02", "ACC-04", "ACC-03")
def test_a_changed_phone_tells_both_numbers_and_ends_sessions_and_codes(cast, visit):
    user, old = make.account(cast.student), cast.student.phone
    phone = visit(user)
    office = visit(cast.officer)
    url = f"/students/{cast.student.id}/phone"
    assert office.post(url, data={"phone": "13712345678", "reason": ""}).status_code == 422
    assert office.post(url, data={"phone": old, "reason": "x"}).status_code == 422
    taken = {"phone": cast.classmate.phone, "reason": "x"}
    assert office.post(url, data=taken).status_code == 422
    good = {"phone": "13712345678", "reason": "本人持身份证到场"}
    assert office.post(url, data=good).status_code == 303
    student = fresh(cast.student)
    assert (student.phone, student.verified_at) == ("13712345678", None)
    told = {m.address for m in db.session.query(Message).filter_by(channel="sms")}
    assert told == {old, "13712345678"}
    assert not db.session.query(AccountSession).filter_by(user_id=user.id).count()
    assert phone.get("/my/").location.endswith("/login/") or "/login/" in phone.get("/my/").location
    [row] = trail.of("student", student.id)
    assert (row.step, row.reason) == ("change_phone", "本人持身份证到场")
    assert "13712345678" not in str(row.details)
    assert account_for("13712345678").id == user.id


@pytest.mark.rule("ADM-02", "ACC-10")
def test_a_code_asked_for_before_the_phone_changed_is_worth_nothing(cast, visit):
    from app.accounts import one_time
    from app.core.errors import Invalid
    from app.people.students.workflow import change_phone

    user = make.account(cast.student)
    one_time.send(f"user:{user.id}", "password", "sms", cast.student.phone)
    code = re.search(r"\d{6}", db.session.query(Message).order_by(Message.id.desc()).first().body)
    change_phone(cast.student.id, "13712345678", make.actor(cast.officer), "换号")
    with pytest.raises(Invalid):
        one_time.check(f"user:{user.id}", "password", code.group())


@pytest.mark.rule("ADM-02", "ACC-04", "ACC-09")
def test_the_first_sign_in_begins_anew(cast, visit):
    user = make.account(cast.student)
    user.password = "x"
    db.session.commit()
    browser = visit(user)
    visit(cast.officer).post(
        f"/students/action/begin_anew/{cast.student.id}", data={"reason": "学生忘记了"}
    )
    assert "/login/" in browser.get("/my/").location
    user = db.session.get(AppUser, user.id, populate_existing=True)
    assert user.password is None
    assert fresh(cast.student).verified_at is None
    assert visit(user).get("/my/").location.endswith("/my/verify/")


@pytest.mark.rule("ADM-02", "ACC-01")
def test_a_reset_gives_an_account_to_who_had_none(cast):
    student = make.make_student(cast.college, account=False)
    db.session.commit()
    STUDENTS.perform("begin_anew", student.id, make.actor(cast.officer), reason="没有账号")
    assert make.account(student).password is None


@pytest.mark.rule("ADM-02")
def test_likely_duplicates_are_listed_within_the_school_only(cast, visit):
    twin = make.make_student(cast.college, "黄河水", student_no="T1")
    far = make.make_student(cast.far_college, "黄河水", student_no="T2")
    far.id_number = cast.student.id_number
    db.session.commit()
    office = visit(cast.officer)
    page = office.get("/students/list/?tab=twins").text
    assert ">T1<" in page
    assert ">A1<" in page
    assert ">T2<" not in page
    assert ">A2<" not in page
    assert f"/students/show/{twin.id}" in office.get(f"/students/show/{cast.student.id}").text
    other = visit(cast.other_officer).get("/students/list/?tab=twins").text
    assert ">T2<" not in other


@pytest.mark.rule("ADM-01", "ACC-02")
def test_a_class_is_found_by_its_name_within_the_scope(cast, visit):
    def classmate(college, name, of="计科23级3班"):
        student = make.make_student(college, name)
        student.class_name = of
        return student

    mine = [classmate(cast.college, f"同窗{n}") for n in range(2)]
    classmate(cast.college, "邻班人", "计科23级33班")
    classmate(cast.stranger.college, "外校人")
    db.session.commit()
    page = visit(cast.officer).get("/students/list/?q=计科23级3班").text
    assert all(student.name in page for student in mine)
    assert "邻班人" not in page
    assert "外校人" not in page
