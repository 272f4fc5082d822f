"""An officer who merges records to sign for a student or an employer reads only what arrives at his
own contacts, and nothing is signed in another's name (ACC-15).
"""

from __future__ import annotations

import pytest
from lxml import html

from app.accounts import contacts
from app.core import clock
from app.core.db import db
from app.core.text import mask_phone
from app.people.merging.models import MergeRequest
from app.people.students.models import Student
from app.settings.queries import set_setting
from tests import factories as make
from tests.people.contacts.thief import (
    THIEF,
    THIEF_MAIL,
    code_at,
    dummy,
    fresh,
    last_message,
    merge,
    no_act,
    told,
)


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


JSON = {"Accept": "application/json"}


@pytest.mark.rule("ACC-05", "ACC-15")
def test_the_codes_of_a_merging_are_said_to_go_to_their_sides(cast, victim, visit):
    dummy(cast, visit(cast.officer), victim, phone="13700001111")
    merge(visit(cast.officer), victim, "D1")
    [asked], page = db.session.query(MergeRequest).all(), visit(make.account(victim))
    for side, phone in (("keep", victim.phone), ("gone", "13700001111")):
        said = page.post(f"/me/sign-in/second/{asked.uid}/{side}/code", headers=JSON).get_json()
        assert mask_phone(phone) in said["message"]


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
