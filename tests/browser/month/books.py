"""The workbooks that go out, opened with LibreOffice: the official one, and the one for analysis."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import psycopg

from tests.browser.files import YEAR
from tests.browser.month import libre, people
from tests.browser.month.adding import OURS
from tests.browser.month.hand import Hand

LAYOUT = Path(__file__).resolve().parents[3] / "app" / "codes" / "tables" / "plan_columns.csv"
COLUMNS = {"毕业去向代码": "destination_code", "单位组织机构代码（统一社会信用代码）": "credit_code",
           "单位名称": "employer_name", "单位性质代码": "employer_kind", "单位行业代码": "industry",
           "单位所在地代码": "location", "工作职位类别代码": "position_kind"}  # fmt: skip
NAMES = {"毕业去向": ("byqx", "destination_code"), "单位性质": ("dwxz", "employer_kind"),
         "单位行业": ("dwhy", "industry"), "工作职位类别": ("gzzwlb", "position_kind")}  # fmt: skip


def official_book() -> tuple[bytes, list[str]]:
    """The layout of 50 columns with all graduates and no destination, below a note, as it is given out."""
    with LAYOUT.open(encoding="utf-8") as lines:
        heads = [
            row["header"] for row in csv.DictReader(lines) if row["in_50_column_export"] == "1"
        ]
    book = openpyxl.Workbook()
    page = book.active
    page.title = "毕业生就业方案"
    page.append(["说明：请补全毕业去向及单位信息后报送。"])
    page.append(heads)
    for n in range(people.MANY):
        known = {"考生号": people.examinee_no(n), "身份证号": people.id_number(n), "姓名": people.name(n),
                 "学号": people.student_no(n)}  # fmt: skip
        page.append([known.get(head) for head in heads])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), heads


def official(hand: Hand) -> None:
    """The official workbook is filled; each of its cells says what the plan says."""
    data, heads = official_book()
    data = libre.saved(data, "就业方案50.xlsx")
    with hand.step("official workbook"):
        hand.enter("data")
        hand.go("/plan/official/")
        hand.file(data, "就业方案50.xlsx")
        hand.click("上传并填写")
        file = hand.made("official.xlsx")
        hand.shot("e1-official")
        ((_sheet, rows),) = libre.sheets(file.read_bytes(), "official.xlsx").items()
        at = {head: n for n, head in enumerate(rows[1])}
        assert rows[1][: len(heads)] == heads
        plan, names = _plan(hand), _names(hand)
        wrong: Counter[str] = Counter()
        for row in rows[2:]:
            ours = plan[row[at["学号"]]]
            for head, field in COLUMNS.items():
                wrong[head] += row[at[head]] != (ours[field] or "")
            for head, (table, field) in NAMES.items():
                wrong[head] += row[at[head]] != names.get((table, ours[field]), "")
        assert not wrong.total(), wrong
        hand.same("rows file = plan", len(rows) - 2, len(plan), people.MANY)
        hand.say(f"{len(wrong) * len(plan)} cells compared")


def _plan(hand: Hand) -> dict[str, dict[str, Any]]:
    fields = ", ".join(COLUMNS.values())
    with psycopg.connect(hand.it.database) as connection:
        rows = connection.execute(f"SELECT s.student_no, {fields} FROM plan_entry e JOIN student s"
                                  f" ON s.id = e.student_id WHERE s.{OURS}").fetchall()  # fmt: skip
    return {row[0]: dict(zip(COLUMNS.values(), row[1:], strict=True)) for row in rows}


def _names(hand: Hand) -> dict[tuple[str, str], str]:
    with psycopg.connect(hand.it.database) as connection:
        rows = connection.execute(
            """SELECT "table", code, name FROM code ORDER BY edition <> 'legacy', edition"""
        ).fetchall()
    return {(table, code): name for table, code, name in rows}


# -- for analysis ----------------------------------------------------------------------------------

MINE = f"FROM plan_entry e WHERE e.school_id = (SELECT min(id) FROM school) AND e.graduation_year = {YEAR}"
BY_COLLEGE = f"""SELECT c.name, count(*) FROM plan_entry e JOIN college c ON c.id = e.college_id
  WHERE e.school_id = (SELECT min(id) FROM school) AND e.graduation_year = {YEAR} GROUP BY 1"""


def analysis(hand: Hand) -> None:
    """The analysis workbook: its rows, its sums, its pivots and what its chart draws are those of the database."""
    page = hand.page
    with hand.step("analysis workbook"):
        hand.enter("school")
        hand.go(f"/plan/list/?f_year={YEAR}")
        count = hand.listed()
        hand.click(page.get_by_role("link", name="导出").first)
        hand.shot("f1-export")
        hand.tick(page.get_by_label("分析版"))
        hand.tick(page.get_by_label("全部", exact=True))
        hand.click("导出")
        file = hand.made("analysis.xlsx")
        hand.shot("f2-exported")
        again = libre.saved(file.read_bytes(), "analysis.xlsx")
        found = libre.sheets(again, "analysis.xlsx")
        data, pivots = found["数据"], found["透视表"]
        hand.same(
            "rows page = file = database",
            count,
            len(data) - 1,
            hand.it.ask(f"SELECT count(*) {MINE}"),
        )
        _sums(hand, data, pivots)
        _groups(hand, file.read_bytes(), pivots)


def _sums(hand: Hand, data: list[list[str]], pivots: list[list[str]]) -> None:
    """What the money column adds up to, in the rows and in each pivot."""
    heads = data[0]
    pay = next(n for n, head in enumerate(heads) if head.startswith("转正起薪"))
    total = sum(float(row[pay]) for row in data[1:] if row[pay])
    asked = {
        float(row[_place(top, f"{heads[pay]} · 求和")])
        for top, row in _totals(pivots)
        if heads[pay] in "".join(top)
    }
    assert asked == {total}, (asked, total)
    hand.say(f"pay {total:,.0f} in each of the pivots")


def _place(heads: list[str], wanted: str) -> int:
    return heads.index(wanted)


def _totals(pivots: list[list[str]]) -> list[tuple[list[str], list[str]]]:
    """The last line of each table with its heads."""
    found, heads = [], []
    for before, row in zip([[], *pivots], pivots, strict=False):
        if row[0] and len("".join(row[1:])) and not (before and "".join(before[1:])):
            heads = row
        if row[0] == "合计":
            found.append((heads, row))
    return found


def _groups(hand: Hand, data: bytes, pivots: list[list[str]]) -> None:
    """The first pivot is by college, and it is what the chart draws."""
    with psycopg.connect(hand.it.database) as connection:
        wanted = dict(connection.execute(BY_COLLEGE).fetchall())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    (names, first, last), (_values, *same) = (
        (of[0], int(of[1]), int(of[2]))
        for of in re.findall(r"<c:f>(?:[^<]*)!\$([A-Z])\$(\d+):\$[A-Z]\$(\d+)</c:f>", chart)
    )
    assert (names, [first, last]) == ("A", same)
    drawn = {row[0]: int(float(row[1])) for row in pivots[first - 1 : last]}
    hand.same("groups chart = pivot = database", sorted(drawn.items()), sorted(wanted.items()))
    counts = {
        int(float(row[1])) for top, row in _totals(pivots) if top[1] == "人数" or "份额" not in top
    }
    hand.say(f"totals of {len(_totals(pivots))} tables: {counts}")
