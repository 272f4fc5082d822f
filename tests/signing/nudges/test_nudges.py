"""催办: whom a record waits for is reminded, once a day and matter, in the trace and by the usual notices."""

from __future__ import annotations

import pytest

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.mail import Message
from app.notices.models import Notice
from app.signing.invitations.workflow import INVITATIONS
from app.signing.nudges.models import Nudge
from app.signing.placements.printing import trace_rows
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow import trail
from app.workflow.actor import Role
from tests import factories as make
from tests.signing.desk.desk import signed, text, two_levels, worked


@pytest.fixture
def letter(cast):
    return make.invite(cast.employer, cast.student)[0]


@pytest.fixture
def at_college(cast):
    two_levels(cast)
    [placement] = signed(cast.employer, cast.student)
    return placement


def told(record) -> list[str]:
    """The notices about one kind of reminder, newest last, with their links."""
    user = make.account(record) if not hasattr(record, "role") else record
    rows = db.session.query(Notice).filter(Notice.user_id == user.id, Notice.key.contains(":nudge"))
    return [row.url for row in rows.order_by(Notice.id)]


@pytest.mark.rule("AGR-17", "NTF-01")
def test_the_school_reminds_the_college_of_what_waits_there_and_its_officers_read_it(
    cast, at_college
):
    changed = at_college.changed_at
    PLACEMENTS.perform("nudge", at_college.id, make.actor(cast.officer))
    assert told(cast.college_officer) == [f"/desk/show/{at_college.id}"]
    assert told(cast.other_college_officer) == told(cast.student) == []
    row = trail.of("placement", at_college.id)[-1]
    assert (row.step, row.from_state, row.to_state) == (
        "nudge",
        "awaiting_college",
        "awaiting_college",
    )
    assert row.details["reminded"] == "college"
    assert at_college.changed_at == changed  # it has waited as long as before


@pytest.mark.rule("AGR-17", "NTF-01")
def test_an_employer_reminds_a_student_of_the_invitation_by_site_and_mail(cast, letter):
    make.account(cast.student).email = "student@example.org"
    db.session.commit()
    INVITATIONS.perform("nudge_student", letter.id, make.actor(cast.employer))
    assert told(cast.student) == [f"/my/invitations/{letter.id}"]
    mail = db.session.query(Message).filter(Message.key.contains("nudge_student")).one()
    assert (mail.channel, cast.employer.name in mail.subject) == ("mail", True)


@pytest.mark.rule("AGR-17")
def test_once_a_day_and_matter_whoever_it_is_and_again_the_next_day(cast, letter):
    employer, office = make.actor(cast.employer), make.actor(cast.officer)
    INVITATIONS.perform("nudge_student", letter.id, employer)
    for step, who in (("nudge_student", employer), ("nudge", office)):
        with pytest.raises(Refused, match="今天已催办"):
            INVITATIONS.perform(step, letter.id, who)
    make.pass_time(days=1)
    INVITATIONS.perform("nudge", letter.id, office)
    assert len(told(cast.student)) == db.session.query(Nudge).count() == 2


@pytest.mark.rule("AGR-17")
def test_the_day_ends_at_midnight_in_china(cast, letter):
    midnight = clock.end_of_day(clock.local(clock.now()).date())
    make.pass_time(seconds=(midnight - clock.now()).total_seconds() - 600)  # 23:50 of the same day
    INVITATIONS.perform("nudge_student", letter.id, make.actor(cast.employer))
    make.pass_time(minutes=20)
    INVITATIONS.perform("nudge_student", letter.id, make.actor(cast.employer))
    assert len(told(cast.student)) == 2


@pytest.mark.rule("AGR-17")
def test_the_office_reminds_either_party_of_what_it_is_asked(cast):
    placement = make.attest(signed(cast.employer, cast.student)[0], cast.officer)
    ending = make.terminate(placement)  # by the student: the employer is asked
    TERMINATIONS.perform("nudge", ending.id, make.actor(cast.officer))
    assert told(cast.employer) == [f"/terminations/{ending.id}"]
    [other] = signed(cast.rival, cast.classmate)
    propose_terms(other.id, make.actor(cast.rival), make.offer(regular_pay=9000))
    PLACEMENTS.perform("nudge", other.id, make.actor(cast.officer))
    assert told(cast.classmate) == [f"/my/signings/{other.id}"]


@pytest.mark.rule("AGR-17", "OFF-04")
def test_the_office_reminds_a_student_of_the_stamped_agreement(cast):
    paper = make.paper(cast.student)
    PLACEMENTS.perform("approve_form", paper.id, make.actor(cast.officer))
    make.pass_time(minutes=2)
    PLACEMENTS.perform("nudge", paper.id, make.actor(cast.officer))
    assert told(cast.student) == [f"/my/offline/{paper.id}"]


@pytest.mark.rule("AGR-17")
@pytest.mark.parametrize("who", ["student", "employer", "college_officer", "officer"])
def test_nobody_is_reminded_of_what_does_not_wait_for_another(cast, who):
    [waits] = signed(cast.employer, cast.student)  # for the school
    step = "nudge" if who.endswith("officer") else "nudge_student"
    with pytest.raises((Refused, NotYours)):
        PLACEMENTS.perform(step, waits.id, make.actor(getattr(cast, who)))
    assert PLACEMENTS.offer(step, waits, make.actor(getattr(cast, who)), make.clock.now()) is None
    assert not db.session.query(Nudge).count()


@pytest.mark.rule("AGR-17", "ACC-02")
def test_a_stranger_reminds_nobody(cast, letter, visit):
    for who in (cast.rival, cast.other_officer):
        step = "nudge_student" if who is cast.rival else "nudge"
        with pytest.raises(NotYours):
            INVITATIONS.perform(step, letter.id, make.actor(who))
    for kind in ("invitation", "placement", "restriction", "nothing"):
        answer = visit(make.account(cast.rival)).post(f"/nudges/{kind}/{letter.id}")
        assert answer.status_code == 404


@pytest.mark.rule("AGR-17")
def test_without_an_account_there_nobody_is_said_to_be_reminded(cast, at_college):
    cast.college_officer.active = False
    db.session.commit()
    with pytest.raises(Refused, match="没有可以提醒的账号"):
        PLACEMENTS.perform("nudge", at_college.id, make.actor(cast.officer))


@pytest.mark.rule("AGR-17", "AGR-11")
def test_a_reminder_hides_no_decision_from_its_undoing(cast):
    paper = make.paper(cast.student)
    PLACEMENTS.perform("approve_form", paper.id, make.actor(cast.officer))
    PLACEMENTS.perform("nudge", paper.id, make.actor(cast.officer))
    assert PLACEMENTS.perform("undo", paper.id, make.actor(cast.officer)).state == "form_school"


@pytest.mark.rule("AGR-17", "DOC-01")
def test_documents_tell_decisions_and_no_reminders(cast, at_college):
    PLACEMENTS.perform("nudge", at_college.id, make.actor(cast.officer))
    assert "催办" not in str(trace_rows([("placement", at_college.id)]))


@pytest.mark.rule("AGR-17", "AGR-07")
def test_many_are_reminded_from_the_desks_list(cast, visit):
    two_levels(cast)
    placements = signed(cast.employer, cast.student, cast.neighbour)
    desk = visit(cast.officer)
    ticked = {"action": "nudge", "rowid": [str(p.id) for p in placements]}
    worked(desk, desk.post("/desk/action_post", data=ticked))
    assert len(told(cast.college_officer)) == len(told(cast.other_college_officer)) == 1
    page = worked(desk, desk.post("/desk/action_post", data=ticked))
    assert text(page).count("今天已催办") == 2


@pytest.mark.rule("AGR-17", "INV-19")
def test_the_button_is_greyed_with_the_time_once_it_was_done(cast, at_college, visit):
    desk = visit(cast.officer)
    page = f"/desk/show/{at_college.id}"
    assert 'data-qq-action="nudge"' in desk.get(page).text
    desk.post(f"/desk/action/nudge/{at_college.id}")
    again = desk.get(page)
    assert 'data-qq-action="nudge"' not in again.text
    assert "今天已催办 1" in text(again)


@pytest.mark.rule("AGR-17")
@pytest.mark.parametrize("page", ["/employer/invitations/show/{}"])
def test_the_employers_page_has_the_button(cast, letter, visit, page):
    browser = visit(make.account(cast.employer))
    page = page.format(letter.id)
    assert f"/nudges/invitation/{letter.id}" in browser.get(page).text
    answer = browser.post(
        f"/nudges/invitation/{letter.id}", headers={"Referer": f"http://localhost{page}"}
    )
    assert (answer.status_code, answer.location) == (303, page)
    assert "今天已催办" in text(browser.get(page))
    assert len(told(cast.student)) == 1


def test_roles_that_remind_are_few():
    steps = [s for flow in (PLACEMENTS, TERMINATIONS, INVITATIONS) for s in flow.steps if s.quiet]
    assert {role for step in steps for role in step.roles} == {
        Role.COLLEGE,
        Role.SCHOOL,
        Role.EMPLOYER,
    }
