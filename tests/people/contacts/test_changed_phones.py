"""A phone that the office changed answers for nothing for 72 hours; everybody concerned is told (ACC-15)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.accounts import contacts, holds
from app.accounts.log_models import SecurityEvent
from app.core import clock
from app.core.db import db
from app.signing.disputes.links import press
from app.signing.disputes.models import Dispute
from app.signing.disputes.workflow import DISPUTES
from app.workflow import trail
from app.workflow.actor import Role
from tests import factories as make
from tests.files.imports.books import good_row, xlsx
from tests.people.contacts.thief import (
    THIEF,
    THIEF_MAIL,
    changed,
    code_at,
    fresh,
    last_message,
    no_act,
    told,
)
from tests.signing.disputes.told import last_token


@pytest.mark.rule("ACC-15", "ACC-04", "ADM-02")
def test_s04_a_phone_changed_by_form_reads_and_signs_nothing_for_72_hours(
    cast, victim, letter, thief, visit
):
    phone, email, before = victim.phone, victim.email, last_message()
    changed(visit(cast.officer), victim)
    for address in (phone, email, THIEF):
        assert told(address, before), address
    assert thief.signs_in("A1") is False  # the code for a new password went to the old phone
    assert "000000" not in code_at(phone)
    make.account(victim).password = None
    db.session.commit()
    assert thief.signs_in("A1")  # an account never used sets its first password, and reads
    thief.passes_first_page()
    assert fresh(victim).email == make.account(victim).email == email
    page = thief.client.get(f"/my/invitations/{letter.id}").text
    assert "原手机号" in page
    assert clock.local(clock.now() + timedelta(hours=70)).strftime("%Y-%m-%d") in page
    thief.accepts(letter)
    no_act(victim)
    thief.client.post(f"/my/answer/{letter.id}/decline", data={"reason": "不去"})
    assert fresh(letter).state == "open"
    assert db.session.query(SecurityEvent).filter_by(event="phone_changed").count() == 1


@pytest.mark.rule("ACC-15")
def test_s04_a_phone_changed_twice_answers_for_nothing(cast, victim, letter, thief, visit):
    """The first phone of his own shall say yes to the second, or get the code for a new password."""
    office, user, phone = visit(cast.officer), make.account(victim), victim.phone
    user.email = f"{victim.uid}@invalid"
    db.session.commit()
    changed(office, victim)
    changed(office, victim, "13700008888")
    assert fresh(victim).phone == "13700008888"
    [second, first] = sorted(contacts.holds_of(user.id, clock.now()), key=lambda r: -r.id)
    assert [w.address for row in (second, first) for w in holds.ways(row, user)] == [phone, phone]
    before = last_message()
    assert not thief.signs_in("A1", THIEF)
    assert [b for b in told(phone, before) if re.search(r"\b\d{6}\b", b)]
    assert not told(THIEF, before)
    assert not told("13700008888", before)


@pytest.mark.rule("ACC-15", "INV-20")
def test_a_disowned_phone_answers_for_nothing_once_it_is_put_right(cast, victim, visit):
    """A thief's phone, disowned and replaced, would else get the codes of the phone that was put right."""
    user, phone = make.account(victim), victim.phone
    office = visit(cast.officer)
    changed(office, victim)
    press(last_token(user), "203.0.113.9")
    [found] = db.session.query(Dispute).all()
    second = make.make_user(Role.SCHOOL, "officer9", name="钱老师", school_id=cast.school.id)
    DISPUTES.perform("uphold", found.id, make.actor(second), reason="手机号为他人所有")
    changed(visit(second), victim, phone)
    DISPUTES.perform("clear", found.id, make.actor(cast.province), reason="已当面核实")
    db.session.expire_all()
    user.password = "x"
    db.session.commit()
    [held] = contacts.holds_of(user.id, clock.now())
    assert THIEF not in [way.address for way in holds.ways(held, user)]
    assert holds.for_reset(user, ("sms", phone)) == ("sms", phone)


@pytest.mark.rule("ACC-15")
@pytest.mark.parametrize("order", ["phone, then reset", "reset, then phone"])
def test_s04_a_sign_in_is_never_reset_in_the_same_breath_as_the_phone_changes(
    cast, victim, visit, order
):
    office, user = visit(cast.officer), make.account(victim)
    reset = lambda: office.post(f"/students/action/begin_anew/{victim.id}", data={"reason": "x"})  # noqa: E731
    steps = [lambda: changed(office, victim), reset]
    for step in steps if order.startswith("phone") else reversed(steps):
        step()
    db.session.expire_all()
    done = [row.step for row in trail.of("student", victim.id)]
    assert done == (["change_phone"] if order.startswith("phone") else ["begin_anew"])
    assert (user.password is None) == order.startswith("reset")
    assert contacts.hold_of(user, clock.now()) is not None


@pytest.mark.rule("ACC-15")
def test_a_reset_first_sign_in_is_told_to_every_contact_and_held(cast, victim, letter, visit):
    phone, email, before = victim.phone, victim.email, last_message()
    visit(cast.officer).post(f"/students/action/begin_anew/{victim.id}", data={"reason": "忘记"})
    assert told(phone, before)
    assert told(email, before)
    user = make.account(victim)
    row = contacts.hold_of(user, clock.now())
    assert row.channel == "reset"
    assert [way.name for way in holds.ways(row, user)] == ["old_phone", "mail"]
    victim.verified_at = clock.now()
    db.session.commit()
    page = visit(user).get(f"/my/invitations/{letter.id}").text
    assert "重置" in page


@pytest.mark.rule("ACC-15", "BLK-03")
def test_s04_a_file_tells_holds_and_traces_each_and_its_undo_ends_what_was_opened(
    cast,
    victim,
    letter,
    thief,
    visit,
    bring,
    apply,
):
    user, phone, email = make.account(victim), victim.phone, victim.email
    user.password = None
    second = make.account(cast.classmate)
    before = last_message()
    rows = [
        good_row(1, 学号="A1", 姓名=victim.name, 手机号=THIEF),
        good_row(2, 学号="A2", 姓名=cast.classmate.name, 手机号="13700007777"),
    ]
    record = apply(bring(xlsx(rows)))
    for address in (phone, email, cast.classmate.email):
        assert told(address, before), address
    [line] = [r for r in trail.of("student", victim.id) if r.step == "change_phone"]
    assert (line.actor_id, line.details["import"]) == (cast.officer.id, record.id)
    assert THIEF not in str(line.details)
    assert len([r for r in trail.of("student", cast.classmate.id) if r.step == "change_phone"]) == 1
    assert contacts.hold_of(second, clock.now()).source == "file"
    assert thief.signs_in("A1")
    thief.passes_first_page()
    thief.accepts(letter)
    no_act(victim)
    before = last_message()
    assert apply(record, "undo").state == "undone"
    db.session.expire_all()
    assert (victim.phone, victim.verified_at, user.password) == (phone, None, None)
    assert "/login/" in thief.client.get("/my/").location
    assert contacts.hold_of(user, clock.now()) is None
    for address in (phone, email, THIEF):
        assert told(address, before), address
    assert trail.of("student", victim.id)[-1].step == "undo_contact_office"


@pytest.mark.rule("ACC-15")
def test_a_first_mail_that_came_through_the_held_phone_goes_with_the_undone_change(
    cast, thief, visit
):
    newcomer = make.make_student(cast.college, account=False, verified_at=None)
    newcomer.email = None
    db.session.commit()
    office = visit(cast.officer)
    changed(office, newcomer)
    assert thief.signs_in(newcomer.student_no)
    thief.passes_first_page()
    user = make.account(newcomer)
    assert user.email == THIEF_MAIL
    row = contacts.hold_of(user, clock.now())
    assert [way.address for way in holds.ways(row, user)] == [
        row.old
    ]  # his mail does not speak for him
    office.post(
        "/sign-in-changes/action_post",
        data={"action": "undo_change", "rowid": [row.id], "reason": "不是本人"},
    )
    db.session.expire_all()
    assert (newcomer.email, newcomer.phone, user.password) == (None, row.old, None)
    assert user.email.endswith("@invalid")
    assert thief.client.get("/my/").status_code == 302


@pytest.mark.rule("ACC-15")
def test_where_nobody_could_be_told_the_office_reads_so_and_the_hold_stands(cast, visit):
    bare = make.make_student(cast.college, account=False)
    bare.phone = bare.email = None
    db.session.commit()
    office = visit(cast.officer)
    changed(office, bare, "13700005555")
    page = office.get(f"/students/show/{bare.id}").text
    assert "没有人可以通知" in page
    row = contacts.hold_of(make.account(bare), clock.now())
    assert (row.old, row.new, row.told) == (None, "13700005555", 0)


@pytest.mark.rule("ACC-15")
def test_the_office_and_the_student_see_what_was_changed(cast, victim, visit):
    changed(visit(cast.officer), victim, reason="本人持身份证到场")
    page = visit(cast.officer).get(f"/students/show/{victim.id}").text
    assert "本人持身份证到场" in page
    assert "限制至" in page
    victim.verified_at = clock.now()
    db.session.commit()
    mine = visit(make.account(victim))
    assert "原手机号" in mine.get("/my/").text
    assert "本人持身份证到场" in mine.get("/me/sign-in/").text


@pytest.mark.rule("ACC-15", "ADM-06")
def test_an_employers_telephone_corrected_by_staff_is_told_and_held(cast, visit):
    employer, user = cast.employer, make.account(cast.employer)
    office = visit(cast.officer)
    form = {
        name: getattr(employer, name) or ""
        for name in (
            "credit_code",
            "name",
            "kind",
            "industry",
            "address",
            "postcode",
            "contact_name",
            "email",
        )
    }
    before = last_message()
    sent = form | {"contact_phone": THIEF, "location": "420111", "location_code": "420111"}
    assert office.post(f"/employers/edit/{employer.id}", data=sent).status_code in (302, 303)
    assert fresh(employer).contact_phone == THIEF
    assert told(user.email, before)
    assert contacts.hold_of(user, clock.now()).old == "13800000000"
    result = make.send(
        [make.make_candidate(employer, cast.student)], make.offer(), make.actor(employer), "b" * 32
    )
    assert result.refused
    assert not result.made
    assert "学校更改了本账号的手机号" in visit(user).get("/employer/").text
