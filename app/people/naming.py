"""Searching by names: fragments of present and former ones, folded as names are kept (ADM-02, ADM-06)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.db import db
from app.core.names import clean_name, clean_title
from app.people.models import Employer, FormerName, Student

MOST = 1_000  # former names that a fragment may mean; there are few, and fewer that it alone means


def name_has(
    column: Any, fragment: str, fold: Callable[[str], str] = clean_name
) -> ColumnElement[bool]:
    """A condition «the name contains the fragment», served by the index over its short pieces.

    Latin letters are compared without case, by the database on both sides. `fold` is the column's.
    """
    text = fold(fragment)
    literal = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    name = sql.lower(column)
    return sql.text_grams(name).op("@>")(sql.text_pieces(sql.lower(text))) & name.like(
        sql.lower(f"%{literal}%")
    )


def title_has(column: Any, fragment: str) -> ColumnElement[bool]:
    """The same of an organisation's name."""
    return name_has(column, fragment, clean_title)


def student_called(text: str) -> ColumnElement[bool]:
    """The students whose present or former name has the text: both parts served by an index."""
    return _called(Student, FormerName.student_id, text, clean_name)


def employer_called(text: str) -> ColumnElement[bool]:
    """The employers whose present or former name has the text."""
    return _called(Employer, FormerName.employer_id, text, clean_title)


def _called(model: Any, column: Any, text: str, fold: Callable[[str], str]) -> ColumnElement[bool]:
    """Former names are few: their ids are read first, so that nothing is joined where there are none."""
    now = name_has(model.name, text, fold)
    before = select(column).where(column.is_not(None), name_has(FormerName.name, text, fold))
    ids = db.session.scalars(before.distinct().limit(MOST)).all()
    return or_(now, model.id.in_(ids)) if ids else now


def renamed_employers(text: str) -> Sequence[int]:
    """The employers that had another name and whose present or former name has the text.

    What was signed under another name is found by them; what was signed under this one, by itself.
    """
    wanted = (
        select(Employer.id)
        .join(FormerName, FormerName.employer_id == Employer.id)
        .where(or_(title_has(Employer.name, text), title_has(FormerName.name, text)))
    )
    return db.session.scalars(wanted.distinct().limit(MOST)).all()


def also_called(record: Student | Employer, name: str) -> None:
    """Another record of the same was called so: it is found by that name too. Not committed."""
    table, now = FormerName.__table__, record.name.lower()
    column = table.c[f"{record.__tablename__}_id"]
    db.session.execute(delete(table).where(column == record.id, sql.lower(table.c.name) == now))
    if name.lower() != now:
        row = insert(table).values({column: record.id, "name": name, "until": clock.app_now()})
        db.session.execute(row.on_conflict_do_nothing())


def former_names(
    *, student_id: int | None = None, employer_id: int | None = None
) -> list[tuple[str, datetime]]:
    """What a record was called before and until when, the last first."""
    mine = (
        FormerName.student_id == student_id if student_id else FormerName.employer_id == employer_id
    )
    rows = select(FormerName.name, FormerName.until).where(mine).order_by(FormerName.until.desc())
    return [(name, until) for name, until in db.session.execute(rows).tuples()]
