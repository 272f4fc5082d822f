"""The full reconcile, the dirty rows and the nightly proof; races over real connections."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.notices.models import Notice
from app.people.employers.models import Employer
from app.people.schools.models import College
from app.plan.rows import reconciling, sync, tasks
from app.plan.rows.change_models import ChangeRequest
from app.plan.rows.models import PlanDirty, PlanEntry
from app.plan.rows.workflow import CHANGES, PLAN, edit
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make
from tests.cast import Cast
from tests.factories import accept, attest, invite
from tests.real import at_once
from tests.test_races import race  # noqa: F401 (a fixture)


def signed(cast, *students):
    return [attest(accept(invite(cast.employer, s)[0]), cast.officer) for s in students]


def row_of(student) -> PlanEntry:
    return db.session.query(PlanEntry).filter_by(student_id=student.id).one()


def of_school(cast, year=2027):
    return reconciling.differences(cast.school.id, year).get(cast.school.id, {})


@pytest.fixture
def settled(cast):
    """Three graduates of the school: two with a signing in force, all with their rows."""
    found = signed(cast, cast.student, cast.neighbour)
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()
    return found


@pytest.mark.rule("PLN-04", "GRD-06")
def test_what_the_steps_wrote_needs_no_sync(cast, settled):
    assert of_school(cast) == {}
    assert reconciling.reconcile(cast.school.id, 2027, clock.now()) == {}
    assert row_of(cast.classmate).state == "open"


KEYLESS = """SELECT count(*) FROM plan_entry WHERE employer_name_order
  <> coalesce(name_order(employer_name, false), chr(1114111))"""


@pytest.mark.rule("PLN-04")
def test_every_way_of_writing_a_row_keeps_the_key_of_its_employers_name(cast, settled):
    rename = text("UPDATE plan_entry SET employer_name = :name WHERE placement_id IS NOT NULL")
    for name in ("重庆银行", None, "2班公司"):
        db.session.execute(rename, {"name": name})
        assert db.session.scalar(text(KEYLESS)) == 0
    db.session.execute(
        text("DELETE FROM plan_entry WHERE student_id = :id"), {"id": cast.neighbour.id}
    )
    assert reconciling.reconcile(cast.school.id, None, clock.now()) == {"add": 1, "change": 1}
    assert db.session.scalar(text(KEYLESS)) == 0
    keys = db.session.scalars(text("SELECT DISTINCT employer_name_order FROM plan_entry")).all()
    assert len(keys) == 2  # of the employer of both, and of who has none


@pytest.mark.rule("PLN-04")
def test_a_dry_run_shows_each_kind_of_difference_and_writes_nothing(cast, settled):
    spoil(cast)
    before = [
        dict(r._mapping) for r in db.session.execute(text("SELECT * FROM plan_entry ORDER BY id"))
    ]
    assert of_school(cast) == {"add": 1, "take_back": 1, "change": 1}
    counts, rows = reconciling.side_by_side(cast.school.id, 2027, 10)
    assert counts == of_school(cast)
    rows = {r.act: r for r in rows}
    assert rows["change"].changes == {"employer_name": ["旧名称", cast.employer.name]}
    assert rows["take_back"].name == cast.classmate.name
    after = [
        dict(r._mapping) for r in db.session.execute(text("SELECT * FROM plan_entry ORDER BY id"))
    ]
    assert after == before


TOO_MUCH = """UPDATE plan_entry SET state = 'filled', destination_code = '10', placement_id =
    (SELECT max(id) FROM placement WHERE student_id <> :s) WHERE student_id = :s"""


def spoil(cast):
    """Rows as a fault of another program may leave them: missing, different, too much."""
    third = make.make_student(cast.college)
    signed(cast, third)
    for statement, student in (
        ("DELETE FROM plan_entry WHERE student_id = :s", third),
        ("UPDATE plan_entry SET employer_name = '旧名称' WHERE student_id = :s", cast.student),
        (TOO_MUCH, cast.classmate),
    ):
        db.session.execute(text(statement), {"s": student.id})
    db.session.commit()
    db.session.expire_all()


@pytest.mark.rule("PLN-04")
def test_applying_mends_all_and_the_second_run_changes_nothing(cast, settled):
    spoil(cast)
    assert sum(reconciling.reconcile(cast.school.id, 2027, clock.now()).values()) == 3
    assert reconciling.reconcile(cast.school.id, 2027, clock.now()) == {}
    assert row_of(cast.student).employer_name == cast.employer.name
    assert (row_of(cast.classmate).state, row_of(cast.classmate).destination_code) == ("open", None)


@pytest.mark.rule("PLN-04")
def test_what_is_no_longer_as_the_dry_run_showed_is_not_applied(cast, settled):
    spoil(cast)
    with pytest.raises(ValueError):  # noqa: PT011
        reconciling.reconcile(cast.school.id, 2027, clock.now(), {"add": 7})
    assert of_school(cast) == {"add": 1, "take_back": 1, "change": 1}


@pytest.mark.rule("PLN-04")
def test_portions_decide_and_write_as_one(cast, settled, monkeypatch):
    spoil(cast)
    whole = reconciling.side_by_side(cast.school.id, 2027, 10)
    monkeypatch.setattr(sync, "PORTION", 1)
    assert reconciling.side_by_side(cast.school.id, 2027, 10) == whole
    counts, rows = reconciling.side_by_side(cast.school.id, 2027, 1)
    assert sorted(row.act for row in rows) == sorted(counts)
    assert reconciling.reconcile(cast.school.id, 2027, clock.now(), counts) == counts
    assert reconciling.reconcile(cast.school.id, 2027, clock.now()) == {}


@pytest.mark.rule("PLN-04", "ACC-02")
def test_a_reconcile_keeps_to_its_school_and_year(cast, settled):
    spoil(cast)
    assert "add" not in reconciling.reconcile(cast.other_school.id, 2027, clock.now())
    assert "add" not in reconciling.reconcile(cast.school.id, 2026, clock.now())
    assert of_school(cast)["add"] == 1


@pytest.mark.rule("PLN-04", "PLN-03")
def test_a_reconcile_raises_conflicts_instead_of_overwriting(cast, settled):
    row = row_of(cast.student)
    db.session.execute(
        text("""UPDATE plan_entry SET placement_id = NULL, by_staff = true, destination_code = '76',
             sources = '{"destination_code": "import"}' WHERE id = :i"""),
        {"i": row.id},
    )
    db.session.expire_all()
    assert of_school(cast) == {"conflict": 1}
    reconciling.reconcile(cast.school.id, 2027, clock.now())
    assert row_of(cast.student).destination_code == "76"
    assert of_school(cast) == {"waits": 1}


@pytest.mark.rule("PLN-04")
def test_a_student_who_moves_takes_the_row_along(cast, settled):
    db.session.query(PlanDirty).delete()
    cast.student.graduation_year = 2028
    db.session.flush()
    assert [k.student_id for k in db.session.query(PlanDirty)] == [cast.student.id]
    db.session.execute(text("UPDATE plan_dirty SET xid = 1"))
    assert sync.follow(clock.now()) == 1
    assert row_of(cast.student).graduation_year == 2028
    assert sync.follow(clock.now()) == 0


@pytest.mark.rule("PLN-04")
def test_the_nightly_proof_finds_nothing_or_tells_the_schools_staff(cast, settled):
    assert tasks.prove() == 0
    db.session.execute(
        text("UPDATE plan_entry SET postcode = '1' WHERE student_id = :s"), {"s": cast.student.id}
    )
    db.session.commit()
    assert tasks.prove() == 1
    told = {n.user_id for n in db.session.query(Notice).filter(Notice.url == "/plan/sync/")}
    assert told == {cast.officer.id}
    assert row_of(cast.student).postcode == "1"


# -- races ---------------------------------------------------------------------------------------


def begin(app, count=1):
    """(placement id, student id) of signings in force, their keys taken; the officer's actor."""
    with app.app_context():
        cast = Cast.load()
        college = db.session.query(College).filter_by(name="计算机学院").one()
        firm = db.session.query(Employer).order_by(Employer.id).first()
        officer = make.actor(cast.officer)
        students = [make.make_student(college) for _n in range(count)]
        found = [attest(accept(invite(firm, s)[0]), cast.officer) for s in students]
        db.session.commit()
        pairs = [(p.id, p.student_id) for p in found]
        tasks.follow()
        db.session.remove()
    return pairs, officer


RESTS = {"settled", "waits"}  # kinds of difference of which nothing is written


def healthy(app, school=None):
    with app.app_context():
        tasks.follow()
        found = reconciling.differences(school)
        db.session.remove()
    return {k: v for k, v in found.items() if set(v) - RESTS} == {}


@pytest.mark.rule("PLN-04", "GRD-06")
def test_a_change_while_its_key_is_being_consumed_is_not_lost(race):  # noqa: F811
    [(placement, student)], _officer = begin(race)
    change = text("UPDATE placement SET employer_name = :n WHERE id = :p")
    taken, go_on = threading.Event(), threading.Event()

    def consume():
        with race.app_context():
            sync.follow(clock.now())
            taken.set()
            go_on.wait(60)
            db.session.commit()
            db.session.remove()

    with race.app_context():
        db.session.execute(change, {"n": "第一次", "p": placement})
        db.session.commit()
        worker = threading.Thread(target=consume)
        worker.start()
        taken.wait(60)
        threading.Timer(0.5, go_on.set).start()
        db.session.execute(change, {"n": "第二次", "p": placement})  # waits for the consumer
        assert go_on.is_set()
        db.session.commit()
        worker.join()
        assert db.session.get(PlanDirty, student) is not None
        db.session.remove()
    assert healthy(race)
    assert employer_in_plan(race, student) == "第二次"


def employer_in_plan(app, student):
    with app.app_context():
        name = db.session.query(PlanEntry).filter_by(student_id=student).one().employer_name
        db.session.remove()
        return name


@pytest.mark.rule("PLN-04")
def test_a_key_is_not_taken_while_a_change_that_renewed_it_is_open(race):  # noqa: F811
    [(placement, student)], _officer = begin(race)
    change = text("UPDATE placement SET employer_name = :n WHERE id = :p")
    with race.app_context():
        db.session.execute(change, {"n": "第一次", "p": placement})
        db.session.commit()  # the key is there
        db.session.execute(change, {"n": "第二次", "p": placement})  # renewed, not committed
        seen = []

        def consume():
            with race.app_context():
                seen.append(sync.follow(clock.now()))
                db.session.commit()
                db.session.remove()

        worker = threading.Thread(target=consume)
        worker.start()
        worker.join(60)
        assert seen == [0]
        db.session.commit()
        db.session.remove()
    assert healthy(race)
    assert employer_in_plan(race, student) == "第二次"


@pytest.mark.rule("PLN-04", "BLK-03")
def test_a_consumer_killed_in_the_middle_leaves_rows_and_keys_as_they_were(race):  # noqa: F811
    [(placement, student)], _officer = begin(race)
    with race.app_context():
        db.session.execute(
            text("UPDATE placement SET employer_name = '改名' WHERE id = :p"), {"p": placement}
        )
        db.session.commit()
        assert sync.follow(clock.now()) == 1
        pid = db.session.scalar(text("SELECT pg_backend_pid()"))
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:p)"), {"p": pid})
        db.session.connection().invalidate()
        db.session.remove()
        assert db.session.get(PlanDirty, student) is not None
        assert (
            db.session.query(PlanEntry).filter_by(student_id=student).one().employer_name != "改名"
        )
        db.session.remove()
    assert healthy(race)


@pytest.mark.rule("PLN-04", "BLK-03")
def test_a_reconcile_killed_between_two_portions_has_done_nothing(race, monkeypatch):  # noqa: F811
    pairs, _officer = begin(race, 4)
    spoilt = text("SELECT count(*) FROM plan_entry WHERE postcode = 'x'")
    with race.app_context():
        db.session.execute(
            text("UPDATE plan_entry SET postcode = 'x' WHERE placement_id = ANY(:p)"),
            {"p": [placement for placement, _student in pairs]},
        )
        db.session.commit()
        write, done = sync._write, []

        def killed(decided, now):
            write(decided, now)
            done.append(db.session.scalar(spoilt))
            if len(done) == 2:
                pid = db.session.scalar(text("SELECT pg_backend_pid()"))
                with db.engine.connect() as other:
                    other.execute(text("SELECT pg_terminate_backend(:p)"), {"p": pid})

        monkeypatch.setattr(sync, "PORTION", 1)
        monkeypatch.setattr(sync, "_write", killed)
        with pytest.raises(OperationalError):
            reconciling.reconcile(None, None, clock.now())
        db.session.connection().invalidate()
        db.session.remove()
        assert done == [3, 2]
        assert db.session.scalar(spoilt) == 4
        monkeypatch.undo()
        assert reconciling.reconcile(None, None, clock.now())["change"] == 4
        db.session.commit()
        db.session.remove()
    assert healthy(race)


@pytest.mark.rule("PLN-04")
def test_of_two_who_apply_at_once_one_finds_nothing_left(race):  # noqa: F811
    pairs, _officer = begin(race, 20)
    with race.app_context():
        db.session.execute(text("UPDATE plan_entry SET postcode = 'x' WHERE placement_id = ANY(:p)"),
                           {"p": [placement for placement, _student in pairs]})  # fmt: skip
        db.session.commit()
        school = Cast.load().school.id
        db.session.remove()
    done = []

    def apply():
        done.append(reconciling.reconcile(school, None, clock.now()))
        db.session.commit()

    at_once(race, [apply, apply])
    wrote = [{k: n for k, n in d.items() if k not in RESTS} for d in done]
    assert {} in wrote
    assert max(sum(d.values()) for d in wrote) >= len(pairs)
    assert healthy(race, school)


@pytest.mark.rule("PLN-04", "AGR-08")
def test_a_reconcile_against_withdrawn_reviews_leaves_no_row_of_what_ended(race):  # noqa: F811
    pairs, officer = begin(race, 15)
    with race.app_context():
        school = Cast.load().school.id
        db.session.remove()

    def apply():
        reconciling.reconcile(school, None, clock.now())
        db.session.commit()

    for placement, student in pairs:
        with race.app_context():
            db.session.execute(
                text("UPDATE plan_entry SET postcode = 'x' WHERE student_id = :s"), {"s": student}
            )
            db.session.commit()
            db.session.remove()
        withdraw = lambda p=placement: PLACEMENTS.perform("reopen", p, officer, reason="误操作")  # noqa: E731
        assert at_once(race, [apply, withdraw])["done"] == 2
    with race.app_context():
        left = db.session.query(PlanEntry).filter(
            PlanEntry.placement_id.in_([p for p, _s in pairs])
        )
        assert left.count() == 0
        db.session.remove()


@pytest.mark.rule("PLN-06", "PLN-03")
def test_reporting_against_the_end_of_the_signing_and_editing_against_attesting(race):  # noqa: F811
    pairs, officer = begin(race, 15)
    for placement, student in pairs:
        with race.app_context():
            key = db.session.query(PlanEntry.id).filter_by(student_id=student).scalar()
            PLAN.perform("check", key, officer)
            db.session.remove()
        at_once(
            race,
            [
                lambda k=key: PLAN.perform("report", k, officer),
                lambda p=placement: PLACEMENTS.perform("reopen", p, officer, reason="误操作"),
            ],
        )
        at_once(
            race,
            [
                lambda k=key: edit(k, officer, {"destination_code": "76"}),
                lambda p=placement: PLACEMENTS.perform("attest", p, officer),
            ],
        )
    assert healthy(race)
    with race.app_context():
        for placement, _student in pairs:
            assert db.session.get_one(Placement, placement).state == "in_force"
        db.session.remove()


@pytest.mark.rule("PLN-06", "AGR-08")
def test_what_ends_and_comes_again_leaves_a_reported_row_and_no_open_change(race):  # noqa: F811
    [(placement, student)], officer = begin(race)
    with race.app_context():
        key = db.session.query(PlanEntry.id).filter_by(student_id=student).scalar()
        for step in ("check", "report"):
            PLAN.perform(step, key, officer)
        PLACEMENTS.perform("reopen", placement, officer, reason="误操作")
        waits = text("SELECT state FROM change_request WHERE entry_id = :k")
        assert db.session.scalars(waits, {"k": key}).all() == ["open"]
        PLACEMENTS.perform("attest", placement, officer)
        assert db.session.scalars(waits, {"k": key}).all() == ["overtaken"]
        assert db.session.get_one(PlanEntry, key).state == "reported"
        with pytest.raises(Refused):
            edit(key, officer, {"destination_code": "76"})
        db.session.remove()


@pytest.mark.rule("PLN-03", "PLN-06")
def test_a_conflict_turned_down_before_the_report_does_not_settle_what_comes_after(race):  # noqa: F811
    [(placement, student)], officer = begin(race)
    typed = {"destination_code": "76", "employer_name": "自由撰稿", "location": "420106"}
    with race.app_context():
        key = db.session.query(PlanEntry.id).filter_by(student_id=student).scalar()
        kinds = text("SELECT kind, state FROM change_request WHERE entry_id = :k ORDER BY id")
        PLACEMENTS.perform("reopen", placement, officer, reason="误操作")
        edit(key, officer, typed)
        PLACEMENTS.perform("attest", placement, officer)
        [conflict] = db.session.query(ChangeRequest).filter_by(entry_id=key)
        CHANGES.perform("drop", conflict.id, officer, reason="学生实际自由职业")
        PLACEMENTS.perform("reopen", placement, officer, reason="误操作")
        for step in ("check", "report"):
            PLAN.perform(step, key, officer)
        PLACEMENTS.perform("attest", placement, officer)
        assert db.session.execute(kinds, {"k": key}).tuples().all() == [
            ("conflict", "dropped"),
            ("reported", "open"),
        ]
        db.session.remove()
    assert healthy(race)
