"""Students by workbook, from upload to preview to applied, as ratios to the bare floor of the same run.

The floor: calamine in this process → COPY into a temporary table → one INSERT into the same table of
students with its indexes and foreign keys, nothing checked, encrypted, shown or kept. Run with
`python -m bench imports [rows …]`.
"""

from __future__ import annotations

import io
import resource
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import xlsxwriter
from flask import Flask
from flask_migrate import upgrade
from python_calamine import CalamineWorkbook
from sqlalchemy import text

from app.codes.queries import load_shipped
from app.core import children
from app.core.db import db, driver_connection
from app.core.identity import id_number_mark
from app.files.imports import requests, tasks
from app.files.imports.models import Import
from app.workflow.actor import Role
from bench.batches import load
from bench.server import server
from tests import factories as make

SIZES = [1_000, 10_000, 100_000]
HEADS = (
    "学号",
    "姓名",
    "身份证号",
    "学院",
    "专业",
    "毕业届",
    "学历",
    "培养方式",
    "班级",
    "性别",
    "民族",
    "手机号",
    "考生号",
    "生源地",
)


def workbook(rows: int, changed: str = "") -> bytes:
    """That many students of the bench's school."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True}) as book:
        page = book.add_worksheet("学生")
        for n, head in enumerate(HEADS):
            page.write_string(0, n, head)
        for n in range(1, rows + 1):
            first = f"420{100 + n % 700:03d}{1990 + n % 15}{1 + n % 12:02d}{1 + n % 28:02d}{n // 100 % 1000:03d}"
            cells = (
                f"2023{n:08d}",
                make.called(n),
                first + id_number_mark(first),
                "计算机学院",
                "计算机学院专业",
                "2027",
                "31",
                "1",
                f"{n % 40}班{changed}",
                "男",
                "汉族",
                f"139{n:08d}",
                f"2342{n:010d}",
                "420111",
            )
            for place, cell in enumerate(cells):
                page.write_string(n, place, cell)
    return out.getvalue()


BARE = """INSERT INTO student (uid, school_id, college_id, major_id, student_no, name, graduation_year,
    education, training_mode, class_name, sex, nation, examinee_no, origin, origin_state,
    id_number_sealed, id_number_index, id_number_masked, phone_sealed, phone_index, phone_masked)
  SELECT md5(c0), c.school_id, c.id, m.id, c0, c1, c5::int, c6, c7, c8, '1', '01', c12, c13,
    'entered', c2::bytea, c2::bytea, left(c2, 8), c11::bytea, c11::bytea, left(c11, 3)
  FROM bare b JOIN college c ON c.name = b.c3 JOIN major m ON m.name = b.c4 ORDER BY 2, 5
  ON CONFLICT (school_id, student_no) DO UPDATE SET class_name = excluded.class_name"""


def floor(data: bytes, columns: int = len(HEADS), insert: str = BARE) -> float:
    """Seconds of the bare way, calamine → COPY → one INSERT; nothing stays."""
    start = time.perf_counter()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    names = ", ".join(f"c{n} text" for n in range(columns))
    with driver_connection().cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE bare ({names})")
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for n, row in enumerate(sheet.iter_rows()):
                if n:
                    copy.write_row(row)
        cursor.execute(insert)
    took = time.perf_counter() - start
    db.session.rollback()
    return took


class Peak:
    """The largest resident memory of a process's children, looked at every 20 ms."""

    def __enter__(self) -> Peak:
        self.most, self.over = 0, False
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over = True
        self.thread.join()

    def _watch(self) -> None:
        while not self.over:
            child = children._workers["sheets"].child
            if child is not None:
                try:
                    status = Path(f"/proc/{child.process.pid}/status").read_text()
                    found = [line for line in status.splitlines() if line.startswith("VmHWM")]
                    self.most = max(self.most, int(found[0].split()[1]) // 1024 if found else 0)
                except OSError:
                    pass
            time.sleep(0.02)


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what it gave."""
    start = time.perf_counter()
    found = act()
    return time.perf_counter() - start, found


def measure(app: Flask, officer_id: int, rows: int, changed: str = "") -> tuple[str, int]:
    """One line of the table for a file of that many rows; the import's id."""
    data = workbook(rows, changed)
    with app.test_request_context():
        from app.accounts.models import AppUser
        from app.files.imports import queries
        from app.files.imports.pages import page_of

        user = db.session.get_one(AppUser, officer_id)
        who = make.actor(user)
        base = min(floor(data) for _n in range(2))
        sheet = requests.sheet_for(who, "students")
        with Peak() as peak:
            brought, (record, _fresh) = timed(lambda: requests.bring(who, sheet, data, "学生.xlsx"))
            checked, _none = timed(lambda: tasks.check(record.id))
        from flask import g

        g.user = user
        shown, _page_data = timed(lambda: page_of(queries.import_of(who, record.uid)))
        record = db.session.get_one(Import, record.id)
        counts = (record.total, record.new, record.changed, record.same, record.faulty)
        written, _none = timed(lambda: (requests.ask("write", record, who), tasks.write(record.id)))
        done = db.session.get_one(Import, record.id, populate_existing=True)
        assert done.state == "applied", (done.state, done.details, counts)
        preview, total = brought + checked + shown, brought + checked + shown + written
        line = (
            f"{rows:8,}{changed or 'new':>9}{base:8.2f}{preview:9.2f}{written:8.2f}{total:8.2f}"
            f"{total / base:7.1f}{peak.most:10}{len(data) / 2**20:7.1f}"
        )
        db.session.remove()
        return line, done.id


def columns_alone(app: Flask, officer_id: int, rows: int) -> str:
    """CPU seconds of reading (the child's) and checking (the worker's, nothing sealed) that many rows."""
    from app.accounts.models import AppUser
    from app.files.imports import checking, intake
    from app.files.imports.intake import Words

    data = workbook(rows)
    with app.test_request_context():
        who = make.actor(db.session.get_one(AppUser, officer_id))
        sheet = requests.sheet_for(who, "students")
        record = Import(school_id=who.school_id, sheet="students", details={})
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        reading = intake.read(data, "学生.xlsx", sheet)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        read = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        plain = replace(sheet, columns=tuple(replace(c, secret=None) for c in sheet.columns))
        start = time.process_time()
        found = checking.check(plain, reading, Words(), sheet.prepare(record))
        checked = time.process_time() - start
        db.session.remove()
        assert found.problems.empty, found.problems.head()
        return f"{rows:8,} read {read:.2f} s, checked {checked:.2f} s of CPU, together {read + checked:.2f} s"


def main(*sizes: int) -> None:
    """Build, measure, print."""
    with server() as (url, folder):
        try:
            run(load(url, folder), sizes or SIZES)
        finally:
            children.stop()


def run(app: Flask, sizes: Sequence[int]) -> None:
    """The table on that database."""
    with app.app_context():
        upgrade()
        load_shipped()
        make.make_college(make.make_school("10999", "青山大学"), "01", "计算机学院")
        db.session.commit()
        officer = make.make_user(Role.SCHOOL, "bench-officer", school_id=1)
        db.session.commit()
        officer_id = officer.id
    for rows in sizes:
        print(columns_alone(app, officer_id, rows), flush=True)
    print(
        f"\n{'rows':>8}{'kind':>9}{'floor s':>8}{'preview':>9}{'apply':>8}{'total':>8}{'ratio':>7}"
        f"{'child MB':>10}{'MB':>7}"
    )
    for rows in sizes:
        for kind in ("", "改"):
            print(measure(app, officer_id, rows, kind)[0], flush=True)
        with app.app_context():
            db.session.execute(text("DELETE FROM student"))
            db.session.commit()
