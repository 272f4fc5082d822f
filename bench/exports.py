"""Exports beside their floors in the same run: XlsxWriter alone, a bare COPY of the same columns.

`python -m bench exports [rows of the large list]`: 10,000 rows as .xlsx, .csv and .dbf, then a large .csv:
first byte, seconds, and how far memory grew.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from flask_migrate import upgrade
from sqlalchemy import text

from app.codes.queries import load_shipped
from app.core.db import db, driver_connection
from app.files.exports import analysis_out, dbf_out, fetching, lists, tasks, xlsx_out
from app.files.exports.models import Export
from app.plan.rows import layouts
from app.workflow.actor import Role
from bench import batches
from bench.measure import memory
from bench.server import server
from tests import factories as make

ROUNDS = 7
SMALL, LARGE = 10_000, 1_000_000
SAME = """SELECT s.student_no, s.name, c.name, m.name, s.class_name, s.graduation_year, s.origin_state
  FROM student s LEFT JOIN college c ON c.id = s.college_id LEFT JOIN major m ON m.id = s.major_id
  WHERE s.school_id = :school ORDER BY s.student_no, s.id"""


def build(rows: int, school: int) -> None:
    """That many students of the school, each with a filled plan row."""
    first = db.session.scalar(text("SELECT coalesce(max(id), 0) FROM student")) or 0
    db.session.execute(text("SET session_replication_role = replica"))
    db.session.execute(
        text(
            """INSERT INTO student (id, uid, school_id, college_id, major_id, class_name, graduation_year, student_no,
                 name, sex, education, training_mode, origin_state, id_number_index, id_number_masked, phone_masked,
                 nation, origin, examinee_no, email)
               SELECT :first + n, md5('x' || :first || '-' || n), :school, c.id, m.id, n % 40 || '班', 2027,
                 '20' || lpad(n::text, 8, '0'),
                 substr('王李张刘陈杨黄赵吴周', 1 + n % 10, 1) || substr('伟芳娜敏静丽强磊军洋', 1 + n / 10 % 10, 1),
                 '1', '31', '1', 'approved', sha256((:first + n)::text::bytea), '110101*****0839', '138****0000',
                 '01', '420111', '2342' || lpad(n::text, 10, '0'), 's@example.com'
               FROM generate_series(1, :rows) n
               JOIN LATERAL (SELECT id FROM college WHERE school_id = :school ORDER BY id OFFSET n % 5 LIMIT 1) c ON true
               JOIN major m ON m.college_id = c.id"""
        ),
        {"first": first, "school": school, "rows": rows},
    )
    db.session.execute(
        text(
            """INSERT INTO plan_entry (student_id, school_id, college_id, graduation_year, state, changed_at, sources,
                 destination_code, credit_code, employer_name, employer_kind, industry, location, position_kind,
                 contact_name, contact_phone, address, postcode, archive_to, archive_address, archive_postcode)
               SELECT id, school_id, college_id, 2027, 'filled', now(), '{}', '10', '91420100MA00000001',
                 '光谷' || id || '科技有限公司', '39', '34', '420111', '13', '张先生', '02787654321', '武汉市洪山区珞瑜路1号',
                 '430070', '武汉市人才服务中心', '武汉市江汉区1号', '430000' FROM student WHERE school_id = :school"""
        ),
        {"school": school},
    )
    db.session.execute(text("SET session_replication_role = DEFAULT"))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE student, plan_entry"))


def officer(code: str, name: str) -> tuple[int, int]:
    """A school with five colleges; its id and its officer's."""
    school = make.make_school(code, name)
    for n in range(5):
        make.make_college(school, f"{n:02d}", f"{name}第{n}学院")
    user = make.make_user(Role.SCHOOL, f"officer-{code}", school_id=school.id)
    db.session.commit()
    return school.id, user.id


Pair = tuple[float, float]  # seconds of wall and CPU time


def once(act: Callable[[], Any]) -> Pair:
    """One round."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - cpu


def both(
    act: Callable[[], Any], floor: Callable[[], Any], rounds: int = ROUNDS
) -> tuple[Pair, Pair]:
    """Medians of ours and of its floor, by turns, after one round each that warms up."""
    act(), floor()
    found = [(once(act), once(floor)) for _n in range(rounds)]
    ours, base = zip(*found, strict=True)
    return _median(ours), _median(base)


def _median(pairs: Any) -> Pair:
    wall, cpu = zip(*pairs, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def line(name: str, pair: tuple[Pair, Pair], target: str) -> None:
    """One line of the table."""
    ours, base = pair
    print(
        f"{name:36}{ours[0]:8.3f}{base[0]:9.3f}{ours[0] / base[0]:7.2f}{ours[1]:9.3f}{base[1]:9.3f}   {target}",
        flush=True,
    )


def asked() -> dict[str, Any]:
    """The students' list with the columns that it shows."""
    return {
        "view": "StudentsView",
        "query": "",
        "columns": list(lists.view_of("StudentsView").list_columns),
    }


def bare_copy(school: int) -> int:
    """The same columns by COPY, in portions as they come."""
    size = 0
    query = SAME.replace(":school", str(school))
    with (
        driver_connection().cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for part in copy:
            size += len(part)
    db.session.rollback()
    return size


def as_csv(what: str, wish: dict[str, Any]) -> int:
    """Our way of a CSV file, to the last byte."""
    from app.core.registry import stores
    from app.files.exports.csv_out import portions

    size = sum(map(len, portions(stores().export_sources[what].table(wish, False), "utf-8", [0])))
    db.session.rollback()
    return size


def alone(rows: list[Any], heads: list[str], folder: Path) -> None:
    """XlsxWriter and nothing else: the same texts, already in memory."""
    with xlsxwriter.Workbook(
        str(folder / "bare.xlsx"), {**xlsx_out.SAFE, "tmpdir": str(folder)}
    ) as book:
        plain, page = book.add_format({"num_format": "@"}), book.add_worksheet()
        for n, head in enumerate(heads):
            page.write_string(0, n, head, plain)
        for at, row in enumerate(rows, 1):
            for n, cell in enumerate(row):
                page.write_string(at, n, cell, plain)


def as_xlsx(wish: dict[str, Any], folder: Path) -> None:
    """Our way of a workbook, read from the database."""
    table = lists.table(wish, False)
    xlsx_out.write(str(folder / "ours.xlsx"), str(folder), table.columns, table.rows())
    db.session.rollback()


def as_analysis(wish: dict[str, Any], folder: Path) -> None:
    """Our analysis workbook, read from the database: values, pivots, chart."""
    table = lists.table(wish, False)
    analysis_out.write(str(folder / "analysis.xlsx"), table, table.rows(), [])
    db.session.rollback()


def pandas_alone(rows: list[Any], heads: list[str], folder: Path) -> None:
    """Pandas and nothing else: the same texts, already in memory, as one sheet."""
    pd.DataFrame(rows, columns=heads).to_excel(
        folder / "pandas.xlsx", index=False, engine="xlsxwriter"
    )


def as_dbf(wish: dict[str, Any], folder: Path) -> int:
    """The plan in 74 columns as .dbf."""
    table = layouts.table(wish, False)
    with (folder / "plan.dbf").open("wb") as file, (folder / "spool").open("w+b") as spool:
        rows, unfit = dbf_out.write(file, spool, table.columns, table.rows(), date(2026, 7, 1))
    db.session.rollback()
    assert not unfit.count, unfit.listed[:3]
    return rows


def small(folder: Path, school: int, user: int) -> None:
    """10,000 rows in each format."""
    with tasks.as_person(user):
        wish = asked()
        table = lists.table(wish, False)
        heads = [column.label for column in table.columns]
        rows = [row for batch in table.rows() for row in batch]
        db.session.rollback()
        assert len(rows) == SMALL
        line(
            "10,000 rows × 7, .csv / COPY",
            both(lambda: as_csv("list", wish), lambda: bare_copy(school), 21),
            "≤ 3",
        )
        line(
            "10,000 rows × 7, .xlsx / XlsxWriter",
            both(lambda: as_xlsx(wish, folder), lambda: alone(rows, heads, folder)),
            "≤ 1.3",
        )
        for name, columns in (("7", wish["columns"]), ("all", None)):
            wanted = {
                "view": "PlanView" if columns is None else wish["view"],
                "query": "",
                "columns": columns,
            }
            table = lists.table(wanted, False)
            heads = [column.label for column in table.columns]
            rows = [row for batch in table.rows() for row in batch]
            db.session.rollback()
            line(
                f"10,000 rows × {name}, analysis / pandas",
                both(
                    lambda w=wanted: as_analysis(w, folder),
                    lambda r=rows, h=heads: pandas_alone(r, h, folder),
                    5,
                ),
                "≤ 2",
            )
        plan = {"year": 2027, "layout": "74", "spelled": "both"}
        wall, cpu = _median([once(lambda: as_dbf(plan, folder)) for _n in range(5)])
        print(
            f"{'10,000 rows × 74, .dbf':36}{wall:8.3f}{'':16}{cpu:9.3f}{'':9}   ≤ 2 s", flush=True
        )


def large(rows: int, school: int, user: int) -> None:
    """One CSV of very many rows, as the web process streams it."""
    with tasks.as_person(user):
        bare_copy(school)
        start = time.perf_counter()
        found = lists.count(asked())
        print(f"\n{found:,} rows counted exactly in {(time.perf_counter() - start) * 1000:.0f} ms")
        db.session.rollback()
        wish = asked()
        record = Export(
            uid="0" * 32, what="list", asked=wish, format="csv", clear=False, id=0, user_id=user
        )
        began, before, seconds, size = memory(), time.perf_counter(), 0.0, 0
        processor = time.process_time()
        for n, part in enumerate(fetching.parts_of(record)):
            size += len(part)
            if n < 2:
                print(
                    f"{'first bytes' if not n else 'first rows'} after {(time.perf_counter() - before) * 1000:.0f} ms"
                )
        seconds, cpu = time.perf_counter() - before, time.process_time() - processor
        line(
            f"{rows:,} rows × 7, .csv / COPY",
            ((seconds, cpu), once(lambda: bare_copy(school))),
            "≤ 3",
        )
        print(
            f"{size / 2**20:.0f} MB; peak memory grew by {(memory() - began) / 1024:.0f} MB to {memory() / 1024:.0f} MB"
        )


def main(rows: int = LARGE) -> None:
    """Build, measure, print."""
    with server() as (url, folder):
        app = batches.load(url, folder)
        with app.app_context():
            upgrade()
            load_shipped()
            few, many = officer("10999", "青山大学"), officer("10998", "碧水大学")
            build(SMALL, few[0])
            print(
                f"\n{'':36}{'wall s':>8}{'floor s':>9}{'ratio':>7}{'CPU s':>9}{'floor':>9}   target"
            )
            small(folder, *few)
            build(rows, many[0])
            large(rows, *many)
