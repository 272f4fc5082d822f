"""«This was not me»: what the link freezes, what a frozen account cannot do, who clears it."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from app.accounts import (
    acts,
    freezing,
    living_sessions,
    one_time,
    own_contacts,
    passwords,
    resetting,
    sessions,
    workflow,
)
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import changed, hold_of, note_change
from app.accounts.models import AccountSession
from app.accounts.queries import actor_of
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.mail import Message
from app.notices.models import Notice
from app.people.staff.workflow import STAFF_REQUESTS, forget_password
from app.people.students.workflow import STUDENTS
from app.signing.disputes.links import press
from app.signing.disputes.models import Dispute
from app.signing.disputes.workflow import DISPUTES
from app.signing.objections.models import Objection
from app.signing.objections.workflow import OBJECTIONS
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.workflow import TERMINATIONS
from app.wiring import WORKFLOWS
from app.workflow.actor import PARTIES, Role
from app.workflow.engine import committed
from app.workflow.models import Trail
from tests import factories as make
from tests.signing.disputes.told import last_token, start_anew, tokens_of, warnings_of


@pytest.fixture
def second(cast):
    """Another officer of the school, who had no hand in anything."""
    return make.make_user(Role.SCHOOL, "officer9", name="钱老师", school_id=cast.school.id)


def pressed(token: str):
    return press(token, "203.0.113.9")


def dispute(user) -> Dispute:
    db.session.expire_all()
    return db.session.query(Dispute).filter_by(user_id=user.id).order_by(Dispute.id.desc()).first()


def told(user) -> list[str]:
    return [n.subject for n in db.session.query(Notice).filter_by(user_id=user.id)]


# -- a message about a record ------------------------------------------------------------------


@pytest.mark.rule("INV-20", "ACC-15")
def test_a_disowned_acceptance_rests_without_signing_in_until_the_school_answers(cast):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    user = make.account(cast.student)
    assert pressed(last_token(user)).stage == "done"
    [found] = db.session.query(Objection).all()
    assert (found.placement_id, found.reporter, found.way) == (placement.id, "student", "link")
    assert placement.frozen
    row = db.session.query(Trail).filter_by(kind="objection", step="disown").one()
    assert (row.actor_id, row.factor) == (user.id, "link")
    with pytest.raises(Refused, match="不属实"):
        make.attest(placement, cast.officer)
    for office in (cast.officer, cast.province):
        assert any("这不是我" in subject for subject in told(office))
    assert user.frozen_at is None  # an act on a record leaves the account alone
    OBJECTIONS.perform("uphold", found.id, make.actor(cast.officer), reason="核实为他人代签")
    assert placement.state == "refused"


@pytest.mark.rule("INV-20")
@pytest.mark.parametrize("act", ["apply", "agree"])
def test_a_disowned_termination_rests_and_the_signing_stays_when_the_school_confirms(cast, act):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    running = make.terminate(placement, None if act == "apply" else cast.employer)
    if act == "agree":
        TERMINATIONS.perform("agree", running.id, make.actor(cast.student), agreed=True)
        with pytest.raises(NotYours):
            TERMINATIONS.perform("approve", running.id, make.actor(cast.other_officer))
    pressed(last_token(make.account(cast.student)))
    assert placement.frozen
    step, who = ("agree", cast.employer) if act == "apply" else ("approve", cast.officer)
    with pytest.raises(Refused, match="不属实"):
        TERMINATIONS.perform(step, running.id, make.actor(who), agreed=True)
    [found] = db.session.query(Objection).all()
    OBJECTIONS.perform("uphold", found.id, make.actor(cast.officer), reason="并非本人申请")
    assert (placement.state, placement.frozen, running.state) == ("in_force", False, "closed")


@pytest.mark.rule("INV-20")
def test_an_employer_disowns_its_own_act_likewise(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    make.attest(placement, cast.officer)
    make.terminate(placement, cast.employer)
    pressed(last_token(make.account(cast.employer)))
    [found] = db.session.query(Objection).all()
    assert (found.reporter, placement.frozen) == ("employer", True)
    assert any("暂停办理" in subject for subject in told(make.account(cast.student)))
    page = (
        visit(make.account(cast.student)).get(f"/my/signings/{placement.id}").get_data(as_text=True)
    )
    assert "用人单位反映“这不是我”" in page
    assert "你已反映" not in page
    OBJECTIONS.perform("dismiss", found.id, make.actor(cast.officer), reason="已与单位核实")
    assert not placement.frozen


@pytest.mark.rule("INV-20", "NTF-02")
def test_pressed_twice_or_on_two_phones_it_is_one_report(cast):
    make.accept(make.invite(cast.employer, cast.student)[0])
    for token in tokens_of(warnings_of(make.account(cast.student))[-1]) * 2:
        assert pressed(token).stage == "done"
    assert db.session.query(Objection).count() == 1
    assert db.session.query(Dispute).count() == 0


@pytest.mark.rule("INV-20")
def test_a_replay_after_the_schools_answer_freezes_nothing_anew(cast):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    token = last_token(make.account(cast.student))
    pressed(token)
    [found] = db.session.query(Objection).all()
    OBJECTIONS.perform("dismiss", found.id, make.actor(cast.officer), reason="已当面核实")
    assert pressed(token).stage == "done"
    assert not placement.frozen
    assert db.session.query(Objection).count() == 1


@pytest.mark.rule("INV-20")
def test_what_has_ended_already_leaves_the_account_to_be_frozen(cast):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    user = make.account(cast.student)
    token = last_token(user)
    PLACEMENTS.perform("refuse", placement.id, make.actor(cast.officer), reason="材料有误")
    pressed(token)
    db.session.expire_all()
    assert user.frozen_at is not None
    assert dispute(user).state == "open"


# -- a message about the account ---------------------------------------------------------------


@pytest.mark.rule("INV-20", "ACC-15")
def test_a_disowned_reset_freezes_the_account_its_sessions_codes_and_password(cast, visit):
    user = make.account(cast.student)
    browser = visit(user)
    assert browser.get("/my/profile/").status_code == 200
    one_time.send(f"user:{user.id}", "password", mail.SMS, cast.student.phone)
    code = db.session.query(Message).order_by(Message.id.desc()).first().code
    warning = start_anew(cast.student, cast.officer)
    user.password = passwords.hashed(make.PASSWORD)  # the thief's, set since
    db.session.commit()
    with pytest.raises(Invalid):
        workflow.signed_in(user.username, "", "wrong", "1.1.1.1")
    pressed(tokens_of(warning)[0])
    db.session.expire_all()
    assert user.frozen_at is not None
    assert db.session.query(AccountSession).filter_by(user_id=user.id).count() == 0
    assert browser.get("/my/profile/").status_code == 302
    with pytest.raises(Refused, match="冻结"):  # whoever knows the password reads why
        workflow.signed_in(user.username, "", make.PASSWORD, "1.1.1.1")
    with pytest.raises(Invalid, match="账号或密码"):  # a stranger does not
        workflow.signed_in(user.username, "", "wrong", "1.1.1.1")
    with pytest.raises(Invalid):
        resetting.reset(user, code, "Another-horse-9", "Another-horse-9")
    before = db.session.query(Message).count()
    resetting.send_reset(user)
    last = db.session.query(Message).order_by(Message.id.desc()).first()
    assert db.session.query(Message).count() == before + 1
    assert "冻结" in last.body
    assert not last.code


@pytest.mark.rule("INV-20")
def test_no_way_in_signs_a_frozen_account_in(app, cast):
    user = make.account(cast.student)
    freezing.freeze(user.id)
    db.session.commit()
    with app.test_request_context():
        for way in ("password", "oidc:campus", "cas", "ldap", "demo"):
            with pytest.raises(Refused, match="冻结"):
                sessions.sign_in(user, way=way)
        secret = living_sessions.open_session(
            user
        )  # whoever writes a row by another way is not let in
        db.session.commit()
        assert living_sessions.session_user(secret) is None


def _acts() -> list:
    return [
        (flow, step, role)
        for flow in WORKFLOWS
        for step in flow.steps
        for role in step.roles
        if role in PARTIES
    ]


@pytest.mark.rule("INV-20", "ACC-10", "ACC-15")
@pytest.mark.parametrize(
    ("flow", "step", "role"),
    _acts(),
    ids=lambda value: getattr(value, "kind", None) or getattr(value, "name", None) or value,
)
def test_a_frozen_account_takes_none_of_its_steps(cast, flow, step, role):
    """Generic over every table: the sentence comes before every other rule, inner steps too."""
    record = cast.student if role is Role.STUDENT else cast.employer
    user = make.account(record)
    freezing.freeze(user.id)
    db.session.commit()
    who = make.actor(record)
    about = flow.model()
    if step.frozen_too:
        assert (flow.kind, step.name) == ("objection", "disown")  # it only stops things
        return
    assert "冻结" in flow.why_not(step.name, about, who, clock.now())
    with pytest.raises(Refused, match="冻结"):
        if step.sources:
            about.state = step.sources[0]
            flow._run(_change(about, step, who, about.state))
        else:
            flow._run(_change(about, step, who, None))


def _change(record, step, who, source):
    from app.workflow.steps import Change

    return Change(record, step, who, clock.now(), "x", {"agreed": True}, source=source)


@pytest.mark.rule("INV-20", "ACC-10")
def test_a_frozen_student_gets_no_code_and_uses_none(cast):
    from app.signing.invitations.workflow import INVITATIONS

    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    user = make.account(cast.student)
    acts.ask(INVITATIONS, "accept", letter.id, user)
    code = db.session.query(Message).order_by(Message.id.desc()).first().code
    freezing.freeze(user.id)
    db.session.commit()
    who = acts.prove(INVITATIONS, "accept", letter.id, user, code)
    with pytest.raises(Refused, match="冻结"):
        INVITATIONS.perform("accept", letter.id, who, agreed=True)
    with pytest.raises(Refused, match="冻结"):
        acts.ask(INVITATIONS, "accept", letter.id, user)


@pytest.mark.rule("ACC-15")
def test_a_disputed_phone_is_not_confirmed_meanwhile(cast):
    user = make.account(cast.student)
    STUDENTS.perform(
        "change_phone",
        cast.student.id,
        make.actor(cast.officer),
        reason="换号",
        phone="13700000001",
    )
    pressed(last_token(user))
    db.session.expire_all()
    [change] = db.session.query(ContactChange).all()
    assert change.disputed_at is not None
    make.pass_time(hours=80)
    assert hold_of(user, clock.now()) == change  # its time does not run out while it is disputed
    change.confirmed_at, change.confirmed_by = clock.now(), "second_person"
    with pytest.raises(IntegrityError, match="disputed"):
        db.session.flush()
    db.session.rollback()


# -- who clears it -----------------------------------------------------------------------------


def clear(found, who, reason="已当面核对学生证", step="clear"):
    return DISPUTES.perform(step, found.id, make.actor(who), reason=reason)


@pytest.mark.rule("INV-20", "ACC-15")
def test_the_school_whose_staff_had_a_hand_does_not_clear_it_and_the_province_does(cast, second):
    user = make.account(cast.student)
    pressed(tokens_of(start_anew(cast.student, cast.officer))[0])
    found = dispute(user)
    assert (found.by_school, found.actor_name) == (True, "王老师")
    for office in (cast.province, second):
        assert any("账号已冻结" in subject for subject in told(office))
    with pytest.raises(Refused, match="由其他人员处理"):
        clear(found, cast.officer)
    with pytest.raises(Refused, match="省中心"):
        clear(found, second)
    for stranger in (cast.other_officer, cast.college_officer, cast.data, cast.admin):
        with pytest.raises(NotYours):
            clear(found, stranger)
    user.password = passwords.hashed(make.PASSWORD)
    db.session.commit()
    with pytest.raises(Invalid):
        clear(found, cast.province, reason=" ")
    clear(found, cast.province)
    db.session.expire_all()
    assert (user.frozen_at, user.password) == (None, None)
    assert "dispute" in warnings_of(user)[-1].key  # told everywhere, too


@pytest.mark.rule("INV-20", "ACC-15")
def test_the_school_hears_of_its_own_hand_even_if_another_message_was_answered(cast, second):
    """The officer changes the phone, a stranger resets by code: the reset is disowned, the hand counts."""
    user = make.account(cast.student)
    note_change(
        changed(user, "sms", cast.student.phone, "13700000001", "staff", make.actor(cast.officer))
    )
    db.session.commit()
    one_time.send(f"user:{user.id}", "password", mail.SMS, "13700000001")
    code = db.session.query(Message).order_by(Message.id.desc()).first().code
    resetting.reset(user, code, "Another-horse-9", "Another-horse-9")
    pressed(last_token(user))
    found = dispute(user)
    assert (found.actor_name, found.by_school) == ("", True)
    with pytest.raises(Refused, match="省中心"):
        clear(found, second)


@pytest.mark.rule("INV-20")
def test_without_a_hand_of_the_school_the_school_clears_it(cast):
    user = make.account(cast.student)
    user.password = passwords.hashed(make.PASSWORD)
    workflow.change_password(user, make.PASSWORD, "Another-horse-9", "Another-horse-9")
    db.session.commit()
    pressed(last_token(user))
    clear(dispute(user), cast.officer)
    db.session.expire_all()
    assert user.frozen_at is None


@pytest.mark.rule("INV-20", "ACC-15")
def test_confirmed_as_anothers_hand_it_stays_frozen_until_the_phone_is_put_right(cast, second):
    user, thief, own = make.account(cast.student), "13700000001", cast.student.phone
    note_change(changed(user, "sms", own, thief, "self", make.actor(cast.student)))
    cast.student.phone = thief
    user.password = passwords.hashed(make.PASSWORD)
    workflow.change_password(user, make.PASSWORD, "Another-horse-9", "Another-horse-9")
    db.session.commit()
    pressed(last_token(user))
    found = clear(dispute(user), second, step="uphold", reason="已当面核实，手机号为他人所有")
    assert (found.state, user.frozen_at is None) == ("confirmed", False)
    with pytest.raises(Refused, match="请先更正"):
        clear(found, second)
    cast.student.phone = own
    db.session.commit()
    clear(found, second)
    [change] = db.session.query(ContactChange).all()
    assert (change.disputed_at, change.undone_at is None) == (None, False)


@pytest.mark.rule("INV-20", "ACC-15")
@pytest.mark.parametrize("whose", ["own, before", "the thief's, after"])
def test_a_mail_of_the_own_page_keeps_no_confirmed_account_frozen(cast, second, whose):
    """The person's own mail stays; the one that a thief set goes when the account is opened."""
    user, first, own = make.account(cast.student), cast.student.email, cast.student.phone
    mine = lambda: own_contacts.keep_mail(user, cast.student, "new@example.com", actor_of(user))  # noqa: E731
    if whose.startswith("own"):
        mine()
        make.pass_time(hours=1)
    STUDENTS.perform(
        "change_phone",
        cast.student.id,
        make.actor(cast.officer),
        reason="换号",
        phone="13700000001",
    )
    token = last_token(user)
    make.pass_time(hours=73)
    if not whose.startswith("own"):
        mine()
    db.session.commit()
    pressed(token)
    found = clear(dispute(user), second, step="uphold", reason="已当面核实，手机号为他人所有")
    with pytest.raises(Refused, match="请先更正"):
        clear(found, cast.province)
    STUDENTS.perform("change_phone", cast.student.id, make.actor(second), reason="更正", phone=own)
    clear(found, cast.province)
    db.session.expire_all()
    kept = "new@example.com" if whose.startswith("own") else first
    assert (user.frozen_at, user.email, cast.student.email) == (None, kept, kept)


@pytest.mark.rule("INV-20", "ACC-15")
def test_who_changes_the_phone_while_it_is_frozen_does_not_clear_it_either(cast, second):
    user = make.account(cast.student)
    user.password = passwords.hashed(make.PASSWORD)
    workflow.change_password(user, make.PASSWORD, "Another-horse-9", "Another-horse-9")
    db.session.commit()
    pressed(last_token(user))
    note_change(
        changed(user, "sms", cast.student.phone, "13700000009", "staff", make.actor(cast.officer))
    )
    db.session.commit()
    with pytest.raises(Refused, match="由其他人员处理"):
        clear(dispute(user), cast.officer)
    clear(dispute(user), second)


@pytest.mark.rule("INV-20")
def test_a_further_disowned_message_is_added_to_the_open_dispute(cast, second):
    user = make.account(cast.student)
    user.password = passwords.hashed(make.PASSWORD)
    workflow.change_password(user, make.PASSWORD, "Another-horse-9", "Another-horse-9")
    db.session.commit()
    first = last_token(user)
    reset = start_anew(cast.student, cast.officer)
    pressed(first)
    pressed(tokens_of(reset)[0])
    assert db.session.query(Dispute).count() == 1
    assert [r.step for r in db.session.query(Trail).filter_by(kind="dispute").order_by("seq")] == [
        "report",
        "also",
    ]
    assert dispute(user).by_school


@pytest.mark.rule("INV-20")
def test_a_staff_accounts_freeze_is_cleared_by_another_administrator(cast):
    other = make.make_user(Role.ADMIN, "admin2", name="第二管理员")
    asked = forget_password(cast.officer, make.actor(cast.admin), "忘记密码")
    STAFF_REQUESTS.perform("confirm", asked.id, make.actor(cast.security))
    pressed(last_token(cast.officer))
    found = dispute(cast.officer)
    assert any("冻结" in subject for subject in told(other))
    for nobody in (cast.province, cast.other_officer):
        with pytest.raises(NotYours):
            clear(found, nobody)
    for hand in (cast.admin, cast.security):  # who asked, and who confirmed
        with pytest.raises(Refused, match="由其他人员处理"):
            clear(found, hand)
    with pytest.raises(Refused, match="冻结"):  # nor does the frozen officer do anything
        STUDENTS.perform("begin_anew", cast.student.id, make.actor(cast.officer), reason="x")
    clear(found, other)
    db.session.expire_all()
    assert cast.officer.frozen_at is None


@pytest.mark.rule("INV-20", "ACC-15")
def test_a_school_with_a_hand_in_it_cannot_wave_the_disowned_signing_through(cast, second):
    """S-03: the officer resets the student, accepts as him, then answers the report himself."""
    user = make.account(cast.student)
    start_anew(cast.student, cast.officer)
    make.pass_time(hours=73)  # nobody minded the messages: the time of holding is over
    cast.student.verified_at = clock.now()
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    pressed(last_token(user))
    [found] = db.session.query(Objection).all()
    assert placement.frozen
    assert user.frozen_at is not None  # the account too: staff had a hand in its way in
    with pytest.raises(Refused, match="本人否认"):
        OBJECTIONS.perform("dismiss", found.id, make.actor(cast.officer), reason="属实")
    clear(dispute(user), cast.province)
    OBJECTIONS.perform("dismiss", found.id, make.actor(second), reason="已当面核实")
    assert not placement.frozen


# -- the link itself ---------------------------------------------------------------------------


@pytest.mark.rule("INV-20")
def test_an_old_link_freezes_nothing(cast):
    user = make.account(cast.student)
    token = tokens_of(start_anew(cast.student, cast.officer))[0]
    make.pass_time(days=31)
    with pytest.raises(Refused, match="30 天"):
        pressed(token)
    assert user.frozen_at is None


@pytest.mark.rule("INV-20")
def test_a_made_up_link_is_not_there(cast):
    for token in ("a" * 22, "é" * 22, "-" * 64):
        with pytest.raises(NotYours):
            pressed(token)


@pytest.mark.rule("INV-20")
def test_a_link_freezes_the_account_it_was_sent_for_and_no_other(cast):
    start_anew(cast.classmate, cast.officer)
    pressed(tokens_of(start_anew(cast.student, cast.officer))[0])
    db.session.expire_all()
    assert make.account(cast.student).frozen_at is not None
    assert make.account(cast.classmate).frozen_at is None


@pytest.mark.rule("INV-20")
def test_one_account_is_reported_ten_times_a_day_at_most(cast):
    user = make.account(cast.student)
    events = [start_anew(cast.student, cast.officer) for _n in range(11)]
    for event in events[:10]:
        pressed(tokens_of(event)[0])
    with pytest.raises(Refused, match="次数过多"):
        pressed(tokens_of(events[10])[0])
    assert user.frozen_at is not None


@pytest.mark.rule("GRD-05")
def test_a_dispute_is_neither_deleted_nor_moved_without_its_row(cast):
    user = make.account(cast.student)
    pressed(tokens_of(start_anew(cast.student, cast.officer))[0])
    found = dispute(user).id
    for sql in (
        "DELETE FROM dispute WHERE id = :id",
        "UPDATE dispute SET state = 'cleared' WHERE id = :id",
    ):
        with pytest.raises(Refused):
            committed(lambda sql=sql: db.session.execute(db.text(sql), {"id": found}))
    assert dispute(user).state == "open"
