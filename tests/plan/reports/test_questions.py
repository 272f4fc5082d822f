"""Kept questions: whose they are, who opens them, the monthly mail (RPT-06, NTF-05)."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.core import clock
from app.core.db import db
from app.core.mail import Message
from app.notices.models import Notice
from app.plan.reports import questions, tasks
from app.plan.reports.models import KeptQuestion, QuestionMail
from tests.factories import actor


def keep(browser, name="各学院落实率", report="rate", query="by=college&year=2027", **more):
    return browser.post(
        "/reports/questions/", data={"name": name, "report": report, "query": query, **more}
    )


def kept(name="各学院落实率") -> KeptQuestion | None:
    return db.session.query(KeptQuestion).filter_by(name=name).one_or_none()


def on(day: str, hour: int = 9) -> None:
    """The clock stands at that moment in China."""
    wanted = datetime.fromisoformat(f"{day}T{hour:02d}:00").replace(tzinfo=clock.SHANGHAI)
    clock.shift(wanted - clock.machine())


@pytest.mark.rule("RPT-06")
@pytest.mark.parametrize(
    ("report", "query"),
    [
        ("rate", "by=major&year=2027&college="),
        ("flow", "since=2026-11-01&until=2026-11-20"),
        ("where", "part=study&province=44"),
        ("cross", "down=major&across=region&year=2027"),
        ("trend", "year=2027"),
    ],
)
def test_a_question_is_kept_and_opened_as_it_was_asked(filled, visit, report, query):
    office = visit(filled.officer)
    assert keep(office, report=report, query=query).status_code == 303
    page = office.get("/reports/questions/").text
    assert "各学院落实率" in page
    answer = office.get(f"/reports/questions/{kept().id}")
    assert answer.status_code == 302
    assert answer.location.startswith(f"/reports/{report}?")
    assert office.get(answer.location).status_code == 200
    if report == "flow":  # the span goes on with the days
        assert answer.location == "/reports/flow?days=20"
    keep(office, report="cross", query="down=sex")
    assert (kept().report, kept().query) == ("cross", "down=sex")


@pytest.mark.rule("RPT-06", "ACC-02")
def test_colleagues_open_what_is_shared_and_nobody_else(filled, visit):
    office = visit(filled.officer)
    keep(office)
    key = kept().id
    colleagues = (filled.data, filled.college_officer)
    strangers = (filled.other_officer, filled.province)
    assert all(visit(u).get(f"/reports/questions/{key}").status_code == 404 for u in colleagues)
    assert office.post(f"/reports/questions/{key}", data={"act": "share"}).status_code == 303
    for user in colleagues:
        assert visit(user).get(f"/reports/questions/{key}").status_code == 302
        assert "各学院落实率" in visit(user).get("/reports/questions/").text
        for act in ("drop", "unshare"):  # the owner's only
            assert (
                visit(user).post(f"/reports/questions/{key}", data={"act": act}).status_code == 404
            )
    for user in strangers:
        assert visit(user).get(f"/reports/questions/{key}").status_code == 404
        assert (
            visit(user).post(f"/reports/questions/{key}", data={"act": "mail"}).status_code == 404
        )
        assert "各学院落实率" not in visit(user).get("/reports/questions/").text
    assert kept().shared
    college = visit(filled.college_officer)
    keep(college, name="本院流向", shared="1")
    assert (
        visit(filled.other_college_officer)
        .get(f"/reports/questions/{kept('本院流向').id}")
        .status_code
        == 404
    )
    office.post(f"/reports/questions/{key}", data={"act": "drop"})
    assert kept() is None


@pytest.mark.rule("RPT-06")
def test_what_cannot_be_kept_says_why_and_shows_the_report_again(filled, visit):
    office = visit(filled.officer)
    for values in ({"name": " "}, {"name": "长" * 41}, {"query": "college=" + "9" * 700}):
        answer = keep(office, **values)
        assert answer.location.startswith("/reports/rate")
        assert "qq-flash" in office.get("/reports/rate").text
    assert db.session.query(KeptQuestion).count() == 0
    assert keep(office, report="nothing").status_code == 404
    assert keep(office, query="_external=1&_anchor=x&//evil.example").status_code == 303
    to = office.get(f"/reports/questions/{kept().id}").location
    assert to.startswith("/reports/rate")
    assert "_external=1" in to  # carried as a word, obeyed by nobody


@pytest.mark.rule("RPT-06", "NTF-01", "NTF-02")
def test_the_mail_goes_out_once_a_month_with_the_figures_of_its_reader(filled, visit):
    filled.officer.email, filled.college_officer.email = "a@example.com", "b@example.com"
    db.session.commit()
    keep(visit(filled.officer), shared="1", mailed="1")
    key = kept().id
    visit(filled.college_officer).post(f"/reports/questions/{key}", data={"act": "mail"})
    on("2026-12-01", 7)
    assert tasks.monthly() == 0
    on("2026-12-01", 9)
    assert tasks.monthly() == 2
    assert tasks.monthly() == 0
    mine = db.session.query(Notice).filter(Notice.key == f"question:{key}:202612").all()
    assert {n.user_id for n in mine} == {filled.officer.id, filled.college_officer.id}
    mails = db.session.query(Message).filter(Message.key.startswith("question:")).all()
    assert sorted(m.address for m in mails) == ["a@example.com", "b@example.com"]
    by_reader = {n.user_id: n.body for n in mine}
    assert filled.other_college.name not in by_reader[filled.college_officer.id]
    assert "%" in by_reader[filled.officer.id]
    assert all(n.url == f"/reports/questions/{key}" for n in mine)
    on("2026-12-09")
    assert tasks.monthly() == 0
    on("2027-01-02")  # the worker was down on the first
    assert tasks.monthly() == 2
    assert db.session.query(Notice).filter(Notice.key == f"question:{key}:202701").count() == 2


@pytest.mark.rule("RPT-06", "ACC-02", "NTF-05")
def test_who_may_open_it_no_more_gets_no_mail_and_one_that_fails_holds_up_no_other(
    filled, visit, monkeypatch
):
    keep(visit(filled.officer), shared="1", mailed="1")
    key = kept().id
    visit(filled.data).post(f"/reports/questions/{key}", data={"act": "mail"})
    questions.share(actor(filled.officer), key, False)
    on("2026-12-01")
    assert tasks.monthly() == 1
    notices = db.session.query(Notice).filter(Notice.key.startswith("question:")).all()
    assert [n.user_id for n in notices] == [filled.officer.id]
    questions.share(actor(filled.officer), key, True)
    real, seen = tasks.said, []

    def fails_first(page):
        seen.append(page)
        if len(seen) == 1:
            raise RuntimeError
        return real(page)

    monkeypatch.setattr(tasks, "said", fails_first)
    on("2027-01-01")
    assert tasks.monthly() == 1
    assert (
        "您的账号没有邮箱" in visit(filled.officer).get("/reports/questions/").text
        or filled.officer.email
    )


@pytest.mark.rule("RPT-06")
def test_a_long_report_is_told_in_a_notice_that_fits(filled, visit):
    for report, query in (
        ("where", ""),
        ("cross", "down=class&across=city"),
        ("flow", ""),
        ("trend", ""),
    ):
        keep(visit(filled.province), name=report, report=report, query=query, mailed="1")
    on("2026-12-01")
    assert tasks.monthly() == 4
    for notice in db.session.query(Notice).filter(Notice.key.startswith("question:")):
        assert 40 < len(notice.body) <= 1000
        assert "按月接收" in notice.body  # nothing was cut off its end


def test_an_account_that_goes_takes_its_questions_along(filled, visit):
    keep(visit(filled.officer), mailed="1")
    questions.drop(actor(filled.officer), kept().id)
    assert db.session.query(QuestionMail).count() == 0
