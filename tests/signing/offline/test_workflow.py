"""Entering and generating: drafts, two windows, once only, the known employer, the link."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.accounts.queries import actor_of
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.people.students.models import OriginState
from app.people.students.workflow import restrict
from app.settings.calendar import set_window
from app.settings.models import Review, Window
from app.settings.queries import set_setting
from app.signing.offline.links import make_link, withdraw_link, working_link
from app.signing.offline.models import Entry, UploadLink
from app.signing.offline.queries import entry_of, open_link
from app.signing.offline.workflow import generate, look_up, save, why_not_enter
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make
from tests.signing.offline.paper import UNKNOWN, approved, filled, generated, saved


@pytest.mark.rule("OFF-01")
def test_half_of_it_is_kept_as_it_was_typed(cast):
    save(make.actor(cast.student), {"position": "教师", "probation_pay": "abc"}, 0, "w", late=False)
    db.session.expire_all()
    assert entry_of(cast.student.id).values == {"position": "教师", "probation_pay": "abc"}


@pytest.mark.rule("OFF-01")
def test_another_window_does_not_overwrite_unseen_and_the_own_one_does(cast):
    who = make.actor(cast.student)
    first = save(who, {"position": "甲"}, 0, "one", late=False).version
    assert save(who, {"position": "乙"}, first, "two", late=False).version == first + 1
    with pytest.raises(Refused):
        save(who, {"position": "丙"}, first, "one", late=False)
    assert entry_of(cast.student.id).values == {"position": "乙"}
    save(
        who, {"position": "丁"}, first, "two", late=False
    )  # its page had not heard of its autosave
    with pytest.raises(Refused):
        save(who, {"position": "戊"}, first, "two", late=True)  # an autosave that comes too late
    assert entry_of(cast.student.id).values == {"position": "丁"}


@pytest.mark.rule("OFF-02", "OFF-01")
def test_generating_freezes_terms_and_facts_and_begins_the_first_review(cast):
    placement = generated(cast.student)
    assert (placement.kind, placement.state) == ("offline", "form_school")
    assert placement.agreement_no is None
    assert placement.terms.position == "软件工程师"
    assert placement.terms.reply_days == 0
    assert placement.terms.created_by == make.account(cast.student).id
    assert placement.employer_id is None
    facts = (
        placement.employer_name,
        placement.employer_credit_code,
        placement.employer_location,
        placement.employer_address,
        placement.employer_postcode,
        placement.employer_email,
    )
    assert facts == ("江城钢铁厂", UNKNOWN, "420106", "中北路88号", "430071", "hr@example.com")


@pytest.mark.rule("OFF-02")
def test_a_second_click_gets_the_one_that_was_generated(cast):
    version, who = saved(cast.student).version, make.actor(cast.student)
    keys = {generate(who, filled(), version, agreed=True).id for _n in range(3)}
    assert len(keys) == 1
    assert db.session.query(Placement).filter_by(student_id=cast.student.id).count() == 1


@pytest.mark.rule("OFF-02")
def test_what_was_previewed_is_what_is_generated(cast):
    version = saved(cast.student).version
    saved(cast.student, version, position="会计")
    with pytest.raises(Refused):
        generate(make.actor(cast.student), filled(), version, agreed=True)
    assert db.session.query(Placement).filter_by(student_id=cast.student.id).count() == 0


@pytest.mark.rule("OFF-02")
def test_without_the_tick_nothing_is_generated(cast):
    version = saved(cast.student).version
    with pytest.raises(Invalid):
        generate(make.actor(cast.student), filled(), version, agreed=False)


@pytest.mark.rule("OFF-02", "OFF-03")
def test_once_generated_it_is_not_changed_until_refused_and_then_generated_anew(cast):
    first = generated(cast.student)
    with pytest.raises(Refused):
        saved(cast.student, 2, position="会计")
    PLACEMENTS.perform("refuse_form", first.id, actor_of(cast.officer), reason="岗位不清楚")
    entry = entry_of(cast.student.id)
    second = generated_from(cast.student, entry.version, position="会计")
    assert second.id != first.id
    assert (first.terms.position, second.terms.position) == ("软件工程师", "会计")


def generated_from(student, version, **changes):
    entry = saved(student, version, **changes)
    return generate(make.actor(student), filled(**changes), entry.version, agreed=True)


@pytest.mark.rule("OFF-03")
def test_a_stale_preview_generates_nothing_after_a_refusal(cast):
    version = saved(cast.student).version
    who = make.actor(cast.student)
    first = generate(who, filled(), version, agreed=True)
    PLACEMENTS.perform("refuse_form", first.id, actor_of(cast.officer), reason="岗位不清楚")
    with pytest.raises(Refused):
        generate(who, filled(), version, agreed=True)


@pytest.mark.rule("OFF-01", "INV-14", "INV-19")
def test_who_has_signed_enters_nothing_and_reads_why(cast):
    make.accept(make.invite(cast.employer, cast.student)[0])
    who = make.actor(cast.student)
    assert cast.employer.name in why_not_enter(cast.student, who, clock.now())
    with pytest.raises(Refused):
        saved(cast.student)


def barred(cast):
    """Each way in which signing is not open to a student."""
    today = clock.today()

    def restricted(kind):
        restrict(cast.student, make.actor(cast.officer), "复核", since=today, kind=kind)

    def closed():
        yesterday = today - timedelta(days=1)
        window = Window(today - timedelta(days=9), yesterday)
        set_window(cast.school.id, cast.student.graduation_year, window, None)

    return {
        "mode": lambda: setattr(cast.student, "training_mode", "2"),
        "origin": lambda: setattr(cast.student, "origin_state", OriginState.ENTERED),
        "restricted": lambda: restricted("offline"),
        "everything restricted": lambda: restricted("all"),
        "window": closed,
    }


@pytest.mark.rule("ACC-06", "ADM-03", "ADM-04")
@pytest.mark.parametrize("why", ["mode", "origin", "restricted", "everything restricted", "window"])
def test_who_may_not_sign_enters_no_paper_agreement(cast, why):
    version = saved(cast.student).version
    barred(cast)[why]()
    db.session.commit()
    with pytest.raises(Refused):
        generate(make.actor(cast.student), filled(), version, agreed=True)
    with pytest.raises(Refused):
        saved(cast.student, version, position="会计")


@pytest.mark.rule("ADM-03")
def test_a_restriction_of_online_signing_leaves_paper_open(cast):
    officer = make.actor(cast.officer)
    restrict(cast.student, officer, "复核", since=clock.today(), kind="online")
    assert generated(cast.student).state == "form_school"


@pytest.mark.rule("OFF-03", "ADM-05", "AGR-06")
@pytest.mark.parametrize(
    ("review", "state"),
    [
        (Review.SCHOOL, "form_school"),
        (Review.BOTH, "form_college"),
        (Review.COLLEGE, "form_college"),
    ],
)
def test_the_schools_setting_says_who_reviews_first(cast, review, state):
    set_setting(cast.school.id, "offline_review", review, None)
    assert generated(cast.student).state == state


@pytest.mark.rule("OFF-07")
def test_a_known_employer_fills_its_facts_and_is_linked_whatever_name_was_typed(cast):
    code = cast.rival.credit_code
    facts = look_up(make.actor(cast.student), code)
    assert facts["employer_name"] == cast.rival.name
    assert "13800000000" not in str(facts)
    placement = generated(cast.student, employer_credit_code=code, employer_name="别的名称")
    assert placement.employer_id == cast.rival.id
    assert placement.employer_name == cast.rival.name
    assert placement.employer_location == cast.rival.location


@pytest.mark.rule("OFF-07")
def test_an_employer_that_no_school_approved_is_not_known(cast):
    new = make.make_employer(cast.school, state="awaiting")
    assert look_up(make.actor(cast.student), new.credit_code) == {}
    assert generated(cast.student, employer_credit_code=new.credit_code).employer_id is None


@pytest.mark.rule("OFF-07", "INV-01")
def test_looking_up_is_limited(cast):
    who = make.actor(cast.student)
    with pytest.raises(Refused):
        for _n in range(100):
            look_up(who, UNKNOWN)


@pytest.mark.rule("ACC-10")
@pytest.mark.parametrize("name", ["officer", "college_officer", "province", "data", "admin"])
def test_no_staff_enters_generates_or_makes_a_link(cast, name):
    staff = actor_of(getattr(cast, name))
    with pytest.raises(NotYours):
        save(staff, {}, 0, "w", late=False)
    with pytest.raises(NotYours):
        generate(staff, filled(), 0, agreed=True)
    placement = approved(cast.student, cast.officer)
    with pytest.raises(NotYours):
        make_link(placement.id, staff)
    with pytest.raises(NotYours):
        withdraw_link(placement.id, staff)


@pytest.mark.rule("OFF-04", "ACC-10")
def test_a_link_works_for_its_days_until_withdrawn_or_replaced_and_is_kept_as_a_digest(cast):
    placement, who = approved(cast.student, cast.officer), make.actor(cast.student)
    first = make_link(placement.id, who)
    assert working_link(first, clock.now()).placement_id == placement.id
    assert first not in str([row.__dict__ for row in db.session.query(UploadLink)])
    second = make_link(placement.id, who)
    assert working_link(first, clock.now()) is None
    assert working_link(second, clock.now()) is not None
    assert working_link(second, clock.now() + timedelta(days=7)) is None
    withdraw_link(placement.id, who)
    assert working_link(second, clock.now()) is None
    assert open_link(placement.id) is None


@pytest.mark.rule("OFF-04", "OFF-06")
def test_a_link_opens_nothing_once_the_sheet_is_not_awaited(cast):
    placement, who = approved(cast.student, cast.officer), make.actor(cast.student)
    token = make_link(placement.id, who)
    PLACEMENTS.perform("ask_give_up", placement.id, who, reason="改签")
    assert working_link(token, clock.now()) is None
    with pytest.raises(Refused):
        make_link(placement.id, who)


@pytest.mark.rule("ACC-02")
def test_another_students_link_and_entry_are_not_there(cast):
    placement = approved(cast.student, cast.officer)
    with pytest.raises(NotYours):
        make_link(placement.id, make.actor(cast.classmate))
    assert db.session.query(Entry).filter_by(student_id=cast.classmate.id).count() == 0


@pytest.mark.rule("PLN-01", "AGR-10", "OFF-05")
def test_attested_it_has_its_number_from_the_form_and_writes_the_plan_row(cast):
    from app.plan.rows.models import PlanEntry
    from app.signing.offline.evidence import add_scan
    from tests.signing.offline.paper import photo

    placement = approved(cast.student, cast.officer, archive_receiver="NONE")
    number = placement.agreement_no
    assert number.startswith("22027")
    add_scan(placement.id, make.actor(cast.student), "页.jpg", photo())
    PLACEMENTS.perform("hand_in", placement.id, make.actor(cast.student))
    PLACEMENTS.perform("attest", placement.id, actor_of(cast.officer))
    row = db.session.query(PlanEntry).filter_by(placement_id=placement.id).one()
    assert (placement.state, placement.agreement_no) == ("in_force", number)
    assert (row.employer_name, row.credit_code) == ("江城钢铁厂", UNKNOWN)
    assert (row.address, row.postcode, row.contact_name) == ("中北路88号", "430071", "张先生")
