"""Rows of the plan, empty or of a signing."""

import pytest

from app.core import clock
from app.core.db import db
from app.plan.rows import reconciling
from app.plan.rows.models import PlanEntry
from tests.factories import accept, attest, invite


@pytest.fixture
def rows(cast):
    """The school's plan, all without a destination."""
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()


@pytest.fixture
def signed(cast, rows):
    """The row of the student's signing in force."""
    attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    return entry(cast.student)


def entry(student) -> PlanEntry:
    db.session.expire_all()
    return db.session.query(PlanEntry).filter_by(student_id=student.id).one()
