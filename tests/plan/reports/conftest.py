"""A year with something in every group of every dimension, in two schools."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import text

from app.core import clock
from app.core.db import db
from app.plan.rows import editions, reconciling
from tests import factories as make

YEAR = 2027


@pytest.fixture
def filled(cast):
    """Graduates of three colleges: states, levels, codes, regions, industries, natures, blanks among them."""
    editions.load_shipped()
    dice = random.Random(16)
    for n in range(60):
        college = (cast.college, cast.other_college, cast.far_college)[n % 3]
        make.make_student(
            college,
            account=False,
            origin_state=dice.choice(["approved"] * 4 + ["entered"]),
            education=dice.choice(["31", "31", "11", "33"]),
            origin=dice.choice(["420111", "110105", None]),
        )
    for pay, student in zip(
        (2500, 5500, 25000), (cast.student, cast.classmate, cast.neighbour), strict=True
    ):
        make.attest(
            make.accept(make.invite(cast.employer, student, regular_pay=pay)[0]), cast.officer
        )
    reconciling.reconcile(None, None, clock.now())
    rows = "SELECT id FROM plan_entry WHERE placement_id IS NULL ORDER BY id"
    for key in db.session.scalars(text(rows)).all():
        db.session.execute(
            text("""UPDATE plan_entry SET destination_code = :code, location = :place, industry = :industry,
              employer_kind = :kind, position_kind = :position, state = 'filled',
              sources = '{"destination_code": "staff"}' WHERE id = :id"""),
            {
                "id": key,
                "code": dice.choice(["10", "11", "801", "76", "70", "zz", None]),
                "place": dice.choice(["420111", "420503", "440305", "", None]),
                "industry": dice.choice(["34", "10", None]),
                "kind": dice.choice(["39", "", None]),
                "position": dice.choice(["13", None]),
            },
        )
    db.session.commit()
    return cast
