"""What only brought a message, a code or a session goes by its table; proof stays (S-19)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.log_models import SecurityEvent
from app.accounts.models import OneTimeCode
from app.audit import retention
from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.notices.models import Notice
from app.workflow.models import Trail
from tests import factories as make

NAMES = [str(kept.name) for kept in retention.KEPT]


def rows(model) -> int:
    """How many there are."""
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.fixture
def used(cast):
    """An invitation accepted by code, its notices and messages sent."""
    (letter,) = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    make.accept(letter)
    make.sent()
    code = OneTimeCode(
        owner="user:1", channel="sms", purpose="x", digest=b"d", target=b"t", created_at=clock.now()
    )
    db.session.add(code)
    db.session.commit()


def test_nothing_goes_before_its_time(used):
    """A day before, the same run deletes nothing."""
    make.pass_time(days=29)
    assert not any(retention.forget().values())


def test_each_kind_goes_after_its_days_and_proof_stays(used):
    """Addresses and texts first emptied, their rows kept; trail and security log untouched."""
    messages, trail, events = rows(Message), rows(Trail), rows(SecurityEvent)
    assert rows(Notice)
    make.pass_time(days=31)
    retention.forget()
    assert rows(OneTimeCode) == 0
    make.pass_time(days=181)
    retention.forget()
    assert rows(Message) == messages
    left = db.session.query(Message).filter(Message.body_sealed.is_not(None)).count()
    assert left == 0
    assert all(
        message.address is None and message.body is None for message in db.session.query(Message)
    )
    make.pass_time(days=731)
    retention.forget()
    assert rows(Notice) == 0
    assert (rows(Trail), rows(SecurityEvent)) == (trail, events)


def test_the_dry_run_says_what_the_run_then_does(used, app):
    """Figures of both are one; twice finds nothing more."""
    make.pass_time(days=1000)
    said = {name: count for name, _days, count in retention.due()}
    assert said == retention.forget()
    assert sum(said.values()) > 0
    assert not any(retention.forget().values())


def test_many_rows_go_in_small_transactions(cast, monkeypatch):
    """More than one portion, none left."""
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    old = clock.now() - timedelta(days=40)
    db.session.add_all(
        OneTimeCode(
            owner="user:1", channel="sms", purpose="x", digest=b"d", target=b"t", created_at=old
        )
        for _ in range(10)
    )
    db.session.commit()
    retention.forget()
    assert rows(OneTimeCode) == 0


def test_every_kind_is_named_once_in_the_documentation():
    """docs/retention.md is the same table."""
    from pathlib import Path

    text = (Path(__file__).parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
    for kept in retention.KEPT:
        assert f"| {kept.since.class_.__tablename__} | {kept.days} |" in text
