"""Two at once in the life of a signing, over real connections: one outcome each, no deadlock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text

from app.batches.queries import ask
from app.batches.tasks import run
from app.core import clock
from app.core.db import db
from app.people.employers.models import Employer
from app.people.schools.models import College
from app.people.students.models import Student
from app.people.students.workflow import restrict
from app.settings.queries import set_setting
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from app.signing.terminations.applying import force, request
from app.signing.terminations.models import Termination
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Role
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.real import at_once
from tests.test_races import race  # noqa: F401 (a fixture)

ROUNDS, ROWS = times(10, 100), times(60, 500)
HEALTHY = {
    "two hold one student": """SELECT count(*) FROM (SELECT 1 FROM placement WHERE state IN
        ('awaiting_college', 'awaiting_school', 'amending', 'in_force') GROUP BY student_id HAVING count(*) > 1) x""",
    "plan and placement differ": """SELECT count(*) FROM placement p LEFT JOIN plan_entry e ON e.placement_id = p.id
        WHERE (p.state = 'in_force') <> (e.id IS NOT NULL)""",
    "runs on nothing": """SELECT count(*) FROM termination t JOIN placement p ON p.id = t.placement_id
        WHERE t.state NOT IN ('approved', 'refused', 'closed') AND p.state <> 'in_force'""",
    "two run": """SELECT count(*) FROM (SELECT 1 FROM termination WHERE state NOT IN ('approved', 'refused', 'closed')
        GROUP BY placement_id HAVING count(*) > 1) x""",
    "broken hashes": "SELECT count(*) FROM trail t WHERE hash <> trail_hash(t)",
    "gaps": """SELECT count(*) FROM (SELECT 1 FROM placement WHERE agreement_no IS NOT NULL
        GROUP BY kind, graduation_year, school_id HAVING max(right(agreement_no, 5)::int) <> count(*)) x""",
}


@pytest.fixture
def office(race):  # noqa: F811
    """The application with a second officer, forced termination allowed; healthy at the end."""
    with race.app_context():
        cast = Cast.load()
        if db.session.scalar(text("SELECT count(*) FROM ab_user WHERE username = 'second'")) == 0:
            make.make_user(Role.SCHOOL, "second", name="钱老师", school_id=cast.school.id)
        set_setting(cast.school.id, "forced_online", True, None)
        db.session.commit()
    yield race
    with race.app_context():
        for name, query in HEALTHY.items():
            assert db.session.scalar(text(query)) == 0, name


def people(app):
    """Actors of both parties' offices: employer, first and second officer."""
    with app.app_context():
        cast = Cast.load()
        second = db.session.query(type(cast.officer)).filter_by(username="second").one()
        return make.actor(cast.employer), make.actor(cast.officer), make.actor(second)


def signings(app, count: int, *, attested: bool = True) -> list[tuple[int, object]]:
    """(placement id, student's actor) of new signings, in force or waiting."""
    with app.app_context():
        college = db.session.query(College).filter_by(name="计算机学院").one()
        firm = db.session.query(Employer).order_by(Employer.id).first()
        officer = make.actor(Cast.load().officer)
        students = [make.make_student(college) for _n in range(count)]
        letters = make.invite(firm, *students)
        make.pass_time(hours=2)
        found = []
        for student, letter in zip(students, letters, strict=True):
            who = make.actor(student)
            INVITATIONS.apply("accept", letter.id, who, agreed=True)
            db.session.flush()
            key = db.session.scalar(
                db.select(Placement.id).where(Placement.student_id == student.id)
            )
            if attested:
                PLACEMENTS.apply("attest", key, officer)
            found.append((key, who))
        db.session.commit()
        return found


@pytest.mark.rule("TRM-01", "AGR-08")
def test_withdrawing_the_review_against_a_request_for_termination(office):
    _firm, officer, _second = people(office)
    for key, student in signings(office, ROUNDS):
        result = at_once(
            office,
            [
                lambda k=key: PLACEMENTS.perform("reopen", k, officer, reason="误操作"),
                lambda k=key, s=student: request(k, s, "搬家", agreed=True),
            ],
        )
        assert result == {"done": 1, "Refused": 1}


@pytest.mark.rule("AGR-09", "TRM-04")
def test_force_against_the_approval_of_a_termination(office):
    firm, officer, second = people(office)
    for key, student in signings(office, ROUNDS):
        with office.app_context():
            found = request(key, student, "搬家", agreed=True)
            number = found.id
            TERMINATIONS.perform("agree", number, firm, agreed=True)
        result = at_once(
            office,
            [
                lambda k=key: force(k, officer, "单位注销"),
                lambda n=number: TERMINATIONS.perform("approve", n, second),
            ],
        )
        assert result == {"done": 1, "Refused": 1}
    with office.app_context():
        twice = """SELECT count(*) FROM (SELECT 1 FROM termination WHERE state = 'approved'
            GROUP BY placement_id HAVING count(*) > 1) x"""
        assert db.session.scalar(text(twice)) == 0


@pytest.mark.rule("GRD-03", "TRM-01")
def test_both_parties_apply_at_once(office):
    firm, _officer, _second = people(office)
    for key, student in signings(office, ROUNDS):
        result = at_once(
            office,
            [
                lambda k=key, s=student: request(k, s, "搬家", agreed=True),
                lambda k=key: request(k, firm, "岗位撤销", agreed=True),
            ],
        )
        assert result == {"done": 1, "Refused": 1}
    with office.app_context():
        assert db.session.query(Termination).filter_by(state="requested").count() >= ROUNDS


@pytest.mark.rule("INV-16")
def test_an_amendment_against_the_attestation(office):
    firm, officer, _second = people(office)
    for key, _student in signings(office, ROUNDS, attested=False):
        result = at_once(
            office,
            [
                lambda k=key: propose_terms(k, firm, make.offer(regular_pay=9000)),
                lambda k=key: PLACEMENTS.perform("attest", k, officer),
            ],
        )
        assert result == {"done": 1, "Refused": 1}


@pytest.mark.rule("ADM-03", "INV-13")
def test_a_restriction_against_the_acceptance(office):
    _firm, officer, _second = people(office)
    with office.app_context():
        college = db.session.query(College).filter_by(name="计算机学院").one()
        firm = db.session.query(Employer).order_by(Employer.id).first()
        students = [make.make_student(college) for _n in range(ROUNDS)]
        letters = make.invite(firm, *students)
        make.pass_time(hours=2)
        rows = [(s.id, i.id, make.actor(s)) for s, i in zip(students, letters, strict=True)]
        today = clock.today()
        db.session.commit()

    def bar(student_id):
        restrict(db.session.get_one(Student, student_id), officer, "复核", since=today)

    for student_id, letter, who in rows:
        result = at_once(
            office,
            [
                lambda s=student_id: bar(s),
                lambda i=letter, w=who: INVITATIONS.perform("accept", i, w, agreed=True),
            ],
        )
        assert result["done"] in (1, 2)  # accepted first and barred later is an order too
    with office.app_context():
        late = """SELECT count(*) FROM trail a JOIN invitation i ON i.id = a.record_id AND a.kind = 'invitation'
            JOIN restriction r ON r.student_id = i.student_id JOIN trail b ON b.kind = 'restriction'
            AND b.record_id = r.id WHERE a.step = 'accept' AND b.step = 'restrict' AND a.id > b.id"""
        assert db.session.scalar(text(late)) == 0


@pytest.mark.rule("AGR-07", "AGR-11")
def test_two_reviewers_in_bulk_over_the_same_rows(office):
    _firm, officer, second = people(office)
    keys = [key for key, _student in signings(office, ROWS, attested=False)]
    with office.app_context():
        first = ask(officer, "placement", "attest", [(k, str(k), "") for k in keys]).id
        other = ask(
            second, "placement", "refuse", [(k, str(k), "") for k in keys[::-1]], "信息不实"
        ).id
    start = Barrier(2)

    def work(batch):
        with office.app_context():
            start.wait()
            run(batch)
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (first, other)))
    with office.app_context():
        done = db.session.execute(
            text("SELECT outcome, count(*) FROM batch_row WHERE batch_id IN (:a, :b) GROUP BY 1"),
            {"a": first, "b": other},
        ).all()
        assert dict(map(tuple, done)) == {"done": ROWS, "refused": ROWS}
