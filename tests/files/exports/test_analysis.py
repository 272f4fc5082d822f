"""The analysis workbook: numbers that can be summed, pivots that agree with the data (RPT-06, F-60)."""

from __future__ import annotations

import csv
import shutil
import statistics
import subprocess
from datetime import date, datetime

import openpyxl
import pytest

from app.core.db import db
from app.core.errors import Refused
from app.files.exports import analysis_out, lists, xlsx_out
from app.files.exports.tables import ExportTable, Out
from tests import factories as make
from tests.files.exports.conftest import kept

PAYS = (5000, 6000, 7000, 9000, 12000)
DATA, PIVOTS, CHART = "数据", "透视表", "图表"


@pytest.fixture
def signed(cast):
    """Five agreements in force with different pay in two colleges, and one that waits."""
    from app.core import clock
    from app.plan.rows import reconciling

    for n, pay in enumerate(PAYS):
        college = cast.college if n % 2 else cast.other_college
        student = make.make_student(college, f"梁梓{'一二三四五'[n]}", student_no=f"00{n:04d}")
        letter = make.invite(cast.employer, student, regular_pay=pay)[0]
        make.attest(make.accept(letter), cast.officer)
    make.accept(make.invite(cast.employer, cast.student, position="=1+1")[0])
    reconciling.reconcile(cast.school.id, None, clock.now())
    db.session.commit()


def book_of(ask, view, **more):
    record = ask("xlsx-pivot", view, "tab=all", **more)
    assert record.state == "ready", record.details
    return record, openpyxl.load_workbook(kept(record))


def rows_of(page):
    """Heads, and the rows by head."""
    heads, *rows = page.iter_rows(values_only=True)
    return heads, [dict(zip(heads, row, strict=True)) for row in rows]


def head_of(heads, text):
    return next(head for head in heads if head.startswith(text))


def tables_of(page):
    """(title, heads, lines) of each table of a sheet: they stand below each other."""
    block, found = [], []
    for line in [*page.iter_rows(values_only=True), (None,)]:
        if line[0] is not None:
            block.append(line)
            continue
        if block and block[0][1] is None:
            heads = [head for head in block[1] if head is not None]
            found.append((block[0][0], heads, [row[: len(heads)] for row in block[2:]]))
        block = []
    return found


def table_of(page, title):
    """The table below that title: its lines by their name."""
    heads, lines = next((h, rows) for t, h, rows in tables_of(page) if t == title)
    return {line[0]: dict(zip(heads[1:], line[1:], strict=True)) for line in lines}


@pytest.mark.rule("RPT-06", "BLK-01", "BLK-02")
def test_pay_and_days_are_values_and_numbers_of_persons_stay_texts(ask, cast, signed):
    record, book = book_of(ask, "DeskView")
    heads, rows = rows_of(book[DATA])
    assert len(rows) == record.counted == record.done == 6
    pay = head_of(heads, "转正起薪")
    assert "元" in pay
    assert sorted(row[pay] for row in rows) == sorted([*PAYS, 6000])
    assert all(isinstance(row["学号"], str) for row in rows)
    assert "000001" in {row["学号"] for row in rows}
    assert all(row[head_of(heads, "报到期限")].date() == date(2027, 7, 1) for row in rows)
    assert all(isinstance(row["最近变动"], datetime) for row in rows)
    assert {row[head_of(heads, "拟聘用职位")] for row in rows} == {"软件工程师", "=1+1"}
    cells = [cell for page in book for line in page.iter_rows() for cell in line]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]


@pytest.mark.rule("RPT-06")
@pytest.mark.parametrize("view", ["DeskView", "PlanView", "StudentsView", "EmployersView"])
def test_every_table_of_the_pivots_adds_up_to_the_rows(ask, cast, signed, view):
    record, book = book_of(ask, view)
    tables = tables_of(book[PIVOTS])
    assert len(tables) > 2
    for title, heads, lines in tables:
        *body, total = lines
        assert total[0].startswith("合计"), title
        if title.endswith("占比"):
            assert all(abs(sum(line[1:-1]) - 1) < 1e-9 for line in lines), title
        if title.endswith(("占比", "中位数")):
            continue
        whole = "数量" if "数量" in heads else "合计"
        at = heads.index(whole)
        assert sum(line[at] for line in body) == total[at] == record.counted, title
        if whole == "合计":
            assert all(sum(line[1:-1]) == line[-1] for line in lines), title


@pytest.mark.rule("RPT-06")
def test_sums_and_medians_of_the_pivots_are_those_of_the_data(ask, cast, signed):
    _record, book = book_of(ask, "PlanView")
    heads, rows = rows_of(book[DATA])
    pay = head_of(heads, "转正起薪")
    table = table_of(book[PIVOTS], "学院")
    for college in ("计算机学院", "法学院"):
        known = [row[pay] for row in rows if row["学院"] == college and row[pay] is not None]
        line = table[college]
        assert line["数量"] == sum(row["学院"] == college for row in rows)
        assert line[f"{pay} · 有值"] == len(known)
        assert line[f"{pay} · 合计"] == sum(known)
        assert line[f"{pay} · 中位数"] == statistics.median(known)
    assert table["合计"][f"{pay} · 合计"] == sum(PAYS)
    assert table["合计"]["数量"] == len(rows)
    across = table_of(book[PIVOTS], "学院 × 毕业去向")
    assert across["合计"]["合计"] == len(rows)
    assert len(book[CHART]._charts) == 1


@pytest.mark.rule("RPT-05", "RPT-06")
def test_numbers_of_persons_are_masked_as_in_the_list_unless_asked_for_with_a_purpose(
    ask, cast, signed
):
    for student in (cast.student, cast.classmate):
        student.phone = "13900001111" if student is cast.student else "13900002222"
    db.session.commit()
    _record, book = book_of(ask, "StudentsView")
    heads, rows = rows_of(book[DATA])
    phones = {row[head_of(heads, "手机")] for row in rows}
    assert "139****1111" in phones
    assert not any(phone and phone.startswith("13900") for phone in phones)
    record, book = book_of(ask, "StudentsView", clear=True, purpose="核对")
    heads, rows = rows_of(book[DATA])
    assert "13900001111" in {row[head_of(heads, "手机")] for row in rows}
    assert record.purpose == "核对"


@pytest.mark.rule("RPT-06")
def test_what_was_agreed_on_goes_out_to_whoever_sees_the_signings_only(app, cast, signed):
    from app.files.exports import tasks

    for user, sees in ((cast.officer, True), (cast.province, True)):
        with tasks.as_person(user.id):
            view = lists.view_of("PlanView")
            assert ("placement.terms.regular_pay" in lists.columns_of(view)) is sees
            view.appbuilder.sm.has_access = lambda *_a: False
            try:
                assert "placement.terms.regular_pay" not in lists.columns_of(view)
            finally:
                del view.appbuilder.sm.has_access


@pytest.mark.rule("RPT-06", "BLK-05")
def test_what_is_too_large_is_refused_with_what_to_do_before_anything_is_made(
    ask, cast, monkeypatch
):
    monkeypatch.setattr(xlsx_out, "MOST_CELLS", 0)
    with pytest.raises(Refused, match="分析版"):
        ask("xlsx-pivot", "CollegesView")
    monkeypatch.setattr(lists, "exact", lambda _statement: None)  # nobody could count them before
    record = ask("xlsx-pivot", "CollegesView")
    assert (record.state, record.file_key) == ("failed", None)
    assert "分析版" in record.details["sentence"]


def made(tmp_path, columns, rows, facts=()):
    """A workbook of these texts."""
    path = tmp_path / "a.xlsx"
    table = ExportTable(columns, lambda: iter([rows]))
    count, notes = analysis_out.write(str(path), table, iter([rows] if rows else []), facts)
    assert count == len(rows)
    return path, notes


@pytest.mark.rule("RPT-06", "BLK-01")
def test_a_cell_that_is_no_number_or_day_stays_the_text_that_it_is(app, tmp_path):
    columns = [
        Out("薪", kind="money"),
        Out("日", kind="day"),
        Out("刻", kind="moment"),
        Out("号"),
        Out("号"),
    ]
    rows = [
        ("5000", "2027-07-01", "2027-07-01 09:05", "007", "=1"),
        ("面议", "待定", "–", "1e5", "\x01"),
        ("", "", "", "", ""),
    ]
    with app.test_request_context("/?_l_=zh"):
        path, notes = made(tmp_path, columns, rows)
    page = openpyxl.load_workbook(path)[DATA]
    found = [list(row) for row in page.iter_rows(values_only=True)]
    assert [value.isoformat() for value in found[1][1:3]] == [
        "2027-07-01T00:00:00",
        "2027-07-01T09:05:00",
    ]
    assert [found[1][0], *found[1][3:]] == [5000, "007", "=1"]
    assert found[2] == ["面议", "待定", "–", "1e5", "␁"]
    assert [label for _row, label, _what in notes] == ["号"]
    assert page.cell(2, 1).number_format == "#,##0"
    assert page.cell(2, 4).number_format == "@"
    assert len({head.lower() for head in found[0]}) == 5
    assert page.cell(2, 5).data_type == "s"


@pytest.mark.rule("RPT-06")
def test_groups_without_a_name_and_called_as_the_total_are_counted_too(app, tmp_path):
    same = str
    columns = [Out("学院", cut=same), Out("性质", cut=same), Out("薪", kind="money")]
    rows = [("合计", "", "1"), ("", "国企", "2"), ("甲", "国企", ""), ("甲", "合计", "3")]
    with app.test_request_context("/?_l_=zh"):
        path, _notes = made(tmp_path, columns, rows, [("清单", "=1+1")])
    page = openpyxl.load_workbook(path)[PIVOTS]
    assert page.cell(1, 2).value == "=1+1"
    assert page.cell(1, 2).data_type == "s"
    table = table_of(page, "学院")
    assert {name: line["数量"] for name, line in table.items()} == {
        "甲": 2,
        "合计": 1,
        "未填写": 1,
        "合计 (全部)": 4,
    }
    assert table["甲"]["薪 · 有值"] == 1
    assert table["合计 (全部)"]["薪 · 合计"] == 6
    across = table_of(page, "学院 × 性质")
    assert sum(across["甲"][name] for name in ("国企", "合计", "未填写")) == 2


@pytest.mark.rule("RPT-06")
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_libreoffice_opens_it_and_reckons_the_same_sums(ask, cast, signed, tmp_path):
    record = ask("xlsx-pivot", "PlanView", "tab=all")
    (tmp_path / "a.xlsx").write_bytes(kept(record).read())
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/home",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1",
            "--outdir",
            tmp_path,
            tmp_path / "a.xlsx",
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )

    def sheet(name):
        with (tmp_path / f"a-{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    heads, *rows = sheet(DATA)
    pay = next(n for n, head in enumerate(heads) if head.startswith("转正起薪"))
    assert sum(int(row[pay]) for row in rows if row[pay]) == sum(PAYS)
    [total] = [row for row in sheet(PIVOTS) if row[0] == "合计"][:1]
    assert int(total[1]) == len(rows) == record.counted
    assert str(sum(PAYS)) in total
