"""Reminders before deadlines, each once; the reviewers' digest; the delivery log."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.notices.models import Notice
from app.signing.desk.tasks import expire_amendments, remind_parties, remind_reviewers
from app.signing.invitations.tasks import remind_students
from app.signing.placements.workflow import propose_terms
from tests.factories import accept, account, actor, attest, invite, offer, pass_time, terminate


def reminders(user) -> list[str]:
    """The hours of the reminders that the account got, in order."""
    rows = db.session.query(Notice).filter(
        Notice.user_id == user.id, Notice.key.startswith("remind:")
    )
    return [row.key.rpartition(":")[2] for row in rows.order_by(Notice.id)]


@pytest.mark.rule("NTF-03")
def test_a_student_is_reminded_two_days_one_day_and_three_hours_before_each_once(cast):
    [letter] = invite(cast.employer, cast.student, reply_days=5)
    left = letter.reply_by - clock.now()
    for before in (60, 47, 47, 20, 2, 2):
        pass_time(seconds=(left - timedelta(hours=before)).total_seconds())
        left = letter.reply_by - clock.now()
        remind_students()
    assert reminders(account(cast.student)) == ["48", "24", "3"]
    assert reminders(account(cast.employer)) == []


@pytest.mark.rule("NTF-03", "NTF-02")
def test_after_a_day_without_a_worker_only_the_nearest_reminder_comes(cast):
    [letter] = invite(cast.employer, cast.student, reply_days=5)
    pass_time(seconds=(letter.reply_by - clock.now() - timedelta(hours=2)).total_seconds())
    for _run in range(3):
        remind_students()
    assert reminders(account(cast.student)) == ["3"]


@pytest.mark.rule("NTF-03")
def test_nobody_is_reminded_of_what_is_answered_or_over(cast):
    [letter] = invite(cast.employer, cast.student, reply_days=1)
    accept(letter)
    pass_time(hours=20)
    remind_students()
    invite(cast.rival, cast.classmate, reply_days=1)
    pass_time(days=3)
    remind_students()
    assert reminders(account(cast.student)) == reminders(account(cast.classmate)) == []


@pytest.mark.rule("NTF-03", "INV-16", "TRM-09")
def test_amendments_and_terminations_are_reminded_of_too(cast):
    placement = accept(invite(cast.employer, cast.student)[0])
    propose_terms(placement.id, actor(cast.employer), offer(regular_pay=9000))
    pass_time(days=2)
    remind_parties()
    assert reminders(account(cast.student)) == ["48"]
    pass_time(days=3)
    assert expire_amendments() == 1
    attest(placement, cast.officer)
    found = terminate(placement)
    pass_time(seconds=(found.reply_by - clock.now() - timedelta(hours=20)).total_seconds())
    remind_parties()
    remind_parties()
    assert reminders(account(cast.employer)) == ["24"]


@pytest.mark.rule("NTF-03")
def test_reviewers_get_one_digest_a_working_day_of_what_waits_too_long(cast):
    accept(invite(cast.employer, cast.student)[0])
    pass_time(hours=(12 - clock.local(clock.now()).hour) % 24)  # whenever this is run
    told = db.session.query(Notice).filter(Notice.key.startswith("waiting:"))
    days = 0
    while days < 12:  # two weekends pass
        pass_time(hours=24)
        for _run in range(2):
            remind_reviewers()
        days += 1
    keys = [row.key for row in told.filter(Notice.user_id == cast.officer.id)]
    assert len(keys) == len(set(keys))
    assert 4 <= len(keys) <= 8
    assert told.filter(Notice.user_id == cast.other_officer.id).count() == 0


def test_the_worker_knows_every_periodic_task():
    """What no module imports would never run."""
    seen = subprocess.run(
        [
            sys.executable,
            "-c",
            "import app.cli, app.menu; from app.core.jobs import queue; print(sorted(queue.tasks))",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in (
        "invitations.expire_overdue",
        "invitations.remind",
        "desk.expire_amendments",
        "desk.remind",
        "desk.digest",
        "batches.run",
        "termination.make_letter",
        "core.sweep_stalled",
    ):
        assert name in seen, name


@pytest.mark.rule("NTF-02", "ACC-02")
def test_staff_see_deliveries_of_their_records_without_text_and_send_again(cast, visit):
    invite(cast.employer, cast.student)
    invite(cast.rival, cast.stranger)
    mine = (
        db.session.query(Message)
        .filter_by(school_id=cast.school.id, user_id=account(cast.student).id)
        .one()
    )
    mine.tries, mine.problem = 3, "SMTPException: no route"
    db.session.commit()
    browser = visit(cast.officer)
    page = browser.get("/deliveries/list/?tab=all").get_data(as_text=True)
    assert "星光集团有限公司" in page
    assert "光谷科技" not in page
    assert mine.body not in page
    assert "no route" in browser.get("/deliveries/list/").get_data(as_text=True)
    url = f"/deliveries/action/resend/{mine.id}"
    before = db.session.query(Message).count()
    browser.post(url)
    assert db.session.query(Message).count() == before  # a moment ago
    pass_time(minutes=2)
    for _click in range(2):
        browser.post(url)
    assert db.session.query(Message).count() == before + 1
    assert visit(cast.other_officer).post(url).status_code == 404
    assert visit(cast.college_officer).get("/deliveries/list/").status_code in (403, 404)
