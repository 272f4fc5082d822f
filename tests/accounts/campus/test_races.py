"""Two browsers at once, over real connections."""

from __future__ import annotations

import pytest

from app.accounts import acts, noted_proofs
from app.accounts.campus import binding, workflow
from app.accounts.campus.claim import Claim, first_time
from app.accounts.campus.models import CampusIdentity, SignInWay
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid
from app.people.schools.models import School
from tests.databases import furnished
from tests.real import at_once as start_together
from tests.real import installation


@pytest.fixture(scope="module")
def race(server, tmp_path_factory):
    """A database of its own, with real commits, and a way."""
    with installation(furnished(server, "campus"), tmp_path_factory.mktemp("race")) as app:
        with app.app_context():
            school = db.session.query(School).filter_by(code="10999").one()
            way = SignInWay(
                uid="0" * 32,
                school_id=school.id,
                kind="oidc",
                label_zh="一",
                label_en="one",
                who="both",
                server="https://sso.example.edu.cn",
                hosts="",
                client_id="q",
                base_dn="",
                login_attribute="",
                dn_template="",
                claim="student_no",
                active=True,
                tested_at=clock.now(),
                changed_at=clock.now(),
            )
            db.session.add(way)
            db.session.commit()
        yield app


def at_once(app, act, values) -> list:
    """What the act gave for each of the values, all begun at one moment."""
    found = []
    done = start_together(app, [lambda v=value: found.append(act(v)) for value in values])
    assert done == {"done": len(values)}
    return found


def _way() -> SignInWay:
    return db.session.query(SignInWay).one()


@pytest.mark.rule("CHN-08")
def test_two_first_sign_ins_at_once_bind_once(race):
    def first(subject: str):
        try:
            user = workflow.signed_in(_way(), Claim(subject, "A1"))
            db.session.commit()
            return user.id
        except binding.NotOpened:
            db.session.rollback()
            return None

    same = at_once(race, first, ["s1"] * 8)
    assert len(set(same)) == 1
    assert None not in same
    with race.app_context():
        assert db.session.query(CampusIdentity).filter_by(subject="s1").count() == 1
    assert at_once(race, first, [f"thief{n}" for n in range(8)]) == [None] * 8


@pytest.mark.rule("CHN-08")
def test_of_two_subjects_for_one_record_at_once_one_is_bound(race):
    def first(subject: str):
        try:
            workflow.signed_in(_way(), Claim(subject, "A2"))
            db.session.commit()
            return subject
        except binding.NotOpened:
            db.session.rollback()
            return None

    won = [subject for subject in at_once(race, first, [f"x{n}" for n in range(8)]) if subject]
    assert len(won) == 1


@pytest.mark.rule("CHN-08")
def test_a_ticket_presented_eight_times_at_once_counts_once(race):
    found = at_once(race, lambda _n: first_time("ticket", 1, "ST-once"), list(range(8)))
    assert sorted(found) == [False] * 7 + [True]


@pytest.mark.rule("ACC-10", "CHN-08")
def test_a_proof_is_taken_by_one_of_eight(race):
    act = acts.Act("x", "x:1:y:1.0", asked=True)
    with race.app_context():
        user = db.session.query(AppUser).filter_by(username="officer").one()
        noted_proofs.note_proof(user, act.purpose, "campus")
        db.session.commit()

    def take(_n):
        user = db.session.query(AppUser).filter_by(username="officer").one()
        try:
            way = acts.proved(act, user, "").factor
        except Invalid:
            way = ""
        db.session.commit()
        return way

    assert sorted(at_once(race, take, list(range(8)))) == [""] * 7 + ["campus"]
