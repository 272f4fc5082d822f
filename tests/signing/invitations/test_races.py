"""More time to answer at the moment of the answer, of another click and of the end, over real connections."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.signing.invitations.models import Invitation
from app.signing.invitations.workflow import INVITATIONS
from app.workflow import trail
from app.workflow.actor import SYSTEM
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.real import at_once
from tests.test_races import invited, race, students  # noqa: F401 (a fixture)

ROUNDS = times(4, 12)
DAYS = 9


@pytest.mark.rule("INV-11", "NTF-02")
def test_two_clicks_give_more_time_once(race):  # noqa: F811
    with race.app_context():
        letters = [i for [i] in invited(students(ROUNDS)).values()]
        employer = make.actor(Cast.load().employer)
        db.session.commit()
    for letter in letters:
        acts = [lambda i=letter: INVITATIONS.perform("extend", i, employer, days=DAYS)] * 4
        assert at_once(race, acts) == {"done": 1, "Refused": 3}
        with race.app_context():
            found = db.session.get_one(Invitation, letter)
            assert found.reply_by == clock.deadline(found.sent_at, DAYS)
            assert [row.step for row in trail.of("invitation", letter)].count("extend") == 1


@pytest.mark.rule("INV-11", "INV-12")
def test_more_time_and_the_answer_at_once_leave_one_of_both_orders(race):  # noqa: F811
    with race.app_context():
        letters = {s: i for s, [i] in invited(students(ROUNDS)).items()}
        employer = make.actor(Cast.load().employer)
        who = {i: make.actor(db.session.get_one(Invitation, i).student) for i in letters.values()}
        db.session.commit()
    for letter, student in who.items():
        outcome = at_once(
            race,
            [
                lambda i=letter: INVITATIONS.perform("extend", i, employer, days=DAYS),
                lambda i=letter, s=student: INVITATIONS.perform("decline", i, s),
            ],
        )
        assert outcome in ({"done": 2}, {"done": 1, "Refused": 1})
        with race.app_context():
            found = db.session.get_one(Invitation, letter)
            steps = [row.step for row in trail.of("invitation", letter)]
            assert found.state == "declined"
            assert steps in (["send", "extend", "decline"], ["send", "decline"])
            assert ("extend" in steps) == (found.terms.reply_days == DAYS)


@pytest.mark.rule("INV-11")
def test_what_is_over_gets_no_more_time_whoever_is_first(race):  # noqa: F811
    with race.app_context():
        letters = [i for [i] in invited(students(ROUNDS)).values()]
        employer = make.actor(Cast.load().employer)
        clock.shift(timedelta(days=8))
        db.session.commit()
    for letter in letters:
        extend = [lambda i=letter: INVITATIONS.perform("extend", i, employer, days=20)] * 2
        expire = [lambda i=letter: INVITATIONS.perform("expire", i, SYSTEM)]
        assert at_once(race, [*extend, *expire]) == {"done": 1, "Refused": 2}
        with race.app_context():
            assert db.session.get_one(Invitation, letter).state == "expired"
