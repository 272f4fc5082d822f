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
COLUMNS = {
    "毕业去向代码": "destination_code",
    "单位组织机构代码（统一社会信用代码）": "credit_code",
    "单位名称": "employer_name",
    "单位性质代码": "employer_kind",
    "单位行业代码": "industry",
    "单位所在地代码": "location",
    "工作职位类别代码": "position_kind",
}
NAMES = {
    "毕业去向": ("byqx", "destination_code"),
    "单位性质": ("dwxz", "employer_kind"),
    "单位行业": ("dwhy", "industry"),
    "工作职位类别": ("gzzwlb", "position_kind"),
}


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
        known = {
            "考生号": people.examinee_no(n),
            "身份证号": people.id_number(n),
            "姓名": people.name(n),
            "学号": people.student_no(n),
        }
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
        rows = connection.execute(
            f"SELECT s.student_no, {fields} FROM plan_entry e JOIN student s"
            f" ON s.id = e.student_id WHERE s.{OURS}"
        ).fetchall()
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


PAY = f"""SELECT sum(t.regular_pay) FROM plan_entry e JOIN placement p ON p.id = e.placement_id
  JOIN terms t ON t.id = p.terms_id WHERE e.school_id = (SELECT min(id) FROM school)
  AND e.graduation_year = {YEAR}"""


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
        _groups(hand, file.read_bytes(), data, pivots)


BLANK = "未填写"


def _blocks(pivots: list[list[str]]) -> list[list[list[str]]]:
    """The tables of the sheet: title, heads, a line each group, the total."""
    found: list[list[list[str]]] = [[]]
    for row in pivots:
        if any(row):
            found[-1].append(row)
        else:
            found.append([])
    return [block for block in found[1:] if block]


def _sums(hand: Hand, data: list[list[str]], pivots: list[list[str]]) -> None:
    """The money of the rows is what each table adds up to, and the database has the same."""
    heads = data[0]
    pay = next(n for n, head in enumerate(heads) if head.startswith("转正起薪"))
    total = sum(float(row[pay]) for row in data[1:] if row[pay])
    tables = [block for block in _blocks(pivots) if f"{heads[pay]} · 合计" in block[1]]
    for _title, top, *groups, last in tables:
        at = top.index(f"{heads[pay]} · 合计")
        assert sum(float(row[at] or 0) for row in groups) == float(last[at]) == total, top[0]
        assert sum(int(float(row[1])) for row in groups) == int(float(last[1])) == len(data) - 1
    assert float(str(hand.it.ask(PAY))) == total, (hand.it.ask(PAY), total)
    hand.say(f"pay {total:,.0f} in rows, {len(tables)} pivots and database")


def _groups(hand: Hand, book: bytes, data: list[list[str]], pivots: list[list[str]]) -> None:
    """By college as in the database, each pair as the rows say, and the chart draws just the first table."""
    with psycopg.connect(hand.it.database) as connection:
        wanted = dict(connection.execute(BY_COLLEGE).fetchall())
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    ranges = re.findall(r"<c:f>[^<]*!\$([A-Z])\$(\d+):\$([A-Z])\$(\d+)</c:f>", chart)
    (_a, first, _b, last), values = ranges[0], ranges[1]
    assert (_a, _b, *values) == ("A", "A", "B", first, "B", last), ranges
    drawn = {row[0]: int(float(row[1])) for row in pivots[int(first) - 1 : int(last)]}
    assert drawn == wanted, (drawn, wanted)
    hand.say(f"chart = pivot = database: {len(drawn)} colleges")
    pairs = 0
    for title, top, *groups, _last in _blocks(pivots):
        names = title[0].split(" × ")
        if len(names) == 2 and set(names) <= set(data[0]):
            pairs += _pair(data, names, top, groups)
    assert pairs
    hand.say(f"{pairs} cells of pairs = rows")


def _pair(data: list[list[str]], names: list[str], top: list[str], groups: list[list[str]]) -> int:
    """A table of two dimensions against the rows; how many cells, none where groups are wider than texts."""
    x, y = (data[0].index(name) for name in names)
    rows = Counter((row[x] or BLANK, row[y] or BLANK) for row in data[1:])
    columns = [head for head in top[1:] if head and head != "合计"]
    if {right for _left, right in rows} != set(columns):
        return 0
    for left, *counts in groups:
        assert [int(float(n)) for n in counts[: len(columns)]] == [
            rows[left, right] for right in columns
        ], names
    return len(groups) * len(columns)
