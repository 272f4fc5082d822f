"""The delivery log: who sees what, in which words, and sending again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts import one_time
from app.core import clock, mail
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.mail import Message
from app.notices.models import Notice
from app.notices.queries import problem_in_words
from app.notices.resending import resend
from app.settings.queries import set_setting
from tests import factories as make
from tests.signing.desk.desk import rows, text


def messages(user) -> list[Message]:
    return db.session.query(Message).filter_by(user_id=user.id).order_by(Message.id).all()


@pytest.fixture
def invited(cast):
    """The one mail that an invitation sent to the student."""
    make.invite(cast.employer, cast.student)
    [message] = messages(make.account(cast.student))
    return message


@pytest.mark.rule("NTF-02", "ACC-02")
def test_a_school_sees_its_own_messages_and_no_code_the_administrator_all(cast, visit, invited):
    make.invite(cast.rival, cast.stranger)
    [far] = messages(make.account(cast.stranger))
    one_time.send("user:1", "password", mail.SMS, "13800000000")
    code = db.session.query(Message).filter(Message.key.startswith("code:")).one()
    code.school_id = cast.school.id  # even if it were marked as the school's
    db.session.commit()
    url = "/deliveries/list/?tab=all"
    mine, all_of_them = visit(cast.officer).get(url), visit(cast.admin).get(url)
    keys = {
        name: {value for value in page.get_data(as_text=True).split('"') if value.isdigit()}
        for name, page in (("mine", mine), ("all", all_of_them))
    }
    assert str(invited.id) in keys["mine"]
    assert not {str(far.id), str(code.id)} & keys["mine"]
    assert {str(invited.id), str(far.id), str(code.id)} <= keys["all"]
    assert code.body not in all_of_them.get_data(as_text=True)
    for officer in (cast.college_officer, cast.province, cast.data, make.account(cast.student)):
        assert visit(officer).get(url).status_code in (403, 404)


@pytest.mark.rule("NTF-02")
def test_the_log_finds_by_the_receivers_name_and_says_what_is_wrong(cast, visit, invited):
    make.invite(cast.employer, cast.classmate)
    invited.tries, invited.problem = (
        2,
        "SMTPRecipientsRefused: {'use***@example.com': (550, b'no')}",
    )
    db.session.commit()
    browser = visit(cast.officer)
    page = text(browser.get("/deliveries/list/"))
    assert cast.student.name in page
    assert cast.classmate.name not in page
    assert invited.address_masked in page
    assert invited.address not in page
    assert problem_in_words(invited.problem) in page
    answer = browser.post(
        "/deliveries/search", data={"tab": "all", "q": cast.classmate.name}, follow_redirects=True
    )
    assert cast.classmate.name in text(answer)
    assert cast.student.name not in text(answer)
    assert rows(answer) == []  # nothing to open: the text is the receiver's


@pytest.mark.rule("NTF-02")
def test_a_problem_is_kept_without_the_address(cast, invited):
    error = ValueError(f"{invited.address} is full")
    assert invited.address not in mail._told(error, invited)
    assert "ValueError" in mail._told(error, invited)


@pytest.mark.rule("NTF-02")
def test_a_message_is_sent_again_once_a_minute_from_its_notice_to_the_address_of_today(
    cast, invited
):
    user, officer = make.account(cast.student), make.actor(cast.officer)
    with pytest.raises(Refused):
        resend(invited.id, officer)
    invited.body_sealed, invited.sent_at = None, clock.now()  # as in production once it is out
    user.email = "new@example.com"
    make.pass_time(minutes=2)
    resend(invited.id, officer)
    old, new = messages(user)
    notice = db.session.query(Notice).filter_by(user_id=user.id).one()
    assert (new.address, new.subject, new.body) == (user.email, notice.subject, notice.body)
    assert (new.sent_at, new.school_id) == (None, old.school_id)
    for message in (old, new):
        with pytest.raises(Refused):
            resend(message.id, officer)
    make.pass_time(minutes=2)
    resend(new.id, officer)
    assert len({m.key for m in messages(user)}) == 3


@pytest.mark.rule("NTF-02", "ACC-02")
def test_what_is_foreign_a_code_or_without_address_is_not_sent_again(cast, invited):
    make.pass_time(minutes=2)
    with pytest.raises(NotYours):
        resend(invited.id, make.actor(cast.other_officer))
    one_time.send("user:1", "password", mail.SMS, "13800000000")
    code = db.session.query(Message).filter(Message.key.startswith("code:")).one()
    make.pass_time(minutes=2)
    with pytest.raises(Refused):
        resend(code.id, make.actor(cast.admin))
    make.account(cast.student).email = "nobody@invalid"
    with pytest.raises(Refused):
        resend(invited.id, make.actor(cast.officer))


@pytest.mark.rule("AGR-08", "NTF-02")
def test_a_decision_that_can_be_undone_is_not_told_by_sending_again(cast):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    held = messages(make.account(cast.student))[-1]
    assert f"placement:{placement.id}:attest" in held.key
    held.created_at -= timedelta(hours=1)
    db.session.commit()
    with pytest.raises(Refused):
        resend(held.id, make.actor(cast.officer))


@pytest.mark.rule("NTF-01")
def test_text_messages_go_to_the_mobiles_of_both_parties_where_the_school_wants_them(cast):
    set_setting(cast.school.id, "sms_notices", True, None)
    employer = make.account(cast.employer)
    cast.employer.contact_phone = "13800001234"
    [letter] = make.invite(cast.employer, cast.student)
    make.accept(letter)
    told = [m for m in messages(make.account(cast.student)) if "/not-me/" not in m.body]
    assert [m.channel for m in told] == ["mail", "sms"]
    assert [(m.channel, m.address) for m in messages(employer)][-1] == ("sms", "13800001234")


@pytest.mark.rule("NTF-01", "ACC-09")
def test_a_landline_gets_no_text_message_and_employers_reset_by_mail_as_before(cast):
    from app.accounts.resetting import contact_of

    set_setting(cast.school.id, "sms_notices", True, None)
    employer = make.account(cast.employer)
    cast.employer.contact_phone = "02787654321"
    make.accept(make.invite(cast.employer, cast.student)[0])
    assert {m.channel for m in messages(employer)} == {"mail"}
    assert contact_of(employer) == ("mail", employer.email)


@pytest.mark.rule("NTF-02")
def test_the_log_costs_the_same_however_many_messages_it_shows(cast, visit, query_count):
    browser = visit(cast.officer)
    make.invite(cast.employer, cast.student)
    browser.get("/deliveries/list/?tab=all")
    with query_count() as few:
        browser.get("/deliveries/list/?tab=all")
    make.invite(cast.employer, cast.classmate, cast.neighbour)
    make.invite(cast.rival, cast.student, cast.classmate)
    with query_count() as many:
        browser.get("/deliveries/list/?tab=all")
    assert many.n == few.n
