"""How plan rows follow the placements in force: one student in its transaction, dirty ones, or all.

A signing comes into force (`fill`): a plain row is written by one statement. A row that staff wrote is not
plain, so it goes the careful way (`sync`): it is read beside what the placement says (`pairs`);
`plan.rows.deciding.decide` finds that staff wrote it and the placement is not its own, and says «conflict»;
`_write` raises a change to decide on, with its line of the trail, and leaves the row alone. What becomes of
the change is in `plan.rows.effects`. See docs/plan.md; the statements are in `sync.sql`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.core.db import db, staged, tuples
from app.core.named import NAMES_ORDERED
from app.core.statements import Statements, columns
from app.plan.rows.change_models import ChangeRequest, ChangeState
from app.plan.rows.models import DESTINATION_FIELDS, PlanEntry
from app.workflow import trail

if TYPE_CHECKING:
    from app.plan.rows.decided import Decided
    from app.plan.rows.deciding import Pairs

F = DESTINATION_FIELDS
PORTION = 5_000  # students read and decided on at once: memory stays flat
KEYS = 1000  # dirty students a transaction
DIFFERENCES = ("open", "add", "change", "take_back", "request", "conflict", "moved")
WRITTEN = ("write", "move", "fall", "ask", "overtake")  # in this order
# what is staged of each, as `deciding.Decided.lines` gives it: column → type
STAGED = (
    dict.fromkeys(("student_id", "school_id", "college_id", "graduation_year"), "int")
    | {"moved": "boolean", "entry_id": "int", "old_state": "text", "placement_id": "int"}
    | {"source": "text", "request_id": "int", "request_source": "text", "about": "int"}
    | {"act": "text", "new_state": "text", "by_staff": "boolean", "sources": "jsonb"}
    | {"changes": "jsonb", **dict.fromkeys(F, "text")}
)
_OPEN, _OVER = f"'{ChangeState.OPEN}'", f"'{ChangeState.OVERTAKEN}'"
_CHANGES = "jsonb_build_object('changes', changes)"

SQL = Statements(
    __file__,
    "sync.sql",
    fields=columns(F),
    follow=columns(F, "{} = excluded.{}"),
    emptied=columns(F, "{} = NULL"),
    ours=columns(F, "e.{}"),
    claimed=columns(F, "c.{}"),
    of_ours=columns(F, "e.sources ->> '{}'"),
    sourced=columns(F, "'{}', CASE WHEN c.{} IS NOT NULL THEN c.source END"),
    staged=", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in STAGED.items()),
    names=NAMES_ORDERED.format(column="employer_name", table="plan_decided"),
    into=trail.INTO,
    fell=trail.lines(
        "plan_entry",
        "CASE new_state WHEN 'open' THEN 'emptied' ELSE 'renewed' END",
        "old_state",
        "new_state",
        trail.BY_CLOCK,
        record="entry_id",
        details=_CHANGES,
    ),
    raised=trail.lines(
        "change_request",
        "CASE WHEN fresh THEN 'raise' ELSE 'renew' END",
        f"CASE WHEN NOT fresh THEN {_OPEN} END",
        _OPEN,
        trail.BY_CLOCK,
        details=_CHANGES,
    ),
    overtaken=trail.lines("change_request", "'overtake'", _OPEN, _OVER, trail.BY_CLOCK),
)


def fill(student_id: int, placement_id: int, now: datetime) -> None:
    """Write the row of a placement that has come into force (PLN-01).

    A row that staff wrote or that is checked or reported takes the careful way.
    """
    at = {"student": student_id, "placement": placement_id, "now": now}
    if db.session.execute(SQL["fill"], at).first() is None:
        sync([student_id], now)
    _read_afresh()


def take_back(student_id: int, placement_id: int, now: datetime) -> None:
    """Return the row to «no destination» where a placement is no longer in force (PLN-02)."""
    at = {"student": student_id, "placement": placement_id, "now": now}
    if db.session.execute(SQL["take_back"], at).first() is None:
        sync([student_id], now)
    _read_afresh()


def sync(student_ids: Sequence[int], now: datetime) -> dict[str, int]:
    """Bring the rows of these students up to date; what was done, counted. Not committed.

    The caller holds the students' row locks, so that nobody changes their placements meanwhile.
    """
    db.session.flush()
    done: Counter[str] = Counter()
    for decided in decided_rows(student_ids):
        done += decided.counts()
        if decided.moves.any():
            _write(decided, now)
        db.session.execute(SQL["clean_these"], {"ids": decided.students})
    _read_afresh()
    return dict(done)


def pairs(student_ids: Sequence[int]) -> Pairs:
    """The rows of these students beside what the placements in force say, as they are now."""
    from app.plan.rows import deciding  # brings pandas: see docs/plan.md

    return deciding.pairs_of(tuples(SQL["pairs"], {"ids": list(student_ids)}))


def decided_rows(student_ids: Sequence[int]) -> Iterator[Decided]:
    """What becomes of the rows of these students, a portion at a time."""
    from app.plan.rows import deciding

    for portion in portions(student_ids):
        yield deciding.decide(pairs(portion))


def portions(student_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many students as are decided on in memory at once."""
    for start in range(0, len(student_ids), PORTION):
        yield student_ids[start : start + PORTION]


def _write(decided: Decided, now: datetime) -> None:
    """Rows, changes to decide on and the trail as it was decided."""
    kinds = ", ".join(f"{name} {kind}" for name, kind in STAGED.items())
    staged("plan_decided", kinds, [decided.lines()])
    for name in WRITTEN:
        db.session.execute(SQL[name], {"now": now})


def _read_afresh() -> None:
    """What this session has read of the plan is read again when asked for."""
    for thing in db.session.identity_map.values():
        if isinstance(thing, PlanEntry | ChangeRequest):
            db.session.expire(thing)


def values(row: Any) -> dict[str, Any]:
    """The destination part of a row by field."""
    return {name: getattr(row, name) for name in F}


def follow(now: datetime, most: int = KEYS) -> int:
    """Bring a portion of the dirty rows up to date; how many keys were taken. Not committed.

    Killed in the middle, keys and rows are as they were.
    """
    keys = db.session.scalars(SQL["take"], {"most": most}).all()
    if keys:
        sync(keys, now)
    return len(keys)
