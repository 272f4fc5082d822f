"""Two who remind at once, over real connections: one reminder, one message, one row of the trace."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core.db import db
from app.signing.invitations.workflow import INVITATIONS
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.real import at_once
from tests.test_races import invited, race, students  # noqa: F401 (a fixture)

ROUNDS = times(6, 12)
ONE = """SELECT (SELECT count(*) FROM nudge WHERE record_id = :i),
  (SELECT count(*) FROM trail WHERE kind = 'invitation' AND record_id = :i AND step LIKE 'nudge%'),
  (SELECT count(*) FROM notice WHERE key LIKE :key)"""


@pytest.mark.rule("AGR-17", "NTF-02")
def test_two_clicks_and_two_people_at_once_remind_once(race):  # noqa: F811
    with race.app_context():
        letters = [i for [i] in invited(students(ROUNDS)).values()]
        cast = Cast.load()
        employer, officer = make.actor(cast.employer), make.actor(cast.officer)
        db.session.commit()
    for letter in letters:
        acts = [lambda i=letter: INVITATIONS.perform("nudge_student", i, employer)] * 3
        acts += [lambda i=letter: INVITATIONS.perform("nudge", i, officer)] * 3
        assert at_once(race, acts) == {"done": 1, "Refused": 5}
        with race.app_context():
            key = {"i": letter, "key": f"invitation:{letter}:nudge%"}
            assert tuple(db.session.execute(text(ONE), key).one()) == (1, 1, 1)
