"""Invitations: what may be sent, answered, changed, and when they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.notices.models import Notice
from app.signing.invitations.models import InvitationState as S
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.models import PlacementState
from app.signing.placements.queries import placement_of
from app.workflow import trail
from app.workflow.actor import SYSTEM
from tests.factories import accept, account, actor, attest, invite, offer, pass_time


@pytest.mark.rule("INV-10")
def test_student_cannot_accept_within_the_first_hour(cast):
    [invitation] = invite(cast.employer, cast.student)
    with pytest.raises(Refused, match=r"\d\d:\d\d"):
        INVITATIONS.perform("accept", invitation.id, actor(cast.student), agreed=True)
    pass_time(minutes=61)
    INVITATIONS.perform("accept", invitation.id, actor(cast.student), agreed=True)
    assert invitation.state == S.ACCEPTED


@pytest.mark.rule("INV-11")
def test_deadline_is_midnight_in_china_after_the_days_to_answer(cast):
    [invitation] = invite(cast.employer, cast.student, reply_days=5)
    sent, until = clock.local(invitation.sent_at), clock.local(invitation.reply_by)
    assert (until.hour, until.minute) == (0, 0)
    assert until.date() == sent.date() + timedelta(days=6)


@pytest.mark.rule("INV-11")
def test_overdue_invitation_is_never_accepted_even_when_no_worker_marked_it(cast):
    [invitation] = invite(cast.employer, cast.student, reply_days=1)
    pass_time(days=3)
    with pytest.raises(Refused):
        INVITATIONS.perform("accept", invitation.id, actor(cast.student), agreed=True)
    assert invitation.state == S.OPEN
    INVITATIONS.perform("expire", invitation.id, SYSTEM)
    assert invitation.state == S.EXPIRED


@pytest.mark.rule("INV-13", "GRD-05")
def test_accepting_forms_a_placement_with_its_trail(cast):
    [invitation] = invite(cast.employer, cast.student)
    placement = accept(invitation)
    assert placement.state == PlacementState.AWAITING_SCHOOL
    assert [row.step for row in trail.of("invitation", invitation.id)] == ["send", "accept"]
    assert [row.step for row in trail.of("placement", placement.id)] == ["form"]


@pytest.mark.rule("INV-08", "GRD-02")
def test_a_second_invitation_is_refused_while_the_first_is_open(cast):
    from uuid import uuid4

    from app.signing.invitations.workflow import send
    from tests.factories import make_candidate

    invite(cast.employer, cast.student)
    row = make_candidate(cast.employer, cast.student)
    result = send([row], offer(), actor(cast.employer), uuid4().hex)
    assert not result.made
    assert cast.student.name in result.refused[0][1]


@pytest.mark.rule("INV-08")
def test_after_a_decline_the_employer_may_invite_again(cast):
    [invitation] = invite(cast.employer, cast.student)
    INVITATIONS.perform("decline", invitation.id, actor(cast.student), reason="已有安排")
    assert invite(cast.employer, cast.student)


@pytest.mark.rule("INV-08", "INV-11")
def test_an_overdue_invitation_gives_way_to_the_next_one(cast):
    [old] = invite(cast.employer, cast.student, reply_days=1)
    pass_time(days=3)
    [new] = invite(cast.employer, cast.student)
    assert (old.state, new.state) == (S.EXPIRED, S.OPEN)


@pytest.mark.rule("INV-09", "INV-14")
def test_signed_student_can_be_invited_but_only_read_it(cast):
    [first] = invite(cast.employer, cast.student)
    accept(first)
    [second] = invite(cast.rival, cast.student)
    pass_time(hours=2)
    offers = INVITATIONS.offers(second, actor(cast.student), clock.now())
    assert [o.step.name for o in offers] == ["accept", "decline"]
    assert all(cast.employer.name in o.why_not for o in offers)
    with pytest.raises(Refused):
        INVITATIONS.perform("accept", second.id, actor(cast.student), agreed=True)


@pytest.mark.rule("INV-14", "AGR-05")
def test_refused_attestation_opens_the_other_invitations_again(cast):
    from app.signing.placements.workflow import PLACEMENTS

    [first] = invite(cast.employer, cast.student)
    [second] = invite(cast.rival, cast.student)
    placement = accept(first)
    PLACEMENTS.perform("refuse", placement.id, actor(cast.officer), reason="信息不实")
    assert placement_of(cast.student.id) is None
    assert accept(second).employer_id == cast.rival.id


@pytest.mark.rule("INV-15")
def test_edit_makes_a_new_version_and_starts_the_clocks_anew(cast):
    from app.signing.terms.models import Terms

    [invitation] = invite(cast.employer, cast.student)
    old_id, old_opens = invitation.terms_id, invitation.opens_at
    pass_time(hours=5)
    terms = Terms(**offer(regular_pay=8000))
    INVITATIONS.perform("amend", invitation.id, actor(cast.employer), terms=terms)
    assert invitation.terms.regular_pay == 8000
    assert invitation.terms.previous_id == old_id
    assert invitation.opens_at > old_opens + timedelta(hours=4)
    assert trail.of("invitation", invitation.id)[-1].details == {"changed": ["regular_pay"]}


@pytest.mark.rule("INV-11", "INV-15", "NTF-01")
def test_more_time_leaves_the_terms_and_tells_the_student_of_the_new_day(cast):
    from app.signing.invitations.queries import version_before
    from app.signing.terms.models import Terms

    [invitation] = invite(cast.employer, cast.student, reply_days=2)
    first, opens = invitation.terms_id, invitation.opens_at
    INVITATIONS.perform(
        "amend",
        invitation.id,
        actor(cast.employer),
        terms=Terms(**offer(reply_days=2, regular_pay=8000)),
    )
    was = invitation.reply_by
    opens = invitation.opens_at
    INVITATIONS.perform("extend", invitation.id, actor(cast.employer), days=7)
    assert (invitation.terms.regular_pay, invitation.terms.reply_days) == (8000, 7)
    assert invitation.reply_by == clock.deadline(invitation.sent_at, 7)
    assert invitation.opens_at == opens
    assert version_before(invitation.terms).id == first  # the edit is shown on
    line = trail.of("invitation", invitation.id)[-1]
    assert line.details == {"extended": [was.isoformat(), invitation.reply_by.isoformat()]}
    told = db.session.scalars(
        select(Notice.key).where(Notice.user_id == account(cast.student).id)
    ).all()
    assert [key.split(":")[2] for key in sorted(told, key=lambda k: k.split(":", 3)[3])] == [
        "send",
        "amend",
        "extend",
    ]


@pytest.mark.rule("INV-11", "ADM-05")
def test_time_is_never_shortened_nor_given_beyond_what_the_school_allows(cast):
    [invitation] = invite(cast.employer, cast.student, reply_days=5)
    was = invitation.reply_by
    for days in (5, 4, 0, -1, 31):
        with pytest.raises(Refused):
            INVITATIONS.perform("extend", invitation.id, actor(cast.employer), days=days)
    pass_time(days=7)
    with pytest.raises(Refused):
        INVITATIONS.perform("extend", invitation.id, actor(cast.employer), days=20)
    with pytest.raises(NotYours):
        INVITATIONS.perform("extend", invitation.id, actor(cast.rival), days=20)
    db.session.refresh(invitation)
    assert invitation.reply_by == was


@pytest.mark.rule("INV-17")
def test_employer_withdraws_an_open_invitation(cast):
    [invitation] = invite(cast.employer, cast.student)
    INVITATIONS.perform("withdraw", invitation.id, actor(cast.employer))
    assert invitation.state == S.WITHDRAWN


@pytest.mark.rule("INV-06")
def test_the_same_preview_never_invites_twice(cast):
    from app.signing.invitations.workflow import send
    from tests.factories import make_candidate

    batch = "b" * 32
    first = send(
        [make_candidate(cast.employer, cast.student)], offer(), actor(cast.employer), batch
    )
    INVITATIONS.perform("decline", first.made[0].id, actor(cast.student))
    again = send(
        [make_candidate(cast.employer, cast.student)], offer(), actor(cast.employer), batch
    )
    assert not again.made


@pytest.mark.rule("ACC-02", "ACC-10")
@pytest.mark.parametrize(
    "who", ["classmate", "rival", "officer", "other_officer", "province", "admin"]
)
def test_nobody_else_can_answer_for_the_student(cast, who):
    [invitation] = invite(cast.employer, cast.student)
    pass_time(hours=2)
    with pytest.raises(NotYours):
        INVITATIONS.perform("accept", invitation.id, actor(getattr(cast, who)), agreed=True)


@pytest.mark.rule("ACC-06")
@pytest.mark.parametrize("change", [{"training_mode": "2"}, {"origin_state": "entered"}])
def test_student_who_may_not_sign_is_told_why_and_the_employer_is_not(cast, session, change):
    [invitation] = invite(cast.employer, cast.student)
    for name, value in change.items():
        setattr(cast.student, name, value)
    session.commit()
    pass_time(hours=2)
    with pytest.raises(Refused) as told:
        INVITATIONS.perform("accept", invitation.id, actor(cast.student), agreed=True)
    assert len(str(told.value)) > 20


@pytest.mark.rule("AGR-04", "AGR-10", "PLN-01", "GRD-04")
def test_attestation_numbers_the_agreement_and_writes_the_plan_row(cast):
    from app.core.db import db
    from app.plan.rows.models import PlanEntry

    placements = [
        accept(invite(cast.employer, student)[0]) for student in (cast.student, cast.classmate)
    ]
    for placement in placements:
        attest(placement, cast.officer)
    assert [p.agreement_no for p in placements] == ["120271099900001", "120271099900002"]
    entry = db.session.query(PlanEntry).filter_by(student_id=cast.student.id).one()
    assert (entry.destination_code, entry.employer_name) == ("10", cast.employer.name)
    assert entry.sources["destination_code"] == "signing"
