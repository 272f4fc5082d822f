"""Every letter of every step: it has a link, and the link opens for whoever is told."""

from __future__ import annotations

import importlib
import re

import pytest

from app.core import clock
from app.core.db import db
from app.notices.models import Notice
from app.people.students.workflow import RESTRICTIONS, restrict
from app.settings.queries import set_setting
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.workflow import OBJECTIONS, report
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from app.signing.terminations.applying import grant_chance
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests.signing.desk.desk import two_levels

FEATURES = (
    "signing.placements",
    "signing.invitations",
    "signing.terminations",
    "signing.objections",
    "people.students",
    "people.employers",
)


def tables() -> dict:
    """Feature → its table of letters, with what stands beside it."""
    found = {}
    for feature in FEATURES:
        module = importlib.import_module(f"app.{feature}.notices")
        found[feature] = dict(module.LETTERS)
        for name in ("REMINDER", "CHANCE"):
            if hasattr(module, name):
                found[feature][name] = {name: getattr(module, name)}
    return found


@pytest.mark.rule("NTF-01")
def test_every_letter_says_something_and_leads_somewhere():
    for feature, letters in tables().items():
        for step, receivers in letters.items():
            assert receivers, f"{feature} {step} tells nobody"
            for receiver, letter in receivers.items():
                assert str(letter.subject), (feature, step, receiver)
                assert str(letter.body), (feature, step, receiver)
                assert letter.url.startswith("/"), f"{feature} {step}: {receiver} has no link"


def story(cast) -> None:
    """As many steps of all kinds of record as one afternoon holds; every one tells somebody."""
    officer, employer = make.actor(cast.officer), make.actor(cast.employer)
    _reviews(cast, officer, make.actor(cast.college_officer), employer)
    _ends(cast, officer, employer)
    _reports(cast, officer)
    make.pass_time(minutes=5)


def _reviews(cast, officer, college, employer) -> None:
    """The student's signing: other terms, two levels, there and back."""
    two_levels(cast)
    student = make.actor(cast.student)
    first = make.accept(make.invite(cast.employer, cast.student)[0])
    propose_terms(first.id, employer, make.offer(regular_pay=9000))
    PLACEMENTS.perform("agree_terms", first.id, student, agreed=True)
    PLACEMENTS.perform("attest_college", first.id, college)
    PLACEMENTS.perform("send_back", first.id, officer, reason="补材料")
    PLACEMENTS.perform("refuse_college", first.id, college, reason="材料不全")
    PLACEMENTS.perform("restore", first.id, officer, reason="已补")
    other = make.accept(make.invite(cast.rival, cast.classmate)[0])
    propose_terms(other.id, make.actor(cast.rival), make.offer(regular_pay=9000))
    PLACEMENTS.perform("decline_terms", other.id, make.actor(cast.classmate), reason="")


def _ends(cast, officer, employer) -> None:
    """The neighbour's signing: attested, reopened, mediated, terminated."""
    set_setting(cast.school.id, "signing_review", "school", None)
    student = make.actor(cast.neighbour)
    placement = make.attest(
        make.accept(make.invite(cast.employer, cast.neighbour)[0]), cast.officer
    )
    asked = make.terminate(placement)
    TERMINATIONS.perform("decline", asked.id, employer, reason="不同意")
    TERMINATIONS.perform("ask_mediation", asked.id, student, reason="请调解")
    TERMINATIONS.perform("close", asked.id, officer, reason="维持")
    again = make.terminate(placement, cast.employer)
    TERMINATIONS.perform("agree", again.id, student, agreed=True)
    TERMINATIONS.perform("approve", again.id, officer)
    grant_chance(cast.neighbour.id, officer, "特批")
    [letter] = make.invite(cast.rival, cast.neighbour)
    INVITATIONS.perform("withdraw", letter.id, make.actor(cast.rival), reason="岗位取消")


def _reports(cast, officer) -> None:
    """Reports of an invitation and of a signing; a restriction and its end."""
    fresh = make.make_student(cast.college)
    student = make.actor(fresh)
    [letter] = make.invite(cast.rival, fresh)
    untrue = report(student, "不认识这个单位", invitation_id=letter.id)
    OBJECTIONS.perform("dismiss", untrue.id, officer, reason="属实")
    signing = make.accept(make.invite(cast.employer, fresh)[0])
    untrue = report(student, "没有应约", placement_id=signing.id)
    OBJECTIONS.perform("uphold", untrue.id, officer, reason="核实")
    bar = restrict(fresh, officer, "复核", since=clock.today())
    RESTRICTIONS.perform("release", bar.id, officer, reason="复核完成")


@pytest.mark.rule("NTF-01", "ACC-02")
def test_every_notice_of_a_long_story_opens_for_its_receiver(cast, visit):
    story(cast)
    steps = {row.key.split(":")[2] for row in db.session.query(Notice) if row.key.count(":") > 2}
    assert len(steps) > 20, sorted(steps)
    broken, browsers = [], {}
    from app.accounts.models import AppUser

    for notice in db.session.query(Notice).order_by(Notice.id):
        user = db.session.get(AppUser, notice.user_id)
        browser = browsers.setdefault(user.id, visit(user))
        answer = browser.get(notice.url, follow_redirects=True)
        if answer.status_code != 200:
            broken.append((user.username, notice.key, notice.url, answer.status_code))
    assert not broken


@pytest.mark.rule("NTF-01")
def test_no_notice_of_a_long_story_has_a_gap_in_its_words(cast):
    story(cast)
    for notice in db.session.query(Notice):
        words = f"{notice.subject} {notice.body}"
        assert "%(" not in words, notice.key
        assert not re.search(r"“”|\(\)|None|：\s*$", words), (notice.key, words)


@pytest.mark.rule("NTF-01", "ACC-02")
def test_nobody_but_parties_and_their_staff_is_told(cast):
    story(cast)
    outsiders = {
        cast.other_officer.id,
        cast.other_college_officer.id,
        cast.province.id,
        cast.data.id,
        cast.admin.id,
        make.account(cast.stranger).id,
    }
    told = {row.user_id for row in db.session.query(Notice)}
    assert not told & outsiders
