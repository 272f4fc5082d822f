"""No paper agreement begins with an employer that a school has blocked; what runs goes on (ADM-06)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.errors import Refused
from app.people.employers.workflow import EMPLOYERS
from app.signing.offline.workflow import generate
from app.signing.placements.models import Placement
from app.signing.placements.workflow import PLACEMENTS
from tests import factories as make
from tests.signing.offline.paper import approved, filled, generated, saved, whole

pytestmark = pytest.mark.rule("ADM-06", "OFF-01")
ENTRY = "/my/offline/entry"
SAID = "该单位已被学校停用，请咨询就业办。"


@pytest.fixture
def blocked(cast):
    """The rival, which is what the student's paper says; blocked by the school that checked it."""

    def act():
        EMPLOYERS.perform("block", cast.rival.id, make.actor(cast.other_officer), reason="虚假岗位")

    return act


def test_an_agreement_with_a_blocked_employer_is_not_generated(cast, blocked):
    code = cast.rival.credit_code
    entry = saved(cast.student, employer_credit_code=code)
    form = filled(employer_credit_code=code)
    blocked()
    with pytest.raises(Refused, match=r"has blocked|停用"):
        generate(make.actor(cast.student), form, entry.version, agreed=True)
    assert db.session.query(Placement).count() == 0
    EMPLOYERS.perform("unblock", cast.rival.id, make.actor(cast.other_officer), reason="已更正")
    done = generate(make.actor(cast.student), form, entry.version, agreed=True)
    assert done.employer_id == cast.rival.id


def test_the_sentence_stands_beside_the_credit_code(cast, blocked, visit):
    blocked()
    browser = visit(make.account(cast.student))
    posted = whole(employer_credit_code=cast.rival.credit_code) | {"version": "0", "writer": "w"}
    answer = browser.post(ENTRY, data=posted | {"do": "preview"})
    assert answer.status_code == 422
    assert SAID in answer.text
    assert browser.get("/my/offline/preview").location.endswith("check=1")
    assert SAID in browser.get(f"{ENTRY}?check=1").text
    posted["version"] = "1"
    browser.post(ENTRY, data=posted | {"do": "lookup"})
    assert SAID in browser.get(ENTRY).text


def test_what_runs_or_is_in_force_goes_on(cast, blocked):
    officer = make.actor(cast.officer)
    begun = generated(cast.classmate, employer_credit_code=cast.rival.credit_code)
    printed = approved(cast.student, cast.officer, employer_credit_code=cast.rival.credit_code)
    make.attach(printed)
    blocked()
    PLACEMENTS.perform("approve_form", begun.id, officer)
    PLACEMENTS.perform("hand_in", printed.id, make.actor(cast.student))
    PLACEMENTS.perform("attest", printed.id, officer)
    db.session.expire_all()
    assert (begun.state, printed.state) == ("awaiting_scan", "in_force")


def test_another_employer_and_another_way_are_not_barred(cast, blocked):
    blocked()
    assert generated(cast.student).state == "form_school"
    assert make.destination(cast.classmate).state.startswith("awaiting")
