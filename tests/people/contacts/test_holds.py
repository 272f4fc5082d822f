"""Who lifts a hold on changed contacts, and what is refused while it stands (ACC-15)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.accounts import contacts, hold_confirming, holds
from app.accounts.models import AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.registry import stores
from app.people.employers.models import Employer
from app.settings.queries import set_setting
from app.workflow import trail
from tests import factories as make
from tests.people.contacts.thief import (
    THIEF,
    changed,
    code_at,
    fresh,
    last_message,
    told,
)


@pytest.mark.rule("ACC-15")
@pytest.mark.parametrize("way", ["old_phone", "mail"])
def test_the_old_phone_or_the_earlier_mail_says_yes_and_the_student_can_sign(
    cast, victim, letter, visit, way
):
    old = victim.phone if way == "old_phone" else victim.email
    changed(visit(cast.officer), victim)
    user = make.account(victim)
    row = contacts.hold_of(user, clock.now())
    browser = visit(user)
    assert browser.get("/me/sign-in/").status_code == 200  # before the first sign-in is passed anew
    assert browser.get("/my/").location.endswith("/my/verify/")
    code = make.code_for(browser, f"/me/sign-in/{row.uid}/{way}/code")
    assert code == code_at(old)
    url = f"/me/sign-in/{row.uid}/{way}"
    browser.post(url, data={"answer": "yes", "code": "000000" if code != "000000" else "000001"})
    assert contacts.hold_of(user, clock.now()) is not None
    browser.post(url, data={"answer": "yes", "code": code})
    db.session.expire_all()
    assert (row.confirmed_by, row.confirmer_id) == (way, user.id)
    assert trail.of("student", victim.id)[-1].details["by"] == way
    victim.verified_at = clock.now()
    db.session.commit()
    assert make.accept(letter).student_id == victim.id


@pytest.mark.rule("ACC-15")
def test_the_old_phone_says_no_and_everything_is_as_before(cast, victim, visit):
    old, user = victim.phone, make.account(victim)
    changed(visit(cast.officer), victim)
    row, browser = contacts.hold_of(user, clock.now()), visit(user)
    code = make.code_for(browser, f"/me/sign-in/{row.uid}/old_phone/code")
    before = last_message()
    browser.post(f"/me/sign-in/{row.uid}/old_phone", data={"answer": "no", "code": code})
    db.session.expire_all()
    assert (victim.phone, contacts.hold_of(user, clock.now())) == (old, None)
    assert told(THIEF, before)
    assert told(old, before)
    assert user.password == "x"  # it is the person's own, from before
    assert trail.of("student", victim.id)[-1].step == "undo_contact"


@pytest.mark.rule("ACC-15")
def test_only_another_person_of_the_next_level_confirms_and_with_a_reason(cast, victim, visit):
    colleague = make.make_user("school", "officer9", school_id=cast.school.id)
    db.session.commit()
    changed(visit(cast.officer), victim)
    user = make.account(victim)
    row = contacts.hold_of(user, clock.now())
    send = {"action": "confirm_change", "rowid": [row.id], "reason": "已电话核实本人"}
    for who in (cast.officer, colleague):
        assert visit(who).post("/sign-in-changes/action_post", data=send).status_code == 403
        with pytest.raises(Refused):  # nor by any other page
            hold_confirming.confirm_by_second(row, make.actor(who), "已核实")
        assert contacts.hold_of(user, clock.now()) is not None
    for who in (cast.other_officer, cast.college_officer, user):
        assert visit(who).post("/sign-in-changes/action_post", data=send).status_code in (
            302,
            403,
            404,
        )
    province = visit(cast.province)
    province.post("/sign-in-changes/action_post", data=send | {"reason": ""})
    assert contacts.hold_of(user, clock.now()) is not None
    assert victim.name in province.get("/sign-in-changes/list/").text
    province.post("/sign-in-changes/action_post", data=send)
    assert contacts.hold_of(user, clock.now()) is None
    last = trail.of("student", victim.id)[-1]
    assert (last.step, last.reason, last.actor_role) == (
        "confirm_contact_office",
        "已电话核实本人",
        "province",
    )


@pytest.mark.rule("ACC-15")
def test_the_campus_sign_in_confirms_a_change_and_no_merging(cast, victim, visit):
    changed(visit(cast.officer), victim)
    user = make.account(victim)
    assert hold_confirming.confirm_by_campus(user) is True
    assert contacts.hold_of(user, clock.now()) is None
    assert hold_confirming.confirm_by_campus(user) is False
    contacts.note_change(
        contacts.changed(
            user,
            "sms",
            "13700001111",
            victim.phone,
            "merge",
            make.actor(cast.officer),
            held_until=clock.now() + timedelta(hours=1),
        )
    )
    db.session.commit()
    assert hold_confirming.confirm_by_campus(user) is False
    assert contacts.hold_of(user, clock.now()) is not None


@pytest.mark.rule("ACC-15")
def test_a_second_change_is_not_confirmed_by_the_phone_of_the_first(cast, victim, letter, visit):
    """He changes it twice: his own second phone answers for the last change, not for the first."""
    office, user = visit(cast.officer), make.account(victim)
    changed(office, victim, "13700008888")
    make.pass_time(minutes=2)
    changed(office, victim, THIEF)
    browser = visit(user)
    newest, first = sorted(contacts.holds_of(user.id, clock.now()), key=lambda r: -r.id)
    code = make.code_for(browser, f"/me/sign-in/{newest.uid}/old_phone/code")
    browser.post(f"/me/sign-in/{newest.uid}/old_phone", data={"answer": "yes", "code": code})
    db.session.expire_all()
    assert contacts.hold_of(user, clock.now()).id == first.id
    office.post(
        "/sign-in-changes/action_post",
        data={"action": "undo_change", "rowid": [first.id], "reason": "x"},
    )
    assert fresh(victim).phone == THIEF
    assert fresh(first).undone_at is None  # the later one has to be undone first


@pytest.mark.rule("ACC-15", "ADM-05")
def test_the_hold_ends_by_itself_and_cannot_be_set_to_nothing(cast, victim, letter, visit):
    office = visit(cast.officer)
    page = office.post("/settings/", data={"contact_hold_hours": "0"}).text
    assert re.search(r'id="contact_hold_hours-error">[^<]*\b1 ', page)
    set_setting(cast.school.id, "contact_hold_hours", 0, cast.officer.id)
    db.session.commit()
    make.pass_time(days=8)
    changed(visit(cast.officer), victim)
    user = make.account(victim)
    assert contacts.hold_of(user, clock.now()) is not None
    make.pass_time(hours=2)
    assert contacts.hold_of(user, clock.now()) is None


@pytest.mark.rule("ACC-15")
def test_every_binding_step_of_a_party_is_refused_while_held_and_the_others_are_named():
    from app.wiring import WORKFLOWS
    from app.workflow.actor import PARTIES

    free = {
        (f.kind, s.name)
        for f in WORKFLOWS
        for s in f.steps
        if PARTIES & set(s.roles) and not s.binds
    }
    assert {(kind, name) for kind, name in free if kind not in ("import_file", "export_file")} == {
        ("correction", "propose"),
        ("correction", "withdraw"),
        ("objection", "report"),
        ("objection", "disown"),
        ("employer", "register"),
        ("employer", "claim"),
        *((kind, "nudge_student") for kind in ("invitation", "placement", "termination")),
        *(
            (kind, name)
            for kind in ("student", "employer")
            for name in ("confirm_contact", "undo_contact")
        ),
    }


def test_factories_and_the_guard_agree():
    """The guard stands in the engine, in one place, for every table."""
    assert holds.not_held in stores().party_guards
    assert Employer.__tablename__ in holds.KINDS.values()
    assert AppUser.__tablename__ == "ab_user"
