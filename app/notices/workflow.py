"""Telling people: each step of each workflow declares who is told and in which words (NTF-01, NTF-02).

Notices and mail are written in the transaction of the change, once for an event; the worker sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.accounts.hooks import PHONES
from app.accounts.models import AppUser
from app.accounts.warnings import warn
from app.core import clock, mail
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.notices.models import Notice
from app.notices.queries import AGAIN, AHEAD, copies_of, deliveries_for
from app.settings.queries import settings
from app.workflow.actor import Actor, Role
from app.workflow.decisions import just_decided
from app.workflow.engine import committed
from app.workflow.steps import Change, event_key


@dataclass(frozen=True)
class Letter:
    """The words for one receiver of one event: lazy texts with named places, and where to look.

    `everywhere`: what happened in the receiver's own name, or to its way in. Every contact of the last
    90 days is told, with the link «this was not me», whatever the school's settings (INV-20).
    """

    subject: Any
    body: Any
    url: str = ""
    everywhere: bool = False


RECORDS = ("invitation", "placement", "termination")  # what the link freezes, and not the account
Letters = Mapping[str, Mapping[str, Letter]]  # step → receiver → words
People = Mapping[str, Callable[[], Iterable[AppUser]]]  # receiver → accounts


def tell_of(
    change: Change,
    letters: Letters,
    people: People,
    values: Mapping[str, Any],
    school_id: int | None,
) -> None:
    """Tell whom the table of letters names for this step; a decision that can be undone waits."""
    told = [
        (user, letter)
        for receiver, letter in letters.get(change.step.name, {}).items()
        for user in people[receiver]()
    ]
    _tell(told, change.key, values, school_id, change.held_until, change)


def tell(
    user: AppUser,
    key: str,
    letter: Letter,
    values: Mapping[str, Any],
    *,
    school_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """Put one event before one account, once: a notice on the site, a mail, a text message if set.

    `at` keeps it back until then; `school_id` is the school whose staff may see the delivery.
    """
    _tell([(user, letter)], key, values, school_id, at)


_NEW = (
    insert(Notice.__table__)
    .on_conflict_do_nothing(index_elements=["user_id", "key"])
    .returning(Notice.__table__.c.user_id)
)


def _tell(
    told: Sequence[tuple[AppUser, Letter]],
    key: str,
    values: Mapping[str, Any],
    school_id: int | None,
    at: datetime | None,
    change: Change | None = None,
) -> None:
    if not told:
        return
    shown = {name: str(value) for name, value in values.items()}
    now = clock.now()
    rows = {user.id: _row(user, letter, shown) for user, letter in told}
    times = {"key": key, "created_at": now, "shown_from": at or now}
    fresh = db.session.scalars(_NEW, [row | times for row in rows.values()]).all()
    texted = bool(fresh) and school_id is not None and settings(school_id).sms_notices
    users = {user.id: user for user, _letter in told}
    everywhere = {user.id for user, letter in told if letter.everywhere}
    for i in (i for i in fresh if i in everywhere):
        _warn(users[i], key, rows[i], school_id, at, change)
    known = [i for i in fresh if i not in everywhere]
    messages = [m for i in known for m in _messages(users[i], key, rows[i], school_id, texted)]
    mail.post(*messages, at=at)


def _warn(
    user: AppUser,
    key: str,
    row: Mapping[str, Any],
    school_id: int | None,
    at: datetime | None,
    change: Change | None,
) -> None:
    """The notice's text to every contact instead of one mail, with the link."""
    record = change is not None and change.kind in RECORDS
    about = (change.kind, change.record.id) if change is not None and record else None
    warn(
        user, key, row["subject"], row["body"], about=about, school_id=school_id, at=at,
        who=change.actor if change is not None else None,
    )  # fmt: skip


def _row(user: AppUser, letter: Letter, shown: Mapping[str, str]) -> dict[str, Any]:
    """The notice in the receiver's language."""
    with force_locale(user.locale or "zh"):
        subject, body = str(letter.subject) % shown, str(letter.body) % shown
    url = letter.url % shown if letter.url else ""
    return {"user_id": user.id, "subject": subject[:200], "body": body[:1000], "url": url}


def _messages(
    user: AppUser, key: str, row: Mapping[str, Any], school_id: int | None, texted: bool
) -> Iterable[mail.Outgoing]:
    """The mail and, where the school wants it, the text message of one notice."""
    about = {"user_id": user.id, "school_id": school_id}
    subject, name = row["subject"], f"{key}:{user.id}"
    if reachable(user.email):
        yield mail.Outgoing(name, mail.MAIL, user.email, subject, row["body"], **about)
    phone = phone_of(user) if texted else None
    if phone:
        yield mail.Outgoing(f"{name}:sms", mail.SMS, phone, subject, subject, **about)


def phone_of(user: AppUser) -> str | None:
    """Where text messages about events reach the account; staff and landlines get none."""
    return PHONES.get(Role(user.role or ""), lambda _user: None)(user)


def untell(key: str) -> None:
    """Take back what nobody has been told yet: the decision was undone in time."""
    told = db.session.scalars(
        delete(Notice).where(Notice.key == key).returning(Notice.user_id)
    ).all()
    about = mail.Message.key.startswith(f"{key}:", autoescape=True)
    mine = (mail.Message.user_id.in_(told), mail.Message.sent_at.is_(None), about)
    db.session.execute(delete(mail.Message).where(*mine))


def untell_decision(change: Change) -> None:
    """Undo in time: nobody is told of what was decided by mistake."""
    row = just_decided(change.record, change.actor)
    if row is not None:
        untell(event_key(row.kind, row.record_id, row.step, row.at))


def reachable(email: str | None) -> bool:
    """Whether mail can go there; accounts without an address carry a placeholder that must not be used."""
    return bool(email) and not str(email).endswith("@invalid")


# -- sending again -----------------------------------------------------------------------------

APART = timedelta(minutes=1)  # between two sendings of one message


def resend(message_id: int, who: Actor) -> None:
    """Send a notice's text once more, to the account's address of today, and commit.

    Raises NotYours outside the scope; Refused for a code, within a minute of the last sending,
    while the decision can still be undone, or where text or address are gone.
    """

    def again() -> None:
        scope = deliveries_for(who).where(mail.Message.id == message_id)
        message = db.session.scalars(scope).one_or_none()
        if message is None:
            raise NotYours(f"message {message_id}")
        _send_again(message)

    committed(again)


def _send_again(message: mail.Message) -> None:
    base, now = message.key.partition(AGAIN)[0], clock.now()
    notice, user = _notice_of(base, message.user_id), db.session.get(AppUser, message.user_id or 0)
    if notice is None or user is None:
        raise Refused(_("This carried a code or a link of its own. A new one has to be asked for."))
    copies = copies_of(base, user.id)
    # one lock for all copies: two who press at once send one
    db.session.execute(select(mail.Message.id).where(copies).order_by("id").with_for_update())
    last = db.session.scalar(select(func.max(mail.Message.created_at)).where(copies))
    if notice.shown_from > now or (last is not None and now - last < APART):
        raise Refused(_("It was sent a moment ago. Please wait a minute."))
    by_mail = message.channel == mail.MAIL
    address = user.email if by_mail else phone_of(user)
    if address is None or not reachable(address):
        raise Refused(_("%(name)s has no address for this.", name=user.display_name))
    mail.post(mail.Outgoing(
        f"{base}{AGAIN}{now:%Y%m%d%H%M%S}", message.channel, address, notice.subject,
        notice.body if by_mail else notice.subject, user_id=user.id, school_id=message.school_id,
    ))  # fmt: skip


def _notice_of(base: str, user_id: int | None) -> Notice | None:
    """The notice whose text the message brought; a code has none."""
    key = base.removesuffix(":sms").removesuffix(f":{user_id}")
    mine = (Notice.user_id == user_id, Notice.key == key)
    return db.session.scalars(select(Notice).where(*mine)).one_or_none()


# -- reminders (NTF-03) -----------------------------------------------------------------------

JUST_TOLD = timedelta(hours=1)  # nobody is reminded of what was put before him a moment ago


def remind(
    users: Iterable[AppUser],
    name: str,
    since: datetime,
    until: datetime,
    letter: Letter,
    values: Mapping[str, Any],
    school_id: int | None,
) -> None:
    """Remind of a deadline 48, 24 and 3 hours before it, each once; of several passed the nearest.

    `name` is the record's, such as ``invitation:12``; `since` is when the receiver was asked. A new
    deadline is reminded of anew.
    """
    left = until - clock.now()
    due = next((ahead for ahead in AHEAD if left <= ahead), None)
    if due is None or left <= timedelta() or until - due < since + JUST_TOLD:
        return
    hours = int(due.total_seconds()) // 3600
    key = f"remind:{name}:{until.astimezone(UTC):%Y%m%d%H%M}:{hours}"
    for user in users:
        tell(user, key, letter, values, school_id=school_id)


def in_portions(
    portion: Callable[[datetime, int], Sequence[Any]], remind_of: Callable[[Any], None]
) -> int:
    """Remind of every record, a portion and a transaction at a time in the order of ids; how many.

    `portion` gives the records that are due now with an id above the last one; it locks them for
    sharing and leaves out those that somebody is changing: the next run comes to them.
    """
    count, last = 0, 0
    while found := portion(clock.now(), last):
        last, count = found[-1].id, count + len(found)
        for record in found:
            remind_of(record)
        db.session.commit()
    return count
