"""Every statement of a large file reads what it needs and no more, whatever the statistics believe.

Each is run twice, the first time under EXPLAIN (ANALYZE): what a plan has really read, row by row, is counted.
"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import event, text

from app.core.db import db
from app.files.imports import compare, writing
from tests.files.imports.books import good_row, xlsx

ROWS = 2_500  # more than MANY: what is joined row by row reads millions
SHARE = 25  # how often a statement may read the file, the students and what they have
COMMANDS = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def read_by(plan: dict) -> float:
    """The most rows that one node of a plan has looked at, those that it threw away included."""
    kept = plan.get("Actual Rows", 0) + sum(
        count for name, count in plan.items() if name.startswith("Rows Removed by")
    )
    parts = [read_by(part) for part in plan.get("Plans", ())]
    return max([kept * plan.get("Actual Loops", 1), *parts])


@pytest.fixture
def reads():
    """(rows read, statement) of every statement that was run; the settings of its moment count."""
    found: list[tuple[float, str]] = []

    def note(connection, _cursor, statement, parameters, _context, many):
        if many or not statement.lstrip().startswith(COMMANDS):
            return
        driver = connection.connection.driver_connection
        with driver.cursor() as cursor:
            cursor.execute("SAVEPOINT looked_at")
            said = cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters)
            [told] = said.fetchone()
            cursor.execute("ROLLBACK TO SAVEPOINT looked_at")
            cursor.execute("RELEASE SAVEPOINT looked_at")
        plan = (told if isinstance(told, list) else json.loads(told))[0]["Plan"]
        found.append((read_by(plan), " ".join(statement.split())))

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def uncounted(monkeypatch):
    """An old database at its worst: what was written since is in no statistics, and nothing counts it."""
    db.session.execute(text("ANALYZE student"))
    db.session.execute(text("ANALYZE ab_user"))
    db.session.commit()
    monkeypatch.setattr(writing, "_STALE", text("SELECT :name = '' AND :many = 0"))


def of_class(name: str) -> bytes:
    return xlsx([good_row(n, 班级=name) for n in range(1, ROWS + 1)])


@pytest.mark.rule("BLK-01", "BLK-03")
def test_no_statement_of_a_large_file_reads_row_by_row(bring, apply, uncounted, reads):
    assert ROWS > compare.MANY
    for name, counts in (("甲班", (ROWS, 0)), ("乙班", (0, ROWS))):
        record = bring(of_class(name))
        assert (record.new, record.changed) == counts
        assert apply(record).state == "applied"
    assert apply(record, "undo").state == "undone"
    written = [s for _rows, s in reads if s.startswith(("INSERT INTO student", "WITH name_keys"))]
    assert written
    assert any(") UPDATE student t SET" in statement for _rows, statement in reads)
    assert [(rows, s[:300]) for rows, s in reads if rows > SHARE * ROWS] == []


def test_what_is_read_row_by_row_is_seen(bring, reads, uncounted):
    """The proof of the one above: two thousand rows, each compared with all."""
    bring(of_class("甲班"))
    reads.clear()
    db.session.execute(text("SET LOCAL enable_hashjoin = off"))
    db.session.execute(text("SET LOCAL enable_mergejoin = off"))
    db.session.execute(
        text(
            "SELECT count(*) FROM import_row a JOIN import_row b"
            " ON a.values ->> 'student_no' = b.values ->> 'student_no'"
        )
    )
    [(rows, _statement)] = reads
    assert rows > SHARE * ROWS
