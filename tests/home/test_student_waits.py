"""What waits for a student, or goes its way, stands on the start page until it is done (INV-22)."""

from __future__ import annotations

import pytest
from lxml import html

from app.core.db import db
from app.notices.models import Notice
from app.people.corrections.workflow import CORRECTIONS, propose
from app.settings.queries import set_setting
from app.signing.invitations.tasks import remind_students
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.workflow import OBJECTIONS, report
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import force
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Role
from tests import factories as make
from tests.signing.offline.paper import approved, generated

pytestmark = pytest.mark.rule("INV-22")


@pytest.fixture
def signed(cast):
    return make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)


@pytest.fixture
def home(cast, visit):
    """The words of the start page, and where its links lead."""

    def get() -> tuple[str, set[str]]:
        answer = visit(make.account(cast.student)).get("/my/")
        assert answer.status_code == 200
        page = html.fromstring(answer.text).xpath("//main")[0]
        return " ".join(page.text_content().split()), set(page.xpath(".//a/@href"))

    return get


def page_of(placement) -> str:
    return f"/my/terminations/signing/{placement.id}"


def test_the_employers_application_is_the_next_step_until_it_is_answered(cast, signed, home):
    found = make.terminate(signed, cast.employer, "岗位撤销")
    words, links = home()
    assert f"{cast.employer.name}申请解约" in words
    assert "需要你办理" not in words  # the first card says it
    assert page_of(signed) in links
    TERMINATIONS.perform("decline", found.id, make.actor(cast.student), reason="不同意")
    words, links = home()
    assert "正在办理" in words
    assert page_of(signed) in links


def test_an_application_of_ones_own_and_one_the_school_mediates_stay_in_sight(cast, signed, home):
    found = make.terminate(signed)
    words, links = home()
    assert f"你申请解约：{cast.employer.name}" in words
    assert "正在办理" in words
    assert page_of(signed) in links
    TERMINATIONS.perform("decline", found.id, make.actor(cast.employer), reason="再沟通")
    words, _links = home()
    assert "申请学校调解" in words
    assert "正在办理" not in words  # it is the student's turn: the first card
    TERMINATIONS.perform("ask_mediation", found.id, make.actor(cast.student), reason="请协调")
    words, links = home()
    assert "正在办理" in words
    assert page_of(signed) in links
    TERMINATIONS.perform("close", found.id, make.actor(cast.officer), reason="继续履行")
    words, links = home()
    assert "正在办理" not in words
    assert page_of(signed) not in links


def test_without_an_answer_in_time_it_is_the_applicants_turn(cast, signed, home):
    make.terminate(signed)
    assert "正在办理" in home()[0]
    make.pass_time(days=60)
    words, _links = home()
    assert "正在办理" not in words
    assert f"你申请解约：{cast.employer.name}" in words


@pytest.mark.rule("AGR-09")
def test_what_the_school_only_considers_is_not_told(cast, signed, home):
    set_setting(cast.school.id, "forced_online", True, None)
    set_setting(cast.school.id, "forced_by_two", True, None)
    before = home()[0]
    force(signed.id, make.actor(cast.officer), "长期失联")
    assert home()[0] == before


def test_a_report_waits_for_the_school_and_goes_with_its_answer(cast, signed, home):
    report(make.actor(cast.student), "不是我签的", placement_id=signed.id)
    words, links = home()
    assert f"你反映不属实：{cast.employer.name}" in words
    assert f"/my/signings/{signed.id}" in links


def test_a_correction_is_told_while_it_waits_and_a_week_after_its_decision(cast, home):
    who = make.actor(cast.student)
    made = propose(cast.student, "class_name", "计科2班", "换过班", who, [])
    words, links = home()
    assert "正在办理" in words
    assert f"/my/origin/correction/{made.id}" in links
    CORRECTIONS.perform("refuse", made.id, make.actor(cast.officer), reason="学籍为1班")
    words, links = home()
    assert "学籍为1班" in words
    assert f"/my/origin/correction/{made.id}" in links
    make.pass_time(days=8)
    assert f"/my/origin/correction/{made.id}" not in home()[1]


def test_who_cannot_be_reached_reads_so_and_where_to_enter_a_way(cast, home):
    assert "/my/origin/propose/phone" not in home()[1]
    user = make.account(cast.student)
    cast.student.phone = cast.student.email = user.email = None
    user.email = f"{user.username}@invalid"
    db.session.commit()
    words, links = home()
    assert "/my/origin/propose/phone" in links
    assert "没有登记你的手机或电子邮件" in words


def test_the_review_is_told_once_by_the_first_card(cast, home):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    words, links = home()
    assert "正在办理" not in words
    assert f"/my/signings/{placement.id}" in links
    PLACEMENTS.perform("refuse", placement.id, make.actor(cast.officer), reason="信息不实")
    assert f"/my/signings/{placement.id}" not in home()[1]


@pytest.mark.rule("OFF-03", "OFF-05")
def test_a_paper_agreement_is_to_be_stamped_and_again_with_the_reason(cast, home):
    paper = approved(cast.student, cast.officer)
    words, links = home()
    assert f"请办理盖章并上传协议：{paper.employer_name}" in words
    assert f"/my/offline/{paper.id}" in links
    make.attach(paper)
    PLACEMENTS.perform("hand_in", paper.id, make.actor(cast.student))
    assert "上传协议" not in home()[0]
    PLACEMENTS.perform("refuse", paper.id, make.actor(cast.officer), reason="第二页没有盖章")
    words, _links = home()
    assert f"请重新上传盖章的协议：{paper.employer_name}" in words
    assert "第二页没有盖章" in words


@pytest.mark.rule("OFF-03")
def test_a_refused_form_waits_until_another_way_is_begun(cast, home):
    paper = generated(cast.student)
    PLACEMENTS.perform("refuse_form", paper.id, make.actor(cast.officer), reason="岗位不清楚")
    words, links = home()
    assert f"“{paper.employer_name}”未通过审核" in words
    assert "岗位不清楚" in words
    assert f"/my/offline/{paper.id}" in links
    make.accept(make.invite(cast.employer, cast.student)[0])
    assert f"/my/offline/{paper.id}" not in home()[1]


@pytest.mark.rule("DST-03")
def test_a_destination_sent_back_says_why_and_one_that_waits_whose_turn_it_is(cast, home):
    unsettled = make.destination(cast.student, settles=False)
    words, links = home()
    assert "正在办理" in words
    assert f"/my/destinations/{unsettled.id}" in links
    PLACEMENTS.perform("refuse", unsettled.id, make.actor(cast.officer), reason="缺证明")
    words, links = home()
    assert f"“{unsettled.employer_name}”未通过审核" in words
    assert "缺证明" in words
    make.destination(cast.student)
    assert f"/my/destinations/{unsettled.id}" not in home()[1]


@pytest.mark.rule("INV-20")
def test_what_the_school_closes_as_untrue_is_not_to_be_corrected(cast, home):
    paper = generated(cast.student)
    told = report(make.actor(cast.student), "不是我填的", placement_id=paper.id)
    assert f"/my/offline/{paper.id}" in home()[1]
    OBJECTIONS.perform("uphold", told.id, make.actor(cast.officer), reason="属实")
    assert f"/my/offline/{paper.id}" not in home()[1]


@pytest.mark.rule("NTF-01")
def test_who_has_acted_is_no_longer_told_what_waited(cast, signed):
    found = make.terminate(signed, cast.employer, "岗位撤销")
    asked = f"termination:{found.id}:request:"
    read = dict(
        db.session.query(Notice.user_id, Notice.read_at).filter(Notice.key.startswith(asked))
    )
    student, employer = make.account(cast.student).id, make.account(cast.employer).id
    assert read == {student: None, employer: None}
    TERMINATIONS.perform("decline", found.id, make.actor(cast.student), reason="不同意")
    now = db.session.query(Notice.user_id).filter(Notice.key.startswith(asked))
    assert now.filter(Notice.read_at.is_not(None)).all() == [(student,)]


@pytest.mark.rule("NTF-01", "NTF-03")
def test_an_answer_takes_the_invitation_and_its_reminder_from_the_bell(cast):
    user = make.account(cast.student)
    letter = make.invite(cast.employer, cast.student)[0]
    make.pass_time(days=4)
    remind_students()
    assert make.unread(user) == 2
    second = make.make_user(Role.EMPLOYER, "hr-two", employer_id=cast.employer.id)
    INVITATIONS.perform("decline", letter.id, make.actor(cast.student), reason="已有安排")
    assert make.unread(user) == 0
    assert make.unread(second) == 1
