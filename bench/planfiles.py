"""Files and papers of the plan: a file brought in, compared, undone; an official workbook; letters.

As ratios to the floor of `bench.imports` (calamine → COPY → one INSERT) in the same run. Run with
`python -m bench planfiles [rows] [letters]`.
"""

from __future__ import annotations

import io

import xlsxwriter
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app.accounts.models import AppUser
from app.codes.queries import load_shipped
from app.core import children, clock
from app.core.db import db
from app.files.imports import requests, tasks
from app.files.imports.models import Import
from app.files.made import making
from app.files.made import tasks as paper_tasks
from app.files.made.models import MadeFile
from app.plan.comparison import choosing, importing
from app.plan.letters.letters import COURIER
from app.plan.letters.letters import LETTERS as PRINTED
from app.plan.rows import reconciling
from app.plan.rows.models import DESTINATION_FIELDS, OFFICIAL
from app.workflow.actor import Role
from bench import batches
from bench.imports import Peak, floor, timed
from bench.server import server
from tests import factories as make
from tests.plan.official.books import workbook as official_workbook

ROWS, LETTERS = 10_000, 500
VALUES = {
    "destination_code": "12",
    "credit_code": "91999999MA0000001X",
    "employer_name": "武汉星光公司",
    "employer_kind": "31",
    "industry": "34",
    "location": "420111",
    "position_kind": "13",
    "contact_name": "张先生",
    "contact_phone": "02787654321",
    "address": "武汉市洪山区珞喻路1号",
    "postcode": "430070",
    "archive_to": "武汉市人才服务中心",
    "archive_address": "武汉市江岸区1号",
    "archive_postcode": "430010",
    "household_address": "武汉市",
}

BARE = f"""INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, state, changed_at, sources,
    {", ".join(DESTINATION_FIELDS)})
  SELECT s.id, s.school_id, s.college_id, s.graduation_year, 'filled', now(), '{{}}',
    {", ".join(f"c{n}" for n in range(2, 2 + len(DESTINATION_FIELDS)))}
  FROM bare b JOIN student s ON s.student_no = b.c0 ORDER BY 1
  ON CONFLICT (student_id) DO UPDATE SET {", ".join(f"{f} = excluded.{f}" for f in DESTINATION_FIELDS)}"""


def plan_file(rows: int, changed: str = "") -> bytes:
    """A plan file by official field codes; `changed` tells another employer in each row."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        page = book.add_worksheet("方案")
        heads = ["XH", "XM", *OFFICIAL.values()]
        for n, head in enumerate(heads):
            page.write_string(0, n, head)
        for n in range(rows):
            values = {**VALUES, "employer_name": f"武汉星光公司{changed}"}
            cells = [f"P{n:08d}", f"学生{n}", *(values[name] for name in DESTINATION_FIELDS)]
            for place, cell in enumerate(cells):
                page.write_string(n + 1, place, cell)
    return out.getvalue()


def build(rows: int) -> int:
    """A school with that many graduates and their open rows; the officer."""
    school = make.make_school("10997", "青山大学")
    college = make.make_college(school, "01", "计算机学院")
    officer = make.make_user(Role.SCHOOL, "officer", name="王老师", school_id=school.id)
    major = db.session.execute(text("SELECT id FROM major LIMIT 1")).scalar_one()
    db.session.execute(
        text(
            "INSERT INTO student (uid, school_id, college_id, major_id, class_name, graduation_year,"
            " student_no, name, sex, education, training_mode, origin_state)"
            " SELECT md5(n::text), :s, :c, :m, '', 2027, 'P' || lpad(n::text, 8, '0'), '学生' || n, '1',"
            " '31', '1', 'approved' FROM generate_series(0, :n - 1) n"
        ),
        {"s": school.id, "c": college.id, "m": major, "n": rows},
    )
    db.session.execute(text("ANALYZE student"))
    reconciling.reconcile(school.id, None, clock.now())
    db.session.commit()
    return officer.id


def say(what: str, seconds: float, base: float, more: object = "") -> None:
    """One line."""
    print(f"{what:44}{seconds:8.2f} s {seconds / base:6.1f}×   {more}", flush=True)


def bring(who: object, data: bytes, base: float, what: str) -> Import:
    """Upload, check, apply; printed."""
    sheet = requests.sheet_for(who, "plan")
    with Peak() as peak:
        checked, record = timed(lambda: _checked(who, sheet, data))
    counts = (record.new, record.changed, record.same, record.faulty)
    shown, found = timed(
        lambda: (choosing.summary(record).counts, choosing.different(record, 0, 50))
    )
    say(f"{what}: upload to preview", checked, base, f"{counts}, child {peak.most} MB")
    say("  page side by side", shown, base, found[0])
    say("  difference of all rows", timed(lambda: importing.compared(record))[0], base)
    if record.to_write:
        if not record.agreed:  # that much changes that a person is asked
            requests.agree(record, who)
        written, _none = timed(lambda: (requests.ask("write", record, who), tasks.write(record.id)))
        say("  applied", written, base)
        say("  together", checked + shown + written, base)
    return db.session.get_one(Import, record.id, populate_existing=True)


def _checked(who: object, sheet: object, data: bytes) -> Import:
    record, _fresh = requests.bring(who, sheet, data, "方案.xlsx")
    tasks.check(record.id)
    return db.session.get_one(Import, record.id, populate_existing=True)


def paper(made: MadeFile) -> MadeFile:
    """The worker's part."""
    paper_tasks.make_paper.func(made.id)
    return db.session.get_one(MadeFile, made.id, populate_existing=True)


def run(app: Flask, rows: int, letters: int) -> None:
    """Everything, once."""
    with app.test_request_context():
        from app.plan.letters import work_views  # views need every model
        from app.plan.official import workbook

        upgrade()
        load_shipped()
        officer = build(rows)
        who = make.actor(db.session.get_one(AppUser, officer))
        data = plan_file(rows)
        base = min(floor(data, 2 + len(OFFICIAL), BARE) for _n in range(2))
        say(f"floor, {rows:,} rows × {2 + len(OFFICIAL)}", base, base)
        bring(who, data, base, "all rows filled")
        record = bring(who, plan_file(rows, "二"), base, "one field of each changed")
        requests.ask("undo", record, who)
        say("  undone", timed(lambda: tasks.take_back(record.id))[0], base)
        people = [{"学号": f"P{n:08d}", "姓名": f"学生{n}"} for n in range(rows)]
        book = official_workbook(people)
        seconds, made = timed(lambda: paper(workbook.bring(who, book, "官方表.xlsx", {})))
        say(f"official workbook, {rows:,} rows filled", seconds, base, made.report.get("noted"))
        db.session.execute(
            text(
                "DELETE FROM plan_entry WHERE student_id IN (SELECT id FROM student"
                " WHERE student_no >= :n)"
            ),
            {"n": f"P{letters:08d}"},
        )
        db.session.commit()
        wish = {"year": 2027, "college": None}
        for kind, what in (
            (PRINTED, "letters (PDF)"),
            (COURIER, "courier sheet"),
        ):
            seconds, made = timed(lambda k=kind: paper(work_views.ask(who, k, wish)))
            size = len(making.result_of(made)) / 2**20
            say(
                f"{letters} {what}",
                seconds,
                base,
                f"{size:.1f} MB, {seconds / letters * 1000:.0f} ms each",
            )


def main(rows: int = ROWS, letters: int = LETTERS) -> None:
    """On an embedded PostgreSQL of its own."""
    with server() as (url, folder):
        try:
            run(batches.load(url, folder), rows, letters)
        finally:
            children.stop()
