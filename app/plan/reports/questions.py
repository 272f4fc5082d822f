"""Kept questions: whose they are, who may open them, who gets them by mail (RPT-06)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import parse_qsl, urlencode

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.core.text import clean_line
from app.notices.models import Notice
from app.plan.reports.models import LONGEST_NAME, LONGEST_QUERY, KeptQuestion, QuestionMail
from app.plan.reports.pages import REPORTS
from app.workflow.actor import Actor
from app.workflow.engine import committed

MOST = 50  # of one person
MOVES = (
    "since",
    "until",
)  # days that a kept question keeps as a span back from the day it is opened


def questions_for(who: Actor) -> Select[KeptQuestion]:
    """One's own, and those that colleagues share: of the same college, or who work for the whole school."""
    same_school = AppUser.school_id.is_not_distinct_from(who.school_id)
    near = or_(AppUser.college_id.is_(None), AppUser.college_id == who.college_id)
    theirs: ColumnElement[bool] = KeptQuestion.shared & same_school & near & AppUser.active
    mine = KeptQuestion.user_id == who.user_id
    return (
        select(KeptQuestion).join(AppUser, AppUser.id == KeptQuestion.user_id).where(mine | theirs)
    )


def question_of(who: Actor, key: int) -> KeptQuestion:
    """One of them. Raises NotYours."""
    found = db.session.scalars(questions_for(who).where(KeptQuestion.id == key)).one_or_none()
    if found is None:
        raise NotYours(f"question {key}")
    return found


def listed(who: Actor) -> Sequence[tuple[KeptQuestion, bool]]:
    """Each with whether it is mailed to the person; one's own first, by name."""
    mailed = select(QuestionMail.question_id).where(
        QuestionMail.question_id == KeptQuestion.id, QuestionMail.user_id == who.user_id
    )
    rows = questions_for(who).add_columns(mailed.correlate(KeptQuestion).exists(), AppUser)
    by_name = func.name_order(KeptQuestion.name, False)
    order = (KeptQuestion.user_id != who.user_id, by_name, KeptQuestion.id)
    return [(row[0], row[1]) for row in db.session.execute(rows.order_by(*order).limit(500))]


def keep(
    who: Actor, name: str, report: str, query: str, *, shared: bool, mailed: bool
) -> KeptQuestion:
    """Keep a report as it is asked now; the same name is replaced. Commits. Raises Invalid."""
    name, query = clean_line(name), kept_query(query)
    if report not in REPORTS or who.user_id is None:
        raise NotYours("report")
    if not name or len(name) > LONGEST_NAME:
        raise Invalid([("name", _("A name has 1 to %(most)s characters.", most=LONGEST_NAME))])
    if len(query) > LONGEST_QUERY:
        raise Invalid([("name", _("This question is too long to be kept."))])
    others = select(func.count()).where(
        KeptQuestion.user_id == who.user_id, KeptQuestion.name != name
    )
    if (db.session.scalar(others) or 0) >= MOST:
        raise Invalid([("name", _("At most %(most)s kept questions.", most=MOST))])

    def act() -> KeptQuestion:
        values = {
            "report": report,
            "query": query,
            "shared": shared,
            "changed_at": clock.now(),
        }
        row = insert(KeptQuestion).values(user_id=who.user_id, name=name, **values)
        row = row.on_conflict_do_update(index_elements=["user_id", "name"], set_=values)
        key = db.session.scalars(row.returning(KeptQuestion.id)).one()
        if mailed:
            _mail_to(who, key)
        return db.session.get_one(KeptQuestion, key, populate_existing=True)

    return committed(act)


def kept_query(query: str) -> str:
    """The query as it is kept: without what is empty; days of the flow as so many back (it moves on)."""
    args = {name: value for name, value in parse_qsl(query) if value}
    since, until = (args.pop(name, "") for name in MOVES)
    if since:
        span = _days_between(since, until)
        if span:
            args["days"] = str(span)
    return urlencode(args)


def _days_between(since: str, until: str) -> int:
    try:
        last = date.fromisoformat(until) if until else clock.today()
        return max(0, min(366, (last - date.fromisoformat(since)).days + 1))
    except ValueError:
        return 0


def drop(who: Actor, key: int) -> None:
    """Delete one's own, and commit. Raises NotYours."""
    mine = (KeptQuestion.id == key, KeptQuestion.user_id == who.user_id)
    committed(lambda: _deleted(delete(KeptQuestion).where(*mine).returning(KeptQuestion.id)))


def _deleted(statement: object) -> None:
    if not db.session.scalars(statement).all():  # type: ignore[call-overload]
        raise NotYours("question")


def share(who: Actor, key: int, shared: bool) -> None:
    """Let colleagues open one's own, or no more, and commit. Raises NotYours."""
    question = question_of(who, key)
    if question.user_id != who.user_id:
        raise NotYours(f"question {key}")

    def act() -> None:
        question.shared = shared

    committed(act)


def mail_me(who: Actor, key: int, wanted: bool) -> None:
    """Send its figures to the person each month, or no more, and commit. Raises NotYours."""
    question = question_of(who, key)
    if wanted:
        committed(lambda: _mail_to(who, question.id))
    else:
        mine = (QuestionMail.question_id == key, QuestionMail.user_id == who.user_id)
        committed(lambda: db.session.execute(delete(QuestionMail).where(*mine)))


def _mail_to(who: Actor, key: int) -> None:
    row = insert(QuestionMail).values(question_id=key, user_id=who.user_id, since=clock.now())
    db.session.execute(row.on_conflict_do_nothing())


def readers(month: str) -> Sequence[tuple[int, AppUser]]:
    """(question, reader) of the mails that are wanted and not yet written, of accounts that are in use."""
    key = func.concat("question:", QuestionMail.question_id, f":{month}")
    told = select(Notice.id).where(Notice.user_id == QuestionMail.user_id, Notice.key == key)
    rows = (
        select(QuestionMail.question_id, AppUser)
        .join(AppUser, AppUser.id == QuestionMail.user_id)
        .where(AppUser.active, ~told.correlate(QuestionMail).exists())
        .order_by(AppUser.id, QuestionMail.question_id)
    )
    return [(key, user) for key, user in db.session.execute(rows).tuples()]
