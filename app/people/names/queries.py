"""Names and numbers of before: what a record is found by besides its present ones (ADM-02, ADM-06)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, page
from app.core.db import db
from app.core.named import name_has
from app.core.text import clean_code
from app.people.names.models import FormerName, Merged


def merged(kind: str, number: str) -> Select[int]:
    """The ids of the records into which the one of this number was merged."""
    old = (Merged.kind == kind, Merged.number == clean_code(number))
    return select(Merged.into_id).where(*old)


MOST = 1_000  # former names that a fragment may mean; there are few, and fewer that it alone means


def called(model: Any, column: Any, text: str, fold: Callable[[str], str]) -> ColumnElement[bool]:
    """The rows of `model` whose present or former name has the text; `column` of FormerName leads to them.

    Former names are few: their ids are read first, so that nothing is joined where there are none.
    """
    now = name_has(model.name, text, fold)
    before = select(column).where(column.is_not(None), name_has(FormerName.name, text, fold))
    ids = db.session.scalars(before.distinct().limit(MOST)).all()
    return or_(now, model.id.in_(ids)) if ids else now


def also_called(record: Any, name: str) -> None:
    """Another record of the same was called so: it is found by that name too. Not committed."""
    table, now = FormerName.__table__, record.name.lower()
    column = table.c[f"{record.__tablename__}_id"]
    db.session.execute(delete(table).where(column == record.id, sql.lower(table.c.name) == now))
    if name.lower() != now:
        row = insert(table).values({column: record.id, "name": name, "until": clock.app_now()})
        db.session.execute(row.on_conflict_do_nothing())


@page.once
def former_names(
    *, student_id: int | None = None, employer_id: int | None = None
) -> list[tuple[str, datetime]]:
    """What a record was called before and until when, the last first."""
    mine = (
        FormerName.student_id == student_id if student_id else FormerName.employer_id == employer_id
    )
    rows = select(FormerName.name, FormerName.until).where(mine).order_by(FormerName.until.desc())
    return [(name, until) for name, until in db.session.execute(rows).tuples()]


def called_before(found: Iterable[tuple[str, datetime]]) -> str:
    """The former names as one line with the days they were given up; empty where there are none."""
    names = [
        _("%(name)s (until %(day)s)", name=name, day=clock.local(until).date())
        for name, until in found
    ]
    return _("Formerly: %(names)s", names=_(", ").join(names)) if names else ""
