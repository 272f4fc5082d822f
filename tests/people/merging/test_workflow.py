"""Two records of one person or employer become one: everything moves, or nothing (ADM-02, ADM-06)."""

from __future__ import annotations

import pytest
from lxml import html

from app.accounts.identifiers import account_for, identify
from app.accounts.models import AppUser
from app.accounts.queries import users_of
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.notices.models import Notice
from app.people.corrections.workflow import propose
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.merging.employers import employer_pair, merge_employers, put_employers_together
from app.people.merging.requests import asked_of
from app.people.merging.workflow import merge_students
from app.people.names.models import Merged
from app.people.students.models import Student
from app.people.students.queries import twins_of
from app.people.students.workflow import restrict
from app.signing.invitations.models import Candidate, Invitation
from app.signing.placements.models import Placement
from app.workflow import trail
from tests import factories as make


def fresh(record):
    return db.session.get(type(record), record.id, populate_existing=True)


@pytest.fixture
def twin(cast):
    """A second record of the first student, as a file with another student number brings it."""
    found = make.make_student(cast.college, "黄河水", student_no="A1X")
    found.id_number = cast.student.id_number
    db.session.commit()
    return found


@pytest.mark.rule("ADM-02")
def test_everything_of_the_second_record_moves_and_it_is_found_by_its_old_number(cast, twin, visit):
    placement = make.attest(make.accept(make.invite(cast.employer, twin)[0]), cast.officer)
    make.make_candidate(cast.rival, twin)
    make.make_candidate(cast.rival, cast.student)
    bar = restrict(twin, make.actor(cast.officer), "复核", since=placement.created_at.date())
    ask = propose(twin, "class_name", "9班", "写错", make.actor(twin))
    gone, phone, kept = twin.id, twin.phone, cast.student.phone
    merge_students(
        cast.student.id, gone, {"phone", "class_name"}, make.actor(cast.officer), "重复导入"
    )
    assert db.session.get(Student, gone) is None
    for record in (placement, bar, ask):
        assert fresh(record).student_id == cast.student.id
    assert db.session.query(Candidate).filter_by(student_id=cast.student.id).count() == 1
    assert db.session.query(Invitation).filter_by(student_id=gone).count() == 0
    assert (fresh(cast.student).phone, fresh(cast.student).student_no) == (kept, "A1")
    steps = [(r.step, r.reason) for r in trail.of("student", cast.student.id)]
    assert ("merge", "重复导入") in steps
    [row] = [r for r in trail.of("student", cast.student.id) if r.step == "merge"]
    assert row.details["gone"]["student_no"] == "A1X"
    assert phone not in str(row.details)
    office = visit(cast.officer)
    office.post("/students/search", data={"q": "A1X"})
    assert f"/students/show/{cast.student.id}" in office.get("/students/list/?q=A1X").text
    assert db.session.query(Merged).one().into_id == cast.student.id


@pytest.mark.rule("ADM-02", "GRD-01")
def test_two_who_both_hold_a_slot_are_not_merged_and_nothing_is_written(cast, twin):
    for student, employer in ((twin, cast.employer), (cast.student, cast.rival)):
        make.accept(make.invite(employer, student)[0])
    make.make_candidate(make.make_employer(cast.school), twin)
    with pytest.raises(Refused, match=r"去向|signing"):
        merge_students(cast.student.id, twin.id, set(), make.actor(cast.officer), "重复")
    assert fresh(twin) is not None
    assert db.session.query(Placement).filter_by(student_id=twin.id).count() == 1
    assert not trail.of("student", cast.student.id)


@pytest.mark.rule("ADM-02", "ACC-01", "ACC-15")
@pytest.mark.parametrize("used", ["keep", "gone", "both"])
def test_the_kept_records_account_stays_whichever_was_used_and_notices_go_with_it(cast, twin, used):
    mine, theirs = make.account(cast.student), make.account(twin)
    for user, who in ((mine, "keep"), (theirs, "gone")):
        user.password = "x" if used in (who, "both") else None
    identify(theirs, "phone", twin.phone)
    identify(mine, "phone", cast.student.phone)
    note = Notice(
        user_id=theirs.id,
        key="n",
        subject="s",
        body="b",
        url="",
        created_at=twin.verified_at,
        shown_from=twin.verified_at,
    )
    db.session.add(note)
    db.session.commit()
    gone, before = twin.phone, (mine.password, mine.email, cast.student.verified_at)
    merge_students(cast.student.id, twin.id, {"phone"}, make.actor(cast.officer), "重复")
    mine, theirs, keep = fresh(mine), fresh(theirs), fresh(cast.student)
    assert make.account(cast.student).id == mine.id
    assert (mine.password, mine.email, keep.verified_at) == before
    assert (theirs.active, theirs.student_id) == (False, None)
    assert fresh(note).user_id == mine.id
    assert account_for(keep.phone).id == mine.id
    assert account_for(gone) is None


@pytest.mark.rule("ADM-02", "ACC-02")
def test_two_people_a_foreign_record_and_a_missing_reason_are_refused(cast, twin):
    officer = make.actor(cast.officer)
    with pytest.raises(Refused):
        merge_students(cast.student.id, cast.classmate.id, set(), officer, "x")
    for gone in (cast.stranger.id, cast.student.id, 999999):
        with pytest.raises(NotYours):
            merge_students(cast.student.id, gone, set(), officer, "x")
    with pytest.raises(Invalid):
        merge_students(cast.student.id, twin.id, set(), officer, "")
    with pytest.raises(NotYours):
        merge_students(cast.student.id, twin.id, set(), make.actor(cast.college_officer), "x")


@pytest.mark.rule("ADM-02")
def test_the_page_compares_and_merges(cast, twin, visit):
    office = visit(cast.officer)
    url = f"/students/merge/{cast.student.id}?other=A1X"
    page = office.get(url).text
    assert twin.id_number not in page
    assert twin.id_number_masked in page
    assert "A1X" in office.get(f"/students/show/{cast.student.id}").text
    sent = {"other": "A1X", "sure": "1", "take_student_no": "other", "reason": "重复"}
    assert office.post(f"/students/merge/{cast.student.id}", data=sent).status_code == 303
    assert fresh(cast.student).student_no == "A1X"
    far = office.get(f"/students/merge/{cast.student.id}?other=C1").text
    assert cast.stranger.name not in far


@pytest.mark.rule("ADM-02")
def test_a_merging_that_is_refused_loses_no_choice_and_no_word(cast, visit):
    """Two people by name and number: the page says so, and what was chosen and written stands there."""
    office, other = visit(cast.officer), cast.classmate.student_no
    sent = {"other": other, "sure": "1", "take_student_no": "other", "reason": "导入了两次"}
    url = f"/students/merge/{cast.student.id}?other={other}"
    answer = office.post(url, data=sent)
    assert answer.status_code == 409
    page = html.fromstring(answer.text)
    assert page.xpath("//input[@name='reason']/@value") == ["导入了两次"]
    assert page.xpath("//input[@name='take_student_no'][@checked]/@value") == ["other"]
    assert page.xpath("//*[contains(@class, 'qq-flash')]")


@pytest.mark.rule("ADM-06")
def test_an_employers_second_record_becomes_a_tombstone_once_the_employer_has_confirmed(
    cast, visit
):
    twin = make.make_employer(cast.school, "星光集团公司")
    [sent] = make.invite(twin, cast.student)
    user, mine = make.account(twin), make.account(cast.employer)
    office = visit(cast.officer)
    assert (
        twin.credit_code
        in office.get(f"/employers/merge/{cast.employer.id}?other={twin.credit_code}").text
    )
    data = {"other": twin.credit_code, "sure": "1", "reason": "同一单位", "take_name": "other"}
    assert office.post(f"/employers/merge/{cast.employer.id}", data=data).status_code == 303
    assert fresh(sent).employer_id == twin.id
    [asked] = asked_of(mine)
    page = visit(mine)
    codes = {}
    for side in ("keep", "gone"):
        codes[f"code_{side}"] = make.code_for(page, f"/me/sign-in/second/{asked.uid}/{side}/code")
    page.post(f"/me/sign-in/second/{asked.uid}", data={"answer": "yes", **codes})
    assert fresh(sent).employer_id == cast.employer.id
    assert (fresh(user).employer_id, fresh(user).active) == (twin.id, False)
    assert [u.id for u in users_of(employer_id=cast.employer.id)] == [mine.id]
    assert fresh(cast.employer).name == "星光集团公司"
    assert fresh(twin).state == "merged"
    assert [r.step for r in trail.of("employer", twin.id)][-1] == "merge_into"


@pytest.mark.rule("ADM-06", "ACC-02")
def test_an_employer_that_another_school_checks_is_not_merged(cast):
    for keep, gone in ((cast.employer, cast.rival), (cast.rival, cast.employer)):
        with pytest.raises(Refused):
            merge_employers(keep.id, gone.id, set(), make.actor(cast.officer), "x")
    assert db.session.query(Employer).filter_by(state="merged").count() == 0


@pytest.mark.rule("ADM-06", "INV-08")
def test_two_open_invitations_of_one_student_stop_the_merging(cast):
    twin = make.make_employer(cast.school, "星光集团公司")
    make.invite(twin, cast.student)
    make.invite(cast.employer, cast.student)
    keep, gone = employer_pair(cast.employer.id, twin.id, make.actor(cast.officer))
    with pytest.raises(Refused, match=r"邀约|invitation"):
        put_employers_together(keep, gone, set(), make.actor(cast.officer), "同一单位")
    db.session.rollback()
    assert fresh(twin).state == "approved"


@pytest.mark.rule("ADM-02", "ACC-03", "ACC-15")
def test_after_a_merge_the_kept_records_own_ways_in_sign_in_and_no_others(cast, twin):
    keep, school = cast.student, cast.school.code
    mine, theirs = make.account(keep), make.account(twin)
    mine.password, theirs.password = None, "x"
    keep.address = keep.verified_at = None
    discarded = [(twin.student_no, school), (twin.phone, ""), (twin.email, "")]
    for (typed, place), kind in zip(discarded, ("student_no", "phone", "email"), strict=True):
        identify(theirs, kind, typed, place)
    email, address = keep.email, twin.address
    db.session.commit()
    merge_students(keep.id, twin.id, set(), make.actor(cast.officer), "重复")
    keep = fresh(keep)
    for typed, place in ((keep.student_no, school), (keep.id_number, ""), (keep.phone, "")):
        assert account_for(typed, place).id == mine.id
    assert not any(account_for(*way) for way in discarded)
    assert (keep.email, keep.address, keep.verified_at) == (email, address, None)


@pytest.mark.rule("ADM-02", "ACC-03")
def test_a_phone_that_the_kept_record_lacks_opens_nothing_after_a_merge(cast, twin):
    theirs, phone = make.account(twin), twin.phone
    make.account(cast.student).password, theirs.password = None, "x"
    cast.student.phone = None
    identify(theirs, "phone", phone)
    db.session.commit()
    merge_students(cast.student.id, twin.id, set(), make.actor(cast.officer), "重复")
    assert account_for(phone) is None


@pytest.mark.rule("ADM-02")
def test_where_the_second_number_is_right_the_first_one_still_finds_the_record(cast, twin, visit):
    merge_students(cast.student.id, twin.id, {"student_no"}, make.actor(cast.officer), "重复")
    assert fresh(cast.student).student_no == "A1X"
    assert db.session.query(Merged).one().number == "A1"


@pytest.mark.rule("ADM-02")
def test_what_a_record_lacks_makes_nobody_its_duplicate(cast, twin, visit):
    for student in (cast.student, cast.classmate, twin):
        student.examinee_no = None
        student.phone = student.id_number = None
    db.session.commit()
    assert twins_of(cast.student, make.actor(cast.officer)) == [twin]
    assert twins_of(cast.classmate, make.actor(cast.officer)) == []
    page = visit(cast.officer).get(f"/students/show/{cast.student.id}").text
    assert "A1X" in page
    assert cast.classmate.name not in page


def standing(school, state):
    """An employer of the school in that state, as it comes to be in it."""
    officer = make.actor(db.session.query(AppUser).filter_by(username="officer").one())
    if state == "listed":
        found = Employer(
            credit_code=make.credit_code(880_001),
            name="星光丙",
            school_id=school.id,
            contact_name="张",
            email="listed@example.com",
        )
        found.school = school
        return EMPLOYERS.start("list", found, officer)
    if state == "rejected":
        found = make.make_employer(school, state="awaiting")
        return EMPLOYERS.apply("reject", found.id, officer, reason="x")
    found = make.make_employer(school)
    return EMPLOYERS.apply("block", found.id, officer, reason="x") if state == "blocked" else found


@pytest.mark.rule("ADM-06", "ACC-07")
@pytest.mark.parametrize(
    ("keeps", "goes"),
    [
        ("listed", "approved"),
        ("rejected", "approved"),
        ("approved", "blocked"),
        ("blocked", "approved"),
        ("listed", "blocked"),
    ],
)
def test_a_merge_neither_takes_an_approval_nor_lifts_a_block(cast, keeps, goes):
    keep = standing(cast.school, keeps)
    gone = standing(cast.school, goes)
    db.session.commit()
    with pytest.raises(Refused):
        merge_employers(keep.id, gone.id, set(), make.actor(cast.officer), "同一单位")
    assert (fresh(keep).state, fresh(gone).state) == (keeps, goes)


@pytest.mark.rule("ADM-06", "ACC-07")
@pytest.mark.parametrize(("keeps", "goes"), [("approved", "listed"), ("blocked", "blocked")])
def test_the_other_way_round_employers_merge(cast, keeps, goes):
    keep = standing(cast.school, keeps)
    gone = standing(cast.school, goes)
    db.session.commit()
    officer = make.actor(cast.officer)
    put_employers_together(*employer_pair(keep.id, gone.id, officer), set(), officer, "同一单位")
    db.session.commit()
    assert (fresh(keep).state, fresh(gone).state) == (keeps, "merged")
