"""The desk decides on terminations beside signings: levels, levers, mediation, and who may."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.settings.queries import set_setting
from app.signing.placements.models import Placement
from app.signing.terminations.models import Termination
from app.signing.terminations.workflow import TERMINATIONS
from tests.factories import actor, attest, pass_time, terminate
from tests.signing.desk.desk import rows, signed, text


@pytest.fixture
def asked(cast):
    """A termination that both parties agreed to, waiting for the school."""
    [placement] = signed(cast.employer, cast.student)
    attest(placement, cast.officer)
    found = terminate(placement)
    TERMINATIONS.perform("agree", found.id, actor(cast.employer), agreed=True)
    return found


def now(model, key) -> str:
    return db.session.get(model, key, populate_existing=True).state


@pytest.mark.rule("AGR-01", "TRM-03")
def test_it_stands_among_what_awaits_me_and_in_its_tab(cast, asked, visit):
    desk = visit(cast.officer)
    for tab in ("mine", "termination"):
        assert rows(desk.get(f"/desk/list/?tab={tab}")) == [str(asked.placement_id)]
    assert rows(visit(cast.other_officer).get("/desk/list/?tab=termination")) == []
    assert rows(visit(cast.other_college_officer).get("/desk/list/?tab=termination")) == []


@pytest.mark.rule("TRM-03", "TRM-04")
def test_approved_and_refused_on_the_detail(cast, asked, visit):
    desk, url = visit(cast.officer), f"/desk/action/termination_approve/{asked.placement_id}"
    page = desk.get(f"/desk/show/{asked.placement_id}").get_data(as_text=True)
    assert "双方协商一致" in page
    assert url in page
    assert "/desk/action/termination_refuse/" in page
    assert desk.post(url).status_code == 303
    assert (now(Termination, asked.id), now(Placement, asked.placement_id)) == (
        "approved",
        "terminated",
    )
    undo = desk.get("/desk/list/").get_data(as_text=True)
    assert f"/desk/action/termination_undo/{asked.placement_id}" in undo
    desk.post(f"/desk/action/termination_undo/{asked.placement_id}")
    assert (now(Termination, asked.id), now(Placement, asked.placement_id)) == (
        "awaiting_school",
        "in_force",
    )
    assert desk.post(f"/desk/action/termination_refuse/{asked.placement_id}").status_code == 422
    desk.post(f"/desk/action/termination_refuse/{asked.placement_id}", data={"reason": "材料不足"})
    assert now(Termination, asked.id) == "refused"


@pytest.mark.rule("ACC-02", "AGR-13")
@pytest.mark.parametrize(
    "who", ["college_officer", "data", "province", "other_officer", "other_college_officer"]
)
def test_nobody_else_takes_the_schools_levers(cast, asked, visit, who):
    desk = visit(getattr(cast, who))
    for name in (
        "termination_approve",
        "termination_refuse",
        "reopen",
        "force",
        "restore",
        "send_back",
    ):
        answer = desk.post(f"/desk/action/{name}/{asked.placement_id}", data={"reason": "x"})
        assert answer.status_code in (403, 404), name
    assert now(Termination, asked.id) == "awaiting_school"


@pytest.mark.rule("AGR-08", "AGR-09")
def test_withdrawing_a_review_and_force_are_levers_with_a_reason(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    attest(placement, cast.officer)
    pass_time(minutes=2)
    desk = visit(cast.officer)
    page = desk.get(f"/desk/show/{placement.id}").get_data(as_text=True)
    assert f"/desk/action/reopen/{placement.id}" in page
    assert "只允许强制解除线下签约" in page
    assert desk.post(f"/desk/action/reopen/{placement.id}").status_code == 422
    desk.post(f"/desk/action/force/{placement.id}", data={"reason": "单位注销"})
    assert now(Placement, placement.id) == "in_force"
    set_setting(cast.school.id, "forced_online", True, None)
    db.session.commit()
    desk.post(f"/desk/action/force/{placement.id}", data={"reason": "单位注销"})
    assert now(Placement, placement.id) == "terminated"


@pytest.mark.rule("TRM-09")
def test_the_school_mediates_with_evidence_of_its_own(cast, visit):
    import io

    from PIL import Image

    [placement] = signed(cast.employer, cast.student)
    attest(placement, cast.officer)
    found = terminate(placement)
    TERMINATIONS.perform("decline", found.id, actor(cast.employer), reason="不同意")
    TERMINATIONS.perform("ask_mediation", found.id, actor(cast.student), reason="请调解")
    desk = visit(cast.officer)
    assert rows(desk.get("/desk/list/?tab=mine")) == [str(placement.id)]
    url = f"/desk/action/termination_review_one_sided/{placement.id}"
    desk.post(url, data={"reason": "单位失联"})
    assert now(Termination, found.id) == "mediation"
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    desk.post(
        f"/desk/evidence/{found.id}", data={"files": [(io.BytesIO(out.getvalue()), "走访记录.png")]}
    )
    assert "走访记录" in desk.get(f"/desk/show/{placement.id}").get_data(as_text=True)
    desk.post(url, data={"reason": "单位失联"})
    assert now(Termination, found.id) == "awaiting_school"


@pytest.mark.rule("AGR-07")
def test_ticked_terminations_are_approved_by_the_worker(cast, asked, visit):
    from app.batches.models import Batch
    from app.batches.tasks import run

    desk = visit(cast.officer)
    answer = desk.post(
        "/desk/action_post", data={"action": "termination_approve", "rowid": [asked.placement_id]}
    )
    run(db.session.query(Batch).one().id)
    assert now(Termination, asked.id) == "approved"
    assert desk.get(answer.location).status_code == 200


@pytest.mark.rule("AGR-12")
def test_a_hint_is_recorded_when_approved_all_the_same(cast, visit):
    from app.workflow import trail

    [placement] = signed(cast.employer, cast.student)
    placement.employer_credit_code = "91999999MA00000000"
    db.session.commit()
    visit(cast.officer).post(f"/desk/action/attest/{placement.id}")
    assert trail.of("placement", placement.id)[-1].details["hints"]


@pytest.mark.rule("TRM-09", "AGR-03")
def test_what_is_disputed_is_not_called_agreed(cast, visit):
    [placement] = signed(cast.employer, cast.student)
    attest(placement, cast.officer)
    asked = terminate(placement)
    TERMINATIONS.perform("decline", asked.id, actor(cast.employer), reason="岗位已按计划安排")
    desk = visit(cast.officer)
    assert "双方协商一致" not in text(desk.get(f"/desk/show/{placement.id}")).replace(
        asked.reason, ""
    )
    TERMINATIONS.perform("agree", asked.id, actor(cast.employer), agreed=True)
    assert "解除方式" in text(desk.get(f"/desk/show/{placement.id}"))
