"""The inbox: by day and kind, unread ones by themselves; nothing of decisions that can be undone."""

from __future__ import annotations

import pytest

from app.core import clock
from app.core.db import db
from app.notices.models import Notice
from app.notices.queries import PAGE
from tests import factories as make
from tests.signing.desk.desk import text


@pytest.mark.rule("AGR-08", "NTF-01")
def test_a_decision_that_can_be_undone_neither_shows_nor_counts_until_it_stands(cast, visit):
    placement = make.accept(make.invite(cast.employer, cast.student)[0])
    user = make.account(cast.student)
    before = make.unread(user)
    make.attest(placement, cast.officer)
    hidden = (
        db.session.query(Notice)
        .filter(Notice.user_id == user.id, Notice.key.contains(":attest:"))
        .one()
    )
    assert hidden.shown_from > clock.now()
    browser = visit(user)
    assert make.unread(user) == before
    assert hidden.subject not in text(browser.get("/notices/"))
    assert hidden.subject not in text(browser.get("/my/"))
    assert browser.post(f"/notices/{hidden.id}").status_code == 404
    browser.post("/notices/read")
    make.pass_time(seconds=31)
    assert make.unread(user) == 1  # reading all before does not hide it
    assert hidden.subject in text(browser.get("/notices/?unread=1"))


@pytest.mark.rule("NTF-01")
def test_notices_stand_under_their_days_with_their_kind(cast, visit):
    make.invite(cast.employer, cast.student)
    make.pass_time(days=1)
    make.invite(cast.rival, cast.student)
    page = visit(make.account(cast.student)).get("/notices/?_l_=en").get_data(as_text=True)
    headings = [part.split("<")[0] for part in page.split('<h2 class="qq-hint">')[1:]]
    assert len(set(headings)) == len(headings) == 2
    assert page.count("<article") == 2
    assert page.index(cast.rival.name) < page.index(cast.employer.name)


@pytest.mark.rule("NTF-01")
def test_unread_ones_can_be_seen_by_themselves_and_leave_when_opened(cast, visit):
    make.invite(cast.employer, cast.student)
    make.invite(cast.rival, cast.student)
    user = make.account(cast.student)
    first, second = db.session.query(Notice).filter_by(user_id=user.id).order_by(Notice.id)
    browser = visit(user)
    answer = browser.post(f"/notices/{first.id}")
    assert (answer.status_code, answer.location) == (303, first.url)
    unread = text(browser.get("/notices/?unread=1"))
    assert second.subject in unread
    assert first.subject not in unread
    assert first.subject in text(browser.get("/notices/"))
    browser.post("/notices/read")
    assert second.subject not in text(browser.get("/notices/?unread=1"))


@pytest.mark.rule("ACC-02")
def test_another_accounts_notice_is_not_there(cast, visit):
    make.invite(cast.employer, cast.student)
    [notice] = db.session.query(Notice).filter_by(user_id=make.account(cast.student).id)
    browser = visit(make.account(cast.classmate))
    assert browser.post(f"/notices/{notice.id}").status_code == 404
    assert notice.subject not in text(browser.get("/notices/"))


@pytest.mark.rule("NTF-01")
def test_older_pages_keep_the_filter_and_cost_no_more(cast, visit, query_count):
    user, now = make.account(cast.student), clock.now()
    for n in range(PAGE + 5):
        db.session.add(
            Notice(
                user_id=user.id,
                key=f"placement:{n}:x:y",
                subject=f"S{n}.",
                body="B",
                url="/",
                created_at=now,
                shown_from=now,
            )
        )
    db.session.commit()
    browser = visit(user)
    page = browser.get("/notices/?unread=1").get_data(as_text=True)
    assert page.count("<article") == PAGE
    older = page.split('href="/notices/?before=')[1].split('"')[0].replace("&amp;", "&")
    assert "unread=1" in older
    with query_count() as seen:
        rest = browser.get(f"/notices/?before={older}").get_data(as_text=True)
    assert rest.count("<article") == 5
    assert seen.n <= 6
    assert browser.get("/notices/?before=-1&unread=x").status_code == 200
