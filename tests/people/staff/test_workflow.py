"""One administrator asks, another confirms, and whoever is concerned is told (S-12, ADM-01)."""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts import code_budgets
from app.accounts.contact_models import ContactChange
from app.accounts.log_models import SecurityEvent
from app.accounts.models import AccountSession, AppUser
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.mail import Message
from app.people.staff import workflow
from app.people.staff.models import RequestState, StaffRequest
from app.people.staff.tasks import expire_requests
from app.people.staff.workflow import STAFF_REQUESTS
from app.workflow import trail
from app.workflow.actor import ADMINISTRATORS, Role
from tests import factories as make

EVIL = "attacker@evil.example"


def values(user, **more):
    return {
        "username": user.username,
        "name": user.display_name,
        "email": user.email,
        "role": user.role,
        "school_id": user.school_id,
        "college_id": user.college_id,
    } | more


def asked(cast, **more) -> StaffRequest:
    return workflow.change_staff(
        cast.officer, values(cast.officer, **more), make.actor(cast.admin), "调岗"
    )


def confirm(record, who):
    return STAFF_REQUESTS.perform("confirm", record.id, make.actor(who))


def told(address: str) -> list[str]:
    return [m.subject for m in db.session.scalars(select(Message)) if m.address == address]


@pytest.mark.rule("ACC-02", "ADM-01")
def test_a_changed_mail_is_told_to_the_old_and_the_new_address_and_traced(cast):
    old = cast.officer.email
    record = asked(cast, email="new@example.com")
    assert len(told(old)) == 1, "the person hears of it before anything happens"
    assert cast.officer.email == old
    confirm(record, cast.security)
    assert cast.officer.email == "new@example.com"
    assert len(told(old)) == 2
    assert len(told("new@example.com")) == 1
    change = db.session.scalars(select(ContactChange)).one()
    assert (change.old, change.new, change.actor_role) == (old, "new@example.com", "security")
    [row] = trail.of("account", cast.officer.id)
    assert row.details["before"]["email"] != row.details["after"]["email"]
    assert row.details["request"] == record.id
    assert old not in str(row.details)


@pytest.mark.rule("ACC-02", "ADM-01")
def test_a_changed_role_keeps_from_and_to_in_trail_and_log(cast):
    record = asked(cast, role="data")
    confirm(record, cast.security)
    [row] = trail.of("account", cast.officer.id)
    assert (row.details["before"]["role"], row.details["after"]["role"]) == ("school", "data")
    noted = [e.event for e in db.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id))]
    assert noted == ["staff_request_ask", "account_change", "staff_request_confirm"]


@pytest.mark.rule("ACC-02", "ADM-01")
def test_who_asked_never_confirms_whatever_role_the_person_has_by_then(cast):
    record = asked(cast, email=EVIL)
    with pytest.raises(NotYours):
        confirm(record, cast.admin)
    cast.admin.role = Role.SECURITY
    db.session.commit()
    with pytest.raises(Refused):
        confirm(record, cast.admin)
    assert cast.officer.email != EVIL


@pytest.mark.rule("ACC-02", "ADM-01")
def test_the_account_that_gains_does_not_confirm(cast):
    second = make.make_user(Role.SECURITY, "security2")
    record = workflow.change_staff(
        cast.security,
        values(cast.security, role="school", school_id=cast.school.id),
        make.actor(cast.admin),
    )
    with pytest.raises(Refused):
        confirm(record, cast.security)
    confirm(record, second)
    assert cast.security.role == "school"


@pytest.mark.rule("ACC-02", "ADM-01")
def test_without_a_security_administrator_nothing_can_be_asked_and_the_way_is_named(cast):
    cast.security.active = False
    db.session.commit()
    with pytest.raises(Refused, match="staff open"):
        asked(cast, email=EVIL)
    assert db.session.query(StaffRequest).count() == 0


@pytest.mark.parametrize("ask", [workflow.forget_password, workflow.reset_factor])
@pytest.mark.rule("ACC-02", "ADM-01")
def test_nobody_asks_for_a_reset_of_the_own_account(cast, ask):
    with pytest.raises(Refused):
        ask(cast.admin, make.actor(cast.admin), "忘了")


@pytest.mark.rule("ACC-02", "ADM-01")
def test_the_own_mail_may_be_asked_for_but_not_the_own_role(cast):
    admin = make.actor(cast.admin)
    with pytest.raises(Refused):
        workflow.change_staff(cast.admin, values(cast.admin, role="province"), admin)
    record = workflow.change_staff(cast.admin, values(cast.admin, email="a@example.com"), admin)
    confirm(record, cast.security)
    assert cast.admin.email == "a@example.com"


@pytest.mark.rule("ACC-02", "ADM-01")
def test_an_account_changed_meanwhile_is_not_changed_by_an_old_request(cast):
    record = asked(cast, role="data")
    cast.officer.email = "other@example.com"
    db.session.commit()
    with pytest.raises(Refused):
        confirm(record, cast.security)
    assert cast.officer.role == "school"


@pytest.mark.rule("ACC-02", "ADM-01")
def test_one_request_an_account_at_a_time(cast):
    asked(cast, email="a@example.com")
    with pytest.raises(Refused):
        asked(cast, email="b@example.com")


@pytest.mark.rule("ACC-02", "ADM-01")
def test_a_request_ends_after_seven_days_even_without_the_worker(cast):
    record = asked(cast, email="a@example.com")
    make.pass_time(hours=7 * 24 + 1)
    db.session.commit()
    with pytest.raises(Refused):
        confirm(record, cast.security)
    assert expire_requests.func() == 1
    assert record.state == RequestState.EXPIRED
    assert cast.officer.email != "a@example.com"


@pytest.mark.rule("ACC-02", "ADM-01")
def test_only_who_asked_withdraws_and_the_security_administrator_refuses_with_a_reason(cast):
    other = make.make_user(Role.ADMIN, "admin2")
    record = asked(cast, email="a@example.com")
    with pytest.raises(Refused):
        STAFF_REQUESTS.perform("withdraw", record.id, make.actor(other))
    STAFF_REQUESTS.perform("withdraw", record.id, make.actor(cast.admin))
    again = asked(cast, email="a@example.com")
    STAFF_REQUESTS.perform("refuse", again.id, make.actor(cast.security), reason="未核实")
    assert cast.officer.email != "a@example.com"


@pytest.mark.rule("CHN-09", "ACC-02", "ADM-01")
def test_a_lost_factor_is_reset_by_two_and_the_person_is_told_and_signed_out(cast, visit):
    from app.accounts.factor_models import CodeApp

    db.session.add(
        CodeApp(user_id=cast.officer.id, secret=b"x", last_step=0, created_at=clock.now())
    )
    visit(cast.officer)
    record = workflow.reset_factor(cast.officer, make.actor(cast.admin), "手机丢失")
    assert db.session.get(CodeApp, cast.officer.id) is not None
    confirm(record, cast.security)
    assert db.session.get(CodeApp, cast.officer.id) is None
    assert db.session.query(AccountSession).filter_by(user_id=cast.officer.id).count() == 0
    assert len(told(cast.officer.email)) == 2


@pytest.mark.rule("ACC-02", "ADM-01")
def test_the_audit_administrator_reads_and_changes_nothing(cast, visit):
    record = asked(cast, email="a@example.com")
    browser = visit(cast.audit)
    for url in (
        "/accounts/list/",
        "/accounts/requests/list/",
        f"/accounts/requests/show/{record.id}",
        "/exports/history/list/",
        "/office/",
    ):
        assert browser.get(url).status_code in (200, 404), url
    for url in (
        f"/accounts/requests/action/{step}/{record.id}"
        for step in ("confirm", "refuse", "withdraw")
    ):
        assert browser.post(url, data={"reason": "x"}).status_code in (403, 404)
    for url in (f"/accounts/action/{act}/{cast.officer.id}" for act in ("sign_out", "deactivate")):
        assert browser.post(url).status_code in (403, 404)
    db.session.refresh(record)
    assert record.state == RequestState.OPEN


# -- S-12: the attack ----------------------------------------------------------------------------


class Attacker:
    """A system administrator with a mailbox of its own; tries whatever its pages and the door offer."""

    def __init__(self, app, cast, browser, dice):
        self.app, self.cast, self.browser, self.dice = app, cast, browser, dice
        self.door = app.test_client()
        self.targets = [
            cast.officer,
            cast.college_officer,
            cast.province,
            cast.admin,
            cast.security,
        ]

    def forms(self):
        person = self.dice.choice(self.targets)
        role = self.dice.choice(["school", "admin", "security", "audit", "province", "data"])
        return person, values(
            person,
            role=role,
            email=self.dice.choice([EVIL, "b" + EVIL]),
            reason="x",
            school_id=self.cast.school.id if role in ("school", "data") else 0,
            college_id=0,
            username=self.dice.choice(["mallory", "mallory2", person.username]),
        )

    def add(self):
        self.browser.post("/accounts/add", data=self.forms()[1])

    def edit(self):
        person, data = self.forms()
        self.browser.post(f"/accounts/edit/{person.id}", data=data)

    def act(self):
        person = self.dice.choice(self.targets)
        name = self.dice.choice(
            ["forget_password", "reset_factor", "activate", "deactivate", "sign_out"]
        )
        self.browser.post(f"/accounts/action/{name}/{person.id}", data={"reason": "x"})

    def settle(self):
        for key in db.session.scalars(select(StaffRequest.id)).all():
            name = self.dice.choice(["confirm", "refuse", "withdraw"])
            self.browser.post(f"/accounts/requests/action/{name}/{key}", data={"reason": "x"})

    def forgotten(self):
        who = self.dice.choice([*[t.username for t in self.targets], "mallory", "mallory2"])
        self.door.post("/password/forgotten", data={"who": who, "school": ""})
        new = {"password": "Wind-over-lake-3", "again": "Wind-over-lake-3"}
        for code in self.codes():
            self.door.post("/password/reset", data=new | {"code": code})
        self.door.post("/login/", data={"who": who, "password": "Wind-over-lake-3"})

    def codes(self):
        """Every code in the own mailbox and on every page that the administrator may read."""
        mine = [m.body for m in db.session.scalars(select(Message)) if "evil" in (m.address or "")]
        pages = [
            self.browser.get(url).text for url in ("/messages/", "/deliveries/list/", "/jobs/")
        ]
        return set(re.findall(r"\b\d{6}\b", " ".join(mine + pages)))

    def resend(self):
        for key in db.session.scalars(select(Message.id)).all()[-3:]:
            self.browser.post(f"/deliveries/action/resend/{key}")

    def switch_own(self):
        self.browser.post("/account/factors/codes")
        self.browser.get("/account/factors/app")
        self.browser.post("/imports/accounts/upload", data={})

    MOVES = (add, edit, act, settle, forgotten, forgotten, resend, switch_own)


def as_the_school() -> list[tuple[str, str]]:
    """Living sessions of anybody who is not the administrator itself."""
    rows = db.session.execute(
        select(AppUser.username, AppUser.role)
        .join(AccountSession, AccountSession.user_id == AppUser.id)
        .where(AppUser.role.not_in(ADMINISTRATORS))
    )
    return [(name, role) for name, role in rows]


@pytest.mark.parametrize(
    ("who", "seed"), [("admin", 1), ("admin", 2), ("admin", 3), ("security", 4), ("audit", 5)]
)
@pytest.mark.rule("ACC-02", "ADM-01")
def test_an_administrator_with_a_mailbox_becomes_the_school_in_no_order_of_steps(
    app, cast, visit, monkeypatch, who, seed
):
    monkeypatch.setattr(code_budgets, "APART", timedelta())
    dice = random.Random(seed)
    attacker = Attacker(app, cast, visit(getattr(cast, who)), dice)
    for _step in range(40):
        dice.choice(Attacker.MOVES)(attacker)
        db.session.rollback()
        assert as_the_school() == []
    everybody = db.session.scalars(select(AppUser)).all()
    assert not [
        u.username for u in everybody if "evil" in u.email or u.username.startswith("mallory")
    ]
    assert db.session.get(AppUser, cast.officer.id, populate_existing=True).role == "school"


@pytest.mark.rule("ACC-02", "ADM-01")
def test_the_short_way_of_the_finding_is_closed(app, cast, visit, client):
    """S-12 as it was found: another mail for the officer, reset, code to the own mailbox, signed in."""
    admin = visit(cast.admin)
    data = values(cast.officer, email=EVIL) | {"college_id": 0}
    admin.post(f"/accounts/edit/{cast.officer.id}", data=data)
    admin.post(f"/accounts/action/forget_password/{cast.officer.id}", data={"reason": "x"})
    client.post("/password/forgotten", data={"who": "officer", "school": ""})
    assert not [s for s in told(EVIL) if s]
    assert db.session.get(AppUser, cast.officer.id, populate_existing=True).email != EVIL
