"""One student in three places at once, over real connections: exactly one placement (GRD-01)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core.db import db
from app.core.errors import Refused
from app.files.documents.attachments import Upload
from app.people.employers.models import Employer
from app.people.schools.models import College
from app.people.students.models import Student
from app.settings.queries import settings
from app.signing.invitations.workflow import INVITATIONS
from app.signing.offline import evidence
from app.signing.offline.forms import typed
from app.signing.offline.links import make_link
from app.signing.offline.workflow import generate, save
from app.signing.placements.models import Kind, Placement
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terms.models import Terms
from app.workflow.engine import committed
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.real import at_once
from tests.signing.offline.paper import filled, photo, whole
from tests.test_races import race  # noqa: F401 (a fixture)

ROUNDS, FORMS = times(15, 200), times(6, 20)


@pytest.fixture(scope="module")
def people(race):  # noqa: F811
    """(student id, actor, invitation id, version of the saved form) for each round."""
    with race.app_context(), race.test_request_context():
        college = db.session.query(College).filter_by(name="计算机学院").one()
        firm = db.session.query(Employer).order_by(Employer.id).first()
        students = [make.make_student(college) for _n in range(ROUNDS)]
        letters = make.invite(firm, *students)
        make.pass_time(hours=2)
        found = []
        for student, letter in zip(students, letters, strict=True):
            who = make.actor(student)
            version = save(who, typed(whole()), 0, "w", late=False).version
            found.append((student.id, who, letter.id, version))
        form = filled()
        db.session.commit()
        db.session.remove()
        return form, found


def submit(student_id: int, who) -> None:
    """A destination of the same student."""
    student = db.session.get_one(Student, student_id)
    now = db.session.scalar(text("SELECT app_now()"))
    new = Placement(
        kind=Kind.DESTINATION,
        review=settings(student.school_id).destination_review,
        plan_code="80",
        employer_name="江城大学",
        employer_credit_code="",
        school_id=student.school_id,
        college_id=student.college_id,
        major_id=student.major_id,
        student_id=student.id,
        graduation_year=student.graduation_year,
        created_at=now,
    )
    new.student = student
    committed(lambda: PLACEMENTS.start("submit", new, who))


def terms(app) -> int:
    """How many sets of terms papers have left so far, whoever ran before."""
    with app.app_context():
        found = db.session.query(Terms).filter_by(position="软件工程师", reply_days=0).count()
        db.session.remove()
        return found


@pytest.mark.rule("GRD-01", "INV-14", "OFF-02", "DST-01")
def test_generating_accepting_and_submitting_at_once_give_one_placement(race, people):  # noqa: F811
    form, rows = people
    before = terms(race)
    for n, (student, who, letter, version) in enumerate(rows):
        acts = [
            lambda w=who, v=version: generate(w, form, v, agreed=True),
            lambda w=who, k=letter: INVITATIONS.perform("accept", k, w, agreed=True),
            lambda w=who, s=student: submit(s, w),
        ]
        result = at_once(race, acts[n % 3 :] + acts[: n % 3])
        assert result == {"done": 1, "Refused": 2}
    with race.app_context():
        ids = [student for student, *_rest in rows]
        found = db.session.query(Placement).filter(Placement.student_id.in_(ids))
        assert found.count() == ROUNDS
        assert len({row.kind for row in found}) > 1  # not always the same one wins
        mine = "SELECT count(*) FROM offline_entry WHERE placement_id IS NULL AND student_id = ANY(:ids)"
        orphans, papers = (
            db.session.scalar(text(mine), {"ids": ids}),
            found.filter_by(kind="offline").count(),
        )
        assert orphans == ROUNDS - papers
        assert terms(race) - before == papers


@pytest.mark.rule("OFF-02")
def test_the_same_form_generated_in_three_windows_at_once_is_one(race):  # noqa: F811
    with race.app_context(), race.test_request_context():
        college = db.session.query(College).filter_by(name="计算机学院").one()
        students = [make.make_student(college) for _n in range(FORMS)]
        people = [make.actor(student) for student in students]
        versions = [save(who, typed(whole()), 0, "w", late=False).version for who in people]
        form, keys = filled(), [student.id for student in students]
        db.session.commit()
        db.session.remove()
    for who, version in zip(people, versions, strict=True):
        acts = [lambda w=who, v=version: generate(w, form, v, agreed=True)] * 3
        assert at_once(race, acts) == {"done": 3}
    with race.app_context():
        assert db.session.query(Placement).filter(Placement.student_id.in_(keys)).count() == FORMS


@pytest.mark.rule("OFF-04", "OFF-06")
def test_a_file_against_handing_in_never_arrives_after_it(race, monkeypatch):  # noqa: F811
    monkeypatch.setattr(
        evidence,
        "accept_upload",
        lambda name, _source: Upload("image", "image/jpeg", b"picture", name, "0" * 64),
    )
    with race.app_context(), race.test_request_context():
        cast = Cast.load()
        college = db.session.query(College).filter_by(name="计算机学院").one()
        rows = []
        for _n in range(FORMS):
            student = make.make_student(college)
            who, officer = make.actor(student), make.actor(cast.officer)
            version = save(who, typed(whole()), 0, "w", late=False).version
            key = generate(who, filled(), version, agreed=True).id
            PLACEMENTS.perform("approve_form", key, officer)
            evidence.add_scan(key, who, "a.jpg", photo())
            rows.append((key, who, make_link(key, who)))
        db.session.remove()
    for key, who, token in rows:
        result = at_once(
            race,
            [
                lambda k=key, w=who: PLACEMENTS.perform("hand_in", k, w),
                lambda t=token: evidence.add_by_link(t, "b.jpg", photo()),
                lambda k=key, w=who: evidence.add_scan(k, w, "c.jpg", photo()),
            ],
        )
        assert result["done"] >= 1
    late = """SELECT count(*) FROM attachment f JOIN trail t ON t.kind = 'placement' AND t.record_id = f.record_id
        WHERE f.record_kind = 'placement' AND t.step = 'hand_in' AND f.created_at > t.at"""
    with race.app_context():
        assert db.session.scalar(text(late)) == 0
        with pytest.raises(Refused):
            evidence.add_scan(rows[0][0], rows[0][1], "d.jpg", photo())
