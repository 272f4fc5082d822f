"""Told means told: whom an event reached, what pages say of it, who is told anew (NTF-05, INV-07)."""

from __future__ import annotations

import pytest

from app.batches.queries import ask
from app.batches.tasks import run
from app.core import mail
from app.core.db import db
from app.notices.fates import Fate
from app.notices.models import Notice
from app.notices.reached import after, after_each, lately, reach_of
from app.people.students.models import Student
from app.settings.queries import set_setting
from app.signing.invitations.models import Invitation
from app.signing.invitations.notices import reach_of_students
from app.signing.invitations.tasks import tell_students_anew
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make


def newcomer(college, *, email="", phone=True, name="") -> Student:
    """A student who has never signed in."""
    student = make.make_student(college, name, verified_at=None)
    student.email = email or None
    if not phone:
        student.phone = None
    make.account(student).email = email or f"{student.uid}@invalid"
    db.session.commit()
    return student


def messages(student) -> list[mail.Message]:
    mine = db.session.query(mail.Message).filter_by(user_id=make.account(student).id)
    return mine.order_by(mail.Message.id).all()


def fate(*letters) -> list[Fate]:
    db.session.expire_all()
    reached = reach_of_students(letters)
    return [reached[letter.id].fate for letter in letters]


def fails(message, problem: str) -> None:
    message.tries, message.problem = 1, problem
    db.session.commit()


@pytest.mark.rule("NTF-05", "INV-07")
def test_f22_who_has_no_mail_gets_the_first_letter_by_text_and_reads_how_to_sign_in(cast):
    student = newcomer(cast.college)
    assert not set_setting(cast.school.id, "sms_notices", False, None)
    make.invite(cast.employer, student)
    [text] = messages(student)
    assert (text.channel, text.address) == ("sms", student.phone)
    assert cast.employer.name in text.body
    assert "/first" in text.body
    assert "首次登录" in text.body


@pytest.mark.rule("NTF-05", "INV-07")
def test_a_mail_to_who_never_signed_in_says_how_and_no_text_goes_besides(cast):
    student = newcomer(cast.college, email="xin@example.com")
    make.invite(cast.employer, student)
    [letter] = messages(student)
    assert (letter.channel, "/first" in letter.body) == ("mail", True)
    make.account(student).login_count = 1
    make.invite(cast.rival, student)
    assert "/first" not in messages(student)[-1].body


@pytest.mark.rule("NTF-05")
def test_two_texts_a_day_whoever_invites_and_the_third_is_named_untold(cast):
    student = newcomer(cast.college)
    third = make.make_employer(cast.school)
    letters = [make.invite(who, student)[0] for who in (cast.employer, cast.rival, third)]
    assert [m.channel for m in messages(student)] == ["sms", "sms"]
    assert fate(*letters) == [Fate.UNDER_WAY, Fate.UNDER_WAY, Fate.UNTOLD]
    assert "两条短信" in reach_of_students(letters)[letters[2].id].label
    make.pass_time(days=1, hours=1)
    tell_students_anew.func()
    assert fate(letters[2]) == [Fate.UNDER_WAY]


@pytest.mark.rule("NTF-05")
def test_told_is_said_once_a_gateway_took_it_and_failed_with_its_reason_otherwise(cast):
    student = newcomer(cast.college)
    [letter] = make.invite(cast.employer, student)
    assert fate(letter) == [Fate.UNDER_WAY]
    [text] = messages(student)
    fails(text, "NotSent: isv.MOBILE_NUMBER_ILLEGAL: 号码有误")
    assert fate(letter) == [Fate.FAILED]
    assert "发送失败" in reach_of_students([letter])[letter.id].label
    assert "号码有误" in reach_of_students([letter])[letter.id].label
    make.sent()
    assert fate(letter) == [Fate.TOLD]
    assert reach_of_students([letter])[letter.id].label == "已通知（短信）"


@pytest.mark.rule("NTF-05")
def test_without_a_server_nothing_is_told(cast):
    student = newcomer(cast.college, email="xin@example.com")
    [letter] = make.invite(cast.employer, student)
    [message] = messages(student)
    message.sent_at, message.problem, message.tries = message.created_at, mail.KEPT, 1
    db.session.commit()
    assert fate(letter) == [Fate.FAILED]
    assert "未配置" in reach_of_students([letter])[letter.id].label


@pytest.mark.rule("NTF-05")
def test_whoever_read_it_was_told_whatever_the_messages_say(cast):
    student = newcomer(cast.college, phone=False)
    [letter] = make.invite(cast.employer, student)
    assert fate(letter) == [Fate.UNTOLD]
    letter.read_at = letter.sent_at
    db.session.commit()
    assert fate(letter) == [Fate.READ]


@pytest.mark.rule("NTF-05")
def test_an_address_entered_later_is_told_by_itself_and_once(cast):
    student = newcomer(cast.college, phone=False)
    [letter] = make.invite(cast.employer, student)
    assert not messages(student)
    tell_students_anew.func()
    assert not messages(student)
    student.email = make.account(student).email = "later@example.com"
    db.session.commit()
    assert tell_students_anew.func() == 1
    assert tell_students_anew.func() == 0
    [message] = messages(student)
    assert (message.address, fate(letter)) == ("later@example.com", [Fate.UNDER_WAY])


@pytest.mark.rule("NTF-05")
def test_a_letter_that_ended_is_told_to_nobody_anew(cast):
    student = newcomer(cast.college, phone=False)
    [letter] = make.invite(cast.employer, student)
    INVITATIONS.perform("withdraw", letter.id, make.actor(cast.employer))
    student.email = make.account(student).email = "later@example.com"
    db.session.commit()
    assert tell_students_anew.func() == 0


@pytest.mark.rule("NTF-05", "ACC-01")
def test_a_student_without_an_account_yet_gets_one_with_the_letter(cast):
    student = make.make_student(cast.college, account=False, verified_at=None)
    db.session.commit()
    [letter] = make.invite(cast.employer, student)
    assert fate(letter) == [Fate.UNDER_WAY]
    assert messages(student)[0].address == student.email


@pytest.mark.rule("NTF-05", "INV-18")
def test_the_employer_reads_after_sending_and_in_its_list_whom_nobody_could_tell(cast, visit):
    from tests.signing.invitations.test_letter_views import LETTER, SEND, batch_in, letter

    reached = newcomer(cast.college, email="xin@example.com", name="能通知")
    missed = newcomer(cast.college, phone=False, name="无联系方式")
    rows = [make.make_candidate(cast.employer, student) for student in (reached, missed)]
    db.session.commit()
    browser = visit(make.account(cast.employer))
    page = browser.post(LETTER, data=letter(rows)).text
    batch = batch_in(page)
    code = make.code_for(browser, f"{LETTER}code", letter(rows))
    data = letter(rows, batch=batch, code=code)
    page = browser.post(SEND, data=data, follow_redirects=True).text
    assert "有 1 名学生无法通知" in page
    assert "正在发送 1" in page
    assert "没有登记邮箱，也没有登记手机号" in page
    assert "已通知学生" not in page
    listed = browser.get("/employer/invitations/list/?tab=untold").text
    assert "无联系方式" in listed
    assert "能通知" not in listed
    invitation = db.session.query(Invitation).filter_by(student_id=missed.id).one()
    detail = browser.get(f"/employer/invitations/show/{invitation.id}").text
    assert "尚未通知" in detail
    assert "请打电话告知学生" in detail


@pytest.mark.rule("NTF-05", "AGR-14")
def test_the_office_finds_them_from_its_first_page_and_on_the_students_page(cast, visit):
    missed = newcomer(cast.college, phone=False, name="无联系方式")
    make.invite(cast.employer, missed, cast.student)
    office = visit(cast.officer)
    assert "收到邀约却无法通知的学生" in office.get("/office/").text
    listed = office.get("/invitations/list/?tab=untold").text
    assert "无联系方式" in listed
    assert cast.student.name not in listed
    page = office.get(f"/students/show/{missed.id}").text
    assert "任何通知和验证码都无法送达该生" in page
    assert "尚未通知：没有登记邮箱，也没有登记手机号" in page
    assert "无联系方式" in office.get("/students/list/?tab=unreachable").text


@pytest.mark.rule("NTF-05")
def test_a_decision_says_whom_it_reached_and_who_has_no_account(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.account(cast.student).email = "x@invalid"
    db.session.commit()
    PLACEMENTS.perform("refuse", placement.id, make.actor(cast.officer), reason="材料不全")
    said = after("placement", placement.id, "refuse", cast.officer.id)
    assert f"正在通知：{cast.employer.name}。" in said
    assert f"{cast.student.name}：尚未通知：没有登记邮箱，学校也未开启此类短信通知。" in said


@pytest.mark.rule("NTF-05")
def test_a_party_without_an_account_is_named_as_untold(cast):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.account(cast.employer).active = False
    db.session.commit()
    PLACEMENTS.perform("refuse", placement.id, make.actor(cast.officer), reason="材料不全")
    said = after("placement", placement.id, "refuse", cast.officer.id)
    assert said == f"正在通知：{cast.student.name}。 用人单位：尚未通知：在本平台没有账号。"


@pytest.mark.rule("NTF-05", "BLK-04")
def test_a_batch_counts_who_is_told_and_lists_who_is_not(cast, visit):
    students = [newcomer(cast.college, email=f"n{n}@example.com") for n in range(3)]
    missed = newcomer(cast.college, phone=False, name="无联系方式")
    for student in (*students, missed):
        student.origin_state = "entered"
    db.session.commit()
    rows = [(s.id, s.name, "") for s in (*students, missed)]
    batch = ask(make.actor(cast.officer), "student", "approve_record", rows)
    run.func(batch.id)
    page = visit(cast.officer).get(f"/batches/{batch.uid}").text
    import re

    print(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))[:3000])
    assert "正在发送 3、尚未通知 1" in page
    assert "尚未通知及原因" in page
    make.sent()
    assert "已通知 3、尚未通知 1" in visit(cast.officer).get(f"/batches/{batch.uid}").text


@pytest.mark.rule("NTF-05")
def test_no_step_of_any_workflow_says_that_somebody_was_told():
    from app.core.registry import stores

    false = {
        f"{flow.kind}.{step.name}"
        for flow in stores().workflows.values()
        for step in flow.steps
        if "told" in str(getattr(step.done, "_args", [step.done])[0])
        and step.name != "undo"
        and "you will be told" not in str(getattr(step.done, "_args", [step.done])[0])
    }
    assert not false


@pytest.mark.rule("NTF-05")
def test_what_was_told_lately_stands_newest_first_for_one_account_only(cast):
    make.invite(cast.employer, cast.student, cast.classmate)
    rows = lately(make.account(cast.student).id)
    assert [reach.user_id for _notice, reach in rows] == [make.account(cast.student).id]
    assert db.session.query(Notice).count() > 1


@pytest.mark.rule("NTF-05")
def test_whom_a_batch_of_very_many_reached_is_read_with_a_few_parameters(session):
    """One for each record would be more than the database takes, and seconds of work long before."""
    many = [f"student:{n}:approve_record:2026-11-30" for n in range(70_000)]
    assert reach_of(many) == {}
    assert after_each("student", range(1_000_000, 1_070_000), "approve_record", None) == {}
