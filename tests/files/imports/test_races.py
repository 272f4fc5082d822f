"""Over real connections: overlapping imports, double confirmation, workers killed midway (BLK-03)."""

import threading

import pytest
from sqlalchemy import text

from app.core.db import db
from app.files.imports import requests, staging, tasks, writing
from app.files.imports.models import Import
from app.files.imports.writing import MetAnotherError
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.depth import times
from tests.files.imports.books import good_row, xlsx
from tests.files.imports.real import checked, confirm, uploading
from tests.real import at_once, killed

PAIRS, ROWS, HALF = times(4, 50), 60, 20


@pytest.fixture(scope="module")
def place(server, tmp_path_factory):
    """Address and folder of a database with real commits."""
    return furnished(server, "bulk_races"), tmp_path_factory.mktemp("bulk")


@pytest.fixture(scope="module")
def race(place):
    """An application on it; nobody is told that it uploads too often."""
    with uploading(*place) as app:
        yield app


def students(app, rows, name):
    """The id of a students' import that waits for its confirmation."""
    return checked(app, "students", xlsx(rows), name)


def classes(app, numbers):
    with app.app_context():
        rows = db.session.execute(
            text("SELECT student_no, class_name FROM student WHERE student_no = ANY(:n)"),
            {"n": numbers},
        )
        found = dict(rows.tuples().all())
        db.session.remove()
        return found


def confirmed_anew(app, record_id):
    """What another import changed meanwhile is shown and confirmed again: only then it is written (F-13)."""
    with app.app_context():
        waits = db.session.get(Import, record_id).state == "checked"
        db.session.remove()
    if waits:
        confirm(app, record_id)
        with app.test_request_context():
            tasks.write(record_id)
            db.session.remove()


@pytest.mark.rule("BLK-03", "GRD-04")
def test_overlapping_imports_do_not_deadlock_and_lose_nothing(race):
    for turn in range(PAIRS):
        base = 1_000 * (turn + 1)
        first = [good_row(n, 班级="甲班") for n in range(base, base + ROWS)]
        second = [
            good_row(n, 班级="乙班") for n in reversed(range(base + HALF, base + ROWS + HALF))
        ]
        ids = [students(race, first, f"a{turn}"), students(race, second, f"b{turn}")]
        for record_id in ids:
            confirm(race, record_id)
        assert at_once(race, [lambda i=i: tasks.write(i) for i in ids]) == {"done": 2}
        for record_id in ids:
            confirmed_anew(race, record_id)
        found = classes(race, [f"2023{n:06d}" for n in range(base, base + ROWS + HALF)])
        assert len(found) == ROWS + HALF
        assert len({found[f"2023{n:06d}"] for n in range(base + HALF, base + ROWS)}) == 1
        with race.app_context():
            both = [db.session.get(Import, i) for i in ids]
            assert [r.state for r in both] == ["applied", "applied"]
            assert sorted(r.changed for r in both) == [0, ROWS - HALF]


@pytest.mark.rule("BLK-03")
def test_a_double_confirmation_writes_once(race):
    record_id = students(race, [good_row(90_001)], "twice")
    assert at_once(race, [lambda: confirm(race, record_id)] * 4) == {"done": 1, "Refused": 3}
    assert at_once(race, [lambda: tasks.write(record_id)] * 3) == {"done": 3}
    with race.app_context():
        steps = db.session.execute(
            text(
                "SELECT step FROM trail WHERE kind = 'import_file' AND record_id = :i ORDER BY seq"
            ),
            {"i": record_id},
        ).scalars()
        assert list(steps) == ["upload", "check", "write", "apply"]


@pytest.mark.rule("BLK-03")
def test_who_wrote_the_key_without_the_lock_makes_the_job_begin_anew(race):
    record_id = students(race, [good_row(96_001), good_row(96_002)], "met")
    confirm(race, record_id)
    with race.app_context():
        connection = db.engine.connect()
    other = connection.begin()
    connection.execute(
        text(
            "INSERT INTO student (uid, school_id, college_id, major_id, class_name, graduation_year, student_no,"
            " name, sex, education, training_mode, origin_state) SELECT 'other', school_id, college_id, major_id,"
            " '别班', 2027, '2023096001', '学生', '1', '31', '1', 'entered' FROM student WHERE student_no = 'A1'"
        )
    )
    ended = []

    def write():
        with race.test_request_context():
            try:
                tasks.write(record_id)
            except MetAnotherError:
                db.session.rollback()
                ended.append("met")
            db.session.remove()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(0.7)
    other.commit()
    thread.join()
    connection.close()
    assert ended == ["met"]
    assert classes(race, ["2023096002"]) == {}
    with race.test_request_context():
        tasks.write(record_id)
    confirmed_anew(race, record_id)
    with race.test_request_context():
        record = db.session.get(Import, record_id)
        assert (record.state, record.new, record.changed) == ("applied", 1, 1)


@pytest.mark.rule("BLK-03")
def test_a_worker_killed_before_the_second_check_leaves_it_to_the_job_that_comes_again(
    race, monkeypatch
):
    def killed_here(_import_id):
        raise KeyboardInterrupt

    double = good_row(97_002, 身份证号=good_row(97_001)["身份证号"])
    first, second = students(race, [good_row(97_001)], "one"), students(race, [double], "two")
    for record_id in (first, second):
        confirm(race, record_id)
    with race.test_request_context():
        tasks.write(first)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(tasks, "check", killed_here)
            tasks.write(second)
        db.session.remove()
        assert db.session.get(Import, second).state == "uploaded"
        tasks.write(second)
        record = db.session.get(Import, second, populate_existing=True)
        assert (record.state, record.faulty) == ("checked", 1)


@pytest.mark.rule("BLK-03", "GRD-06")
def test_a_worker_killed_midway_leaves_all_or_nothing_and_the_job_can_run_again(race):
    numbers = [f"2023{n:06d}" for n in range(95_000, 95_050)]
    with race.test_request_context():
        who = make.actor(Cast.load().officer)
        rows = [good_row(n, 班级="甲班") for n in range(95_000, 95_050)]
        record, _fresh = requests.bring(
            who, requests.sheet_for(who, "students"), xlsx(rows), "killed"
        )
        record_id = record.id
    killed(race, lambda: tasks.check(record_id), staging, "stage")
    with race.test_request_context():
        assert (
            db.session.scalar(
                text("SELECT count(*) FROM import_row WHERE import_id = :i"), {"i": record_id}
            )
            == 0
        )
        tasks.check(record_id)
    confirm(race, record_id)
    killed(
        race,
        lambda: tasks.write(record_id),
        writing,
        "_run",
        lambda name, *_args, **_more: name == "insert",
    )
    assert classes(race, numbers) == {}
    with race.test_request_context():
        assert db.session.get(Import, record_id).state == "writing"
        tasks.write(record_id)
    assert len(classes(race, numbers)) == 50
    with race.test_request_context():
        requests.ask("undo", db.session.get(Import, record_id), make.actor(Cast.load().officer))
    killed(race, lambda: tasks.take_back(record_id), writing, "_update")
    assert len(classes(race, numbers)) == 50
    with race.test_request_context():
        tasks.take_back(record_id)
        assert db.session.get(Import, record_id).state == "undone"
    assert classes(race, numbers) == {}
