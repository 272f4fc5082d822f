"""Two at once, over real connections: one winner, the other told, numbers without a gap."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from app.core.db import db
from app.people.employers.models import Employer
from app.people.schools.models import College
from app.people.students.models import Student
from app.signing.invitations.models import Candidate
from app.signing.invitations.workflow import INVITATIONS, send
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.actor import SYSTEM
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.depth import times
from tests.real import at_once, installation

STUDENTS = times(16, 200)
PAIRS = times(10, 50)
OFFERS = 4  # open invitations of each student


@pytest.fixture(scope="module")
def race(server, tmp_path_factory):
    """A database of its own, with real commits."""
    with installation(furnished(server, "races"), tmp_path_factory.mktemp("race")) as app:
        yield app


def students(count: int) -> list[int]:
    """New students of the first college."""
    college = db.session.query(College).filter_by(name="计算机学院").one()
    made = [make.make_student(college) for _n in range(count)]
    db.session.commit()
    return [s.id for s in made]


def invited(student_ids, employers: int = 1) -> dict[int, list[int]]:
    """Open invitations past their cooling-off: student → invitation ids."""
    firms = db.session.query(Employer).order_by(Employer.id).all()
    school = firms[0].school
    while len(firms) < employers:
        firms.append(make.make_employer(school))
    found: dict[int, list[int]] = {i: [] for i in student_ids}
    people = [db.session.get(Student, student_id) for student_id in student_ids]
    for firm in firms[:employers]:
        for invitation in make.invite(firm, *people):
            found[invitation.student_id].append(invitation.id)
    make.pass_time(hours=2)
    db.session.commit()
    return found


@pytest.mark.rule("GRD-01", "INV-14")
def test_eight_accepts_at_once_form_one_placement_a_student(race):
    with race.app_context():
        mine = invited(students(STUDENTS), OFFERS)
        actors = {i: make.actor(db.session.get(Student, i)) for i in mine}
    for student_id, invitations in mine.items():
        acts = [
            lambda i=i, s=student_id: INVITATIONS.perform("accept", i, actors[s], agreed=True)
            for i in invitations * 2
        ]
        assert at_once(race, acts) == {"done": 1, "Refused": 7}
    with race.app_context():
        doubles = text(
            "SELECT count(*) FROM (SELECT student_id FROM placement GROUP BY 1 HAVING count(*) > 1) d"
        )
        assert db.session.scalar(doubles) == 0


@pytest.mark.rule("AGR-11", "AGR-10", "GRD-04", "GRD-05")
def test_attest_against_refuse_has_one_winner_and_numbers_have_no_gap(race):
    with race.app_context():
        placements = []
        for student_id, [invitation] in invited(students(STUDENTS)).items():
            INVITATIONS.perform(
                "accept", invitation, make.actor(db.session.get(Student, student_id)), agreed=True
            )
            placements.append(
                db.session.scalar(
                    text("SELECT max(id) FROM placement WHERE student_id = :s"), {"s": student_id}
                )
            )
        cast = Cast.load()
        officer = make.actor(cast.officer)
        db.session.commit()
    for placement in placements:
        result = at_once(
            race,
            [
                lambda p=placement: PLACEMENTS.perform("attest", p, officer),
                lambda p=placement: PLACEMENTS.perform("attest", p, officer),
                lambda p=placement: PLACEMENTS.perform("refuse", p, officer, reason="信息不实"),
            ],
        )
        assert result == {"done": 1, "Refused": 2}
    with race.app_context():
        numbers = db.session.scalars(
            text(
                "SELECT right(agreement_no, 5)::int FROM placement WHERE agreement_no IS NOT NULL ORDER BY 1"
            )
        ).all()
        assert numbers == list(range(1, len(numbers) + 1))
        broken = text("SELECT count(*) FROM trail t WHERE hash <> trail_hash(t)")
        assert db.session.scalar(broken) == 0


@pytest.mark.rule("INV-06", "GRD-02")
def test_sending_twice_at_once_invites_once(race):
    with race.app_context():
        ids = students(PAIRS)
        firm = db.session.query(Employer).order_by(Employer.id).first()
        for student_id in ids:
            make.make_candidate(firm, db.session.get(Student, student_id))
        db.session.commit()
        actor, firm_id = make.actor(firm), firm.id
    batch = uuid4().hex

    def press():
        rows = (
            db.session.query(Candidate)
            .filter(Candidate.employer_id == firm_id, Candidate.student_id.in_(ids))
            .all()
        )
        send(rows, make.offer(), actor, batch)

    assert at_once(race, [press, press, press])["done"] >= 1
    with race.app_context():
        counted = text(
            "SELECT count(*), count(DISTINCT student_id) FROM invitation WHERE batch = :b"
        )
        assert tuple(db.session.execute(counted, {"b": batch}).one()) == (PAIRS, PAIRS)


@pytest.mark.rule("INV-17", "INV-13", "GRD-05")
def test_accept_while_the_employer_withdraws_or_the_clock_expires_has_one_winner(race):
    with race.app_context():
        mine = invited(students(PAIRS))
        firm = make.actor(db.session.query(Employer).order_by(Employer.id).first())
        actors = {i: make.actor(db.session.get(Student, i)) for i in mine}
        db.session.commit()
    for student_id, [invitation] in mine.items():
        result = at_once(
            race,
            [
                lambda i=invitation, s=student_id: INVITATIONS.perform(
                    "accept", i, actors[s], agreed=True
                ),
                lambda i=invitation: INVITATIONS.perform("withdraw", i, firm),
                lambda i=invitation: INVITATIONS.perform("expire", i, SYSTEM),
            ],
        )
        assert result == {"done": 1, "Refused": 2}
    with race.app_context():
        orphans = text(
            "SELECT count(*) FROM invitation i WHERE (state = 'accepted') <>"
            " EXISTS (SELECT 1 FROM placement p WHERE p.invitation_id = i.id)"
        )
        assert db.session.scalar(orphans) == 0
