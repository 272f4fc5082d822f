"""What keeping the plan costs: a full reconcile, its second run, a portion of dirty rows. `python -m bench plan [rows]`."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.plan.rows import reconciling, sync
from bench import batches, data
from bench.measure import memory
from bench.server import server, timed

ROWS = 1_000_000
# of each thousand rows: 50 missing, 40 with old values, 20 extra, 10 typed by staff
SPOIL = (
    "DELETE FROM plan_entry WHERE student_id % 100 IN (2, 3, 4, 5, 6)",
    "UPDATE plan_entry SET employer_name = 'old' WHERE student_id % 100 IN (7, 8, 9, 10)",
    """UPDATE plan_entry e SET placement_id = p.id, destination_code = '10', state = 'filled'
       FROM placement p WHERE p.student_id = e.student_id AND p.state <> 'in_force'
       AND e.student_id % 100 IN (20, 40)""",
    """UPDATE plan_entry SET placement_id = NULL, destination_code = '76', by_staff = true,
       sources = '{"destination_code": "staff"}' WHERE student_id % 100 = 11""",
)


def run(url: str, folder: Path, rows: int) -> None:
    """Build, spoil, reconcile, again, dirty."""
    data.PLACEMENTS = rows
    app = batches.load(url, folder)
    with app.app_context():
        data.build()
        before = memory()
        db.session.execute(text("TRUNCATE plan_dirty"))
        db.session.commit()
        timed(
            "rows made from the placements", lambda: reconciling.reconcile(None, None, clock.now())
        )
        for statement in SPOIL:
            db.session.execute(text(statement))
        db.session.commit()
        analyse()
        timed("dry run", lambda: reconciling.differences(1), 2)
        first = timed("reconcile of all", lambda: reconciling.reconcile(None, None, clock.now()))
        analyse()
        second = timed("second run", lambda: reconciling.reconcile(None, None, clock.now()), 2)
        dirty = timed("1,000 dirty rows", portion, 3)
        print(
            f"\n{rows:,} rows: {first:.2f} s, then {second:.2f} s; dirty {dirty * 1000:.0f} ms; "
            f"process +{(memory() - before) / 1024:.0f} MB; load {os.getloadavg()[1]:.0f}"
        )


def portion() -> int:
    """A thousand rows whose placement was corrected by hand."""
    return sync.follow(clock.now())


def analyse() -> None:
    """As autovacuum would have done by then; and a thousand placements are corrected outside a step."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(
            text(
                "UPDATE placement SET employer_kind = '31' WHERE id <= 4000 AND state = 'in_force'"
            )
        )


def main(rows: int = ROWS) -> None:
    """Build, measure, print."""
    with server() as (url, folder):
        run(url, folder, rows)
