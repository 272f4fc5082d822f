"""The reasons of refusal that the desk offers are the school's own (AGR-19)."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.settings.models import SETTINGS
from app.settings.queries import set_setting, settings
from tests import factories as make

pytestmark = pytest.mark.rule("AGR-19")


def offered(browser, placement) -> str:
    return browser.get(f"/desk/keys/{placement.id}").text


def test_a_school_writes_its_own_and_another_keeps_the_usual_ones(cast, visit):
    mine = make.accept(make.invite(cast.employer, cast.student)[0])
    theirs = make.accept(make.invite(cast.rival, cast.stranger)[0])
    assert "岗位信息与实际不符" in offered(visit(cast.officer), mine)
    form = {name: getattr(settings(cast.school.id), name) for name in SETTINGS}
    form = {name: str(int(v)) if isinstance(v, bool) else str(v) for name, v in form.items()}
    form |= {"refusal_reasons": " 材料不清，请重拍。\n\n请补实习证明 ", "seen": "0"}
    assert visit(cast.officer).post("/settings/", data=form).status_code == 303
    said = offered(visit(cast.officer), mine)
    assert "材料不清，请重拍。|请补实习证明" in said
    assert "岗位信息与实际不符" not in said
    assert "岗位信息与实际不符" in offered(visit(cast.other_officer), theirs)
    history = visit(cast.officer).get("/settings/history").text
    assert "材料不清，请重拍。；请补实习证明" in history


@pytest.mark.parametrize("text", ["x\n" * 13, "长" * 101, "长" * 1201])
def test_too_many_or_too_long_ones_are_said_beside_the_field(cast, visit, text):
    form = {name: getattr(settings(cast.school.id), name) for name in SETTINGS}
    form = {name: str(int(v)) if isinstance(v, bool) else str(v) for name, v in form.items()}
    answer = visit(cast.officer).post(
        "/settings/", data=form | {"refusal_reasons": text, "seen": "0"}
    )
    assert answer.status_code == 422
    assert not settings(cast.school.id).refusal_reasons


def test_a_reason_is_text_wherever_it_stands(cast, visit):
    mine = make.accept(make.invite(cast.employer, cast.student)[0])
    set_setting(cast.school.id, "refusal_reasons", '<b>"x"</b>', None)
    db.session.commit()
    assert '<b>"x"</b>' not in offered(visit(cast.officer), mine)
