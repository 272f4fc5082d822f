"""Plan files over real connections: overlapping ones, a placement that changes, a worker killed (PLN-05)."""

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.files.imports import requests, tasks
from app.files.imports.models import Import
from app.plan.comparison import importing
from app.plan.rows import reconciling
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.models import PlanEntry
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.factories import accept, attest, invite
from tests.files.imports.books import xlsx
from tests.files.imports.real import checked, confirm
from tests.plan.comparison.conftest import HEADS, line
from tests.real import at_once, installation, killed

ROWS = 200


@pytest.fixture(scope="module")
def place(server, tmp_path_factory):
    """Address and folder of a database with real commits."""
    return furnished(server, "plan_file_races"), tmp_path_factory.mktemp("plan_files")


@pytest.fixture(scope="module")
def race(place):
    with installation(*place) as app:
        with app.test_request_context():
            cast = Cast.load()
            for n in range(ROWS + 50):
                make.make_student(cast.college, f"同学{n}", student_no=f"R{n:04d}", account=n < 10)
            db.session.commit()
            reconciling.reconcile(cast.school.id, None, clock.now())
            db.session.commit()
            db.session.remove()
        yield app


def confirmed(app, rows, name):
    """The id of a plan file, checked and confirmed."""
    key = checked(app, "plan", xlsx(rows, HEADS, sheet=name), name)
    confirm(app, key)
    return key


def names(app, numbers):
    with app.app_context():
        rows = db.session.execute(
            text(
                "SELECT s.student_no, e.employer_name FROM plan_entry e JOIN student s ON s.id ="
                " e.student_id WHERE s.student_no = ANY(:n) AND e.employer_name IS NOT NULL"
            ),
            {"n": list(numbers)},
        )
        found = dict(rows.tuples().all())
        db.session.remove()
        return found


def file_of(keys, employer):
    return [line(f"R{n:04d}", f"同学{n}", 单位名称=employer) for n in keys]


@pytest.mark.rule("PLN-05", "BLK-03")
@pytest.mark.parametrize("turn", range(3))
def test_two_overlapping_plan_files_do_not_deadlock_and_lose_nothing(race, turn):
    first = file_of(range(20, ROWS), f"甲{turn}")
    second = file_of(reversed(range(100, ROWS + 50)), f"乙{turn}")
    ids = [confirmed(race, first, f"a{turn}"), confirmed(race, second, f"b{turn}")]

    def by_clock():
        reconciling.reconcile(None, None, clock.now())
        db.session.commit()

    acts = [lambda: tasks.write(ids[0]), lambda: tasks.write(ids[1]), by_clock]
    assert at_once(race, acts) == {"done": 3}
    found = names(race, (f"R{n:04d}" for n in range(20, ROWS + 50)))
    assert len(found) == ROWS + 30
    assert len({found[f"R{n:04d}"] for n in range(100, ROWS)}) == 1
    with race.app_context():
        assert [db.session.get(Import, i).state for i in ids] == ["applied", "applied"]


@pytest.mark.rule("PLN-05", "PLN-03")
@pytest.mark.parametrize("turn", range(4))
def test_a_signing_that_comes_into_force_meanwhile_is_neither_lost_nor_overwritten(race, turn):
    with race.test_request_context():
        cast, number = Cast.load(), f"R{turn:04d}"
        from app.people.students.models import Student

        student = db.session.query(Student).filter_by(student_no=number).one()
        waiting = accept(invite(cast.employer, student)[0])
        officer, key, name, student_id = cast.officer, waiting.id, cast.employer.name, student.id
        assert waiting.state != "in_force"
        actor = make.actor(officer)
    record_id = confirmed(
        race, [line(number, f"同学{turn}", 单位名称="文件里的单位")], f"met{turn}"
    )

    def signs():
        from app.signing.placements.workflow import PLACEMENTS

        PLACEMENTS.perform("attest", key, actor)

    outcome = at_once(race, [signs, lambda: tasks.write(record_id)])
    assert outcome in ({"done": 2}, {"done": 1, "Refused": 1})
    with race.app_context():
        row = db.session.query(PlanEntry).filter_by(student_id=student_id).one()
        changes = db.session.query(ChangeRequest).filter_by(entry_id=row.id, state="open").all()
        record = db.session.get(Import, record_id)
        in_force = db.session.execute(
            text("SELECT state FROM placement WHERE id = :i"), {"i": key}
        ).scalar()
        if (
            row.employer_name == name
        ):  # the signing came first: the file asks, or is looked at again
            assert changes or record.state == "checked"
        elif (
            in_force == "in_force"
        ):  # the file came first: the signing meets a row written by staff
            assert [c.kind for c in changes] == ["conflict"]
        db.session.remove()


@pytest.mark.rule("PLN-05", "PLN-04")
def test_a_correction_of_a_placement_that_waits_for_the_clock_is_seen_before_the_file_is_written(
    race,
):
    number = "R0005"
    with race.test_request_context():
        from app.people.students.models import Student

        cast = Cast.load()
        student = db.session.query(Student).filter_by(student_no=number).one()
        placement = attest(accept(invite(cast.employer, student)[0]), cast.officer)
        key, student_id = placement.id, student.id
    record_id = confirmed(
        race, [line(number, "同学5", 毕业去向代码="10", 单位名称="改后名称")], "dirty"
    )
    with race.app_context():
        db.session.execute(
            text("UPDATE placement SET employer_name = '改后名称' WHERE id = :i"), {"i": key}
        )
        db.session.commit()
    with race.test_request_context():
        tasks.write(record_id)
        row = db.session.query(PlanEntry).filter_by(student_id=student_id).one()
        assert (row.employer_name, row.sources["employer_name"]) == ("改后名称", "signing")
        assert db.session.query(ChangeRequest).filter_by(entry_id=row.id).count() == 0


def killed_after(app, act, statement: str) -> None:
    """A worker killed when that statement of `importing` is done."""
    begins = importing.SQL.sql(statement).split("SET")[0]  # what is put is known when it is written
    asked = lambda _session, what, *_args, **_more: str(what).startswith(begins)  # noqa: E731
    killed(app, act, type(db.session), "execute", asked)


@pytest.mark.rule("PLN-05", "BLK-03")
def test_a_worker_killed_midway_has_written_nothing_and_the_job_runs_again(race):
    numbers = [f"R{n:04d}" for n in range(20, 60)]
    before = names(race, numbers)
    record_id = confirmed(race, file_of(range(20, 60), "杀后单位"), "killed")
    for point in ("lock", "begin", "write"):
        killed_after(race, lambda: tasks.write(record_id), point)
        assert names(race, numbers) == before
    with race.test_request_context():
        tasks.write(record_id)
    assert set(names(race, numbers).values()) == {"杀后单位"}
    with race.test_request_context():
        requests.ask("undo", db.session.get(Import, record_id), make.actor(Cast.load().officer))
    killed_after(race, lambda: tasks.take_back(record_id), "give_back")
    assert set(names(race, numbers).values()) == {"杀后单位"}
    with race.test_request_context():
        tasks.take_back(record_id)
        assert db.session.get(Import, record_id).state == "undone"
    assert names(race, numbers) == before
