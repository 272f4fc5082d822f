"""An import taken back leaves nothing behind, of whatever sheet (BLK-01, F-14)."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.plan.checks import sync as checks
from app.plan.rows import sync
from tests.files.imports.bad.lists import COURIER, PLAN, SEND_LIST
from tests.files.imports.bad.people import COLLEGES, EMPLOYERS, MAJORS, RESTRICTIONS
from tests.files.imports.books import HEADS, good_row, xlsx

# what keeps for good that the import and its undoing were: the trace, the log, the file's own record
KEPT = {"trail", "import_file", "import_row", "security_event", "check_run", "throttle"}
MOMENTS = ("changed_at", "changed_on")  # when something was last written
# a restriction taken back stays as a released one (ADM-03), and its student has been told of both
RECORDS = {"restrictions": {"restriction", "message", "notice"}}


def everything(but: set[str]) -> dict[str, Counter]:
    """All rows of all tables, without the moments at which they were written; of long ones a sum of them."""
    found = {}
    long = set(db.session.scalars(text("SELECT relname FROM pg_class WHERE reltuples > 1000")))
    for table in db.metadata.sorted_tables:
        if table.name in long and not {c.name for c in table.columns} & set(MOMENTS):
            said = (
                f"count(*) || ' ' || sum(hashtextextended(t::text, 0)::numeric) FROM {table.name} t"
            )
            found[table.name] = Counter([db.session.scalar(text(f"SELECT {said}"))])
        elif table.name not in KEPT | but and not table.name.startswith("procrastinate"):
            rows = db.session.execute(
                text(
                    f"SELECT (to_jsonb(t) - CAST(:moments AS text[]))::text FROM {table.name} t"
                    + (" WHERE state <> 'gone'" if table.name == "finding" else "")
                ),
                {"moments": list(MOMENTS)},
            )
            found[table.name] = Counter(rows.scalars())
    return found


def settle() -> None:
    """What the worker does by itself: plan rows follow, the checks look at the year."""
    db.session.commit()
    while sync.follow(clock.now()):
        pass
    for school, year in (
        (s, y) for s in db.session.scalars(text("SELECT id FROM school")) for y in (2026, 2027)
    ):
        checks.look(school, year)
    db.session.commit()
    db.session.expire_all()


def waiting() -> list[tuple]:
    """The jobs that wait, without those of the imports and the checks themselves."""
    return sorted(
        db.session.execute(
            text(
                "SELECT task_name, args::text FROM procrastinate_jobs WHERE status = 'todo'"
                " AND task_name NOT LIKE 'bulk.%' AND task_name NOT LIKE 'checks.%'"
                " AND task_name <> 'people.open_accounts'"
            )
        ).tuples()
    )


@pytest.mark.rule("BLK-01")
@pytest.mark.parametrize("between", [False, True], ids=["at once", "after the worker"])
@pytest.mark.parametrize(
    "table",
    [None, SEND_LIST, COLLEGES, MAJORS, EMPLOYERS, RESTRICTIONS, PLAN, COURIER],
    ids=lambda t: t.sheet if t else "students",
)
def test_an_import_taken_back_leaves_all_tables_as_they_were(cast, bring, apply, table, between):
    if table is None:
        name, heads, user = "students", HEADS, cast.officer
        rows = [
            good_row(n) for n in range(1, 4)
        ]  # two new ones; the first corrects one that is there
        rows[0] |= {
            "学号": cast.student.student_no,
            "身份证号": cast.student.id_number,
            "手机号": cast.student.phone,
        }
    else:
        table.before(cast)
        name, heads, user = table.sheet, table.heads, getattr(cast, table.user)
        rows = [table.good(cast, n) for n in range(3)]
    settle()
    but = RECORDS.get(name, set())
    before, jobs = everything(but), waiting()
    record = apply(bring(xlsx(rows, heads), "a.xlsx", name, user), user=user)
    assert record.state == "applied", record.details
    assert everything(but) != before or but
    if between:
        settle()
    record = apply(record, "undo", user=user)
    assert record.state == "undone", record.details
    settle()
    after = everything(but)
    left = {
        n: (rows - before[n], before[n] - rows) for n, rows in after.items() if rows != before[n]
    }
    assert not left
    assert waiting() == jobs or but  # messages that a student was sent


@pytest.mark.rule("BLK-01", "PLN-04")
def test_a_deleted_student_has_no_dirty_key_whoever_deletes_it(cast):
    db.session.execute(text("DELETE FROM ab_user WHERE student_id = :id"), {"id": cast.stranger.id})
    db.session.execute(
        text("UPDATE student SET graduation_year = 2026 WHERE id = :id"), {"id": cast.stranger.id}
    )
    key = text("SELECT count(*) FROM plan_dirty WHERE student_id = :id")
    assert db.session.scalar(key, {"id": cast.stranger.id}) == 1
    db.session.execute(text("DELETE FROM student WHERE id = :id"), {"id": cast.stranger.id})
    assert db.session.scalar(key, {"id": cast.stranger.id}) == 0
