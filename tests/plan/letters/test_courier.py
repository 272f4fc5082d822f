"""The courier sheet under attack: hostile files, two at once, killed workers (PLN-10, BLK-03, BLK-05)."""

from __future__ import annotations

import random
import re
import resource

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.files.imports import requests, staging, tasks, writing
from app.files.imports.models import Import
from app.plan.letters import letters
from app.plan.rows import reconciling
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.depth import DEEP, times
from tests.files.imports.books import xlsx
from tests.files.imports.real import checked, confirm, uploading
from tests.files.imports.test_hostile import ALL
from tests.real import at_once, killed

HEADS = ["转递单编号", "学生", "快递单号", "快递公司", "寄出日期"]
LETTERS = 60
# the reader meets them all in tests/files/imports/test_hostile.py: here each of its sentences ends an import
ATTACKS = ALL if DEEP else {says: attack for attack, (_name, says) in ALL.items()}.values()


@pytest.mark.rule("BLK-05", "PLN-10")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_by_the_courier_sheet_ends_in_a_sentence(bring, attack):
    data, (name, says) = attack(), ALL[attack]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record = bring(data, name, "courier")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
    assert record.state == "failed"
    [sentence] = record.details["sentences"]
    assert re.search(says, sentence), sentence


@pytest.mark.rule("BLK-05", "PLN-10")
def test_any_bytes_at_all_for_a_courier_sheet_end_in_a_state(bring):
    dice = random.Random(10)
    good = xlsx([{"转递单编号": f"2027-{n:05d}", "快递单号": str(n)} for n in range(20)], HEADS)
    for n in range(times(5, 20)):
        data = bytearray(good)
        for _spoil in range(1 + n):
            data[dice.randrange(len(data))] = dice.randrange(256)
        assert bring(bytes(data), f"{n}.xlsx", "courier").state in ("failed", "checked")


@pytest.fixture(scope="module")
def place(server, tmp_path_factory):
    """Address and folder of a database with real commits."""
    return furnished(server, "courier_races"), tmp_path_factory.mktemp("courier")


@pytest.fixture(scope="module")
def race(place):
    """An application with letters that wait for their tracking numbers."""
    with uploading(*place) as app:
        with app.test_request_context():
            cast = Cast.load()
            for n in range(LETTERS):
                make.make_student(cast.college, f"同学{n}", student_no=f"K{n:03d}", account=False)
            db.session.commit()
            reconciling.reconcile(cast.school.id, None, clock.now())
            db.session.execute(
                text(
                    "UPDATE plan_entry e SET archive_to = '人才中心' FROM student s"
                    " WHERE s.id = e.student_id AND s.student_no LIKE 'K%'"
                )
            )
            db.session.commit()
            letters.number_them(cast.school.id, {"year": 2027, "college": None})
            db.session.remove()
        yield app


def file_of(keys, name):
    rows = [
        {
            "转递单编号": f"2027-{n:05d}",
            "快递单号": f"{name}{n:04d}",
            "快递公司": name,
            "寄出日期": "2027-07-01",
        }
        for n in keys
    ]
    return xlsx(rows, HEADS, sheet=name)


def sheet(app, data, name):
    """The id of a courier sheet without faults that waits for its confirmation."""
    key = checked(app, "courier", data, name)
    with app.app_context():
        assert db.session.get(Import, key).faulty == 0
        db.session.remove()
    return key


def numbers(app):
    """Letter → tracking number, of those that have one."""
    with app.app_context():
        found = db.session.execute(
            text(
                "SELECT number, tracking_number FROM forwarding_letter"
                " WHERE tracking_number IS NOT NULL"
            )
        )
        known = dict(found.tuples().all())
        db.session.remove()
        return known


def state(app, key):
    with app.app_context():
        found = db.session.scalar(text("SELECT state FROM import_file WHERE id = :i"), {"i": key})
        db.session.remove()
        return found


@pytest.mark.rule("BLK-03", "PLN-10")
@pytest.mark.parametrize("turn", range(times(2, 10)))
def test_overlapping_courier_sheets_do_not_deadlock_and_lose_nothing(race, turn):
    first, second = f"A{turn}X", f"B{turn}X"
    ids = [
        sheet(race, file_of(range(1, 41), first), first),
        sheet(race, file_of(reversed(range(21, LETTERS + 1)), second), second),
    ]
    for key in ids:
        confirm(race, key)
    assert at_once(race, [lambda k=key: tasks.write(k) for key in ids]) == {"done": 2}
    found = numbers(race)
    assert {state(race, key) for key in ids} == {"applied"}
    assert len(found) == LETTERS
    assert {found[f"2027-{n:05d}"][:3] for n in range(1, 21)} == {first}
    assert {found[f"2027-{n:05d}"][:3] for n in range(41, LETTERS + 1)} == {second}
    assert len({found[f"2027-{n:05d}"][:3] for n in range(21, 41)}) == 1  # the later one's, whole


@pytest.mark.rule("BLK-03", "PLN-10")
def test_one_tracking_number_given_to_two_letters_at_once_stays_with_the_first(race):
    ids = []
    for n in (1, 2):
        row = {"转递单编号": f"2027-{n:05d}", "快递单号": "SAME-1", "快递公司": str(n)}
        ids.append(sheet(race, xlsx([row], HEADS, sheet=f"同{n}"), f"same{n}"))
    for key in ids:
        confirm(race, key)
    assert at_once(race, [lambda k=key: tasks.write(k) for key in ids]) == {"done": 2}
    assert list(numbers(race).values()).count("SAME-1") == 1
    assert sorted(state(race, key) for key in ids) == ["applied", "checked"]


@pytest.mark.rule("BLK-03", "PLN-10")
def test_a_double_confirmation_of_a_courier_sheet_writes_once(race):
    key = sheet(race, file_of(range(1, 5), "DBL"), "twice")
    assert at_once(race, [lambda: confirm(race, key)] * 4) == {"done": 1, "Refused": 3}
    assert at_once(race, [lambda: tasks.write(key)] * 3) == {"done": 3}
    assert list(numbers(race).values()).count("DBL0001") == 1


@pytest.mark.rule("BLK-03", "PLN-10", "GRD-06")
def test_a_worker_killed_with_a_courier_sheet_leaves_all_or_nothing(race):
    with race.test_request_context():
        who = make.actor(Cast.load().officer)
        key = requests.bring(
            who, requests.sheet_for(who, "courier"), file_of(range(1, 61), "KIL"), "k"
        )[0].id
    before = numbers(race)
    killed(race, lambda: tasks.check(key), staging, "stage")
    with race.app_context():
        staged = text("SELECT count(*) FROM import_row WHERE import_id = :i")
        assert db.session.scalar(staged, {"i": key}) == 0
        db.session.remove()
    with race.test_request_context():
        tasks.check(key)
    confirm(race, key)
    killed(race, lambda: tasks.write(key), writing, "_update")
    assert (numbers(race), state(race, key)) == (before, "writing")
    with race.test_request_context():
        tasks.write(key)
    assert {number[:3] for number in numbers(race).values()} == {"KIL"}
    confirm(race, key, "undo")
    killed(race, lambda: tasks.take_back(key), writing, "_update")
    assert {number[:3] for number in numbers(race).values()} == {"KIL"}
    with race.test_request_context():
        tasks.take_back(key)
    assert (numbers(race), state(race, key)) == (before, "undone")
