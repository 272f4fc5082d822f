"""«不属实»: what is reported rests; the school's answer ends it or lets it go on; the pages for it."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.core.errors import NotYours, Refused
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.models import Objection
from app.signing.objections.workflow import OBJECTIONS, report
from app.signing.placements.queries import placement_of
from app.signing.placements.workflow import PLACEMENTS
from tests.factories import accept, account, actor, attest, invite, pass_time, terminate


@pytest.mark.rule("INV-20")
def test_a_reported_invitation_rests_until_answered(cast):
    [letter] = invite(cast.employer, cast.student)
    pass_time(hours=2)
    found = report(actor(cast.student), "从未联系过", invitation_id=letter.id)
    for act in ("accept", "decline"):
        with pytest.raises(Refused, match="不属实"):
            INVITATIONS.perform(act, letter.id, actor(cast.student), agreed=True)
    with pytest.raises(Refused):
        INVITATIONS.perform("withdraw", letter.id, actor(cast.employer))
    with pytest.raises(Refused):
        report(actor(cast.student), "再次反映", invitation_id=letter.id)
    OBJECTIONS.perform("dismiss", found.id, actor(cast.officer), reason="已电话核实")
    INVITATIONS.perform("accept", letter.id, actor(cast.student), agreed=True)
    assert letter.state == "accepted"


@pytest.mark.rule("INV-20")
def test_an_untrue_invitation_is_closed(cast):
    [letter] = invite(cast.employer, cast.student)
    found = report(actor(cast.student), "从未联系过", invitation_id=letter.id)
    OBJECTIONS.perform("uphold", found.id, actor(cast.officer), reason="单位承认误发")
    assert (letter.state, letter.frozen) == ("withdrawn", False)


@pytest.mark.rule("INV-20", "PLN-02")
def test_an_untrue_signing_ends_even_in_force_with_its_running_termination(cast):
    signed = attest(accept(invite(cast.employer, cast.student)[0]), cast.officer)
    running = terminate(signed)
    found = report(actor(cast.student), "他人代签", placement_id=signed.id)
    with pytest.raises(Refused):
        PLACEMENTS.perform("reopen", signed.id, actor(cast.officer), reason="x")
    OBJECTIONS.perform("uphold", found.id, actor(cast.officer), reason="核实为代签")
    assert (signed.state, signed.frozen, running.state) == ("refused", False, "closed")
    assert placement_of(cast.student.id) is None


@pytest.mark.rule("INV-20", "ACC-02")
def test_only_the_student_reports_and_only_its_school_answers(cast):
    [letter] = invite(cast.employer, cast.student)
    for stranger in (cast.classmate, cast.employer, cast.officer):
        with pytest.raises(NotYours):
            report(actor(stranger), "x", invitation_id=letter.id)
    found = report(actor(cast.student), "从未联系过", invitation_id=letter.id)
    for other in (cast.other_officer, cast.college_officer):
        with pytest.raises(NotYours):
            OBJECTIONS.perform("dismiss", found.id, actor(other), reason="x")


@pytest.mark.rule("INV-20")
def test_reported_on_the_page_and_answered_at_the_office(cast, visit):
    signed = accept(invite(cast.employer, cast.student)[0])
    student = visit(account(cast.student))
    assert "不属实" in student.get(f"/my/signings/{signed.id}").get_data(as_text=True)
    student.post(f"/my/objections/placement/{signed.id}", data={"reason": ""})
    assert not signed.frozen
    for _click in range(2):
        student.post(f"/my/objections/placement/{signed.id}", data={"reason": "并非本人操作"})
    found = db.session.query(Objection).one()
    assert "你已反映此事不属实" in student.get(f"/my/signings/{signed.id}").get_data(as_text=True)
    assert (
        visit(account(cast.classmate))
        .post(f"/my/objections/placement/{signed.id}", data={"reason": "x"})
        .status_code
        == 404
    )
    office = visit(cast.officer)
    page = office.get("/objections/list/").get_data(as_text=True)
    assert "并非本人操作" in page
    office.post(f"/objections/action/dismiss/{found.id}", data={"reason": "已当面核实"})
    assert (found.state, signed.frozen) == ("dismissed", False)
    assert visit(cast.other_officer).get(f"/objections/show/{found.id}").status_code == 404
