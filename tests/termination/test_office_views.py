"""The office grants one more chance, with a reason that the student reads."""

from __future__ import annotations

import pytest

from app.core.db import db
from app.notices.models import Notice
from app.termination.models import Chance
from tests.factories import account


@pytest.mark.rule("TRM-05")
def test_granted_with_a_reason_and_shown(cast, visit):
    office, url = visit(cast.officer), f"/students/{cast.student.id}/chances"
    assert office.get(f"/students/show/{cast.student.id}").get_data(as_text=True).count(url) == 1
    office.post(url, data={"reason": ""})
    assert db.session.query(Chance).count() == 0
    office.post(url, data={"reason": "单位倒闭"})
    assert "单位倒闭" in office.get(url).get_data(as_text=True)
    told = db.session.query(Notice).filter_by(user_id=account(cast.student).id).one()
    assert "单位倒闭" in told.body


@pytest.mark.rule("TRM-05", "ACC-02")
def test_only_the_own_school_grants(cast, visit):
    url = f"/students/{cast.student.id}/chances"
    for user in (cast.other_officer, cast.college_officer, cast.data):
        assert visit(user).post(url, data={"reason": "x"}).status_code in (403, 404)
    assert visit(cast.other_officer).get(url).status_code == 404
    assert db.session.query(Chance).count() == 0
