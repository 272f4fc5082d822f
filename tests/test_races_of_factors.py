"""The second factor and its requests when two, or forty, try at the same moment (CHN-09, S-12)."""

from __future__ import annotations

from collections import Counter

import pyotp
import pytest

from app.accounts import factors, living_sessions, recovery_codes
from app.accounts.factor_models import CodeApp, RecoveryCode
from app.accounts.models import AppUser
from app.core import clock
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.people.staff import workflow
from app.people.staff.models import StaffRequest
from app.people.staff.workflow import STAFF_REQUESTS
from app.workflow import trail
from tests import factories as make
from tests.databases import furnished
from tests.depth import times
from tests.real import at_once, installation

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(scope="module")
def race(server, tmp_path_factory):
    """A database of its own, with real commits."""
    place = tmp_path_factory.mktemp("race")
    with installation(furnished(server, "races_of_factors"), place) as app:
        yield app


def prepared(sessions: int) -> tuple[int, list[str], list[str]]:
    """The officer with a code app and recovery codes, and so many half-open sessions."""
    user = db.session.query(AppUser).filter_by(username="officer").one()
    db.session.query(CodeApp).delete()
    sealed = cipher().encrypt(SECRET, f"code_app:{user.id}")
    db.session.add(CodeApp(user_id=user.id, secret=sealed, last_step=0, created_at=clock.now()))
    codes = recovery_codes.new_codes(user)
    for limit in (factors.CODES, factors.CODES_A_DAY):
        limit.forget(user.id)
    secrets = [living_sessions.open_session(user) for _n in range(sessions)]
    db.session.commit()
    return user.id, codes, secrets


def proves(user_id: int, secret: str, code: str):
    def act():
        try:
            factors.prove(db.session.get(AppUser, user_id), secret, code, "")
        except Invalid as wrong:
            raise NotYours("wrong code") from wrong

    return act


@pytest.mark.parametrize("_round", range(times(2, 10)))
@pytest.mark.rule("CHN-09")
def test_a_code_of_the_app_sent_four_times_at_once_opens_one_session(race, _round):
    with race.app_context():
        user_id, _codes, secrets = prepared(4)
        code = pyotp.TOTP(SECRET).at(clock.now().timestamp())
    said = at_once(race, [proves(user_id, secret, code) for secret in secrets])
    assert said == {"done": 1, "NotYours": 3}


@pytest.mark.parametrize("_round", range(times(2, 10)))
@pytest.mark.rule("CHN-09")
def test_a_recovery_code_sent_four_times_at_once_opens_one_session(race, _round):
    with race.app_context():
        user_id, codes, secrets = prepared(4)
    said = at_once(race, [proves(user_id, secret, codes[0]) for secret in secrets])
    assert said == {"done": 1, "NotYours": 3}
    with race.app_context():
        assert db.session.query(RecoveryCode).filter(RecoveryCode.used_at.is_not(None)).count() == 1


@pytest.mark.rule("ACC-09", "CHN-09")
def test_forty_wrong_codes_at_once_are_five_tries(race):
    with race.app_context():
        user_id, _codes, secrets = prepared(8)
    said: Counter[str] = Counter()
    for turn in range(5):
        said += Counter(
            at_once(
                race,
                [proves(user_id, secret, f"{turn:03d}{n:03d}") for n, secret in enumerate(secrets)],
            )
        )
    assert said == {"NotYours": 5, "Refused": 35}


@pytest.mark.rule("CHN-09")
def test_a_request_is_confirmed_or_refused_never_both(race):
    for n in range(6):
        with race.app_context():
            people = {u.username: u for u in db.session.query(AppUser)}
            admin, security = make.actor(people["admin"]), make.actor(people["security"])
            target = people["province"]
            facts = {
                "username": "province",
                "name": f"省中心{n}",
                "email": target.email,
                "role": "province",
                "school_id": 0,
                "college_id": 0,
            }
            key = workflow.change_staff(target, facts, admin).id
        said = at_once(
            race,
            [
                lambda k=key, who=security: STAFF_REQUESTS.perform("confirm", k, who),
                lambda k=key, who=security: STAFF_REQUESTS.perform("refuse", k, who, reason="不实"),
            ],
        )
        assert said == {"done": 1, "Refused": 1}
        with race.app_context():
            record = db.session.get(StaffRequest, key)
            name = db.session.get(AppUser, record.user_id).display_name
            assert (name == f"省中心{n}") == (record.state == "done")
            assert len(trail.of("staff_request", key)) == 2
