"""Hot pages read by index, whatever the statistics believe: another school has many rows that nobody counted."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import event, text

from app.core.db import db
from app.files.imports import compare
from tests import factories as make

MANY = 20_000
# written after the last ANALYZE, and without a trigger: the planner knows of none of them
CROWD = (
    """INSERT INTO student (uid, school_id, college_id, major_id, class_name, graduation_year, student_no, name,
         sex, education, training_mode, origin_state, id_number_index, phone_index)
       SELECT md5('s' || n), :school, :college, :major, (n % 50) || '班', 2027, 'X' || lpad(n::text, 8, '0'),
         '王伟', '1', '31', '1', 'approved', sha256(('i' || n)::bytea), sha256(('p' || n)::bytea)
       FROM generate_series(1, :many) n""",
    """INSERT INTO placement (kind, state, school_id, college_id, major_id, student_id, graduation_year,
         employer_id, employer_name, employer_credit_code, employer_kind, employer_industry, employer_location,
         created_at, changed_at, review, agreement_no)
       SELECT 'online', CASE WHEN id % 20 = 0 THEN 'awaiting_school' ELSE 'in_force' END, school_id, college_id,
         major_id, id, 2027, :employer, '公司', '', '39', '34', '420111', now(), now(), 'school', 'Y' || id
       FROM student WHERE student_no LIKE 'X%'""",
    """INSERT INTO notice (user_id, key, subject, body, url, created_at, shown_from)
       SELECT :user, 'k' || n, 's', '', '', now(), now() FROM generate_series(1, :many) n""",
    """INSERT INTO trail (kind, record_id, seq, school_id, step, to_state, actor_id, actor_role, actor_name,
         address, device, factor, reason, details, at, txid, previous, hash)
       SELECT 'placement', id, 1, school_id, 'form', 'x', :user, 'student', '', '', '', '', '', '{}', now(), 0,
         '', md5(id::text) FROM placement WHERE agreement_no LIKE 'Y%'""",
)
LARGE = {"student", "placement", "trail", "notice"}
FIGURES = {"/office/": {"student"}}  # the rate counts a whole year of a school
CHECKS = "WITH b AS MATERIALIZED"  # of a desk record: the same rules as of a whole year


@pytest.fixture
def crowd(cast):
    """The other school's twenty thousand, unknown to the statistics."""
    values = {
        "many": MANY,
        "school": cast.other_school.id,
        "college": cast.far_college.id,
        "major": cast.stranger.major_id,
        "employer": cast.rival.id,
        "user": cast.other_officer.id,
    }
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in CROWD:
        wanted = {name: value for name, value in values.items() if f":{name}" in statement}
        db.session.execute(text(statement), wanted)
    db.session.execute(text("SET LOCAL session_replication_role = origin"))
    return cast


def scanned(plan: dict) -> set[str]:
    """The tables that a plan reads from end to end."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned(part) for part in plan.get("Plans", ())))


def plans(act):
    """Every statement that reads, of an act, with its plan."""
    asked = []

    def note(_conn, _cursor, statement, parameters, *_rest):
        if statement.lstrip().startswith(("SELECT", "WITH")) and not statement.startswith(CHECKS):
            asked.append((statement, parameters))

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    driver = db.session.connection().connection.driver_connection
    for statement, parameters in asked:
        found = driver.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()[0]
        yield statement, (found if isinstance(found, list) else json.loads(found))[0]["Plan"]


def test_hot_pages_scan_no_large_table(crowd, visit):
    signing = make.accept(make.invite(crowd.employer, crowd.student)[0])
    letter = make.invite(crowd.employer, crowd.classmate)[0]
    office, mine = visit(crowd.officer), visit(make.account(crowd.classmate))
    number = crowd.student.student_no
    wanted = [
        (office, "/desk/list/"),
        (office, f"/desk/list/?tab=all&q={number}"),
        (office, f"/desk/show/{signing.id}"),
        (office, "/office/"),
        (visit(crowd.college_officer), "/desk/list/"),
        (mine, "/my/"),
        (mine, f"/my/invitations/{letter.id}"),
        (visit(make.account(crowd.employer)), "/employer/"),
    ]
    slow = []
    for browser, page in wanted:
        for _visit in range(2):  # the second knows what the page asks

            def get(browser=browser, page=page):
                db.session.expunge_all()
                assert browser.get(page).status_code == 200, page

            found = list(plans(get))
        slow += [
            (page, tables, statement[:200])
            for statement, plan in found
            if (tables := (scanned(plan) & LARGE) - FIGURES.get(page, set()))
        ]
    assert not slow


def test_a_number_of_the_crowd_is_found_by_index(crowd, visit):
    browser = visit(crowd.province)
    for page in ("/desk/list/?tab=all&q=X00000042", "/students/list/?q=X00000042"):
        for statement, plan in plans(lambda page=page: browser.get(page)):
            if "LIKE" in statement and "count(" not in statement:
                assert not scanned(plan) & LARGE, (page, statement)


def test_many_staged_rows_are_never_joined_row_by_row(crowd):
    """With the rows unknown to the statistics, too: a join of both from end to end, no nested loop."""
    statement = text(
        "SELECT count(*) FROM import_row r LEFT JOIN student t ON t.school_id = 1"
        " AND t.student_no = r.values ->> 'student_no' WHERE r.import_id = 1"
    )

    def joined(rows):
        def act():
            with compare.widely(rows):
                db.session.execute(statement)

        kinds = set()
        for sql, _plan in plans(act):
            if "import_row" in sql:
                with compare.widely(rows):
                    driver = db.session.connection().connection.driver_connection
                    [found] = driver.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchone()[0]
                kinds |= nodes(found["Plan"])
        return kinds

    assert "Nested Loop" not in joined(compare.MANY + 1)
    assert db.session.scalar(text("SHOW enable_nestloop")) == "on"


def nodes(plan: dict) -> set[str]:
    """The kinds of the nodes of a plan."""
    return {plan["Node Type"]}.union(*(nodes(part) for part in plan.get("Plans", ())))
