"""Two at once over real connections: a phone changed while somebody signs, confirms or changes it (ACC-15)."""

from __future__ import annotations

import re
from functools import partial

import pytest
from sqlalchemy import select

from app.accounts import acts, contacts, hold_confirming
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.mail import Message
from app.people.contacts.workflow import undo
from app.people.merging.workflow import merge_students
from app.people.students.models import Student
from app.people.students.workflow import change_phone
from app.signing.invitations.workflow import INVITATIONS
from app.workflow import trail
from tests import factories as make
from tests.cast import Cast
from tests.real import at_once
from tests.test_races import invited, race  # noqa: F401 (fixture)

ROUNDS = 8


def people(count: int) -> list[int]:
    found = [make.make_student(Cast.load().college) for _n in range(count)]
    db.session.commit()
    return [student.id for student in found]


def newest_code(address: str) -> str:
    rows = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(20))
    return next(re.search(r"\d{6}", row.body).group() for row in rows if row.address == address)


def user_of(key: int) -> AppUser:
    return make.account(db.session.get(Student, key))


@pytest.mark.rule("ACC-15", "ACC-10")
def test_accepting_by_the_old_phone_against_a_change_of_it_has_one_outcome(race):  # noqa: F811
    """Either the act was there before the change, or the code is void and nothing is signed."""
    with race.app_context():
        keys = people(ROUNDS)
        open_, officer = invited(keys, 1), make.actor(Cast.load().officer)
    ended_so = set()
    for n, key in enumerate(keys):
        letter = open_[key][0]
        with race.test_request_context():
            user = user_of(key)
            acts.ask(INVITATIONS, "accept", letter, user)
            code, user_id = newest_code(db.session.get(Student, key).phone), user.id

        def accept(letter=letter, code=code, user_id=user_id):
            try:
                who = acts.prove(
                    INVITATIONS, "accept", letter, db.session.get(AppUser, user_id), code
                )
                INVITATIONS.perform("accept", letter, who, agreed=True)
            except Invalid as error:
                raise Refused(str(error)) from error

        change = partial(change_phone, key, f"1370001{n:04d}", officer, "换号")
        ended = at_once(race, [accept, change])
        assert ended["done"] >= 1, ended
        with race.app_context():
            rows = [*trail.of("invitation", letter), *trail.of("student", key)]
            steps = [
                r.step
                for r in sorted(rows, key=lambda r: r.at)
                if r.step in ("accept", "change_phone")
            ]
            assert steps in (["accept", "change_phone"], ["change_phone"])
            ended_so.add(tuple(steps))
            assert contacts.hold_of(user_of(key), clock.now()) is not None
    assert ended_so


@pytest.mark.rule("ACC-15", "ADM-02")
def test_two_officers_who_change_one_phone_leave_two_held_changes_and_one_phone(race):  # noqa: F811
    with race.app_context():
        keys, officer = people(ROUNDS), make.actor(Cast.load().officer)
        first = {key: db.session.get(Student, key).phone for key in keys}
    for n, key in enumerate(keys):
        new = [f"1370002{n:04d}", f"1370003{n:04d}"]
        ended = at_once(race, [partial(change_phone, key, phone, officer, "换号") for phone in new])
        assert ended == {"done": 2}
        with race.app_context():
            one, two = sorted(contacts.holds_of(user_of(key).id, clock.now()), key=lambda r: r.id)
            assert one.old == first[key]
            assert two.old == one.new
            assert db.session.get(Student, key).phone == two.new


@pytest.mark.rule("ACC-15")
def test_a_change_is_confirmed_or_taken_back_never_both(race):  # noqa: F811
    with race.app_context():
        keys, cast = people(ROUNDS), Cast.load()
        officer, province = make.actor(cast.officer), make.actor(cast.province)
        changes = {}
        for n, key in enumerate(keys):
            change_phone(key, f"1370004{n:04d}", officer, "换号")
            changes[key] = contacts.hold_of(user_of(key), clock.now()).id
    for key, change in changes.items():

        def with_row(act, *more, change=change):
            act(db.session.get(ContactChange, change), *more)

        ended = at_once(
            race,
            [
                partial(with_row, hold_confirming.confirm_by_second, province, "已核实"),
                partial(with_row, undo, officer, "写错"),
            ],
        )
        assert ended == {"done": 1, "Refused": 1}
        with race.app_context():
            row = db.session.get(ContactChange, change)
            assert (row.confirmed_at is None) != (row.undone_at is None)
            phone = db.session.get(Student, key).phone
            assert phone == (row.new if row.confirmed_at else row.old)


@pytest.mark.rule("ACC-15", "ADM-02")
def test_a_phone_changed_while_its_record_is_merged_ends_held_or_refused(race):  # noqa: F811
    with race.app_context():
        keys, officer = people(2 * ROUNDS), make.actor(Cast.load().officer)
        pairs = list(zip(keys[::2], keys[1::2], strict=True))
        for keep, gone in pairs:
            one, two = db.session.get(Student, keep), db.session.get(Student, gone)
            two.name, two.id_number = one.name, one.id_number
        db.session.commit()
    for n, (keep, gone) in enumerate(pairs):
        acts_ = [
            partial(merge_students, keep, gone, set(), officer, "重复"),
            partial(change_phone, gone, f"1370005{n:04d}", officer, "换号"),
        ]
        ended = at_once(race, acts_)
        assert ended["done"] == 1, ended
        with race.app_context():
            key = keep if db.session.get(Student, gone) is None else gone
            assert contacts.hold_of(user_of(key), clock.now()) is not None
