"""Whom an event reached, and whom not: what pages say after an act is what is true (NTF-05).

An event is known by its key. «Told» is only whom a mail server or a gateway has taken a message for, or
who opened the notice on the site; what waits is on its way, and what failed says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ARRAY, ColumnElement, String, any_, func, literal, or_, select

from app.accounts.models import AppUser
from app.accounts.warning_models import AccountWarning, WarningLink
from app.core import clock
from app.core.db import db
from app.core.mail import SMS, Message
from app.notices.fates import RECEIVERS, WHY, Fate, Reach, ToldCount
from app.notices.models import NO_ACCOUNT, NO_WAY, Notice
from app.notices.queries import AGAIN, problem_in_words
from app.workflow.models import Trail
from app.workflow.steps import event_key


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether it is one of many values: they go as one array, thousands of parameters would take seconds."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def reach_of(keys: Iterable[str]) -> dict[str, list[Reach]]:
    """Every receiver of these events, by the events' keys; one that nobody was told of is missing."""
    found: dict[str, list[Reach]] = {}
    for notice, reach in _reaches(_notices().where(among(Notice.key, keys)).order_by(Notice.id)):
        found.setdefault(notice.key, []).append(reach)
    return found


def _notices() -> Any:
    return select(Notice, AppUser).join(AppUser, AppUser.id == Notice.user_id)


def _reaches(notices: Any) -> list[tuple[Notice, Reach]]:
    rows = db.session.execute(notices).all()
    messages = _messages([(notice.user_id, notice.key) for notice, _user in rows])
    return [
        (notice, _reach(notice, user, messages.get((notice.user_id, notice.key), [])))
        for notice, user in rows
    ]


def _messages(told: Sequence[tuple[int, str]]) -> dict[tuple[int, str], list[Message]]:
    """The messages of each receiver and event, those sent again and those with a link included."""
    if not told:
        return {}
    users = {user for user, _key in told}
    names = {f"{key}:{user}{end}": (user, key) for user, key in told for end in ("", f":{SMS}")}
    base = func.split_part(Message.key, AGAIN, 1, type_=String)
    links = (
        select(WarningLink.message_key, AccountWarning.user_id, AccountWarning.key)
        .join(AccountWarning, AccountWarning.id == WarningLink.warning_id)
        .where(
            among(AccountWarning.user_id, users), among(AccountWarning.key, {k for _u, k in told})
        )
        .subquery()
    )
    rows = db.session.execute(
        select(Message, links.c.user_id, links.c.key)
        .outerjoin(links, links.c.message_key == base)
        .where(
            among(Message.user_id, users),
            or_(among(base, names), links.c.message_key.is_not(None)),
        )
        .order_by(Message.id)
    )
    found: dict[tuple[int, str], list[Message]] = {}
    for message, user, key in rows:
        of = names[message.key.partition(AGAIN)[0]] if user is None else (user, key)
        found.setdefault(of, []).append(message)
    return found


def _reach(notice: Notice, user: AppUser, messages: Sequence[Message]) -> Reach:
    about: dict[str, Any] = {
        "name": user.display_name,
        "user_id": user.id,
        "key": notice.key,
    }
    by_fate: dict[str, list[Message]] = {}
    for message in messages:
        by_fate.setdefault(message.fate, []).append(message)
    if notice.read_at is not None:
        return Reach(fate=Fate.READ, **about)
    for fate, names in ((Fate.TOLD, ("sent",)), (Fate.UNDER_WAY, ("waiting",))):
        ways = [m.channel for name in names for m in by_fate.get(name, ())]
        if ways:
            return Reach(fate=fate, ways=tuple(dict.fromkeys(ways)), **about)
    if messages:
        return Reach(fate=Fate.FAILED, why=_problem(messages[-1]), **about)
    if user.is_staff:  # found on its desk
        return Reach(fate=Fate.TOLD, **about)
    return Reach(fate=Fate.UNTOLD, why=str(WHY.get(notice.unreached, WHY[NO_WAY])), **about)


def _problem(message: Message) -> str:
    if message.fate == "kept":
        return _("no server or gateway is set")
    return problem_in_words(message.problem).rstrip("。.")


def lately(user_id: int, most: int = 10) -> list[tuple[Notice, Reach]]:
    """The last events that an account was to be told of, the newest first, and how far each has come."""
    mine = (Notice.user_id == user_id, Notice.shown_from <= clock.app_now())
    return _reaches(_notices().where(*mine).order_by(Notice.id.desc()).limit(most))


def of_event(key: str) -> ToldCount:
    """What became of the telling of one event."""
    told = ToldCount()
    for reach in reach_of([key]).get(key, ()):
        told.add(reach)
    return told


def after(kind: str, record_id: int, step: str, user_id: int | None) -> str:
    """Whom what this person has just done to a record was told to, as a sentence; empty for nobody."""
    found = after_each(kind, [record_id], step, user_id)
    return found[record_id].sentence if record_id in found else ""


def after_each(
    kind: str, ids: Sequence[int], step: str, user_id: int | None, since: datetime | None = None
) -> dict[int, ToldCount]:
    """The same of a step on many records, by their ids; the last time that it was taken, its doer left out.

    What was taken before `since` does not count.
    """
    wanted = (
        Trail.kind == kind,
        among(Trail.record_id, ids),
        Trail.step == step,
        Trail.actor_id == user_id,
    )
    rows = db.session.scalars(select(Trail).where(*wanted).order_by(Trail.seq))
    last = {row.record_id: row for row in rows if since is None or row.at >= since}
    reached = reach_of([_key(row) for row in last.values()])
    return {key: _told(row, reached.get(_key(row), ())) for key, row in last.items()}


def _key(row: Trail) -> str:
    return event_key(row.kind, row.record_id, row.step, row.at)


def _told(row: Trail, reached: Sequence[Reach]) -> ToldCount:
    told = ToldCount()
    for reach in reached:
        if reach.user_id != row.actor_id:
            told.add(reach)
    for receiver in row.details.get(NO_ACCOUNT, ()):
        name = str(RECEIVERS.get(receiver, receiver))
        told.add(Reach(name, Fate.UNTOLD, why=str(WHY[NO_ACCOUNT]), key=_key(row)))
    return told


def together(each: Iterable[ToldCount]) -> ToldCount:
    """Of many acts: all receivers as one."""
    whole = ToldCount()
    for told in each:
        for reach in (*told.reached, *told.missed):
            whole.add(reach)
    return whole


def ending(text: Any, told: str) -> str:
    """What was done, and then whom it was told to."""
    return f"{text} {told}" if told else str(text)
