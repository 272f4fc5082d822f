"""Two at once with destinations, over real connections: one outcome, nothing lost, no deadlock."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core.db import db
from app.people.students.models import Student
from app.signing.destinations.queries import draft_of
from app.signing.destinations.workflow import save, submit
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make
from tests.cast import Cast
from tests.depth import times
from tests.real import at_once
from tests.signing.destinations.ways import filled
from tests.test_races import invited, race, students  # noqa: F401 (a fixture)

ROUNDS = times(8, 25)
HELD = "SELECT count(*) FROM placement WHERE student_id = :s AND settles AND state <> 'replaced'"


def drafts(ids: list[int], kind: str = "NSX") -> dict[int, tuple]:
    """A filled draft each: (actor, draft id, version)."""
    found = {}
    for key in ids:
        student = db.session.get(Student, key)
        proof = "admission" if kind == "SX_YJS" else ""
        draft = filled(student, kind, proof)
        found[key] = (make.actor(student), draft.id, draft.version)
    db.session.commit()
    return found


@pytest.mark.rule("DST-01", "GRD-01")
def test_submitted_by_two_presses_at_once_it_is_one_record(race):  # noqa: F811
    with race.app_context():
        mine = drafts(students(ROUNDS), "SX_YJS")
    for key, (who, draft, version) in mine.items():
        result = at_once(race, [lambda w=who, d=draft, v=version: submit(w, d, v)] * 4)
        assert result == {"done": 4}  # each press leads to the same record
        with race.app_context():
            assert db.session.scalar(text(HELD), {"s": key}) == 1


@pytest.mark.rule("GRD-01", "INV-14")
def test_submitting_while_an_invitation_is_accepted_forms_one_placement(race):  # noqa: F811
    with race.app_context():
        ids = students(ROUNDS)
        letters = invited(ids)
        mine = drafts(ids, "SX_YJS")
    for key, (who, draft, version) in mine.items():
        [invitation] = letters[key]
        result = at_once(
            race,
            [
                lambda w=who, d=draft, v=version: submit(w, d, v),
                lambda w=who, i=invitation: INVITATIONS.perform("accept", i, w, agreed=True),
            ],
        )
        assert result == {"done": 1, "Refused": 1}
        with race.app_context():
            assert db.session.scalar(text(HELD), {"s": key}) == 1


@pytest.mark.rule("DST-01")
def test_of_two_windows_that_save_at_once_one_is_told(race):  # noqa: F811
    with race.app_context():
        mine = drafts(students(ROUNDS), "SX_YJS")
    for key, (who, draft, version) in mine.items():
        acts = [
            lambda n=n, w=who, d=draft, v=version: save(w, d, v, {"major": f"专业{n}"})
            for n in (1, 2)
        ]
        assert at_once(race, acts) == {"done": 1, "Refused": 1}
        with race.app_context():
            assert draft_of(key).version == version + 1


@pytest.mark.rule("DST-05", "GRD-06")
def test_an_unsettled_one_attested_while_a_signing_is_attested_leaves_the_signing(race):  # noqa: F811
    with race.app_context():
        ids = students(ROUNDS)
        letters = invited(ids)
        rounds = []
        for key, (who, draft, version) in drafts(ids).items():
            loose = submit(who, draft, version).id
            INVITATIONS.perform("accept", letters[key][0], who, agreed=True)
            held = text("SELECT id FROM placement WHERE student_id = :s AND settles")
            rounds.append((key, loose, db.session.scalar(held, {"s": key})))
        officer = make.actor(Cast.load().officer)
        db.session.commit()
    for key, loose, signing in rounds:
        at_once(
            race,
            [
                lambda i=loose: PLACEMENTS.perform("attest", i, officer),
                lambda i=signing: PLACEMENTS.perform("attest", i, officer),
            ],
        )
        with race.app_context():
            states = text("SELECT state FROM placement WHERE id IN (:a, :b) ORDER BY settles")
            assert db.session.scalars(states, {"a": loose, "b": signing}).all() == [
                "replaced",
                "in_force",
            ]
            code = text("SELECT destination_code FROM plan_entry WHERE student_id = :s")
            assert db.session.scalar(code, {"s": key}) == "10"
