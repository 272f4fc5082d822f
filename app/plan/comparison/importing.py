"""The rows of a plan file into the plan and back (PLN-05); `differing` says what of them is written.

A file writes what nobody's placement says; what a placement says, and reported rows, it only asks to
change (PLN-03, PLN-06). See docs/planfiles.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import ngettext
from sqlalchemy import func, select, text

from app.core import clock
from app.core.db import db, staged, tuples
from app.core.errors import Refused
from app.core.named import NAMES_ORDERED
from app.core.statements import Statements, columns
from app.files.imports.effects import NotAsShownError
from app.files.imports.models import Import
from app.files.imports.queries import who_asked
from app.files.imports.row_models import ImportRow
from app.people.students.models import Student
from app.plan.rows import sync
from app.plan.rows.change_models import ChangeState
from app.plan.rows.models import DESTINATION_FIELDS, Source
from app.workflow import trail
from app.workflow.locks import lock_rows

if TYPE_CHECKING:
    from app.plan.comparison.differing import Difference

F = DESTINATION_FIELDS
PORTION = 10_000  # rows of the file: one that goes by those that differ would be sorted out anew each time
_LAST = 1 << 30
_OPEN, _OVERTAKEN = f"'{ChangeState.OPEN}'", f"'{ChangeState.OVERTAKEN}'"


def _put(written: dict[str, str]) -> str:
    """What the plan row becomes in the columns that some row changes: column → its new value."""
    return "".join(f"{name} = coalesce(d.{new}, e.{name}), " for name, new in written.items())


def _where_written(row: str, said: str) -> str:
    """Pairs of a JSON object: each field with what is said of it, NULL where it is not written."""
    return columns(F, f"'{{}}', CASE WHEN {row}.{{}} IS NOT NULL THEN {said} END")


SQL = Statements(
    __file__,
    "importing.sql",
    typed=columns(F, "{} text"),
    texts=columns(F, "CAST(NULL AS text) AS {}"),
    theirs=columns(F, "nullif(f.{}, e.{})"),
    ours=columns(F, "nullif(e.{}, coalesce(f.{}, e.{}))"),
    plan=columns(F, "e.{}"),
    said=columns(F, "coalesce(f.{}, e.{})"),
    claimed=columns(F, "c.{}"),
    counted=columns(F, "count({})"),
    now=columns(F, "('{}', e.{})"),
    given=columns(F, "{} = CASE WHEN d.was ? '{}' THEN d.was -> '{}' ->> 0 ELSE e.{} END"),
    changes=_where_written("f", "jsonb_build_array(e.{}, f.{})"),
    sources=_where_written("d", f"'{Source.IMPORT}'"),
    names=NAMES_ORDERED.format(column="employer_name", table="plan_file"),
    put=_put(dict(zip(F, F, strict=True))),
    into=trail.INTO,
)
SQL.give(
    imported=trail.lines(
        "plan_entry",
        "'import'",
        "d.old_state",
        SQL.sql("state_of", code="coalesce(d.destination_code, d.old_code)"),
        trail.BY_ACTOR,
        record="d.entry_id",
        school="d.school_id",
        reason=":name",
        details="jsonb_build_object('changes', d.changes)",
    ),
    asked=trail.lines(
        "change_request",
        "CASE WHEN fresh THEN 'raise' ELSE 'renew' END",
        f"CASE WHEN NOT fresh THEN {_OPEN} END",
        _OPEN,
        trail.BY_ACTOR,
        record="q.id",
        school="q.school_id",
        reason=":name",
        details="jsonb_build_object('changes', q.changes)",
    ),
    undone=trail.lines(
        "plan_entry",
        "'undo_import'",
        "d.old_state",
        SQL.sql("state_of", code=SQL.sql("code_back")),
        trail.BY_ACTOR,
        record="d.id",
        school="d.school_id",
        reason=":name",
    ),
    overtaken=trail.lines(
        "change_request", "'overtake'", _OPEN, _OVERTAKEN, trail.BY_CLOCK, reason=":name"
    ),
)
STUDENT = SQL.sql("student")
# by COPY: the new values where they are written, NULL elsewhere
STAGED = f"row int, student_id int, asked jsonb, {columns(F, '{} text')}"


def lock(record: Import) -> None:
    """Lock the students, in the order of their ids: nobody changes their placements meanwhile."""
    db.session.execute(SQL["lock"], {"id": record.id})
    freshen(record)


def freshen(record: Import) -> None:
    """Bring stale rows up to date, so that the preview and the writing meet the same plan."""
    stale = db.session.scalars(SQL["stale"], {"id": record.id}).all()
    if stale:
        lock_rows(Student, set(stale))
        sync.sync(stale, clock.now())


def difference(record_id: int, after: int, until: int) -> Difference | None:
    """The rows of a portion in which the file says otherwise than the plan now; None where there are none."""
    return _difference("different", {"id": record_id, "after": after, "until": until})


def shown(record_id: int, **wanted: object) -> Difference | None:
    """The same with whom each row is about and what a placement says of it.

    Wanted: `after` a row, `until` one, at `most`, some `rows`, only what is `waiting`.
    """
    all_of_it = {"after": 0, "until": _LAST, "most": None, "rows": None, "waiting": False}
    return _difference("shown", {"id": record_id, **all_of_it, **wanted})


def _difference(name: str, at: dict[str, object]) -> Difference | None:
    from app.plan.comparison import differing  # brings pandas: see docs/plan.md

    rows = tuples(SQL[name], at)
    return differing.difference(differing.rows_of(rows)) if rows else None


def portions(record_id: int) -> Iterator[tuple[int, int]]:
    """After which row and until which one each portion of a file goes: memory stays flat."""
    rows = select(func.max(ImportRow.row)).where(ImportRow.import_id == record_id)
    for after in range(0, db.session.scalar(rows) or 0, PORTION):
        yield after, after + PORTION


def differences(record_id: int) -> Iterator[Difference]:
    """What the whole file says otherwise, portion by portion."""
    found = (difference(record_id, *bounds) for bounds in portions(record_id))
    return (one for one in found if one is not None)


def as_of(school_id: int | None) -> str:
    """Which versions of the school's rows and open changes there are: another text, another comparison."""
    found: str = db.session.execute(SQL["as_of"], {"school": school_id}).scalar_one()
    return found


def compared(record: Import) -> dict[str, dict[str, Any]]:
    """The file beside the plan as it is now, to be kept: the tally, and what the page says of all rows.

    `compared` holds as of when it is (`as_of`), counts as of `Difference.counts`, kinds: field → rows.
    """
    now = as_of(record.school_id)
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for found in differences(record.id):
        counts += found.counts()
        kinds += found.kinds()
    return {"tally": _tally(counts), "compared": {"as_of": now, "counts": counts, "kinds": kinds}}


def _tally(counts: Counter[str]) -> dict[str, int]:
    """How many rows are written, and for how many it may only be asked."""
    return {name: counts[name] for name in ("written", "asked", "blocked")}


def write(record: Import, now: datetime) -> None:
    """Write what the file may write, ask for the rest, and keep beside each row what it was.

    Raises NotAsShownError, before anything is written, where that is another tally than was shown.
    """
    counts: Counter[str] = Counter()

    def written() -> Iterator[Iterator[tuple[Any, ...]]]:
        for found in differences(record.id):
            counts.update(found.counts())
            yield found.written()

    at = {"id": record.id, "now": now}
    db.session.execute(text("SET LOCAL work_mem = '64MB'"))  # what is done is read five times
    staged("plan_file", STAGED, written())
    if _tally(counts) != record.tally:
        raise NotAsShownError
    db.session.execute(SQL["begin"], at)
    each = zip(F, db.session.execute(SQL["columns_written"]).one(), strict=True)
    fields = {name: name for name, count in each if count}
    if "employer_name" in fields:
        fields["employer_name_order"] = "key"
    statement = text(SQL.sql("write", put=_put(fields)))
    done = db.session.execute(statement, {**at, **_named(record)}).one()
    record.details = {**record.details, "tally": dict(done._mapping)}


def _named(record: Import) -> dict[str, object]:
    """What the trail says of it: the file, and who asked."""
    return {"name": record.file_name, **trail.bound(who_asked(record))}


def take_back(record: Import, now: datetime) -> None:
    """Give the rows back what they had. Raises Refused where one was changed, reported or decided since."""
    at: dict[str, Any] = {"id": record.id, "now": now}
    lock(record)
    younger = db.session.execute(SQL["younger"], at).scalar_one()
    if younger:
        raise Refused(
            ngettext(
                "%(num)s record was changed after this import, so it cannot be undone.",
                "%(num)s records were changed after this import, so it cannot be undone.",
                younger,
            )
        )
    given = db.session.execute(SQL["give_back"], {**at, **_named(record)}).scalars().all()
    removed = db.session.scalars(SQL["remove"], at).all()
    if (
        given or removed
    ):  # what came into force meanwhile met the file's values: it does so no longer
        sync.sync([*given, *removed], now)
