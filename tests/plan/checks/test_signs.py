"""Signs of surrogate signing: each sign, its honest twin, and a made year of both (CHK-01, ACC-15)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.core import clock
from app.core.db import db
from app.plan.checks import signs
from app.plan.checks.detail import checks, hints
from app.plan.checks.models import Finding
from app.plan.checks.rules import SIGNS
from app.plan.checks.sentences import asks, sentence
from app.plan.checks.workflow import FINDINGS
from app.settings.models import SchoolSetting, Settings
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.models import Trail
from tests import factories as make
from tests.plan.checks.surrogate import TRICKS, Machine, World, make_world, measured, signs_of

pytestmark = pytest.mark.rule("CHK-01", "ACC-15")
HOME = "61.10.20.30"


@pytest.fixture
def world(cast) -> World:
    """A year of the cast's first school, without its students' lives."""
    return make_world(5, cast.school, [cast.college, cast.other_college], staff=4)


def signed(world: World, at=None, machine=None, where=HOME, **more):
    """A student who accepts then and there."""
    who = world.person(world.colleges[0])
    at = at or world.moment(60, 80, night=0)
    placement = world.sign(who, at, machine or world.machine(), where, **more)
    return who, at, placement


def found(world: World, who) -> set[str]:
    world.write()
    return signs_of(world.school).get(who.student.id, set())


def test_an_act_on_a_browser_of_ones_own_shows_no_sign(world):
    who, at, _placement = signed(world)
    assert found(world, who) == set()
    assert at


@pytest.mark.parametrize("source", ["staff", "file", "merge"])
@pytest.mark.parametrize("channel", ["sms", "mail", "reset"])
def test_a_way_in_replaced_by_staff_within_thirty_days_is_a_sign(world, source, channel):
    who, at, _placement = signed(world)
    world.change(who, at - timedelta(days=29), source, channel)
    assert found(world, who) == {"sign_changed"}
    row = db.session.query(Finding).filter_by(rule="sign_changed", student_id=who.student.id).one()
    assert not {source, channel} & set(re.findall(r"[a-z]+", sentence(row)))  # said in words


HARMLESS = {
    "by the person": {"source": "self"},
    "confirmed by the old phone": {"confirmed_by": "old_phone"},
    "confirmed by the mail": {"confirmed_by": "mail"},
    "confirmed by the campus": {"confirmed_by": "campus"},
}


@pytest.mark.parametrize("how", HARMLESS)
def test_a_way_in_that_the_person_vouched_for_is_none(world, how):
    who, at, _placement = signed(world)
    world.change(who, at - timedelta(days=9), **HARMLESS[how])
    assert found(world, who) == set()


def test_a_second_person_of_the_office_does_not_vouch_for_the_student(world):
    who, at, _placement = signed(world)
    world.change(who, at - timedelta(days=1), confirmed_by="second_person")
    assert found(world, who) == {"sign_changed"}


def test_a_change_undone_before_the_act_is_none_and_one_undone_after_it_is(world):
    first, at, _placement = signed(world)
    second, later, _placement = signed(world)
    world.change(first, at - timedelta(days=9), undone_at=at - timedelta(days=8))
    world.change(second, later - timedelta(days=9), undone_at=later + timedelta(hours=1))
    assert found(world, first) == set()
    assert found(world, second) == {"sign_changed"}


def test_who_acts_on_the_browser_used_before_the_change_is_the_same_person(world):
    who, at, _placement = signed(world, machine=(own := world.machine()))
    world.sign_in(who.user, own, HOME, at - timedelta(days=20))
    world.change(who, at - timedelta(days=9))
    assert found(world, who) == set()


@pytest.mark.parametrize("hours", [-23, 23])
def test_an_act_on_a_browser_that_staff_used_within_a_day_is_a_sign(world, hours):
    user, machine, office, _home = world.staff[0]
    who, at, _placement = signed(world, machine=Machine("ab" * 16, "x"))
    world.sign_in(user, Machine("ab" * 16, "x"), office, at + timedelta(hours=hours))
    assert "sign_device" in found(world, who)
    assert machine


def test_an_act_from_a_line_of_the_staff_is_a_sign_and_behind_the_campus_address_none(world):
    user, own, _office, _home = world.staff[0]
    who, at, _placement = signed(world, where="58.1.2.3")
    world.sign_in(user, own, "58.1.2.3", at - timedelta(hours=3))
    people = [world.person() for _n in range(8)]
    for n, each in enumerate(people):  # the campus: many come back by browsers of their own
        world.sign_in(each.user, each.phone, world.campus, at - timedelta(days=2 + n))
        world.sign_in(each.user, each.phone, world.campus, at - timedelta(days=20 + n))
    other, moment, _placement = signed(world, at=at, where=world.campus)
    world.sign_in(user, own, world.campus, moment - timedelta(hours=1))
    assert found(world, who) == {"sign_address"}
    assert found(world, other) == set()


def test_a_known_browser_at_the_line_of_the_staff_is_a_visit_to_the_office(world):
    user, own, _office, _home = world.staff[0]
    who, at, _placement = signed(world, where="58.1.2.3", machine=(mine := world.machine()))
    world.sign_in(who.user, mine, HOME, at - timedelta(days=9))
    world.sign_in(user, own, "58.1.2.3", at - timedelta(hours=3))
    assert found(world, who) == set()


@pytest.mark.parametrize(("minutes", "sign"), [(15, {"sign_first"}), (16, set())])
def test_an_act_within_fifteen_minutes_of_the_first_sign_in_is_a_sign(world, minutes, sign):
    who, at, _placement = signed(world)
    who.student.verified_at = at - timedelta(minutes=minutes)
    assert found(world, who) == sign


def test_several_students_on_one_browser_are_a_sign(world):
    machine, at = world.machine(), world.moment(60, 80, night=0)
    people = [signed(world, at + timedelta(minutes=25 * n), machine)[0] for n in range(3)]
    pair = world.machine()
    two = [signed(world, at + timedelta(minutes=4 * n), pair)[0] for n in range(2)]
    lab = world.machine()
    apart = [signed(world, at + timedelta(minutes=40 * n), lab)[0] for n in range(2)]
    world.write()
    seen = signs_of(world.school)
    assert all(seen[who.student.id] == {"sign_together"} for who in (*people, *two))
    assert not any(who.student.id in seen for who in apart)


def test_private_windows_one_after_another_are_a_sign(world):
    at = world.moment(60, 80, night=0)
    row = [
        signed(
            world, at + timedelta(minutes=6 * n), Machine(f"{n:032x}", "one kind"), world.campus
        )[0]
        for n in range(4)
    ]
    kinds = [
        signed(
            world,
            at + timedelta(minutes=6 * n),
            Machine(f"{9 + n:032x}", f"kind {n}"),
            world.campus,
        )[0]
        for n in range(4)
    ]
    world.write()
    seen = signs_of(world.school)
    assert all("sign_row" in seen[who.student.id] for who in row)
    assert not any("sign_row" in seen.get(who.student.id, ()) for who in kinds)


def test_employer_and_student_on_one_browser_are_a_sign(world):
    machine = world.machine()
    who, _at, _placement = signed(world, machine=machine, firm=machine)
    assert found(world, who) == {"sign_parties"}


def test_a_students_mail_that_is_the_one_of_a_member_of_staff_is_a_sign(world):
    who, _at, _placement = signed(world)
    who.student.email = world.staff[0][0].email.upper()
    assert found(world, who) == {"sign_mail"}


LOOSENED = {
    "the time to think": ("cooling_off_hours", 24, 0, {"sign_loosened"}),
    "the levels of review": ("signing_review", "both", "college", {"sign_loosened"}),
    "made stricter": ("cooling_off_hours", 0, 24, set()),
    "standing in for a college, begun": ("deputy_days", 0, 3, {"sign_loosened"}),
    "standing in for a college, sooner": ("deputy_days", 10, 3, {"sign_loosened"}),
    "standing in for a college, later": ("deputy_days", 3, 10, set()),
    "standing in for a college, no more": ("deputy_days", 3, 0, set()),
    "another setting": ("reply_days", 9, 3, set()),
}


@pytest.mark.parametrize("what", LOOSENED)
def test_a_rule_loosened_within_a_week_before_the_act_is_a_sign(world, what):
    key, before, after, sign = LOOSENED[what]
    who, at, _placement = signed(world)
    for value, moment in ((before, at - timedelta(days=50)), (after, at - timedelta(days=6))):
        world.rows.append(
            SchoolSetting(school_id=world.school.id, key=key, value=value, set_at=moment)
        )
    assert found(world, who) == sign


def test_the_default_counts_as_what_was_before_the_first_change(world):
    who, at, _placement = signed(world)
    world.rows.append(
        SchoolSetting(
            school_id=world.school.id,
            key="cooling_off_hours",
            value=0,
            set_at=at - timedelta(days=1),
        )
    )
    assert Settings().cooling_off_hours == 1
    assert found(world, who) == {"sign_loosened"}


def test_every_setting_that_protects_says_which_way_is_looser():
    known = {row["key"]: row["looser"] for row in signs.looser()}
    assert (
        known.items()
        >= {
            "cooling_off_hours": "less",
            "signing_review": "levels",
            "termination_review": "levels",
        }.items()
    )
    assert set(known.values()) <= set(signs.LOOSER)


@pytest.mark.rule("AGR-12")
def test_the_desk_asks_what_the_pass_asks_by_no_statement_more(cast, world, query_count):
    made = [who for patterns in range(6) for who in _some(world, patterns)]
    world.write()
    seen = signs_of(world.school)
    assert sum(bool(seen.get(who.student.id)) for who in made) > len(made) // 2
    for who in made:
        for placement in db.session.query(Placement).filter_by(student_id=who.student.id):
            with query_count() as asked:
                bad = [c for c in checks(placement) if not c.good]
            assert asked.n <= 8
            shown = {c.name for c in bad if c.asks}
            assert shown <= seen.get(who.student.id, set())
            if db.session.query(Placement).filter_by(student_id=who.student.id).count() == 1:
                assert shown == seen.get(who.student.id, set())
    assert cast.school.id == world.school.id


def _some(world: World, n: int):
    tricks = list(TRICKS)
    return tricks[n % len(tricks)](world)


def test_who_approves_in_spite_of_a_sign_has_it_in_the_trace(cast, visit):
    [letter] = make.invite(cast.employer, cast.student)
    make.pass_time(hours=2)
    cast.student.verified_at = clock.now() - timedelta(minutes=3)
    db.session.commit()
    INVITATIONS.perform("accept", letter.id, make.actor(cast.student), agreed=True)
    placement = db.session.query(Placement).filter_by(student_id=cast.student.id).one()
    assert hints(placement) == ["sign_first"]
    page = visit(cast.officer).get(f"/desk/show/{placement.id}").get_data(as_text=True)
    assert 'id="signs"' in page
    PLACEMENTS.perform("attest", placement.id, make.actor(cast.officer))
    row = db.session.query(Trail).filter_by(kind="placement", step="attest").one()
    assert row.details["hints"] == ["sign_first"]


@pytest.mark.rule("CHK-02")
def test_a_sign_says_what_to_ask_and_is_accepted_with_a_reason(cast, world):
    who, at, _placement = signed(world)
    world.change(who, at - timedelta(days=9))
    assert found(world, who)
    finding = (
        db.session.query(Finding).filter_by(rule="sign_changed", student_id=who.student.id).one()
    )
    assert "%" not in sentence(finding)
    assert asks(finding)
    FINDINGS.perform("accept", finding.id, make.actor(cast.officer), reason="已当面向本人核实")
    assert signs_of(world.school).get(who.student.id) is None


def test_nearly_every_surrogate_is_found_and_hardly_an_honest_student(cast):
    honest = measured(21, cast.school, [cast.college, cast.other_college], 150, 0)
    assert honest.wronged <= 0.02, honest.why
    false = measured(22, cast.other_school, [cast.far_college], 0, 50)
    assert false.found >= 0.95, false.kinds
    assert len(SIGNS) == 9
