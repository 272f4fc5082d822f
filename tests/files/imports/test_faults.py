"""Workers killed with -9 at random moments of an import and of a sync: all or nothing, and it can go on (BLK-03)."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from sqlalchemy import text

from app.core.db import db
from app.files.imports import requests, tasks
from app.files.imports.models import Import
from app.plan.rows.tasks import follow
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.files.imports.books import good_row, xlsx
from tests.files.imports.test_races import confirm, place, race  # noqa: F401 (fixtures)
from tests.real import forked

ROWS, MOMENTS = 1000, times(6, 20)


@pytest.fixture(scope="module")
def run(race):  # noqa: F811
    """`run(task, id, seconds)` in a worker that is killed after so long: «killed» or «done»."""

    def act(task, key, seconds):
        worker = forked(race, lambda: follow() if task == "follow" else getattr(tasks, task)(key))
        end, found = time.monotonic() + seconds, (0, 0)
        while found[0] == 0 and time.monotonic() < end:
            time.sleep(0.002)
            found = os.waitpid(worker, os.WNOHANG)
        if found[0] == 0:
            os.kill(worker, signal.SIGKILL)
            found = os.waitpid(worker, 0)
        if os.WIFSIGNALED(found[1]):
            return "killed"
        assert found[1] == 0
        return "done"

    return act


def brought(app, first):
    """The id of a file with a thousand new students."""
    rows = [good_row(n) for n in range(first, first + ROWS)]
    with app.test_request_context():
        who = make.actor(Cast.load().officer)
        sheet = requests.sheet_for(who, "students")
        found = requests.bring(who, sheet, xlsx(rows), f"{first}.xlsx")[0].id
        db.session.remove()
    return found


def count(app, statement, **values):
    with app.app_context():
        found = db.session.scalar(text(statement), values)
        db.session.remove()
        return found


def spread(run, task, key):
    """Moments over the time that such a task takes when nobody kills it, each at random in its part."""
    dice, start = random.Random(20261121), time.monotonic()
    assert run(task, key, 600) == "done"
    whole = time.monotonic() - start
    return [whole * (n + dice.random()) / MOMENTS for n in range(MOMENTS)]


@pytest.mark.rule("BLK-03", "BLK-04", "GRD-06")
def test_an_import_killed_at_random_moments_leaves_all_or_nothing(race, run):  # noqa: F811
    first, key = brought(race, 200_000), brought(race, 400_000)
    staged, killed = "SELECT count(*) FROM import_row WHERE import_id = :i", 0
    for moment in spread(run, "check", first):
        killed += run("check", key, moment) == "killed"
        assert count(race, staged, i=key) in (0, ROWS)
    with race.test_request_context():
        tasks.check(key)
    for record in (first, key):
        confirm(race, record)
    written = "SELECT count(*) FROM student WHERE student_no BETWEEN '2023400000' AND '2023400999'"
    for moment in spread(run, "write", first):
        state = count(race, "SELECT state FROM import_file WHERE id = :i", i=key)
        if state == "undone":
            break
        if state == "applied":
            with race.test_request_context():
                requests.ask("undo", db.session.get(Import, key), make.actor(Cast.load().officer))
        task = "take_back" if state in ("applied", "undoing") else "write"
        killed += run(task, key, moment) == "killed"
        done = count(race, "SELECT state FROM import_file WHERE id = :i", i=key)
        expected = {"writing": 0, "applied": ROWS, "undoing": ROWS, "undone": 0}
        assert count(race, written) == expected[done]
    assert killed >= MOMENTS  # of twice as many


def soil(app, ours, year):
    """The students move to another year, outside any step."""
    moved = f"UPDATE student SET origin_state = 'approved', graduation_year = {year} WHERE {ours}"
    with app.app_context():
        db.session.execute(text(moved))
        db.session.commit()
        db.session.remove()


def both(app, ours, year):
    """Rows of the plan that have followed, and keys that wait."""
    with app.app_context():
        found = db.session.execute(
            text(
                "SELECT (SELECT count(*) FROM plan_entry e JOIN student s ON s.id = e.student_id"
                f" WHERE {ours} AND e.graduation_year = :year),"
                " (SELECT count(*) FROM plan_dirty d JOIN student s ON s.id = d.student_id"
                f" WHERE {ours})"
            ),
            {"year": year},
        ).one()
        db.session.remove()
        return tuple(found)


@pytest.mark.rule("PLN-04", "BLK-03")
def test_a_sync_killed_at_random_moments_leaves_rows_and_keys_together(race, run):  # noqa: F811
    key = brought(race, 300_000)
    with race.test_request_context():
        tasks.check(key)
    confirm(race, key)
    with race.test_request_context():
        tasks.write(key)
    killed, year = 0, 2027
    ours = "student_no BETWEEN '2023300000' AND '2023300999'"
    assert run("follow", 0, 60) == "done"
    soil(race, ours, 2028)
    for moment in spread(run, "follow", 0):
        soil(race, ours, year)
        killed += run("follow", 0, moment) == "killed"
        moved, left = both(race, ours, year)  # by one statement: a killed worker's may still end
        assert (moved, left) in ((0, ROWS), (ROWS, 0))
        while both(race, ours, year) != (ROWS, 0):
            assert run("follow", 0, 60) == "done"
        year = 4055 - year  # 2027, 2028, …
    assert killed >= MOMENTS // 4
