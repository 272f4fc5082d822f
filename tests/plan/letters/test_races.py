"""Forwarding letters over real connections: asked for at one moment (PLN-10)."""

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.plan.rows import reconciling
from tests import factories as make
from tests.cast import Cast
from tests.databases import furnished
from tests.real import at_once, installation


@pytest.fixture(scope="module")
def race(server, tmp_path_factory):
    """A database with real commits, and a hundred graduates with rows."""
    folder = tmp_path_factory.mktemp("letters")
    with installation(furnished(server, "letter_races"), folder) as app:
        with app.test_request_context():
            cast = Cast.load()
            for n in range(100):
                make.make_student(cast.college, f"同学{n}", student_no=f"R{n:04d}", account=False)
            db.session.commit()
            reconciling.reconcile(cast.school.id, None, clock.now())
            db.session.commit()
            db.session.remove()
        yield app


@pytest.mark.rule("PLN-10")
def test_letters_asked_for_twice_at_once_are_numbered_once_and_without_a_gap(race):
    from app.plan.letters import letters

    with race.app_context():
        db.session.execute(
            text(
                "UPDATE plan_entry e SET archive_to = '人才中心' FROM student s WHERE s.id = e.student_id"
                " AND s.student_no LIKE 'R00%'"
            )
        )
        school = Cast.load().school.id
        db.session.commit()
    wish = {"year": 2027, "college": None}
    assert at_once(race, [lambda: letters.number_them(school, wish)] * 4) == {"done": 4}
    with race.app_context():
        found = db.session.scalars(text("SELECT number FROM forwarding_letter ORDER BY 1")).all()
        count = db.session.execute(
            text("SELECT count(*) FROM plan_entry WHERE archive_to IS NOT NULL")
        ).scalar()
        assert found == [f"2027-{n:05d}" for n in range(1, count + 1)]
        db.session.remove()
