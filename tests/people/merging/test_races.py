"""Two at once over real connections: merging, accepting, deciding a correction (ADM-02, ADM-09)."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import text

from app.core.db import db
from app.people.corrections.workflow import CORRECTIONS, propose
from app.people.merging.workflow import merge_students
from app.people.schools.models import College
from app.people.students import tasks
from app.people.students.models import Student
from app.signing.invitations.workflow import INVITATIONS
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.real import at_once
from tests.test_races import invited, race  # noqa: F401 (fixture)

ROUNDS = times(6, 15)


def pair():
    """Two records of one name and ID number in one college."""
    college = db.session.query(College).filter_by(name="计算机学院").one()
    made = [make.make_student(college, "双胞胎") for _n in range(2)]
    made[1].id_number = made[0].id_number
    db.session.commit()
    return [s.id for s in made]


@pytest.mark.rule("ADM-02")
def test_a_pair_is_merged_once_whichever_way_round(race):  # noqa: F811
    with race.app_context():
        pairs, officer = [pair() for _n in range(ROUNDS)], make.actor(Cast.load().officer)
    for one, two in pairs:
        acts = [
            lambda k=k, g=g: merge_students(k, g, set(), officer, "重复")
            for k, g in ((one, two), (two, one), (one, two))
        ]
        ended = at_once(race, acts)
        assert ended["done"] == 1, ended
        assert set(ended) <= {"done", "Refused", "NotYours"}
        with race.app_context():
            assert db.session.query(Student).filter(Student.id.in_((one, two))).count() == 1


@pytest.mark.rule("ADM-02", "GRD-01", "INV-14")
def test_merging_against_accepting_never_gives_two_placements_or_a_lost_one(race):  # noqa: F811
    with race.app_context():
        pairs = [pair() for _n in range(ROUNDS)]
        open_ = invited([i for both in pairs for i in both], 2)
        officer = make.actor(Cast.load().officer)
        actors = {i: make.actor(db.session.get(Student, i)) for both in pairs for i in both}
    for one, two in pairs:
        acts = [
            partial(INVITATIONS.perform, "accept", open_[one][0], actors[one], agreed=True),
            partial(INVITATIONS.perform, "accept", open_[two][1], actors[two], agreed=True),
            partial(merge_students, one, two, set(), officer, "重复"),
        ]
        at_once(race, acts)
        with race.app_context():
            doubles = (
                "SELECT count(*) FROM (SELECT student_id FROM placement WHERE student_id IN (:a, :b)"
                " GROUP BY 1 HAVING count(*) > 1) d"
            )
            assert db.session.scalar(text(doubles), {"a": one, "b": two}) == 0
            lost = (
                "SELECT count(*) FROM invitation i WHERE i.state = 'accepted' AND i.student_id IN"
                " (:a, :b) AND NOT EXISTS (SELECT 1 FROM placement p WHERE p.invitation_id = i.id"
                " AND p.student_id = i.student_id)"
            )
            assert db.session.scalar(text(lost), {"a": one, "b": two}) == 0


@pytest.mark.rule("ADM-09")
def test_a_correction_is_decided_once(race):  # noqa: F811
    with race.app_context():
        cast = Cast.load()
        officer = make.actor(cast.officer)
        college = cast.college
        asked = []
        for _n in range(ROUNDS):
            student = make.make_student(college)
            db.session.commit()
            asked.append(propose(student, "class_name", "9班", "分班", make.actor(student)).id)
    for key in asked:
        acts = [
            partial(CORRECTIONS.perform, "accept", key, officer),
            partial(CORRECTIONS.perform, "refuse", key, officer, reason="不符"),
            partial(CORRECTIONS.perform, "accept", key, officer),
        ]
        assert at_once(race, acts) == {"done": 1, "Refused": 2}


@pytest.mark.rule("ACC-01")
def test_two_workers_open_one_account_a_student(race):  # noqa: F811
    with race.app_context():
        cast = Cast.load()
        made = [make.make_student(cast.college, account=False).id for _n in range(50)]
        school = cast.school.id
        db.session.commit()
    ended = at_once(race, [lambda: tasks.open_accounts.func(school)] * 3)
    assert ended == {"done": 3}
    with race.app_context():
        doubles = "SELECT count(*) FROM ab_user WHERE student_id = ANY(:ids)"
        assert db.session.scalar(text(doubles), {"ids": made}) == 50
