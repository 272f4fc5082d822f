"""E-mails that the school enters: a way to tell, and no way to take an account over (ACC-15, INV-07)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts import contacts, holds
from app.accounts.contact_models import ContactChange
from app.accounts.identifiers import account_for
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.mail import Message
from app.people.contacts.workflow import undo
from app.people.students.effects import open_accounts
from app.people.students.first_sign_in import verify
from app.people.students.models import Student
from app.people.students.workflow import change_mail, change_phone, correct, enter
from app.workflow import trail
from tests import factories as make
from tests.files.imports.books import HEADS, good_row, xlsx

NEW = "new@example.com"


def unused(college, email="") -> Student:
    student = make.make_student(college, verified_at=None)
    student.email = email or None
    make.account(student).email = email or f"{student.uid}@invalid"
    db.session.commit()
    return student


def changes(student) -> list[ContactChange]:
    mine = db.session.query(ContactChange).filter_by(user_id=make.account(student).id)
    return mine.filter(ContactChange.channel == "mail").order_by(ContactChange.id).all()


def told_at(address: str) -> int:
    return sum(m.address == address for m in db.session.query(Message))


@pytest.mark.rule("ACC-15", "ADM-02")
def test_a_first_mail_is_not_held_and_stands_in_the_trail(cast):
    student = unused(cast.college)
    correct(student, {"email": NEW}, make.actor(cast.officer))
    assert make.account(student).email == student.email == NEW
    assert contacts.hold_of(make.account(student), clock.now()) is None
    assert account_for(NEW).id == make.account(student).id
    row = trail.of("student", student.id)[-1]
    assert row.details["changed"]["email"][1].startswith("n")
    assert NEW not in str(row.details)
    [change] = changes(student)
    assert (change.source, change.held_until) == ("staff", None)


@pytest.mark.rule("ACC-15")
@pytest.mark.parametrize("why", ["on record", "in use"])
def test_another_mail_is_written_on_its_own_page_only(cast, why):
    student = unused(cast.college, "old@example.com" if why == "on record" else "")
    if why == "in use":
        make.account(student).login_count = 1
        db.session.commit()
    with pytest.raises(Invalid) as refused:
        correct(student, {"email": NEW}, make.actor(cast.officer))
    assert "email" in dict(refused.value.problems)


@pytest.mark.rule("ACC-15")
def test_a_changed_mail_is_told_to_old_new_and_phone_and_held(cast):
    student, officer = cast.student, make.actor(cast.officer)
    old = student.email
    change_mail(student.id, NEW, officer, "本人要求")
    assert told_at(old) == told_at(NEW) == 1
    assert told_at(student.phone) == 1
    hold = contacts.hold_of(make.account(student), clock.now())
    assert hold.held_until - clock.now() > timedelta(hours=71)
    with pytest.raises(Refused):
        make.accept(make.invite(cast.employer, student)[0])
    ways = {(way.name, way.address) for way in holds.ways(hold, make.account(student))}
    assert ways == {("mail", old), ("old_phone", student.phone)}
    undo(hold, make.actor(cast.province), "非本人")
    assert make.account(student).email == student.email == old
    assert account_for(NEW) is None


@pytest.mark.rule("ACC-15")
def test_a_mail_that_only_the_school_stands_for_confirms_no_changed_phone(cast):
    """He enters his own address as the first mail, then his own phone, and confirms by the mail."""
    student, officer = unused(cast.college), make.actor(cast.officer)
    correct(student, {"email": "thief@example.com"}, officer)
    make.pass_time(days=1)
    change_phone(student.id, "13700009999", officer, "换号")
    [hold] = contacts.holds_of(make.account(student).id, clock.now())
    assert "thief@example.com" not in {w.address for w in holds.ways(hold, make.account(student))}


@pytest.mark.rule("ACC-15")
def test_a_held_mail_confirms_no_phone_either(cast):
    student, officer = cast.student, make.actor(cast.officer)
    old = student.email
    change_mail(student.id, "thief@example.com", officer, "本人要求")
    make.pass_time(hours=1)
    change_phone(student.id, "13700009999", officer, "换号")
    for hold in contacts.holds_of(make.account(student).id, clock.now()):
        found = {way.address for way in holds.ways(hold, make.account(student))}
        assert not found & {"thief@example.com", "13700009999"}, hold.channel
    assert old


@pytest.mark.rule("ACC-15")
def test_no_mail_is_changed_while_a_changed_phone_is_held(cast):
    change_phone(cast.student.id, "13700009999", make.actor(cast.officer), "换号")
    with pytest.raises(Refused):
        change_mail(cast.student.id, NEW, make.actor(cast.officer), "本人要求")


@pytest.mark.rule("ACC-15", "ACC-04")
def test_kept_at_the_first_sign_in_it_is_the_students_own(cast, app):
    student, officer = unused(cast.college), make.actor(cast.officer)
    correct(student, {"email": NEW}, officer)
    user = make.account(student)
    with app.test_request_context():
        verify(student, user, {"email": NEW, "address": "武汉市"}, "", campus=True)
    make.pass_time(days=1)
    change_phone(student.id, "13700009999", officer, "换号")
    [hold] = [h for h in contacts.holds_of(user.id, clock.now()) if h.channel == "sms"]
    assert NEW in {way.address for way in holds.ways(hold, user)}


@pytest.mark.rule("ADM-02", "ACC-01")
def test_entered_with_a_mail_the_account_has_it_and_another_account_keeps_its_own(cast):
    values = {
        "student_no": "2023999001",
        "name": "新同学",
        "major_id": cast.student.major_id,
        "graduation_year": 2027,
        "education": "31",
        "training_mode": "1",
        "sex": "1",
        "id_number": make.id_number(700_001),
        "class_name": "",
    }
    student = enter(cast.school.id, values | {"email": NEW}, make.actor(cast.officer))
    assert make.account(student).email == NEW
    assert trail.of("student", student.id)[0].details["changed"]["email"]
    more = {"student_no": "2023999002", "id_number": make.id_number(700_002)}
    for taken in (NEW, NEW.upper(), make.account(cast.employer).email):
        with pytest.raises(Invalid) as refused:
            enter(cast.school.id, values | more | {"email": taken}, make.actor(cast.officer))
        assert "email" in dict(refused.value.problems)


def book(*rows) -> bytes:
    return xlsx(rows, [*HEADS, "电子邮箱"])


@pytest.mark.rule("BLK-01", "INV-07")
def test_a_file_brings_mails_and_the_accounts_have_them(cast, bring, apply):
    record = bring(book(good_row(1, 电子邮箱="Ａ.Ｂ@Example.com "), good_row(2)))
    assert record.faulty == 0, record.details
    apply(record)
    open_accounts("s.school_id = :school", school=cast.school.id, most=100)
    student = db.session.query(Student).filter_by(email="A.B@example.com").one()
    assert make.account(student).email == "A.B@example.com"
    assert account_for("a.b@example.com").id == make.account(student).id
