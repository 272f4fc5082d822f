"""S-11: a preview is drawn by the worker, once a content, so many an hour; nobody else waits for it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import children
from app.core.db import db
from app.core.errors import Refused
from app.files.documents import previews
from app.files.documents.errors import RenderError
from app.files.documents.models import Preview
from tests import factories as make
from tests.factories import pass_time
from tests.previews import drawn, fetched
from tests.signing.desk.desk import signed
from tests.signing.offline.test_student_views import post

pytestmark = pytest.mark.rule("OFF-02")
PDF = "/my/offline/preview.pdf"


@pytest.fixture
def browser(cast, visit):
    found = visit(make.account(cast.student))
    assert post(found, "preview").status_code in (302, 303)
    return found


def jobs() -> int:
    """How often the worker was asked to draw."""
    asked = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'documents.draw_preview'"
    return db.session.scalar(text(asked))


def test_no_request_draws_anything(cast, visit, monkeypatch):
    def drawing(*_args, **_more):
        raise AssertionError("a request drew a document")

    placement = signed(cast.employer, cast.classmate)[0]
    browser = visit(make.account(cast.student))
    post(browser, "preview")
    monkeypatch.setattr(previews, "render_safely", drawing)
    monkeypatch.setattr(children, "ask", drawing)
    waits = browser.get(PDF)
    assert (waits.status_code, waits.headers["Refresh"]) == (202, "3")
    assert "<script>" not in waits.text
    for who in (cast.officer, make.account(cast.classmate), make.account(cast.employer)):
        assert visit(who).get(f"/agreements/{placement.id}.pdf").status_code == 202


def test_twenty_four_loads_ask_the_worker_once_and_then_are_there_at_once(browser):
    assert {browser.get(PDF).status_code for _n in range(24)} == {202}
    assert jobs() == 1
    assert drawn() == 1
    answers = [browser.get(PDF) for _n in range(24)]
    assert {(a.status_code, a.mimetype) for a in answers} == {(200, "application/pdf")}
    assert jobs() == 1


def test_time_alone_makes_no_new_preview_and_another_word_does(browser):
    fetched(browser, PDF)
    pass_time(minutes=7)
    assert browser.get(PDF).status_code == 200
    post(browser, "preview", position="教师")
    assert browser.get(PDF).status_code == 202


def test_ten_contents_an_hour_are_drawn_and_others_are_not_kept_waiting(cast, browser, visit):
    for n in range(10):
        post(browser, "preview", position=f"教师{n}")
        assert browser.get(PDF).status_code == 202
    post(browser, "preview", position="教师十一")
    refused = browser.get(PDF)
    assert refused.status_code == 409
    assert jobs() == 10
    post(browser, "preview", position="教师3")  # what was asked for before stays to be had
    assert browser.get(PDF).status_code == 202
    other = visit(make.account(cast.classmate))
    post(other, "preview")
    assert other.get(PDF).status_code == 202
    pass_time(hours=1)
    browser = visit(make.account(cast.student))
    post(browser, "preview", position="教师十一")
    assert browser.get(PDF).status_code == 202


def test_what_is_kept_is_sealed_and_gone_after_a_day(cast, browser):
    fetched(browser, PDF)
    kept = db.session.query(Preview).one()
    for data in (kept.wish_sealed, kept.pdf_sealed):
        assert cast.student.name.encode() not in data
        assert not data.startswith(b"%PDF")
    pass_time(days=1, minutes=1)
    assert previews.forget.func() == 1


def test_what_cannot_be_drawn_is_said_and_not_tried_for_ever(browser, monkeypatch):
    def broken(*_args, **_more):
        raise RenderError("it died")

    browser.get(PDF)
    monkeypatch.setattr(previews, "render_safely", broken)
    drawn()
    kept = db.session.query(Preview).one()
    assert kept.problem == "it died"
    answer = browser.get(PDF)
    assert answer.status_code == 409
    assert drawn() == 0


def test_a_preview_that_was_never_drawn_is_asked_for_again_after_a_while(browser):
    browser.get(PDF)
    browser.get(PDF)
    pass_time(minutes=6)
    assert browser.get(PDF).status_code == 202
    assert jobs() == 2


def test_the_same_content_is_drawn_once_whoever_asks(cast, app):
    data = {"kind": "x"}
    with app.test_request_context():
        assert previews.preview("agreement", data, "未生效", 1) is None
        assert previews.preview("agreement", data, "未生效", 2) is None
        assert previews.preview("agreement", data, "已失效", 2) is None
        for n in range(9):
            previews.preview("agreement", {"kind": n}, "未生效", 2)
        with pytest.raises(Refused):
            previews.preview("agreement", {"kind": 99}, "未生效", 2)
    assert jobs() == 11
    assert cast.student
