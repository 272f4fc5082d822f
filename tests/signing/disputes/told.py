"""What tests of «this was not me» share: messages by account, the link in a message, former contacts."""

from __future__ import annotations

import re
from datetime import timedelta

from app.accounts.contacts import changed, note_change
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.accounts.warning_models import AccountWarning
from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.people.students.workflow import STUDENTS
from tests import factories as make

LINK = re.compile(r"/not-me/([\w-]{20,64})")


def warnings_of(user: AppUser) -> list[AccountWarning]:
    """What the account was told of everywhere, oldest first."""
    db.session.expire_all()
    return db.session.query(AccountWarning).filter_by(user_id=user.id).order_by("id").all()


def messages_of(warning: AccountWarning) -> list[Message]:
    keys = [link.message_key for link in warning.links]
    return db.session.query(Message).filter(Message.key.in_(keys)).order_by("id").all()


def addresses_of(warning: AccountWarning) -> set[str]:
    return {message.address for message in messages_of(warning)}


def tokens_of(warning: AccountWarning) -> list[str]:
    """The tokens as they stand in the messages: nowhere else."""
    return [LINK.search(message.body)[1] for message in messages_of(warning)]


def last_token(user: AppUser) -> str:
    return tokens_of(warnings_of(user)[-1])[0]


def former(user: AppUser, number: str, days: int, channel: str = "sms") -> None:
    """The account had this number until so many days ago, and its owner changed it."""
    change = note_change(changed(user, channel, number, None, "self", actor_of(user)))
    change.at = clock.now() - timedelta(days=days)
    db.session.commit()


def start_anew(student, officer) -> AccountWarning:
    """The school resets the student's first sign-in: told everywhere."""
    STUDENTS.perform("begin_anew", student.id, make.actor(officer), reason="忘记密码")
    return warnings_of(make.account(student))[-1]
