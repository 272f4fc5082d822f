"""Telling people: each step of each workflow declares who is told and in which words (NTF-01, NTF-02).

Notices and mail are written in the transaction of the change, once for an event; the worker sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import column, delete, text, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import AppUser
from app.accounts.warnings import warn
from app.core import clock, mail
from app.core.db import db
from app.notices.letters import TEXTS, Letter, Letters, how_to_begin, phone_of, reachable
from app.notices.models import NO_ACCOUNT, NO_WAY, TEXTS_OFF, TEXTS_SPENT, Notice
from app.notices.queries import AGAIN
from app.settings.queries import settings
from app.workflow.actor import PARTIES
from app.workflow.decisions import just_decided
from app.workflow.steps import Change, event_key

REMINDED = "remind"  # what the key of a reminder begins with
RECORDS = ("invitation", "placement", "termination")  # what the link freezes, and not the account
People = Mapping[str, Callable[[], Iterable[AppUser]]]  # receiver → accounts


def tell_of(
    change: Change,
    letters: Letters,
    people: People,
    values: Mapping[str, object],
    school_id: int | None,
) -> None:
    """Tell whom the table of letters names for this step; a decision that can be undone waits.

    A receiver without an account is noted in the trace: nobody has told it (NTF-05).
    """
    told: list[tuple[AppUser, Letter]] = []
    for receiver, letter in letters.get(change.step.name, {}).items():
        users = list(people[receiver]())
        told += [(user, letter) for user in users]
        if not users:
            change.details.setdefault(NO_ACCOUNT, []).append(receiver)
    _tell(told, change.key, values, school_id, change.held_until, change)


def tell(
    user: AppUser,
    key: str,
    letter: Letter,
    values: Mapping[str, object],
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


# whoever acts has done with what it was told of the record before: one statement with what is told now
_DONE_WITH = (
    text(
        "UPDATE notice SET read_at = :done_at WHERE user_id = :done_by AND read_at IS NULL"
        " AND (starts_with(key, :done_with) OR starts_with(key, :reminded)) RETURNING id"
    )
    .columns(column("id"))
    .cte("done_with")
)


def _put(change: Change | None) -> tuple[Any, dict[str, object]]:
    """The statement that puts notices, and what it is to be given besides them."""
    if change is None or change.source is None or change.actor.role not in PARTIES:
        return _NEW, {}
    about = f"{change.kind}:{change.record.id}:"
    mine = {"done_with": about, "reminded": f"{REMINDED}:{about}"}
    return _NEW.add_cte(_DONE_WITH), mine | {"done_by": change.actor.user_id, "done_at": change.now}


def _tell(
    told: Sequence[tuple[AppUser, Letter]],
    key: str,
    values: Mapping[str, object],
    school_id: int | None,
    at: datetime | None,
    change: Change | None = None,
) -> None:
    if not told:
        return
    shown = {name: str(value) for name, value in values.items()}
    now = clock.now()
    rows = {user.id: _row(user, letter, shown) for user, letter in told}
    put, besides = _put(change)
    times = besides | {"key": key, "created_at": now, "shown_from": at or now}
    fresh = db.session.scalars(put, [row | times for row in rows.values()]).all()
    texted = bool(fresh) and school_id is not None and settings(school_id).sms_notices
    known = {user.id: (user, letter) for user, letter in told}
    messages: list[mail.Outgoing] = []
    missed: dict[str, list[int]] = {}
    for user, letter in (known[i] for i in fresh):
        if letter.everywhere:
            if not _warn(user, key, rows[user.id], school_id, at, change):
                missed.setdefault(NO_WAY, []).append(user.id)
            continue
        mine, why = _messages(user, key, rows[user.id], school_id, texted, letter.owed)
        messages += mine
        if why:
            missed.setdefault(why, []).append(user.id)
    mail.post(*messages, at=at)
    for why, ids in missed.items():
        mine_of = (Notice.key == key, Notice.user_id.in_(ids))
        db.session.execute(update(Notice).where(*mine_of).values(unreached=why))


def _warn(
    user: AppUser,
    key: str,
    row: Mapping[str, object],
    school_id: int | None,
    at: datetime | None,
    change: Change | None,
) -> int:
    """The notice's text to every contact instead of one mail, with the link; to how many."""
    record = change is not None and change.kind in RECORDS
    about = (change.kind, change.record.id) if change is not None and record else None
    return warn(
        user,
        key,
        row["subject"],
        row["body"],
        about=about,
        school_id=school_id,
        at=at,
        who=change.actor if change is not None else None,
    )


def _row(user: AppUser, letter: Letter, shown: Mapping[str, str]) -> dict[str, object]:
    """The notice in the receiver's language."""
    with force_locale(user.locale or "zh"):
        subject, body = str(letter.subject) % shown, str(letter.body) % shown
    url = letter.url % shown if letter.url else ""
    return {"user_id": user.id, "subject": subject[:200], "body": body[:1000], "url": url}


def _messages(
    user: AppUser,
    key: str,
    row: Mapping[str, Any],
    school_id: int | None,
    texted: bool,
    owed: bool,
) -> tuple[list[mail.Outgoing], str]:
    """The mail and, where the school wants it or there is no other way, the text message of one notice.

    Beside them why there is none, one of `UNREACHED`; empty where there is one.
    """
    about = {"user_id": user.id, "school_id": school_id}
    subject, name, found = row["subject"], f"{key}:{user.id}", []
    by_mail, phone = reachable(user.email), phone_of(user)
    with force_locale(user.locale or "zh"):
        begin = how_to_begin(user)
        text = _("%(subject)s. %(begin)s", subject=subject, begin=begin) if begin else subject
    if by_mail:
        body = "\n\n".join(part for part in (row["body"], begin) if part)
        found.append(mail.Outgoing(name, mail.MAIL, user.email, subject, body, **about))
    must = owed and not by_mail
    if phone and (texted or (must and TEXTS.count(user.id) <= TEXTS.most)):
        text = text if must else subject
        found.append(mail.Outgoing(f"{name}:sms", mail.SMS, phone, subject, text, **about))
    if found or user.is_staff:
        return found, ""
    return [], NO_WAY if not phone else TEXTS_SPENT if must else TEXTS_OFF


def tell_anew(notice: Notice, user: AppUser, school_id: int | None) -> bool:
    """Tell whom nobody reached at first, now that there is a way; whether there is. Not committed."""
    row = {"subject": notice.subject, "body": notice.body}
    key = f"{notice.key}:{user.id}"
    found, why = _messages(user, notice.key, row, school_id, False, True)
    again = f"{AGAIN}{clock.now():%Y%m%d%H%M%S}"
    mail.post(*(replace(m, key=f"{key}{m.key.removeprefix(key)}{again}") for m in found))
    notice.unreached = why
    return bool(found)


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
