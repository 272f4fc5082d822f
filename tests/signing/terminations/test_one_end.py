"""S-09: a placement ends once, and nothing runs on after it, whoever comes first (GRD-03)."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core.db import db
from app.core.errors import Refused
from app.settings.queries import set_setting
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import force, request
from app.signing.terminations.models import Termination
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.factories import accept, attest, invite, terminate
from tests.real import at_once
from tests.test_races import race  # noqa: F401 (a fixture)
from tests.test_races_of_life import HEALTHY, office, people, signings  # noqa: F401 (fixtures)

pytestmark = pytest.mark.rule("GRD-03", "AGR-09", "TRM-01")
ROUNDS = times(8, 60)


def _reopen(key, officer):
    return PLACEMENTS.perform("reopen", key, officer, reason="误操作")


ENDS = {
    "forced": lambda key, officer: force(key, officer, "单位注销"),
    "withdrawn": _reopen,
    "undone": lambda key, officer: PLACEMENTS.perform("undo", key, officer),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("first", ["the party", "the school"])
def test_an_end_against_an_application_leaves_nothing_running(office, end, first):  # noqa: F811
    firm, officer, _second = people(office)
    for n, (key, student) in enumerate(signings(office, ROUNDS)):
        party = student if n % 2 else firm
        acts = [
            lambda k=key, p=party: request(k, p, "搬家", agreed=True),
            lambda k=key: ENDS[end](k, officer),
        ]
        result = at_once(office, acts if first == "the party" else acts[::-1])
        assert result["done"] >= 1, result
        assert set(result) <= {"done", "Refused"}
    with office.app_context():
        for name, query in HEALTHY.items():
            assert db.session.scalar(text(query)) == 0, (end, name)


def test_the_school_ends_what_a_party_has_applied_for_in_the_same_moment(cast):
    placement = attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    found = terminate(placement)
    db.session.execute(
        text("UPDATE placement SET kind = 'offline' WHERE id = :id"), {"id": placement.id}
    )
    db.session.commit()
    force(placement.id, make.actor(cast.officer), "单位注销")
    db.session.refresh(found)
    assert found.state == "closed"
    assert db.session.query(Termination).filter(Termination.state != "closed").one().way == "forced"


@pytest.fixture
def running(cast):
    """A termination under way."""
    placement = attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    return terminate(placement)


def _moved(table: str, record: int, before: str, state: str) -> None:
    """The state with its event, past every rule of the program."""
    db.session.execute(
        text("""INSERT INTO trail (kind, record_id, step, from_state, to_state, actor_role, actor_name,
          address, device, factor, reason, details, at)
          VALUES (:kind, :id, 'x', :before, :state, 'system', 'x', '', '', '', '', '{}', app_now())"""),
        {"kind": table, "id": record, "before": before, "state": state},
    )
    db.session.execute(
        text(f"UPDATE {table} SET state = :state WHERE id = :id"), {"id": record, "state": state}
    )


def test_the_database_refuses_to_end_a_placement_on_which_a_termination_runs(running):
    _moved("placement", running.placement_id, "in_force", "terminated")
    with pytest.raises(IntegrityError, match="still runs"):
        db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    db.session.rollback()


def test_the_database_refuses_a_termination_that_runs_on_an_ended_placement(cast, running):
    TERMINATIONS.perform("decline", running.id, make.actor(cast.employer), reason="不同意")
    key = running.placement_id
    force_allowed(cast)
    force(key, make.actor(cast.officer), "单位注销")
    _moved("termination", running.id, "closed", "requested")
    with pytest.raises(IntegrityError, match="would run"):
        db.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    db.session.rollback()


def force_allowed(cast: Cast) -> None:
    set_setting(cast.school.id, "forced_online", True, None)
    db.session.commit()


def test_the_second_of_two_is_told_so(cast, running):
    force_allowed(cast)
    force(running.placement_id, make.actor(cast.officer), "单位注销")
    with pytest.raises(Refused):
        request(running.placement_id, make.actor(cast.student), "搬家", agreed=True)
