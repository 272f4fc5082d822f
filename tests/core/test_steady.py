"""What seldom changes is kept by a process until somebody writes it: never a moment longer."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core import page, steady
from app.core.db import db
from app.people.schools.queries import college_choices
from app.settings.calendar import works_on
from app.settings.queries import set_setting, settings
from app.workflow.actor import Actor, Role
from tests import factories as make

WATCHED = text("""SELECT c.relname, encode(t.tgargs, 'escape') FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname = 'raise_turn'""")
ELSEWHERE = text("""INSERT INTO school_setting (school_id, key, value, set_at)
    VALUES (:school, 'reply_days', CAST(:value AS jsonb), now())""")


def another_process(statement, **values):
    """It writes without a word to this one; this one's next transaction begins afterwards."""
    db.session.connection().execute(statement, values)
    db.session.commit()


def test_the_database_watches_every_table_that_is_kept(session):
    found = {table: group.removesuffix(r"\000") for table, group in session.execute(WATCHED)}
    assert found == steady.TABLES


def test_what_another_process_set_is_in_force_at_once(cast):
    before = settings(cast.school.id).reply_days
    another_process(ELSEWHERE, school=cast.school.id, value=str(before + 1))
    assert settings(cast.school.id).reply_days == before + 1
    another_process(ELSEWHERE, school=cast.school.id, value=str(before + 2))
    assert settings(cast.school.id).reply_days == before + 2


def test_colleges_and_working_days_are_read_again_when_they_change(cast):
    who = Actor(Role.SCHOOL, school_id=cast.school.id)
    names = [name for _key, name in college_choices(who)]
    another_process(text("UPDATE college SET name = '新学院' WHERE id = :id"), id=cast.college.id)
    assert [name for _key, name in college_choices(who)] != names
    day = make.clock.today()
    works = works_on(cast.school.id, day)
    another_process(
        text(
            "INSERT INTO calendar_day (school_id, day, works, note, set_at)"
            " VALUES (:school, :day, :works, '', now())"
        ),
        school=cast.school.id,
        day=day,
        works=not works,
    )
    assert works_on(cast.school.id, day) is not works


def test_what_is_undone_is_taken_for_true_by_nobody(cast):
    school, before = cast.school.id, settings(cast.school.id).reply_days
    undone = db.session.begin_nested()
    set_setting(school, "reply_days", before + 1, None)
    assert settings(school).reply_days == before + 1
    undone.rollback()
    assert settings(school).reply_days == before
    another_process(ELSEWHERE, school=school, value=str(before + 2))
    assert settings(school).reply_days == before + 2


def test_what_is_kept_costs_one_statement_a_transaction(cast, query_count):
    school, day = cast.school.id, make.clock.machine().date()
    for _transaction in range(2):
        db.session.commit()
        with query_count() as seen:
            for _n in range(3):
                settings(school)
                works_on(school, day)
    assert ["steady" in statement for statement in seen] == [True]


def test_many_turns_become_one_that_was_never_there(cast):
    seen = [dict(steady.turns())]
    for n in range(3):
        another_process(ELSEWHERE, school=cast.school.id, value=str(n + 1))
        seen.append(dict(steady.turns()))
    another_process(steady.tidied())
    seen.append(dict(steady.turns()))
    assert len({turn[steady.SETTINGS] for turn in seen[1:]}) == len(seen) - 1
    assert db.session.scalar(text("SELECT count(*) - count(DISTINCT name) FROM steady")) == 0


@pytest.mark.parametrize(("method", "asked"), [("GET", 1), ("HEAD", 1), ("POST", 2)])
def test_a_page_asks_once_and_a_form_every_time(app, session, method, asked):
    calls = []
    question = page.once(lambda value: calls.append(value) or len(calls))
    with app.test_request_context(method=method):
        page.begin(make.clock.machine())
        assert question(1) == 1
        question(1)
        assert len(calls) == asked
        question(2)
        assert len(calls) == asked + 1
    question(1)
    question(1)
    assert len(calls) == asked + 3


def test_what_is_written_meanwhile_is_seen_by_the_page(app, cast):
    with app.test_request_context():
        page.begin(make.clock.machine())
        question = page.once(lambda: cast.student.class_name)
        question()
        cast.student.class_name = "新班"
        db.session.flush()
        assert question() == "新班"
