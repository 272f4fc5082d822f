"""Whose account a campus sign-in opens: bound once, by issuer, subject and record."""

from __future__ import annotations

import pytest

from app.accounts import acts, code_budgets, noted_proofs
from app.accounts.campus import binding, campus_sessions, fresh_codes, proofs, workflow
from app.accounts.campus.claim import Claim
from app.accounts.campus.models import CampusIdentity
from app.accounts.living_sessions import open_session
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AccountSession, ActProof
from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.mail import Message
from app.people.students.workflow import correct
from app.signing.invitations.workflow import INVITATIONS
from tests import factories as make

HERE = "https://sso.example.edu.cn"


@pytest.fixture
def way(cast, make_way):
    return make_way(cast.school, "oidc", HERE, client_id="qingqian")


def claim(number="A1", subject="s1", **more):
    return Claim(subject=subject, number=number, **more)


def opens(way, found):
    user = workflow.signed_in(way, found)
    db.session.commit()
    return user


def refused(way, found, error):
    workflow.refused(way, error, found)


def told(user) -> list[str]:
    return [m.subject for m in db.session.query(Message).filter_by(user_id=user.id)]


@pytest.mark.rule("CHN-08")
def test_a_number_binds_in_its_own_school_only(cast, way, make_way):
    """School A's service signs nobody in at school B, though both have a student of this number."""
    twin = make.make_student(cast.far_college, "同号", student_no="A1")
    db.session.commit()
    assert opens(way, claim()).id == make.account(cast.student).id
    other = make_way(cast.other_school, "oidc", HERE, client_id="other")
    assert opens(other, claim()).id == make.account(twin).id
    with pytest.raises(binding.NotOpened):
        opens(way, claim("C1", "s2"))


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize("number", ["", "A9", "黄河水", "student1@example.com", "A1 A2", "%", "A_"])
def test_a_name_a_mail_or_an_unknown_number_binds_nobody(number, way):
    with pytest.raises(binding.NotOpened):
        opens(way, claim(number))
    assert not db.session.query(CampusIdentity).count()


@pytest.mark.rule("CHN-08")
def test_a_second_subject_for_the_same_record_is_refused_logged_and_told(cast, way):
    user = make.account(cast.student)
    opens(way, claim())
    with pytest.raises(binding.NotOpened) as error:
        opens(way, claim(subject="thief"))
    refused(way, claim(subject="thief"), error.value)
    logged = (
        db.session.query(SecurityEvent).filter_by(event="campus_sign_in", user_id=user.id).one()
    )
    assert (logged.outcome, logged.details["why"]) == ("denied", "record bound to another subject")
    assert len(told(user)) >= 2
    for _n in range(9):
        refused(way, claim(subject="thief"), error.value)
    assert len(told(user)) <= 12, "messages about strangers are bounded"


@pytest.mark.rule("CHN-08")
def test_a_subject_that_comes_with_another_number_is_somebody_else(cast, way):
    opens(way, claim())
    for number in ("A2", "Z9", ""):
        with pytest.raises(binding.NotOpened):
            opens(way, claim(number))


@pytest.mark.rule("CHN-08")
def test_a_corrected_number_stays_the_same_person(cast, way):
    user = opens(way, claim())
    cast.student.student_no = "A77"
    db.session.commit()
    assert opens(way, claim("A77")).id == user.id
    assert db.session.query(CampusIdentity).one().number == "A77"


@pytest.mark.rule("CHN-08", "ADM-01")
def test_an_account_that_is_switched_off_stays_out(cast, way):
    user = opens(way, claim())
    user.active = False
    db.session.commit()
    with pytest.raises(binding.NotOpened):
        opens(way, claim())
    make.account(cast.classmate).active = False
    db.session.commit()
    with pytest.raises(binding.NotOpened):
        opens(way, claim("A2", "s2"))


@pytest.mark.rule("CHN-08")
def test_a_way_for_staff_opens_no_student_and_a_way_that_is_off_nobody(cast, way):
    way.who = "staff"
    with pytest.raises(binding.NotOpened):
        opens(way, claim())
    way.who, way.active = "students", False
    with pytest.raises(binding.NotOpened):
        opens(way, claim())


@pytest.mark.rule("CHN-08", "ACC-02")
def test_a_user_name_of_staff_claimed_at_the_campus_opens_no_staff_account(cast, way):
    """At many campuses a student may choose its own user name: «officer» is not the officer."""
    with pytest.raises(binding.NotOpened):
        opens(way, claim("officer", "officer"))


@pytest.mark.rule("CHN-08")
def test_staff_links_its_own_campus_account_and_then_signs_in_by_it(cast, way):
    workflow.bind_own(way, claim("T001", "t1", anew=True), cast.officer)
    assert opens(way, claim("T001", "t1")).id == cast.officer.id
    with pytest.raises(binding.NotOpened):
        workflow.bind_own(way, claim("T001", "t1", anew=True), cast.college_officer)
    with pytest.raises(binding.NotOpened):
        workflow.bind_own(way, claim("T002", "t2", anew=False), cast.college_officer)
    with pytest.raises(binding.NotOpened):
        workflow.bind_own(way, claim("T003", "t3", anew=True), cast.other_officer)
    assert told(cast.officer)


@pytest.mark.rule("CHN-08")
def test_a_student_cannot_link_the_campus_account_of_another_record(cast, way):
    user = make.account(cast.student)
    for number in ("A2", "Z9", ""):
        with pytest.raises(binding.NotOpened):
            workflow.bind_own(way, claim(number, "s2", anew=True), user)
    workflow.bind_own(way, claim("A1", "s1", anew=True), user)
    assert db.session.query(CampusIdentity).one().user_id == user.id


# -- unlinking -------------------------------------------------------------------------------


@pytest.mark.rule("CHN-08")
def test_the_administrator_unlinks_the_person_is_told_and_sessions_end(cast, way):
    user = opens(way, claim())
    secret = open_session(user, way.mark)
    from app.accounts.living_sessions import session_key

    campus_sessions.keep_session(way, claim(), session_key(secret))
    db.session.commit()
    before = len(told(user))
    identity = db.session.query(CampusIdentity).one()
    with pytest.raises(NotYours):
        binding.release(identity, actor_of(cast.officer))
    binding.release(identity, actor_of(cast.admin), "本人申请")
    assert len(told(user)) > before
    assert not db.session.query(AccountSession).filter_by(user_id=user.id).count()
    binding.release(identity, actor_of(cast.admin), "again")
    logged = db.session.query(SecurityEvent).filter_by(event="campus_released").all()
    assert [row.details["reason"] for row in logged] == ["本人申请"]


@pytest.mark.rule("CHN-08", "ACC-10")
def test_a_campus_account_linked_after_another_was_unlinked_proves_no_act_for_72_hours(cast, way):
    user = opens(way, claim())
    binding.release(db.session.query(CampusIdentity).one(), actor_of(cast.admin), "x")
    assert opens(way, claim(subject="s2")).id == user.id
    with pytest.raises(binding.NotOpened):
        proofs.give(way, claim(subject="s2", anew=True), user, "invitation:1:accept:1.0")
    assert proofs.way_for(user) is None
    make.pass_time(hours=73)
    assert proofs.way_for(user).id == way.id
    proofs.give(way, claim(subject="s2", anew=True), user, "invitation:1:accept:1.0")


@pytest.mark.rule("CHN-08", "ACC-10", "ACC-15")
def test_a_campus_account_linked_to_an_account_in_use_proves_no_act_for_72_hours(cast, way):
    user = make.account(cast.student)
    user.password = "x"
    db.session.commit()
    opens(way, claim())
    assert proofs.way_for(user) is None
    make.pass_time(hours=73)
    assert proofs.way_for(user) is not None


@pytest.mark.rule("CHN-08", "ACC-10", "ACC-15")
def test_a_student_number_changed_by_staff_to_fit_a_campus_account_proves_no_act(cast, way, letter):
    """The officer gives the record the number of an accomplice, who then signs in at the campus."""
    facts = {
        name: getattr(cast.student, name)
        for name in (
            "name",
            "sex",
            "nation",
            "examinee_no",
            "major_id",
            "class_name",
            "education",
            "graduation_year",
            "training_mode",
            "origin",
        )
    }
    correct(cast.student, facts | {"student_no": "X99"}, actor_of(cast.officer))
    user = opens(way, claim("X99", "accomplice"))
    assert told(user), "the owner of the record is told"
    with pytest.raises(binding.NotOpened):
        proofs.give(way, claim("X99", "accomplice", anew=True), user, purpose(letter, user))
    assert proofs.way_for(user) is None


# -- the proof of an act ---------------------------------------------------------------------


@pytest.fixture
def letter(cast):
    found = make.invite(cast.employer, cast.student)[0]
    make.pass_time(hours=2)
    return found


def purpose(letter, user):
    return acts.act_on(INVITATIONS, "accept", letter.id, user).purpose


@pytest.mark.rule("ACC-10", "CHN-08")
def test_a_campus_sign_in_proves_one_act_on_one_record_once(cast, way, letter):
    user = opens(way, claim())
    second = make.invite(cast.rival, cast.student)[0]
    make.pass_time(hours=2)
    proofs.give(way, claim(anew=True), user, purpose(letter, user))
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", second.id, user, "")
    who = acts.prove(INVITATIONS, "accept", letter.id, user, "")
    assert who.factor == "campus"
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", letter.id, user, "")


@pytest.mark.rule("ACC-10", "CHN-08")
def test_a_proof_is_worth_nothing_after_ten_minutes_or_once_the_record_changed(cast, way, letter):
    user = opens(way, claim())
    proofs.give(way, claim(anew=True), user, purpose(letter, user))
    make.pass_time(minutes=11)
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", letter.id, user, "")
    proofs.give(way, claim(anew=True), user, purpose(letter, user))
    letter.changed_at = clock.now()
    db.session.commit()
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", letter.id, user, "")


@pytest.mark.rule("ACC-10", "CHN-08")
def test_a_standing_session_or_another_campus_account_proves_nothing(cast, way, letter):
    user = opens(way, claim())
    opens(way, claim("A2", "s2"))
    with pytest.raises(binding.NotOpened):
        proofs.give(way, claim(anew=False), user, purpose(letter, user))
    with pytest.raises(binding.NotOpened):
        proofs.give(way, claim("A2", "s2", anew=True), user, purpose(letter, user))
    with pytest.raises(binding.NotOpened):
        proofs.give(way, claim("A1", "s3", anew=True), user, purpose(letter, user))
    assert not db.session.query(ActProof).count()


@pytest.mark.rule("ACC-10")
def test_staff_or_another_student_cannot_ask_for_the_proof_of_an_act(cast, way, letter):
    for user in (make.account(cast.classmate), cast.officer):
        with pytest.raises(NotYours):
            purpose(letter, user)


@pytest.mark.rule("ACC-10")
def test_a_code_still_proves_and_uses_up_no_campus_proof(cast, way, letter):
    user = opens(way, claim())
    proofs.give(way, claim(anew=True), user, purpose(letter, user))
    with pytest.raises(Invalid):
        acts.prove(INVITATIONS, "accept", letter.id, user, "000000")
    assert noted_proofs.has_proof(user, purpose(letter, user))


@pytest.mark.rule("ACC-15", "CHN-08")
def test_a_campus_sign_in_speaks_to_whoever_waits_for_it(cast, way, monkeypatch):
    heard = []
    monkeypatch.setattr(proofs, "PROVED", [lambda user: heard.append(user.id)])
    user = opens(way, claim())
    proofs.proved(user, binding.living(way, "s1"))
    assert heard == [user.id]
    binding.release(binding.living(way, "s1"), actor_of(cast.admin), "x")
    opens(way, claim(subject="s2"))
    proofs.proved(user, binding.living(way, "s2"))
    assert heard == [user.id], "a binding just made anew does not speak"


@pytest.mark.rule("ACC-05")
def test_the_code_for_linking_is_good_once(cast):
    user = cast.officer
    fresh_codes.send_code(user, fresh_codes.RELEASE)
    with pytest.raises(Invalid):
        fresh_codes.check_code(user, fresh_codes.RELEASE, "")
    with pytest.raises(Refused):
        fresh_codes.send_code(user, fresh_codes.RELEASE)
    assert code_budgets.PER_DAY == 10
