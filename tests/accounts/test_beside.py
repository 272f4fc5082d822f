"""What a page asks besides its session is read with it, and never for somebody else's rights."""

from __future__ import annotations

from sqlalchemy import text

from app.core.db import db
from app.notices.models import Notice
from tests import factories as make


def asked(browser, query_count, path):
    db.session.expunge_all()  # as every request begins
    with query_count() as seen:
        answer = browser.get(path)
    assert answer.status_code == 200
    return answer.text, seen


def test_the_second_page_of_a_session_asks_less_than_the_first(cast, visit, query_count):
    browser = visit(cast.officer)
    _first, all_of_them = asked(browser, query_count, "/students/list/")
    asked(browser, query_count, "/students/list/")
    _again, few = asked(browser, query_count, "/students/list/")
    assert few.n <= 4 < all_of_them.n
    assert sum("account_session" in statement for statement in few) == 1


def test_a_notice_that_comes_meanwhile_is_counted_on_the_next_page(cast, visit, query_count):
    browser, user = visit(cast.officer), cast.officer.id
    for _n in range(3):
        before, _seen = asked(browser, query_count, "/students/list/")
    now = make.clock.now()
    db.session.add(
        Notice(user_id=user, key="k", subject="s", body="", url="", created_at=now, shown_from=now)
    )
    db.session.commit()
    after, seen = asked(browser, query_count, "/students/list/")
    assert before != after
    assert seen.n <= 4


def test_another_role_of_the_same_session_is_told_nothing_of_the_former(cast, visit, query_count):
    """The role of an account changes while its session lives: the very next page is the new role's."""
    browser, user, school = visit(cast.officer), cast.officer.id, cast.school.name
    for _n in range(3):
        before, _seen = asked(browser, query_count, "/office/")
    assert "/desk/list/" in before
    to_audit = text("UPDATE ab_user SET role = 'audit', school_id = NULL WHERE id = :id")
    db.session.execute(to_audit, {"id": user})
    db.session.commit()
    after, _seen = asked(browser, query_count, "/office/")
    assert "/desk/list/" not in after
    assert school in before
    assert school not in after
    assert browser.get("/students/list/").status_code == 403


def test_a_session_that_was_ended_opens_nothing_however_often_it_came(cast, visit, query_count):
    browser, user = visit(cast.officer), cast.officer.id
    for _n in range(3):
        asked(browser, query_count, "/students/list/")
    db.session.execute(text("DELETE FROM account_session WHERE user_id = :id"), {"id": user})
    db.session.commit()
    assert browser.get("/students/list/").status_code == 302
