"""Told everywhere: every event in a person's name or on its way in reaches every contact, once."""

from __future__ import annotations

import pytest

from app.accounts import one_time, passwords, resetting, workflow
from app.accounts.log_models import SecurityEvent
from app.accounts.warnings import warn, warn_all
from app.core import clock, mail
from app.core.db import db
from app.core.mail import Message
from app.people.students.first_sign_in import VERIFY, verify
from app.settings.queries import set_setting
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.workflow import TERMINATIONS
from app.signing.terms.models import Terms
from tests import factories as make
from tests.signing.disputes.told import (
    addresses_of,
    former,
    messages_of,
    start_anew,
    tokens_of,
    warnings_of,
)

OLD, OLDER, ODD_MAIL = "13900000060", "13900000100", "before@example.com"


@pytest.fixture
def user(cast):
    """The student's account: a phone of 60 days ago, one of 100, a mail address of 10."""
    found = make.account(cast.student)
    former(found, OLD, 60)
    former(found, OLDER, 100)
    former(found, ODD_MAIL, 10, channel="mail")
    found.password = passwords.hashed(make.PASSWORD)
    db.session.commit()
    return found


def everybody(cast, user) -> set[str]:
    return {cast.student.phone, user.email, OLD, ODD_MAIL}


def code_of(owner: str, purpose: str, to: str) -> str:
    one_time.send(owner, purpose, mail.SMS, to)
    return db.session.query(Message).order_by(Message.id.desc()).first().code


def reset(cast, user):
    resetting.reset(
        user,
        code_of(f"user:{user.id}", resetting.RESET, cast.student.phone),
        "Another-horse-9",
        "Another-horse-9",
    )


def change(cast, user):
    workflow.change_password(user, make.PASSWORD, "Another-horse-9", "Another-horse-9")
    db.session.commit()


def first_sign_in(cast, user):
    code = code_of(f"student:{cast.student.id}", VERIFY, cast.student.phone)
    verify(cast.student, user, {"email": user.email, "address": "武汉市"}, code)


def begin_anew(cast, user):
    start_anew(cast.student, cast.officer)


def accept(cast, user):
    make.accept(make.invite(cast.employer, cast.student)[0])


def agree_terms(cast, user):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    terms = Terms(**make.offer(regular_pay=7000))
    PLACEMENTS.perform("propose_terms", placement.id, make.actor(cast.employer), terms=terms)
    PLACEMENTS.perform("agree_terms", placement.id, make.actor(cast.student), agreed=True)


def paper(cast, user):
    make.paper(cast.student)


def destination(cast, user):
    make.destination(cast.student)


def apply_for_termination(cast, user):
    make.terminate(
        make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    )


def agree_to_termination(cast, user):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    found = make.terminate(placement, cast.employer)
    TERMINATIONS.perform("agree", found.id, make.actor(cast.student), agreed=True)


EVENTS = (
    reset,
    change,
    first_sign_in,
    begin_anew,
    accept,
    agree_terms,
    paper,
    destination,
    apply_for_termination,
    agree_to_termination,
)


@pytest.mark.rule("INV-20", "NTF-05", "ACC-15")
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_contact_of_ninety_days_is_told_whatever_the_school_sets(cast, user, event):
    """S-03, S-04: the student got 0 messages of a reset and of «his» acceptance."""
    set_setting(cast.school.id, "sms_notices", False, None)
    event(cast, user)
    last = warnings_of(user)[-1]
    assert addresses_of(last) == everybody(cast, user)
    assert OLDER not in addresses_of(last)
    assert last.told == 4
    assert len(set(tokens_of(last))) == 4  # a link of its own for each contact
    for message in messages_of(last):
        assert message.user_id == user.id
        assert message.school_id == cast.school.id  # the delivery log of the school has it


@pytest.mark.rule("NTF-02", "INV-20")
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_one_message_an_address_for_an_event(cast, user, event):
    set_setting(cast.school.id, "sms_notices", True, None)
    before = {m.id for m in db.session.query(Message)}
    event(cast, user)
    last = warnings_of(user)[-1]
    same = [
        m.address
        for m in db.session.query(Message)
        if m.id not in before and m.user_id == user.id and m.subject == last.subject
    ]
    assert sorted(same) == sorted(everybody(cast, user))


@pytest.mark.rule("NTF-02")
def test_a_second_call_for_one_event_tells_nobody(cast, user):
    assert warn(user, "reset:1", "账号密码已重新设置", "说明") == 4
    db.session.commit()
    assert warn(user, "reset:1", "账号密码已重新设置", "说明") == 0
    assert len(warnings_of(user)) == 1


@pytest.mark.rule("NTF-02", "NTF-05")
def test_many_accounts_are_told_at_once_each_in_its_own_words(cast, user, query_count):
    other, silent = make.account(cast.classmate), make.account(cast.neighbour)
    cast.neighbour.phone = cast.neighbour.email = None
    silent.email, other.locale = "nobody@invalid", "en"
    db.session.commit()
    with query_count() as seen:
        told = warn_all(
            {u: (f"phone:{u.id}", "手机号已变更", "说明", ()) for u in (user, other, silent)}
        )
    assert told == {user.id: 4, other.id: 2, silent.id: 0}
    for table in ("message", "warning_link", "account_warning"):  # one statement for all of them
        assert len([s for s in seen if s.startswith(f"INSERT INTO {table} ")]) == 1
    assert all("/not-me/" in m.body for m in messages_of(warnings_of(other)[-1]))
    assert warnings_of(silent)[-1].told == 0


@pytest.mark.rule("NTF-02")
def test_a_warning_beside_an_ordinary_notice_of_the_event_makes_one_mail(cast, user):
    from app.notices.letters import Letter
    from app.notices.workflow import tell

    warn(user, "student:1:change_phone", "手机号已变更", "说明")
    tell(user, "student:1:change_phone", Letter("手机号已变更", "说明"), {})
    mine = [
        m for m in db.session.query(Message).filter_by(user_id=user.id) if m.address == user.email
    ]
    assert len(mine) == 1
    assert "/not-me/" in mine[0].body


@pytest.mark.rule("NTF-01", "INV-20")
def test_further_addresses_are_told_once_however_they_are_written(cast, user):
    extra = (("mail", user.email.upper()), ("sms", OLD), ("sms", "13700000001"))
    assert warn(user, "phone:1", "手机号已变更", "说明", also=extra) == 5


@pytest.mark.rule("NTF-01", "INV-20")
def test_an_employers_own_acts_are_told_to_it_everywhere_and_the_other_party_as_ever(cast):
    employer = make.account(cast.employer)
    former(employer, "hr-before@example.com", 30, channel="mail")
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    terms = Terms(**make.offer(regular_pay=7000))
    PLACEMENTS.perform("propose_terms", placement.id, make.actor(cast.employer), terms=terms)
    told = warnings_of(employer)[-1]
    assert "propose_terms" in told.key
    assert {employer.email, "hr-before@example.com"} <= addresses_of(told)
    other = db.session.query(Message).filter(Message.user_id == make.account(cast.student).id)
    proposed = [m for m in other if "propose_terms" in m.key]
    assert [m.channel for m in proposed] == ["mail"]
    assert "/not-me/" not in proposed[0].body


@pytest.mark.rule("NTF-05", "INV-20")
def test_whom_nobody_can_reach_the_office_sees(cast, visit):
    cast.student.phone = cast.student.email = None
    user = make.account(cast.student)
    user.email = "nobody@invalid"
    db.session.commit()
    start_anew(cast.student, cast.officer)
    [found] = warnings_of(user)
    assert (found.told, found.links) == (0, [])
    noted = db.session.query(SecurityEvent).filter_by(event="unreachable", user_id=user.id).one()
    assert (noted.outcome, noted.actor_id) == ("failed", cast.officer.id)
    page = visit(cast.officer).get(f"/students/show/{cast.student.id}").get_data(as_text=True)
    assert "没有任何手机号或邮箱" in page


@pytest.mark.rule("INV-20", "NTF-05", "INV-22")
def test_school_and_student_read_what_was_told_to_which_masked_contacts(cast, user, visit):
    start_anew(cast.student, cast.officer)
    cast.student.verified_at = clock.now()
    db.session.commit()
    for who, url in ((cast.officer, f"/students/show/{cast.student.id}"), (user, "/my/profile/")):
        page = visit(who).get(url).get_data(as_text=True)
        assert "139****0060" in page
        assert "首次登录" in page
        assert OLD not in page


@pytest.mark.rule("NTF-01")
def test_the_message_speaks_the_receivers_language(cast, user):
    user.locale = "en"
    db.session.commit()
    start_anew(cast.student, cast.officer)
    for message in messages_of(warnings_of(user)[-1]):
        assert "If this was not you" in message.body


@pytest.mark.rule("NTF-02")
def test_a_gateway_that_fails_undoes_nothing_and_the_log_says_so(app, cast, user, monkeypatch):
    def broken(_text):
        raise RuntimeError("gateway down")

    monkeypatch.setattr(app.extensions["sms"], "send", broken)
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    told = [m for m in messages_of(warnings_of(user)[-1]) if m.channel == mail.SMS]
    for message in told:
        with pytest.raises(RuntimeError):
            mail.send_message(message.id)
    db.session.expire_all()
    assert {m.fate for m in told} == {"failed"}
    assert placement.state == "awaiting_school"


@pytest.mark.rule("INV-20", "GRD-05")
def test_the_token_stands_in_the_message_only(cast, user):
    start_anew(cast.student, cast.officer)
    told = warnings_of(user)[-1]
    for token in tokens_of(told):
        for table in ("account_warning", "warning_link", "notice", "security_event", "trail"):
            rows = db.session.execute(db.text(f"SELECT t::text FROM {table} t")).scalars()
            assert not [row for row in rows if token in row]


@pytest.mark.rule("INV-20", "ACC-10")
def test_every_step_that_asks_a_fresh_code_is_told_everywhere():
    """Whoever adds a step that binds a party is held to tell the party everywhere."""
    import importlib

    from app.wiring import WORKFLOWS

    sent_by_the_batch = {("invitation", "send")}  # told once for all of them
    silent = []
    for flow in WORKFLOWS:
        module = importlib.import_module(f"{flow.model.__module__.rsplit('.', 1)[0]}.notices")
        for step in (s for s in flow.steps if s.fresh):
            letters = module.LETTERS.get(step.name, {}).values()
            if (flow.kind, step.name) not in sent_by_the_batch and not any(
                letter.everywhere for letter in letters
            ):
                silent.append((flow.kind, step.name))
    assert not silent


@pytest.mark.rule("INV-20")
def test_a_sign_in_on_a_device_not_seen_for_ninety_days_is_told(app, cast, user):
    app.config["WTF_CSRF_ENABLED"] = False
    user.login_count = 5
    db.session.commit()
    home, other = app.test_client(), app.test_client()
    try:
        _sign_in(home, user)
        assert [w.key.partition(":")[0] for w in warnings_of(user)] == ["device"]
        _sign_in(home, user)
        assert len(warnings_of(user)) == 1  # known by now
        _sign_in(other, user)
        assert len(warnings_of(user)) == 2
        make.pass_time(days=91)
        _sign_in(home, user)
        assert len(warnings_of(user)) == 3
        assert addresses_of(warnings_of(user)[1]) == everybody(cast, user)
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


@pytest.mark.rule("INV-20")
def test_signing_out_or_being_signed_out_makes_no_device_new(app, cast, user):
    from app.accounts.living_sessions import end_all_sessions

    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    try:
        _sign_in(browser, user)
        browser.post("/logout")
        _sign_in(browser, user)
        end_all_sessions(user.id)
        db.session.commit()
        _sign_in(browser, user)
        assert not [w for w in warnings_of(user) if w.key.startswith("device")]  # the first is none
    finally:
        app.config["WTF_CSRF_ENABLED"] = True


def _sign_in(browser, user) -> None:
    browser.post("/logout")
    answer = browser.post("/login/", data={"who": user.username, "password": make.PASSWORD})
    assert answer.status_code == 302
