"""The gravest abuse: an officer who wants to sign for a student or an employer. He has his own phone and
mailbox, every page of the office and files; he reads only what arrives at his own contacts (ACC-15).
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from app.accounts import contacts, holds
from app.accounts.models import AppUser, ContactChange, SecurityEvent
from app.accounts.queries import identify
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.mail import Message
from app.core.registry import stores
from app.core.text import mask_email, mask_phone
from app.people.employers.models import Employer
from app.people.merging.models import MergeRequest
from app.people.students.models import Student
from app.settings.queries import set_setting
from app.signing.disputes.models import Dispute
from app.signing.disputes.workflow import DISPUTES, press
from app.signing.invitations.models import Invitation
from app.signing.placements.models import Placement
from app.workflow import trail
from app.workflow.actor import Role
from app.workflow.models import Trail
from tests import factories as make
from tests.files.imports.books import good_row, xlsx
from tests.files.imports.conftest import apply, bring  # noqa: F401 (fixtures)
from tests.signing.disputes.told import last_token

THIEF = "13700009999"
THIEF_MAIL = "thief@example.com"
PASSWORD = "Wind-over-lake-3"


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


def told(address: str, since: int = 0) -> list[str]:
    """What arrived at that contact after the message of that id, codes too."""
    rows = db.session.query(Message).filter(Message.id > since).order_by(Message.id).all()
    return [row.body for row in rows if row.address == address]


def last_message() -> int:
    return db.session.query(db.func.coalesce(db.func.max(Message.id), 0)).scalar()


def code_at(address: str) -> str:
    """The newest code that arrived there; one that is wrong where none did."""
    found = [re.search(r"\b\d{6}\b", body) for body in told(address)]
    return next((m.group() for m in reversed(found) if m), "000000")


def no_act(*parties) -> None:
    """Nothing was signed in the name of these students, by nobody."""
    db.session.expire_all()
    ids = [party.id for party in parties]
    assert not db.session.query(Placement).filter(Placement.student_id.in_(ids)).count()
    taken = db.session.query(Trail).filter_by(kind="invitation", step="accept").count()
    assert not taken


class Thief:
    """What the officer does at the public pages with his own phone."""

    def __init__(self, client: FlaskClient, school: str) -> None:
        self.client, self.school = client, school

    def signs_in(self, who: str, phone: str = THIEF) -> bool:
        """Password by code, first sign-in; whether he is in."""
        make.pass_time(minutes=2)
        self.client.post("/password/forgotten", data={"who": who, "school": self.school})
        make.worker_answers_resets()
        new = {"code": code_at(phone), "password": PASSWORD, "again": PASSWORD}
        self.client.post("/password/reset", data=new)
        asked = {"who": who, "school": self.school, "password": PASSWORD}
        return self.client.post("/login/", data=asked).status_code == 302

    def passes_first_page(self, phone: str = THIEF, email: str = THIEF_MAIL) -> None:
        make.pass_time(minutes=2)
        self.client.post("/my/verify/code")
        data = {"email": email, "address": "武汉市1号", "code": code_at(phone)}
        self.client.post("/my/verify/", data=data)

    def accepts(self, letter: Invitation, phone: str = THIEF) -> None:
        make.pass_time(minutes=2)
        self.client.post(f"/acts/invitation/{letter.id}/accept/code")
        data = {"agreed": "1", "code": code_at(phone)}
        self.client.post(f"/my/answer/{letter.id}/accept", data=data)


@pytest.fixture
def thief(cast, client):
    return Thief(client, cast.school.code)


@pytest.fixture
def victim(cast):
    """A student who has signed in before, with an invitation past its cooling-off."""
    user = make.account(cast.student)
    user.password = "x"
    identify(user, "phone", cast.student.phone)
    identify(user, "student_no", "A1", cast.school.code)
    db.session.commit()
    return cast.student


@pytest.fixture
def letter(cast, victim):
    found = make.invite(cast.employer, victim)[0]
    make.pass_time(hours=2)
    return found


def dummy(cast, office, victim, **more) -> Student:
    """A record of the same name with the officer's own phone, entered by the page."""
    form = {
        "student_no": "D1",
        "name": victim.name,
        "id_number": make.id_number(700_123),
        "phone": THIEF,
        "sex": "1",
        "nation": "01",
        "examinee_no": "",
        "major_id": victim.major_id,
        "class_name": "1班",
        "graduation_year": "2027",
        "education": "31",
        "training_mode": "1",
        "origin": "",
    } | more
    assert office.post("/students/add", data=form).status_code in (302, 303)
    found = db.session.query(Student).filter_by(student_no=form["student_no"]).one()
    office.post(f"/students/action/approve_record/{found.id}")
    return found


def merge(office, keep: Student, other: str, *take: str):
    data = {"other": other, "sure": "1", "reason": "重复录入"} | {
        f"take_{n}": "other" for n in take
    }
    return office.post(f"/students/merge/{keep.id}", data=data)


# -- S-01: merging ---------------------------------------------------------------------------------


@pytest.mark.rule("ACC-15", "ADM-02")
def test_s01_a_dummy_merged_into_the_victim_gives_no_phone_and_no_act(
    cast, victim, letter, thief, visit
):
    office, phone = visit(cast.officer), victim.phone
    set_setting(cast.school.id, "cooling_off_hours", 0, cast.officer.id)
    dummy(cast, office, victim)
    before = last_message()
    merge(office, victim, "D1", "phone", "id_number")
    assert fresh(victim).phone == phone
    thief.signs_in(THIEF)
    thief.signs_in("A1")
    thief.passes_first_page()
    thief.accepts(letter)
    no_act(victim)
    assert told(phone, before)


@pytest.mark.rule("ACC-15", "ADM-02")
@pytest.mark.parametrize("same_number", [True, False])
def test_s01_the_victim_merged_into_a_dummy_gives_no_act(
    cast, victim, letter, thief, visit, same_number
):
    office, phone, email = visit(cast.officer), victim.phone, victim.email
    more = {"id_number": victim.id_number, "graduation_year": "2028"} if same_number else {}
    found = dummy(cast, office, victim, **more)
    assert thief.signs_in("D1")
    thief.passes_first_page()
    before = last_message()
    merge(office, found, "A1", "student_no")
    # the dummy is his own: he answers what he is asked there, with what reaches him
    for held in contacts.holds_of(make.account(found).id, clock.now()):
        for way in ("old_phone", "mail"):
            thief.client.post(f"/me/sign-in/{held.uid}/{way}/code")
            data = {"answer": "yes", "code": code_at(THIEF)}
            thief.client.post(f"/me/sign-in/{held.uid}/{way}", data=data)
    for asked in db.session.query(MergeRequest).all():
        for side in ("keep", "gone"):
            thief.client.post(f"/me/sign-in/second/{asked.uid}/{side}/code")
        data = {"answer": "yes", "code_keep": code_at(THIEF), "code_gone": code_at(THIEF)}
        thief.client.post(f"/me/sign-in/second/{asked.uid}", data=data)
    thief.accepts(letter)
    no_act(found, victim)
    assert told(phone, before)
    assert told(email, before) or not same_number


@pytest.mark.rule("ACC-15", "ADM-02")
def test_s01_the_held_phone_of_the_victim_cannot_be_laundered_by_a_merging(
    cast, victim, letter, thief, visit
):
    """He first changes the victim's phone to a second one of his own, which shall then say yes."""
    office, second = visit(cast.officer), "13700008888"
    found = dummy(cast, office, victim, id_number=victim.id_number, graduation_year="2028")
    assert thief.signs_in("D1")
    thief.passes_first_page()
    office.post(f"/students/{victim.id}/phone", data={"phone": second, "reason": "换号"})
    merge(office, found, "A1")
    assert db.session.get(Student, victim.id) is not None
    thief.accepts(letter)
    no_act(found, victim)


@pytest.mark.rule("ACC-15", "ADM-02")
def test_who_is_both_merges_by_the_codes_of_both_and_can_sign_at_once(cast, victim, letter, visit):
    office = visit(cast.officer)
    found = dummy(cast, office, victim, phone="13700001111")
    assert merge(office, victim, "D1", "class_name").status_code == 303
    assert db.session.get(Student, found.id) is not None
    user = make.account(victim)
    page = visit(user)
    [asked] = db.session.query(MergeRequest).all()
    codes = {
        f"code_{side}": make.code_for(page, f"/me/sign-in/second/{asked.uid}/{side}/code")
        for side in ("keep", "gone")
    }
    wrong = {"answer": "yes", **codes, "code_gone": "000000"}
    page.post(f"/me/sign-in/second/{asked.uid}", data=wrong)
    assert db.session.get(Student, found.id) is not None
    make.pass_time(minutes=2)
    codes = {
        f"code_{side}": make.code_for(page, f"/me/sign-in/second/{asked.uid}/{side}/code")
        for side in ("keep", "gone")
    }
    page.post(f"/me/sign-in/second/{asked.uid}", data={"answer": "yes", **codes})
    db.session.expire_all()
    assert db.session.query(Student).filter_by(student_no="D1").count() == 0
    assert contacts.hold_of(user, clock.now()) is None
    assert make.accept(letter).student_id == victim.id
    assert told("13700001111")


@pytest.mark.rule("ACC-15", "ADM-02")
def test_s01_the_dummys_phone_resets_no_password_of_the_victim_after_a_merging(
    cast, victim, letter, thief, visit
):
    """The dummy has the victim's ID number: merged at once, but its phone answers for nothing else."""
    office, user = visit(cast.officer), make.account(victim)
    dummy(cast, office, victim, id_number=victim.id_number, graduation_year="2028")
    merge(office, victim, "D1")
    assert contacts.hold_of(user, clock.now()).source == "merge"
    assert thief.signs_in("A1") is False
    assert thief.signs_in(victim.id_number) is False
    no_act(victim)


# -- S-02: employers -------------------------------------------------------------------------------


@pytest.mark.rule("ACC-15", "ADM-06")
@pytest.mark.parametrize("direction", ["dummy into the real one", "the real one into the dummy"])
def test_s02_a_registered_dummy_never_acts_for_the_real_employer(cast, visit, direction):
    office, real = visit(cast.officer), cast.employer
    fake = make.make_employer(cast.school, "星光集团")
    fake.email = make.account(fake).email = THIEF_MAIL
    db.session.commit()
    his, mine = make.account(fake), make.account(real)
    keep, gone = (real, fake) if direction.startswith("dummy") else (fake, real)
    before = last_message()
    data = {"other": gone.credit_code, "sure": "1", "reason": "同一单位", "take_email": "other"}
    office.post(f"/employers/merge/{keep.id}", data=data)
    browser = visit(his)
    for asked in db.session.query(MergeRequest).all():
        for side in ("keep", "gone"):
            browser.post(f"/me/sign-in/second/{asked.uid}/{side}/code")
        codes = dict.fromkeys(("code_keep", "code_gone"), code_at(THIEF_MAIL))
        browser.post(f"/me/sign-in/second/{asked.uid}", data={"answer": "yes", **codes})
    assert fresh(his).employer_id == fake.id
    assert (fresh(mine).employer_id, fresh(mine).active, fresh(mine).email) == (
        real.id,
        True,
        real.email,
    )
    assert {fresh(e).state for e in (real, fake)} == {"approved"}
    assert told(real.email, before)


# -- S-03: all of it at once -----------------------------------------------------------------------


@pytest.mark.rule("ACC-15", "AGR-04")
def test_s03_the_whole_chain_gives_no_numbered_agreement_and_the_victim_is_told(
    cast, victim, thief, visit
):
    office, phone = visit(cast.officer), victim.phone
    fake = make.make_employer(cast.school, "星光集团")
    set_setting(cast.school.id, "cooling_off_hours", 0, cast.officer.id)
    set_setting(cast.school.id, "contact_hold_hours", 1, cast.officer.id)
    db.session.commit()
    before = last_message()
    dummy(cast, office, victim)
    merge(office, victim, "D1", "phone")
    data = {"other": fake.credit_code, "sure": "1", "reason": "同一单位"}
    office.post(f"/employers/merge/{cast.employer.id}", data=data)
    [letter] = make.invite(fake, fresh(victim))
    office.post(f"/students/action/begin_anew/{victim.id}", data={"reason": "忘记密码"})
    office.post(f"/students/{victim.id}/phone", data={"phone": "13700008888", "reason": "换号"})
    for phone_of_his in (THIEF, "13700008888"):
        thief.signs_in("A1", phone_of_his)
        thief.passes_first_page(phone_of_his)
        thief.accepts(letter, phone_of_his)
    make.pass_time(hours=3)  # the hour that he set counts in a week only
    thief.accepts(letter, "13700008888")
    no_act(victim)
    assert told(phone, before)


# -- S-04: the change of a phone ---------------------------------------------------------------------


def changed(office, student, phone=THIEF, reason="本人到场"):
    data = {"phone": phone, "reason": reason}
    return office.post(f"/students/{student.id}/phone", data=data)


@pytest.mark.rule("ACC-15", "ACC-04", "ADM-02")
def test_s04_a_phone_changed_by_form_reads_and_signs_nothing_for_72_hours(
    cast, victim, letter, thief, visit
):
    phone, email, before = victim.phone, victim.email, last_message()
    changed(visit(cast.officer), victim)
    for address in (phone, email, THIEF):
        assert told(address, before), address
    assert thief.signs_in("A1") is False  # the code for a new password went to the old phone
    assert "000000" not in code_at(phone)
    make.account(victim).password = None
    db.session.commit()
    assert thief.signs_in("A1")  # an account never used sets its first password, and reads
    thief.passes_first_page()
    assert fresh(victim).email == make.account(victim).email == email
    page = thief.client.get(f"/my/invitations/{letter.id}").text
    assert "原手机号" in page
    assert clock.local(clock.now() + timedelta(hours=70)).strftime("%Y-%m-%d") in page
    thief.accepts(letter)
    no_act(victim)
    thief.client.post(f"/my/answer/{letter.id}/decline", data={"reason": "不去"})
    assert fresh(letter).state == "open"
    assert db.session.query(SecurityEvent).filter_by(event="phone_changed").count() == 1


@pytest.mark.rule("ACC-15")
def test_s04_a_phone_changed_twice_answers_for_nothing(cast, victim, letter, thief, visit):
    """The first phone of his own shall say yes to the second, or get the code for a new password."""
    office, user, phone = visit(cast.officer), make.account(victim), victim.phone
    user.email = f"{victim.uid}@invalid"
    db.session.commit()
    changed(office, victim)
    changed(office, victim, "13700008888")
    assert fresh(victim).phone == "13700008888"
    [second, first] = sorted(contacts.holds_of(user.id, clock.now()), key=lambda r: -r.id)
    assert [w.address for row in (second, first) for w in holds.ways(row, user)] == [phone, phone]
    before = last_message()
    assert not thief.signs_in("A1", THIEF)
    assert [b for b in told(phone, before) if re.search(r"\b\d{6}\b", b)]
    assert not told(THIEF, before)
    assert not told("13700008888", before)


@pytest.mark.rule("ACC-15", "INV-20")
def test_a_disowned_phone_answers_for_nothing_once_it_is_put_right(cast, victim, visit):
    """A thief's phone, disowned and replaced, would else get the codes of the phone that was put right."""
    user, phone = make.account(victim), victim.phone
    office = visit(cast.officer)
    changed(office, victim)
    press(last_token(user), "203.0.113.9")
    [found] = db.session.query(Dispute).all()
    second = make.make_user(Role.SCHOOL, "officer9", name="钱老师", school_id=cast.school.id)
    DISPUTES.perform("uphold", found.id, make.actor(second), reason="手机号为他人所有")
    changed(visit(second), victim, phone)
    DISPUTES.perform("clear", found.id, make.actor(cast.province), reason="已当面核实")
    db.session.expire_all()
    user.password = "x"
    db.session.commit()
    [held] = contacts.holds_of(user.id, clock.now())
    assert THIEF not in [way.address for way in holds.ways(held, user)]
    assert holds.for_reset(user, ("sms", phone)) == ("sms", phone)


@pytest.mark.rule("ACC-15")
@pytest.mark.parametrize("order", ["phone, then reset", "reset, then phone"])
def test_s04_a_sign_in_is_never_reset_in_the_same_breath_as_the_phone_changes(
    cast, victim, visit, order
):
    office, user = visit(cast.officer), make.account(victim)
    reset = lambda: office.post(f"/students/action/begin_anew/{victim.id}", data={"reason": "x"})  # noqa: E731
    steps = [lambda: changed(office, victim), reset]
    for step in steps if order.startswith("phone") else reversed(steps):
        step()
    db.session.expire_all()
    done = [row.step for row in trail.of("student", victim.id)]
    assert done == (["change_phone"] if order.startswith("phone") else ["begin_anew"])
    assert (user.password is None) == order.startswith("reset")
    assert contacts.hold_of(user, clock.now()) is not None


@pytest.mark.rule("ACC-15")
def test_a_reset_first_sign_in_is_told_to_every_contact_and_held(cast, victim, letter, visit):
    phone, email, before = victim.phone, victim.email, last_message()
    visit(cast.officer).post(f"/students/action/begin_anew/{victim.id}", data={"reason": "忘记"})
    assert told(phone, before)
    assert told(email, before)
    user = make.account(victim)
    row = contacts.hold_of(user, clock.now())
    assert row.channel == "reset"
    assert [way.name for way in holds.ways(row, user)] == ["old_phone", "mail"]
    victim.verified_at = clock.now()
    db.session.commit()
    page = visit(user).get(f"/my/invitations/{letter.id}").text
    assert "重置" in page


@pytest.mark.rule("ACC-15", "BLK-03")
def test_s04_a_file_tells_holds_and_traces_each_and_its_undo_ends_what_was_opened(
    cast,
    victim,
    letter,
    thief,
    visit,
    bring,  # noqa: F811
    apply,  # noqa: F811
):
    user, phone, email = make.account(victim), victim.phone, victim.email
    user.password = None
    second = make.account(cast.classmate)
    before = last_message()
    rows = [
        good_row(1, 学号="A1", 姓名=victim.name, 手机号=THIEF),
        good_row(2, 学号="A2", 姓名=cast.classmate.name, 手机号="13700007777"),
    ]
    record = apply(bring(xlsx(rows)))
    for address in (phone, email, cast.classmate.email):
        assert told(address, before), address
    [line] = [r for r in trail.of("student", victim.id) if r.step == "change_phone"]
    assert (line.actor_id, line.details["import"]) == (cast.officer.id, record.id)
    assert THIEF not in str(line.details)
    assert len([r for r in trail.of("student", cast.classmate.id) if r.step == "change_phone"]) == 1
    assert contacts.hold_of(second, clock.now()).source == "file"
    assert thief.signs_in("A1")
    thief.passes_first_page()
    thief.accepts(letter)
    no_act(victim)
    before = last_message()
    assert apply(record, "undo").state == "undone"
    db.session.expire_all()
    assert (victim.phone, victim.verified_at, user.password) == (phone, None, None)
    assert "/login/" in thief.client.get("/my/").location
    assert contacts.hold_of(user, clock.now()) is None
    for address in (phone, email, THIEF):
        assert told(address, before), address
    assert trail.of("student", victim.id)[-1].step == "undo_contact_office"


@pytest.mark.rule("ACC-15")
def test_a_first_mail_that_came_through_the_held_phone_goes_with_the_undone_change(
    cast, thief, visit
):
    newcomer = make.make_student(cast.college, account=False, verified_at=None)
    newcomer.email = None
    db.session.commit()
    office = visit(cast.officer)
    changed(office, newcomer)
    assert thief.signs_in(newcomer.student_no)
    thief.passes_first_page()
    user = make.account(newcomer)
    assert user.email == THIEF_MAIL
    row = contacts.hold_of(user, clock.now())
    assert [way.address for way in holds.ways(row, user)] == [
        row.old
    ]  # his mail does not speak for him
    office.post(
        "/sign-in-changes/action_post",
        data={"action": "undo_change", "rowid": [row.id], "reason": "不是本人"},
    )
    db.session.expire_all()
    assert (newcomer.email, newcomer.phone, user.password) == (None, row.old, None)
    assert user.email.endswith("@invalid")
    assert thief.client.get("/my/").status_code == 302


@pytest.mark.rule("ACC-15")
def test_where_nobody_could_be_told_the_office_reads_so_and_the_hold_stands(cast, visit):
    bare = make.make_student(cast.college, account=False)
    bare.phone = bare.email = None
    db.session.commit()
    office = visit(cast.officer)
    changed(office, bare, "13700005555")
    page = office.get(f"/students/show/{bare.id}").text
    assert "没有人可以通知" in page
    row = contacts.hold_of(make.account(bare), clock.now())
    assert (row.old, row.new, row.told) == (None, "13700005555", 0)


# -- who lifts a hold --------------------------------------------------------------------------------


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
            holds.confirm_by_second(row, make.actor(who), "已核实")
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
    assert holds.confirm_by_campus(user) is True
    assert contacts.hold_of(user, clock.now()) is None
    assert holds.confirm_by_campus(user) is False
    contacts.note_change(
        user,
        "sms",
        "13700001111",
        victim.phone,
        "merge",
        make.actor(cast.officer),
        held_until=clock.now() + timedelta(hours=1),
    )
    db.session.commit()
    assert holds.confirm_by_campus(user) is False
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
def test_the_office_and_the_student_see_what_was_changed(cast, victim, visit):
    changed(visit(cast.officer), victim, reason="本人持身份证到场")
    page = visit(cast.officer).get(f"/students/show/{victim.id}").text
    assert "本人持身份证到场" in page
    assert "限制至" in page
    victim.verified_at = clock.now()
    db.session.commit()
    mine = visit(make.account(victim))
    assert "原手机号" in mine.get("/my/").text
    assert "本人持身份证到场" in mine.get("/me/sign-in/").text


@pytest.mark.rule("ACC-15", "ADM-06")
def test_an_employers_telephone_corrected_by_staff_is_told_and_held(cast, visit):
    employer, user = cast.employer, make.account(cast.employer)
    office = visit(cast.officer)
    form = {
        name: getattr(employer, name) or ""
        for name in (
            "credit_code",
            "name",
            "kind",
            "industry",
            "address",
            "postcode",
            "contact_name",
            "email",
        )
    }
    before = last_message()
    sent = form | {"contact_phone": THIEF, "location": "420111", "location_code": "420111"}
    assert office.post(f"/employers/edit/{employer.id}", data=sent).status_code in (302, 303)
    assert fresh(employer).contact_phone == THIEF
    assert told(user.email, before)
    assert contacts.hold_of(user, clock.now()).old == "13800000000"
    result = make.send(
        [make.make_candidate(employer, cast.student)], make.offer(), make.actor(employer), "b" * 32
    )
    assert result.refused
    assert not result.made
    assert "学校更改了本账号的手机号" in visit(user).get("/employer/").text


# -- S-16 and S-18: the own mail ----------------------------------------------------------------------


@pytest.mark.rule("ACC-15", "ACC-12")
@pytest.mark.parametrize("who", ["student", "employer"])
def test_s16_the_own_mail_changes_by_password_and_the_new_addresss_code_and_both_are_told(
    cast, visit, who
):
    from app.accounts import passwords

    record = getattr(cast, who)
    user = make.account(record)
    user.password = passwords.hashed(PASSWORD)
    db.session.commit()
    old, browser = user.email, visit(user)
    profile = "/my/profile/" if who == "student" else "/employer/profile/"
    browser.post(profile, data={"email": THIEF_MAIL, "address": "x"})
    assert browser.post("/me/sign-in/mail/code", data={"email": THIEF_MAIL}).status_code == 200
    code = code_at(THIEF_MAIL)
    for wrong in (
        {"code": "", "password": PASSWORD},
        {"code": code, "password": "x"},
        {"code": "000000", "password": PASSWORD},
    ):
        answer = browser.post("/me/sign-in/mail", data={"email": THIEF_MAIL, **wrong})
        assert answer.status_code == 422
    other = browser.post(
        "/me/sign-in/mail", data={"email": "else@example.com", "code": code, "password": PASSWORD}
    )
    assert other.status_code == 422  # the code proves one address only
    assert fresh(user).email == old
    before = last_message()
    data = {"email": THIEF_MAIL, "code": code, "password": PASSWORD}
    assert browser.post("/me/sign-in/mail", data=data).status_code == 303
    assert (fresh(user).email, fresh(record).email) == (THIEF_MAIL, THIEF_MAIL)
    assert told(old, before)
    assert told(THIEF_MAIL, before)
    [row] = db.session.query(ContactChange).filter_by(user_id=user.id, channel="mail").all()
    assert (row.source, row.old, row.new) == ("self", old, THIEF_MAIL)
    assert trail.of(who, record.id)[-1].step == "change_mail"
    assert db.session.query(SecurityEvent).filter_by(event="mail_changed").count() == 1


@pytest.mark.rule("ACC-15", "ACC-12")
def test_without_a_password_a_code_of_the_present_contact_proves_the_person(cast, visit):
    user = make.account(cast.student)
    browser = visit(user)
    old = make.code_for(browser, "/me/sign-in/mail/old-code")
    browser.post("/me/sign-in/mail/code", data={"email": "mine@example.com"})
    data = {"email": "mine@example.com", "code": code_at("mine@example.com")}
    assert browser.post("/me/sign-in/mail", data=data).status_code == 422
    assert browser.post("/me/sign-in/mail", data=data | {"old_code": old}).status_code == 303
    assert fresh(user).email == "mine@example.com"


@pytest.mark.rule("ACC-15")
def test_while_held_the_mail_stays_and_own_guesses_of_the_password_end(cast, victim, visit):
    changed(visit(cast.officer), victim)
    user, email = make.account(victim), victim.email
    browser = visit(user)
    browser.post("/me/sign-in/mail/code", data={"email": THIEF_MAIL})
    assert code_at(THIEF_MAIL) == "000000"
    assert fresh(user).email == email
    other = visit(make.account(cast.classmate))
    data = {"email": "new@example.com", "code": "123456", "password": "wrong"}
    said = [other.post("/me/sign-in/mail", data=data).text for _n in range(7)]
    assert "15" in said[-1]


@pytest.mark.rule("ACC-04")
def test_a_wrong_code_at_the_first_sign_in_saves_nothing(cast, visit):
    newcomer = make.make_student(cast.college, verified_at=None)
    user, email, address = make.account(newcomer), newcomer.email, newcomer.address
    browser = visit(user)
    browser.post("/my/verify/code")
    data = {"email": THIEF_MAIL, "address": "别处", "code": "000000"}
    assert browser.post("/my/verify/", data=data).status_code == 422
    db.session.expire_all()
    assert (newcomer.email, newcomer.address, user.email) == (email, address, email)


@pytest.mark.rule("ACC-15")
def test_no_code_outside_its_place_writes_a_mail_of_an_account():
    """Each change of a mail leaves its row: by it one knows which mail was the person's before."""
    from tests.test_architecture import APP

    writes = re.compile(
        r"(?<![\w.])(user|mine|theirs|account)\.email\s*=|\.email\s*=\s*user\.email"
    )
    found = {
        str(p.relative_to(APP))
        for p in APP.rglob("*.py")
        if writes.search(p.read_text(encoding="utf-8"))
    }
    assert found == {"accounts/contacts.py"}


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


# -- what is said of a code ----------------------------------------------------------------------------

JSON = {"Accept": "application/json"}


@pytest.mark.rule("ACC-05", "ACC-15")
def test_a_code_is_said_to_go_where_it_goes(cast, victim, visit):
    """Not to the present contact, which is the one that somebody else may have put there."""
    user, phone, email = make.account(victim), victim.phone, victim.email
    changed(visit(cast.officer), victim)
    [held] = contacts.holds_of(user.id, clock.now())
    page, shown = visit(user), {"old_phone": mask_phone(phone), "mail": mask_email(email)}
    for way in holds.ways(held, user):
        said = page.post(f"/me/sign-in/{held.uid}/{way.name}/code", headers=JSON).get_json()
        assert shown[way.name] in said["message"]
        make.pass_time(minutes=2)


@pytest.mark.rule("ACC-05", "ACC-15")
def test_the_codes_of_a_merging_are_said_to_go_to_their_sides(cast, victim, visit):
    dummy(cast, visit(cast.officer), victim, phone="13700001111")
    merge(visit(cast.officer), victim, "D1")
    [asked], page = db.session.query(MergeRequest).all(), visit(make.account(victim))
    for side, phone in (("keep", victim.phone), ("gone", "13700001111")):
        said = page.post(f"/me/sign-in/second/{asked.uid}/{side}/code", headers=JSON).get_json()
        assert mask_phone(phone) in said["message"]


@pytest.mark.rule("ACC-05")
def test_a_code_field_takes_what_a_chinese_keyboard_types_and_its_button_keeps_the_page(
    cast, victim, visit
):
    """Digits of full width are read, so no field of a code may refuse them; sending opens a window."""
    dummy(cast, visit(cast.officer), victim, phone="13700001111")
    merge(visit(cast.officer), victim, "D1")
    [asked], page = db.session.query(MergeRequest).all(), visit(make.account(victim))
    shown = html.fromstring(page.get("/me/sign-in/").text)
    fields = shown.xpath("//main//input[@autocomplete='one-time-code']")
    assert [f.get("name") for f in fields] == ["code_keep", "code_gone"]
    assert not [f for f in fields if f.get("pattern") or f.get("maxlength")]
    buttons = shown.xpath("//main//button[contains(@formaction, '/code')]")
    assert [b.get("formtarget") for b in buttons] == ["_blank", "_blank"]
    opened = page.post(f"/me/sign-in/second/{asked.uid}/keep/code")
    assert opened.status_code == 200
    assert mask_phone(victim.phone) in opened.text


@pytest.mark.rule("ACC-15", "ADM-02")
def test_a_merging_that_waits_shows_what_was_chosen_and_can_only_be_withdrawn(cast, victim, visit):
    """Enter in a field of the page once meant «ask no longer»."""
    office = visit(cast.officer)
    dummy(cast, office, victim, phone="13700001111")
    merge(office, victim, "D1", "student_no")
    page = html.fromstring(office.get(f"/students/merge/{victim.id}?other=D1").text)
    form = page.xpath("//main//form[@method='post']")[0]
    assert [b.get("name") for b in form.xpath(".//button")] == ["withdraw"]
    assert not form.xpath(".//input[@name='reason']")
    chosen = form.xpath(".//input[@name='take_student_no'][@checked]")
    assert [c.get("value") for c in chosen] == ["other"]


@pytest.mark.rule("ACC-05", "ACC-12")
def test_the_code_for_a_new_mail_is_said_to_be_on_its_way_not_to_be_there(cast, victim, visit):
    """The worker sends it after the answer: «sent» would be said before it is true."""
    page = visit(make.account(victim))
    answer = page.post("/me/sign-in/mail/code", data={"email": "new@example.com"})
    assert mask_email("new@example.com") in answer.text
    assert "已发送" not in html.fromstring(answer.text).xpath(
        "string(//*[contains(@class, 'qq-flash')])"
    )
