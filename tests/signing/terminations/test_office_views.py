"""The office grants one more chance, with a reason that the student reads."""

from __future__ import annotations

import re
from html import unescape

import pytest

from app.core.db import db
from app.notices.models import Notice
from app.signing.terminations.models import Chance
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests.factories import account
from tests.signing.desk.desk import text


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


@pytest.mark.rule("TRM-05")
def test_a_double_click_grants_once_and_says_so(cast, visit):
    office, url = visit(cast.officer), f"/students/{cast.student.id}/chances"
    page = unescape(office.get(url).text)
    [address] = re.findall(r'data-qq-url="([^"]*)"', page)
    for _n in range(2):
        answer = office.post(address, data={"reason": "单位倒闭"}, follow_redirects=True)
    assert "刚刚" in answer.text
    assert db.session.query(Chance).count() == 1
    [address] = re.findall(r'data-qq-url="([^"]*)"', unescape(office.get(url).text))
    office.post(address, data={"reason": "再次放宽"})
    assert db.session.query(Chance).count() == 2
    for known in ("x", "", "-1", "9" * 30):
        office.post(f"{url}?known={known}", data={"reason": ""})
    assert db.session.query(Chance).count() == 2


@pytest.mark.rule("TRM-05")
def test_the_page_counts_what_is_used_granted_and_left_of_this_year(cast, visit):
    placement = make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)
    ended = make.terminate(placement)
    TERMINATIONS.perform("agree", ended.id, make.actor(cast.employer), agreed=True)
    TERMINATIONS.perform("approve", ended.id, make.actor(cast.officer))
    office, url = visit(cast.officer), f"/students/{cast.student.id}/chances"
    assert "已用 1" in text(office.get(url))
    assert "剩余 0" in text(office.get(url))
    office.post(url, data={"reason": "单位倒闭"})
    page = text(office.get(url))
    assert "剩余 1" in page
    assert "王老师" in page
    for reader in (cast.college_officer, cast.data, cast.province):
        page = visit(reader).get(url)
        assert "单位倒闭" in page.text
        assert "data-qq-action" not in page.text
    assert visit(cast.other_college_officer).get(url).status_code == 404
