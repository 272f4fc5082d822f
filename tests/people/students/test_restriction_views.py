"""Restricting by selection and releasing: reason, days, both pages, and who may."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.batches.models import Batch
from app.batches.tasks import run
from app.core import clock
from app.core.db import db
from app.notices.models import Notice
from app.people.students.models import Restriction
from app.people.students.queries import restriction_reason
from app.workflow import trail
from tests import factories as make
from tests.factories import account, make_student
from tests.signing.desk.desk import rows, text

FORM = "/students/restrict/"


def fields(*students, **more):
    today = clock.today()
    return {
        "rowid": [s.id for s in students],
        "kind": "all",
        "since": today.isoformat(),
        "until": "",
        "reason": "延期毕业",
        "sure": "1",
    } | more


def barred(student, kind="online"):
    return db.session.scalar(db.select(restriction_reason(student.id, clock.today(), kind)))


@pytest.mark.rule("ADM-03")
def test_selected_students_are_restricted_with_a_reason_that_they_read(cast, visit):
    browser = visit(cast.officer)
    both = [cast.student.id, cast.classmate.id]
    page = text(browser.post("/students/action_post", data={"action": "restrict", "rowid": both}))
    assert "限制签约" in page
    assert "黄河水" in page
    assert "李静" in page
    page = text(browser.post(FORM, data=fields(cast.student, cast.classmate)))
    assert "黄河水" in page
    assert (barred(cast.student), barred(cast.classmate), barred(cast.neighbour)) == (
        "延期毕业",
        "延期毕业",
        None,
    )
    told = db.session.query(Notice).filter(Notice.user_id == account(cast.student).id).one()
    assert "延期毕业" in told.body
    page = text(browser.get("/restrictions/list/"))
    assert "黄河水" in page
    assert "李静" in page


@pytest.mark.rule("ADM-03")
def test_the_preview_names_everybody_and_restricts_nobody(cast, visit):
    browser = visit(cast.officer)
    browser.post(FORM, data=fields(cast.classmate))
    answer = browser.post(FORM, data=fields(cast.student, cast.classmate, sure=""))
    page = text(answer)
    assert answer.status_code == 200
    assert page.index("黄河水") < page.index("李静") < page.index("已有同类限制")
    assert barred(cast.student) is None
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    assert (sent["kind"], sent["reason"]) == ("all", "延期毕业")
    back = browser.post(FORM, data=fields(cast.student, sure="", back="1"))
    assert 'value="延期毕业"' in back.text
    assert db.session.query(Restriction).count() == 1


@pytest.mark.rule("ADM-03")
def test_the_result_says_who_was_restricted_and_who_not_and_why(cast, visit):
    browser = visit(cast.officer)
    browser.post(FORM, data=fields(cast.classmate, reason="另有原因"))
    page = text(browser.post(FORM, data=fields(cast.student, cast.classmate)))
    assert page.index("黄河水") < page.index("未限制") < page.index("李静")
    assert "已有同类限制" in page
    assert db.session.query(Restriction).count() == 2


@pytest.mark.rule("ADM-03")
def test_a_double_click_restricts_once_and_reads_the_same_answer(cast, visit):
    browser = visit(cast.officer)
    first, second = (text(browser.post(FORM, data=fields(cast.student))) for _n in range(2))
    assert first == second
    assert db.session.query(Restriction).count() == 1
    told = db.session.query(Notice).filter_by(user_id=account(cast.student).id)
    assert told.count() == 1


@pytest.mark.rule("ADM-03", "ACC-02")
def test_one_student_is_restricted_from_its_page_which_shows_its_restrictions(cast, visit):
    browser, url = visit(cast.officer), f"{FORM}?student={cast.student.id}"
    assert url in browser.get(f"/students/show/{cast.student.id}").text
    assert "黄河水" in browser.get(url).text
    assert visit(cast.other_officer).get(url).status_code == 404
    assert visit(cast.college_officer).get(url).status_code == 403
    browser.post(FORM, data=fields(cast.student))
    [row] = db.session.query(Restriction).all()
    browser.post(f"/restrictions/action/release/{row.id}", data={"reason": "材料已补"})
    for url in (f"/students/show/{cast.student.id}", f"/restrictions/show/{row.id}"):
        page = text(browser.get(url))
        for words in ("全部签约方式", "延期毕业", "材料已补", "已解除", "王老师"):
            assert words in page, (url, words)
    page = visit(cast.college_officer).get(f"/students/show/{cast.student.id}").text
    assert "延期毕业" in page
    assert FORM not in page


@pytest.mark.rule("ADM-03")
@pytest.mark.parametrize("keys", [[], ["x"], ["1", "x"], ["99999999999999"], ["-1"], ["²"]])
def test_keys_that_are_no_students_are_not_there(cast, visit, keys):
    data = fields() | {"rowid": keys}
    assert visit(cast.officer).post(FORM, data=data).status_code == 404
    asked = visit(cast.officer).get(f"{FORM}?student={''.join(keys)}")
    assert asked.status_code == (404 if keys else 302)


@pytest.mark.rule("ADM-03")
def test_more_students_than_one_form_takes_are_refused_and_none_forgotten(cast, visit, monkeypatch):
    monkeypatch.setattr("app.people.students.restriction_views.MOST", 1)
    browser, both = visit(cast.officer), [cast.student.id, cast.classmate.id]
    assert browser.post(FORM, data=fields(cast.student, cast.classmate)).status_code == 409
    data = {"action": "restrict", "rowid": both}
    assert browser.post("/students/action_post", data=data).status_code == 409
    assert db.session.query(Restriction).count() == 0


@pytest.mark.rule("ADM-03")
@pytest.mark.parametrize(
    "more",
    [
        {"reason": ""},
        {"since": ""},
        {"until": "2000-01-01"},
        {"until": "x"},
        {"since": "x"},
        {"kind": "nothing"},
        {"reason": "长" * 201},
    ],
)
def test_a_bad_form_restricts_nobody(cast, visit, more):
    assert visit(cast.officer).post(FORM, data=fields(cast.student, **more)).status_code == 422
    assert db.session.query(Restriction).count() == 0


@pytest.mark.rule("ADM-03")
def test_the_days_and_the_kind_bound_a_restriction(cast, visit):
    browser, today = visit(cast.officer), clock.today()
    later = (today + timedelta(days=3)).isoformat()
    browser.post(FORM, data=fields(cast.student, since=later))
    browser.post(FORM, data=fields(cast.classmate, kind="offline"))
    assert barred(cast.student) is None
    assert barred(cast.classmate) is None
    assert barred(cast.classmate, "offline") == "延期毕业"
    assert "黄河水" in browser.get("/restrictions/list/?tab=later").get_data(as_text=True)
    assert db.session.query(Restriction).count() == 2


@pytest.mark.rule("ADM-03")
def test_released_singly_and_by_selection_with_a_reason(cast, visit):
    browser = visit(cast.officer)
    more = make_student(cast.college)
    browser.post(FORM, data=fields(cast.student, cast.classmate, more))
    first, second, third = db.session.query(Restriction).order_by(Restriction.student_id).all()
    browser.post(f"/restrictions/action/release/{first.id}", data={"reason": ""})
    assert barred(cast.student)
    browser.post(f"/restrictions/action/release/{first.id}", data={"reason": "处分已撤销"})
    assert barred(cast.student) is None
    assert [row.step for row in trail.of("restriction", first.id)] == ["restrict", "release"]
    answer = browser.post(
        "/restrictions/action_post",
        data={"action": "release", "rowid": [second.id, third.id], "reason": "处分已撤销"},
    )
    assert answer.status_code == 303
    run(db.session.query(Batch).one().id)
    assert barred(cast.classmate) is None
    assert "处分已撤销" not in browser.get("/restrictions/list/").get_data(as_text=True)


@pytest.mark.rule("ADM-03", "ACC-02")
def test_only_the_own_school_restricts_its_students(cast, visit):
    for user in (cast.other_officer, cast.college_officer, cast.data, cast.province):
        answer = visit(user).post(FORM, data=fields(cast.student))
        assert answer.status_code in (403, 404)
    mixed = visit(cast.officer).post(FORM, data=fields(cast.student, cast.stranger))
    assert mixed.status_code == 404
    assert db.session.query(Restriction).count() == 0


@pytest.mark.rule("ADM-03")
def test_tabs_filters_and_search_find_the_restriction(cast, visit):
    browser, today = visit(cast.officer), clock.today()
    later = (today + timedelta(days=3)).isoformat()
    browser.post(FORM, data=fields(cast.student))
    browser.post(FORM, data=fields(cast.classmate, since=later, kind="offline"))
    browser.post(FORM, data=fields(cast.neighbour, until=today.isoformat()))
    keys = {row.student_id: str(row.id) for row in db.session.query(Restriction)}
    mine, class_, next_ = (keys[s.id] for s in (cast.student, cast.classmate, cast.neighbour))

    def found(query):
        return set(rows(browser.get(f"/restrictions/list/?{query}")))

    assert found("") == found("tab=now") == {mine, next_}
    assert found("tab=later") == {class_}
    assert found("tab=over") == set()
    assert found("tab=all&f_kind=offline") == {class_}
    assert found(f"tab=all&f_college={cast.other_college.id}") == {next_}
    assert found("tab=all&q=A1") == {mine}
    answer = browser.post("/restrictions/search", data={"q": cast.student.phone, "tab": "all"})
    assert cast.student.phone not in answer.location
    assert rows(browser.get(answer.location)) == [mine]
    make.pass_time(days=1)
    browser = visit(cast.officer)
    assert found("tab=now") == {mine}
    assert found("tab=over") == {next_}
    assert "已到期" in text(browser.get("/restrictions/list/?tab=over"))


@pytest.mark.rule("ADM-03", "INV-01")
@pytest.mark.parametrize(
    ("kind", "bars"), [("all", True), ("online", True), ("offline", False), ("destination", False)]
)
def test_only_what_bars_online_signing_hides_a_student_from_employers(cast, visit, kind, bars):
    visit(cast.officer).post(FORM, data=fields(cast.student, kind=kind))
    four = {"school": "10999", "year": "2027", "name": "黄河水", "number": cast.student.id_number}
    page = visit(make.account(cast.employer)).post("/employer/candidates/search", data=four)
    assert ('name="token"' in page.text) is not bars
    assert "延期毕业" not in page.text


@pytest.mark.rule("ADM-03", "INV-19")
def test_a_restricted_student_cannot_accept_and_reads_why_until_the_day_after(cast, visit):
    [invitation] = make.invite(cast.employer, cast.student, reply_days=20)
    make.pass_time(hours=2)
    last = (clock.today() + timedelta(days=2)).isoformat()
    visit(cast.officer).post(FORM, data=fields(cast.student, until=last))
    url = f"/my/invitations/{invitation.id}"
    assert "延期毕业" in text(visit(make.account(cast.student)).get(url))
    make.pass_time(days=3)
    assert "延期毕业" not in text(visit(make.account(cast.student)).get(url))


@pytest.mark.rule("ADM-03")
def test_every_release_asks_twice(cast, visit):
    browser = visit(cast.officer)
    browser.post(FORM, data=fields(cast.student))
    [row] = db.session.query(Restriction).all()
    for url in ("/restrictions/list/", f"/restrictions/show/{row.id}"):
        [button] = re.findall(r'data-qq-action="release"[^>]*>', browser.get(url).text)
        assert 'data-qq-reason="required"' in button
        assert "data-qq-confirm=" in button
