"""A plan file beside our plan: what differs, and what the person chose for each difference (PLN-05).

The staged rows of the import are all there is: a value that is not to be taken lies in `more.left`, with
the choice in `more.choice`; what waits for a decision already in `more.waits`. `differing` says what differs,
always from the plan as it is now: for the rows of a page, and for all of them where they are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db, staged
from app.core.errors import Refused
from app.core.statements import Statements
from app.files.imports import compare
from app.files.imports.models import Import
from app.plan.comparison import importing
from app.plan.comparison.sheets import PLAN
from app.plan.rows.detail import shown
from app.plan.rows.models import DESTINATION_FIELDS, FIELD_LABELS
from app.workflow.engine import committed

if TYPE_CHECKING:
    from pandas import DataFrame

    from app.plan.comparison.differing import Difference

DIFFERENCES = "differences"  # the kind of paper
CHOICES = ("file", "ours", "skip")
TABS = ("different", "waiting", "ours", "theirs")
SQL = Statements(__file__, "choosing.sql", student=importing.STUDENT)


@dataclass(frozen=True)
class FieldLine:
    """One field that differs: ours, theirs, what a placement says, and what was chosen."""

    field: str
    label: Any
    ours: str
    theirs: str
    placement: str
    choice: str  # of CHOICES, or «waits»
    asks: bool  # the file's value would become a change to decide on


@dataclass(frozen=True)
class Different:
    """A row of the file that says otherwise than the plan."""

    row: int
    line: int  # as the file shows it
    student_no: str
    name: str
    entry_id: int | None
    lines: list[FieldLine]


@dataclass(frozen=True)
class Summary:
    """How many rows are the same, different, only ours, only theirs; how many wait; and the kinds."""

    counts: dict[str, int]
    kinds: list[
        tuple[str, int]
    ]  # field → rows that differ in it and do not wait, the most frequent first


def summary(record: Import) -> Summary:
    """The comparison with the plan as it is now: the kept one, while nothing has changed since."""
    now = importing.as_of(record.school_id)
    return _summary(record.id, record.changed_at, now)


@lru_cache(200)
def _summary(record_id: int, _changed_at: datetime, now: str) -> Summary:
    record = db.session.get_one(Import, record_id)
    kept = record.details.get("compared", {})
    found = kept if kept.get("as_of") == now else importing.compared(record)["compared"]
    at = {"id": record.id, "school": record.school_id}
    sides = dict(db.session.execute(SQL["sides"], at).one()._mapping)
    differ = {name: found["counts"].get(name, 0) for name in ("different", "waiting")}
    counts = {"same": sides.pop("good") - differ["different"], **differ, **sides}
    return Summary(counts, sorted(found["kinds"].items(), key=lambda kind: (-kind[1], kind[0])))


def different(record: Import, after: int, most: int, *, waiting: bool = False) -> list[Different]:
    """The next rows that differ, field by field."""
    found = importing.shown(record.id, after=after, most=most, waiting=waiting)
    return [] if found is None else list(rows_different(found.lines()))


def rows_different(long: DataFrame) -> Iterator[Different]:
    """The lines in the order of the file, in words."""
    for row, group in groupby(long.itertuples(index=False), key=lambda line: line.row):
        found = list(group)
        first = found[0]
        lines = [_line(line, first.graduation_year) for line in found]
        yield Different(row, first.line, first.student_no, first.name, first.entry_id, lines)


def _line(line: Any, year: int) -> FieldLine:
    ours, theirs, placement = (
        shown(line.field, value, year) for value in (line.ours, line.theirs, line.placement)
    )
    label = FIELD_LABELS[line.field]
    return FieldLine(line.field, label, ours, theirs, placement, line.choice, line.asks)


def only_ours(record: Import, most: int) -> Sequence[Any]:
    """Graduates of the file's years who are not in the file."""
    at = {"id": record.id, "school": record.school_id, "most": most}
    return db.session.execute(SQL["only_ours_listed"], at).all()


def only_theirs(record: Import, most: int) -> Sequence[Any]:
    """Rows of the file that are nobody's here, with why."""
    at = {"id": record.id, "most": most}
    return db.session.execute(SQL["only_theirs_listed"], at).all()


def choose(record_id: int, picked: dict[tuple[int, str], str]) -> None:
    """Keep what was chosen for (row, field), and commit. Raises Refused where it is too late."""
    from app.plan.comparison import differing

    rows = sorted({row for row, _field in picked})
    _keep(
        record_id,
        lambda: [importing.shown(record_id, rows=rows)],
        lambda long: differing.picked(long, picked),
    )


def choose_all(record_id: int, kind: str, choice: str) -> None:
    """The same for all differences of a field, for what a placement says (`owned`), or for `all`.

    Commits. Raises Refused where it is too late or there is no such kind.
    """
    from app.plan.comparison import differing

    if choice not in CHOICES or kind not in ("all", "owned", *DESTINATION_FIELDS):
        raise Refused(_("Choose a kind of differences and what to take."))
    _keep(
        record_id,
        lambda: importing.differences(record_id),
        lambda long: differing.of_kind(long, kind, choice),
    )


def _keep(
    record_id: int,
    some: Callable[[], Iterable[Difference | None]],
    change: Callable[[DataFrame], DataFrame],
) -> None:
    """Put the chosen values of some differences among what is written, or beside it, and commit."""
    from app.plan.comparison import differing

    def keep() -> None:
        record = _still_open(record_id)
        lines = (found.lines() for found in some() if found is not None)
        left = (differing.left(long, change(long)) for long in lines)
        staged("plan_choice", "row int, choice jsonb", left)
        db.session.execute(SQL["move"], {"id": record.id})
        compare.match_anew(PLAN, record)
        found = compare.counts(record.id)
        for name in ("new", "changed", "same"):
            setattr(record, name, found[name])
        record.details = {**record.details, **importing.compared(record)}

    committed(keep)


def _still_open(record_id: int) -> Import:
    record = db.session.execute(
        select(Import).where(Import.id == record_id).with_for_update(),
        execution_options={"populate_existing": True},
    ).scalar_one()
    if not record.is_checked:
        raise Refused(_("This file does not wait to be applied any more."))
    return record


def choice_labels() -> dict[str, object]:
    """What is taken, in words."""
    return {
        "file": _("The file"),
        "ours": _("Ours"),
        "skip": _("Left open"),
        "waits": _("Waits for a decision"),
    }
