"""Runs of the real worker on a database with real commits: undo, a day without it, broken mail."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.mail import Message
from app.notices.models import Notice
from app.signing.desk.tasks import expire_amendments, remind_parties, remind_reviewers
from app.signing.invitations.tasks import expire_overdue, remind_students
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from tests import factories as make

CLOCKWORK = (expire_overdue, expire_amendments, remind_students, remind_parties, remind_reviewers)


def about(text: str) -> list[Message]:
    """The messages of which the key has the text."""
    return db.session.query(Message).filter(Message.key.contains(text)).order_by(Message.id).all()


def signed(installation) -> int:
    with installation.inside() as cast:
        return make.accept(make.invite(cast.employer, cast.student)[0]).id


@pytest.mark.rule("AGR-08", "NTF-02", "GRD-06")
def test_a_decision_undone_in_time_is_never_told(installation):
    key = signed(installation)
    installation.work()
    with installation.inside() as cast:
        PLACEMENTS.perform("attest", key, make.actor(cast.officer))
        assert len(about(":attest:")) == 2
    installation.pass_time(seconds=20)
    installation.work()
    with installation.inside() as cast:
        assert all(message.sent_at is None for message in about(":attest:"))
        PLACEMENTS.perform("undo", key, make.actor(cast.officer))
    installation.pass_time(minutes=5)
    installation.work()
    with installation.inside():
        assert about(":attest:") == []
        assert db.session.query(Notice).filter(Notice.key.contains(":attest:")).count() == 0


@pytest.mark.rule("AGR-08", "NTF-02")
def test_a_decision_that_stands_is_told_once_after_half_a_minute(installation):
    key = signed(installation)
    with installation.inside() as cast:
        PLACEMENTS.perform("attest", key, make.actor(cast.officer))
    installation.pass_time(seconds=31)
    for _run in range(2):
        installation.work()
    with installation.inside():
        told = about(":attest:")
        assert [message.tries for message in told] == [1, 1]
        assert all(message.sent_at for message in told)


@pytest.mark.rule("NTF-02", "NTF-03", "INV-11", "INV-16")
def test_after_a_day_without_a_worker_everything_comes_once_and_only_the_nearest_reminder(
    installation,
):
    with installation.inside() as cast:
        make.invite(cast.employer, cast.student, reply_days=1)  # expires meanwhile
        far = make.invite(cast.rival, cast.classmate, reply_days=3)[0].reply_by
        placement = make.accept(make.invite(cast.employer, cast.neighbour)[0])
        propose_terms(placement.id, make.actor(cast.employer), make.offer(regular_pay=9000))
        assert far
    installation.pass_time(days=2, hours=1)
    for _run in range(3):
        installation.work(*CLOCKWORK)
    with installation.inside() as cast:
        reminders = [
            row.key.rpartition(":")[2]
            for row in db.session.query(Notice).filter(Notice.key.startswith("remind:"))
        ]
        assert len(reminders) == 2  # the letter and the proposal, one threshold each
        assert set(reminders) <= {"48", "24"}
        assert len(about(":expire:")) == 2
        sent = db.session.query(Message).all()
        assert all(message.sent_at and message.tries == 1 for message in sent)
        notices = db.session.query(Notice.user_id, Notice.key).all()
        assert len(notices) == len(set(notices))


@pytest.mark.rule("NTF-03")
def test_a_reminder_waits_while_somebody_changes_the_record(installation):
    with installation.inside() as cast:
        [letter] = make.invite(cast.employer, cast.student, reply_days=3)
        key = letter.id
    installation.pass_time(days=2)
    with installation.inside():
        db.session.execute(
            db.text("SELECT 1 FROM invitation WHERE id = :id FOR NO KEY UPDATE"), {"id": key}
        )
        installation.work(remind_students)
        assert about("remind:") == []
    installation.work(remind_students)
    with installation.inside():
        assert len(about("remind:")) == 1
