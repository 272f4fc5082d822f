"""What accepting costs the database, from the button to the job that mails it."""

import re
from collections import Counter

import pytest

from app.codes.queries import names
from app.signing.invitations.workflow import INVITATIONS
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
def test_accepting_costs_twenty_statements(asked):
    assert asked.n == 20


@pytest.mark.rule("INV-13")
def test_accepting_asks_no_guard_and_locks_no_row_twice(asked):
    """The placement is formed by a step of its own, under the same locks and guards."""
    assert [LOCKED.search(s)[1] for s in asked if LOCKED.search(s)] == ["student", "invitation"]
    reads = Counter(s for s in asked if s.startswith("SELECT") and "app_now" not in s)
    assert not {s: n for s, n in reads.items() if n > 1}


@pytest.mark.rule("INV-13", "ACC-10", "GRD-06")
def test_the_button_reads_the_letter_once_and_asks_each_guard_once(cast, visit, query_count):
    """From the button to the job that mails it, code and all: under one lock, at one moment."""
    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    key, page = letter.id, visit(make.account(cast.student))
    for table in ("dwxz", "dwhy"):
        names(table, cast.student.graduation_year)
    code = make.code_for(page, f"/acts/invitation/{key}/accept/code")
    make.db.session.expire_all()
    with query_count() as seen:
        done = page.post(f"/my/answer/{key}/accept", data={"agreed": "1", "code": code})
    assert done.status_code == 303
    assert make.placement_of(cast.student.id) is not None
    mailed = max(n for n, s in enumerate(seen) if s.startswith("INSERT INTO message"))
    assert mailed + 1 <= 24
    assert [LOCKED.search(s)[1] for s in seen if LOCKED.search(s)] == ["student", "invitation"]
    asked = [s for s in list(seen)[: mailed + 1] if s.startswith("SELECT")]
    assert sum(" FROM invitation" in " ".join(s.split()) for s in asked) == 1
    assert not {s: n for s, n in Counter(asked).items() if n > 1}
