"""Students who are brought by a file get an account and pass the first sign-in (ACC-01, ACC-03, ACC-04)."""

from __future__ import annotations

import re

import pytest

from app.accounts.identifiers import account_for, identify
from app.accounts.models import AppUser, Identifier
from app.core.db import db
from app.core.mail import Message
from app.people.students import effects, tasks
from app.people.students.models import Student
from app.people.students.workflow import STUDENTS
from tests import factories as make
from tests.files.imports.books import good_row, number, xlsx


@pytest.fixture
def imported(bring, apply, cast):
    """Two new students by a file, their accounts opened by the worker."""
    record = apply(bring(xlsx([good_row(1), good_row(2)])))
    tasks.open_accounts.func(cast.school.id)
    return record


def student(no):
    return db.session.query(Student).filter_by(student_no=no).one_or_none()


@pytest.mark.rule("ACC-01", "ACC-03", "BLK-01")
def test_an_imported_student_has_an_account_without_a_password(imported, cast):
    user = db.session.query(AppUser).filter_by(student_id=student("2023000001").id).one()
    assert (user.password, user.role, user.school_id) == (None, "student", cast.school.id)
    for typed, school in (("2023000001", "10999"), (number(1), ""), ("13900000001", "")):
        assert account_for(typed, school).id == user.id
    assert account_for("2023000001", "10998") is None
    assert not db.session.query(Message).filter_by(user_id=user.id).count()


@pytest.mark.rule("ACC-03", "ACC-04", "ACC-09")
def test_an_imported_student_sets_a_password_by_code_and_sees_the_first_page_only(imported, client):
    page = client.post("/password/forgotten", data={"who": "2023000001", "school": "10999"})
    assert page.status_code == 302
    make.worker_answers_resets()
    newest = db.session.query(Message).order_by(Message.id.desc()).first()
    assert newest.address == "13900000001"
    code = re.search(r"\d{6}", newest.body).group()
    new = {"code": code, "password": "Wind-over-lake-3", "again": "Wind-over-lake-3"}
    assert client.post("/password/reset", data=new).status_code == 302
    again = {"who": "2023000001", "school": "10999", "password": "Wind-over-lake-3"}
    assert client.post("/login/", data=again).status_code == 302
    for page in ("/my/", "/my/invitations/list/", "/my/profile/"):
        assert client.get(page).location.endswith("/my/verify/")


@pytest.mark.rule("ACC-09")
def test_nobody_signs_in_to_an_account_without_a_password(imported, client):
    for password in ("x", "None", "2023000001"):
        data = {"who": "2023000001", "school": "10999", "password": password}
        assert client.post("/login/", data=data).status_code == 422


@pytest.mark.rule("ACC-01")
def test_opening_twice_opens_once_and_a_number_of_another_stays_with_its_owner(
    imported,
    bring,
    apply,
    cast,
):
    assert tasks.open_accounts.func(cast.school.id) == 0
    owner = make.account(cast.stranger)  # of another school
    identify(owner, "phone", cast.stranger.phone)
    apply(bring(xlsx([good_row(3, 手机号=cast.stranger.phone)])))
    assert tasks.open_all_accounts.func() == 1
    assert account_for(cast.stranger.phone).id == owner.id
    assert account_for("2023000003", "10999").student_id == student("2023000003").id


@pytest.mark.rule("BLK-01", "ACC-01")
def test_undoing_the_import_takes_unused_accounts_away(imported, apply):
    users = db.session.query(AppUser.id).filter(AppUser.username.like("10999-2023%")).all()
    assert len(users) == 2
    assert apply(imported, "undo").state == "undone"
    assert student("2023000001") is None
    ids = [row.id for row in users]
    assert not db.session.query(AppUser).filter(AppUser.id.in_(ids)).count()
    assert not db.session.query(Identifier).filter(Identifier.user_id.in_(ids)).count()


@pytest.mark.rule("BLK-01")
def test_an_import_whose_student_has_set_a_password_is_not_undone(imported, apply):
    db.session.query(AppUser).filter_by(student_id=student("2023000001").id).one().password = "x"
    db.session.commit()
    assert apply(imported, "undo").state == "applied"
    assert student("2023000002") is not None
    left = db.session.query(AppUser).filter(AppUser.username.like("10999-2023%")).count()
    assert left == 2


@pytest.mark.rule("ADM-02", "ACC-04")
def test_a_phone_changed_by_a_file_is_told_to_both_numbers_and_is_to_be_confirmed(
    bring, apply, cast, visit
):
    user, old = make.account(cast.classmate), cast.classmate.phone
    browser = visit(user)
    apply(bring(xlsx([good_row(2, 学号="A2", 姓名="李静", 手机号="13712345678")])))
    assert "/login/" in browser.get("/my/").location
    told = {m.address for m in db.session.query(Message).filter_by(channel="sms")}
    assert told == {old, "13712345678"}
    db.session.expire_all()
    assert student("A2").verified_at is None


@pytest.mark.rule("ACC-01", "ACC-03")
def test_a_number_entered_wrongly_and_corrected_keeps_nobody_from_an_account(cast):
    first = make.make_student(cast.college, student_no="9001", account=False)
    db.session.flush()
    effects.open_accounts("s.id = :id", id=first.id)
    db.session.commit()
    STUDENTS.perform("correct", first.id, make.actor(cast.officer), values={"student_no": "9002"})
    assert make.account(first).username == "10999-9002"
    second = make.make_student(cast.college, student_no="9001", account=False)
    second.id_number = second.phone = None
    # a name from before names followed: it is taken still
    make.account(cast.classmate).username = "10999-9001"
    db.session.flush()
    assert effects.open_accounts("s.id = :id", id=second.id) == 1
    db.session.commit()
    assert make.account(second).username == f"10999-9001-{second.id}"
    assert account_for("9001", "10999").id == make.account(second).id
    STUDENTS.perform("correct", first.id, make.actor(cast.officer), values={"student_no": "A2X"})
    make.account(cast.classmate).username = "10999-9003"
    db.session.commit()
    STUDENTS.perform("correct", first.id, make.actor(cast.officer), values={"student_no": "9003"})
    assert make.account(first).username == f"10999-9003-{first.id}"
