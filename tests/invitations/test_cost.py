"""What accepting costs the database, from the button to the job that mails it."""

import re
from collections import Counter

import pytest

from app.codes.queries import names
from app.invitations.workflow import INVITATIONS
from tests import factories as make

LOCKED = re.compile(r"FROM (student|invitation) .*FOR NO KEY UPDATE", re.S)


@pytest.fixture
def asked(cast, query_count):
    """The statements of one acceptance; the code tables are known, as they are a minute long."""
    [invitation] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    who, key = make.actor(cast.student), invitation.id
    for table in ("dwxz", "dwhy"):
        names(table, cast.student.graduation_year)
    make.db.session.expire_all()
    with query_count() as seen:
        INVITATIONS.perform("accept", key, who, agreed=True)
    return seen


@pytest.mark.rule("INV-13", "GRD-06")
def test_accepting_costs_twenty_four_statements(asked):
    assert asked.n == 24


@pytest.mark.rule("INV-13")
def test_accepting_asks_no_guard_and_locks_no_row_twice(asked):
    """The placement is formed by a step of its own, under the same locks and guards."""
    assert [LOCKED.search(s)[1] for s in asked if LOCKED.search(s)] == ["student", "invitation"]
    reads = Counter(s for s in asked if s.startswith("SELECT") and "app_now" not in s)
    assert not {s: n for s, n in reads.items() if n > 1}
