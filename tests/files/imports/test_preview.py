"""A preview of thousands of changes can be judged, and stops where it is improbable (BLK-09, BLK-07, F-54)."""

from __future__ import annotations

import io

import openpyxl
import pytest
from flask_babel import force_locale

from app.accounts.warning_models import AccountWarning
from app.core.db import db
from app.core.errors import Refused
from app.core.registry import stores
from app.files.imports import requests, trouble_presentation
from app.files.imports.answers import Answers
from app.files.imports.models import Import
from app.files.made import tasks as papers
from app.files.made.models import MadeFile
from app.people.students.models import Student
from tests import factories as make
from tests.files.imports.books import HEADS, good_row, xlsx
from tests.files.imports.conftest import tally

pytestmark = pytest.mark.rule("BLK-09")
COUNT = 60


@pytest.fixture
def known(bring, apply):
    """Sixty students of last week."""
    rows = [good_row(n) for n in range(1, COUNT + 1)]
    assert apply(bring(xlsx(rows), "先.xlsx")).state == "applied"
    db.session.expire_all()
    return rows


def page_of(visit, cast, record, more=""):
    return visit(cast.officer).get(f"/imports/file/{record.uid}{more}").text


def test_counts_say_which_column_changes_how_often_and_lead_to_their_rows(
    bring, known, visit, cast
):
    for n, row in enumerate(known):
        row["班级"] = "新班"
        if n < 5:
            row["性别"] = "女"
    record = bring(xlsx(known))
    assert tally(record) == (0, COUNT, 0, 0)
    page = page_of(visit, cast, record)
    assert "各列变更数" in page
    assert "status=changed&amp;column=sex" in page
    rows = page_of(visit, cast, record, "/rows?status=changed&column=sex")
    assert "第 1–5 行，共 5 行" in rows
    first = page_of(visit, cast, record, "/rows?status=changed")
    assert "第 1–50 行，共 60 行" in first
    assert "after=50" in first
    assert "第 51–60 行，共 60 行" in page_of(visit, cast, record, "/rows?status=changed&after=50")


def test_nonsense_in_the_address_of_the_rows_is_a_page_all_the_same(bring, known, visit, cast):
    known[0]["班级"] = "新班"
    record = bring(xlsx(known))
    for more in (
        "status=x",
        "status=changed&column=nobody&after=x",
        "status=faulty&column=sex&why=x",
        "after=99999999999",
        "status=same&why=y",
    ):
        answer = visit(cast.officer).get(f"/imports/file/{record.uid}/rows?{more}")
        assert answer.status_code == 200, more


@pytest.mark.rule("BLK-02")
def test_two_phones_of_the_same_mask_are_said_to_differ(bring, known, visit, cast):
    old = known[0]["手机号"]
    known[0]["手机号"] = old[:4] + "99" + old[6:]
    record = bring(xlsx(known))
    assert "号码不同，只是显示的几位相同" in page_of(visit, cast, record)


def test_a_column_that_slipped_by_one_row_stops_the_import_and_says_so(
    app, bring, known, cast, visit
):
    names = [row["姓名"] for row in known]
    for row, name in zip(known[1:], names, strict=False):
        row["姓名"] = name
    record = bring(xlsx(known))
    stop = record.concerns["stops"]
    assert [(s["field"], s["rows"], s["slipped"]) for s in stop] == [("name", COUNT - 1, 1)]
    page = page_of(visit, cast, record)
    assert "这一列很可能错位：数据整体偏下 1 行" in page
    who = make.actor(cast.officer)
    with app.test_request_context():
        with pytest.raises(Refused, match="同意"):
            requests.ask("write", record, who)
        requests.agree(record, who, record.version)
        requests.ask("write", record, who)
    assert db.session.get(Import, record.id).state == "writing"


def test_phones_that_slipped_upwards_are_seen_by_their_index(bring, known):
    phones = [row["手机号"] for row in known]
    for row, phone in zip(known, phones[1:], strict=False):
        row["手机号"] = phone
    known[-1]["手机号"] = "13700000009"
    record = bring(xlsx(known))
    assert [(s["field"], s["slipped"]) for s in record.concerns["stops"]] == [("phone", -1)]


def test_a_few_corrected_names_stop_nothing(bring, known):
    for row in known[:4]:
        row["姓名"] = "改名" + row["姓名"]
    assert bring(xlsx(known)).concerns == {}


def test_as_many_people_are_told_as_the_dialog_says(bring, apply, known, visit, cast):
    for n, row in enumerate(known[:7]):
        row["手机号"] = f"1370000{n:04d}"
    known[20]["班级"] = "新班"
    record = bring(xlsx(known))
    assert record.details["messages"] == 7
    assert "写入后将立即通知 7 人" in page_of(visit, cast, record)
    before = db.session.query(AccountWarning.user_id).distinct().count()
    assert apply(record).state == "applied"
    assert db.session.query(AccountWarning.user_id).distinct().count() - before == 7


def test_a_list_of_restrictions_says_whom_it_tells(bring, cast):
    row = {"学号": cast.student.student_no, "操作": "限制", "原因": "学费未缴清"}
    record = bring(xlsx([row], list(row)), "限制.xlsx", "restrictions")
    assert (tally(record)[0], record.details["messages"]) == (1, 1), record.details


def test_all_changes_come_as_a_workbook(bring, known, visit, cast, monkeypatch):
    for row in known[:3]:
        row["班级"], row["性别"] = "新班", "女"
    record = bring(xlsx(known))
    answer = visit(cast.officer).post(f"/import-changes/{record.uid}")
    assert answer.status_code == 303
    paper = db.session.query(MadeFile).order_by(MadeFile.id.desc()).first()
    papers.make_paper(paper.id)
    data = visit(cast.officer).get(f"/plan/papers/{paper.uid}/file").data
    rows = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values)
    assert len(rows) == 1 + 6
    assert rows[1][0:1] + rows[1][2:6] == ("2", known[0]["学号"], "班级", "软工2301", "新班")
    assert visit(cast.other_officer).post(f"/import-changes/{record.uid}").status_code == 404


@pytest.mark.rule("BLK-07")
def test_what_is_left_out_is_said_in_numbers_and_must_be_agreed_to(app, bring, cast, visit):
    book = openpyxl.load_workbook(io.BytesIO(xlsx([good_row(1), good_row(2)], [*HEADS, "备注"])))
    page = book.worksheets[0]
    page.cell(2, len(HEADS) + 1, "甲")
    page.append(["合计", "2"])
    other = book.create_sheet("奖学金")
    other.append(["人员", "金额"])
    other.append(["甲", 100])
    page.column_dimensions["B"].hidden = True
    out = io.BytesIO()
    book.save(out)
    record = bring(out.getvalue())
    left = record.concerns["left"]
    assert left == {
        "sheets": [["奖学金", 1]],
        "ignored": ["备注"],
        "hidden_columns": ["姓名"],
        "totals": 1,
    }
    text = page_of(visit, cast, record)
    for words in (
        "奖学金（1 行）",
        "未识别、不导入的列：备注",
        "仍会读取的列：姓名",
        "1 行合计不导入",
    ):
        assert words in text, words
    assert visit(cast.officer).post(f"/imports/file/{record.uid}/write").status_code == 303
    assert db.session.get(Import, record.id, populate_existing=True).state == "checked"
    visit(cast.officer).post(f"/imports/file/{record.uid}/agreement", data={"seen": record.version})
    assert not db.session.get(
        Import, record.id, populate_existing=True
    ).agreed  # the box is not ticked
    visit(cast.officer).post(
        f"/imports/file/{record.uid}/agreement", data={"seen": record.version, "agreed": "1"}
    )
    visit(cast.officer).post(f"/imports/file/{record.uid}/write")
    assert db.session.get(Import, record.id, populate_existing=True).state == "writing"


@pytest.mark.rule("BLK-07")
def test_our_own_template_needs_no_agreement(visit, cast, bring):
    data = visit(cast.officer).get("/imports/students/template.xlsx").data
    book = openpyxl.load_workbook(io.BytesIO(data))
    page = book.worksheets[0]
    heads = [str(cell.value).rstrip("*") for cell in page[1]]
    row = good_row(1) | {"学院": "01", "手机": good_row(1)["手机号"], "专业": good_row(1)["专业"]}
    for n, head in enumerate(heads, 1):
        page.cell(3, n, row.get(head)).number_format = "@"
    out = io.BytesIO()
    book.save(out)
    record = bring(out.getvalue(), answer=False)
    assert (record.state, record.concerns) == ("checked", {}), record.details
    assert db.session.query(Student).filter_by(student_no=row["学号"]).count() == 0


def with_error(rows, column="班级"):
    """The workbook of the rows, an error in that column of the first one."""
    book = openpyxl.load_workbook(io.BytesIO(xlsx(rows)))
    page = book.active
    heads = [str(cell.value).rstrip("*") for cell in page[1]]
    cell = page.cell(2, heads.index(column) + 1)
    cell.value, cell.data_type = "#N/A", "e"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lines_of(app, record):
    """Of each group of problems its field and its lines: text, rows, what is chosen."""
    sheet = stores().sheets[record.sheet]
    with app.test_request_context(), force_locale("zh"):
        found, _more = trouble_presentation.troubles_of(record, sheet, sheet.prepare(record))
    return {one.field: [(line.text, line.rows, line.chosen) for line in one.lines] for one in found}


def test_a_row_that_stands_twice_is_not_said_to_be_empty(app, bring):
    record = bring(xlsx([good_row(1), good_row(2), good_row(1)]))
    assert lines_of(app, record) == {"student_no": [(None, 1, "")]}


def test_rows_with_an_error_are_proposed_to_be_left_out_and_others_are_not(app, bring):
    record = bring(with_error([good_row(1), good_row(2, 姓名="")]))
    assert lines_of(app, record) == {"class_name": [("#", 1, "out")], "name": [("", 1, "")]}


def test_while_it_is_checked_again_no_number_of_the_former_check_is_shown(app, bring, visit, cast):
    record = bring(xlsx([good_row(1), good_row(2, 姓名="")]))
    assert "qq-stats" in page_of(visit, cast, record)
    with app.test_request_context():
        requests.decide(record, make.actor(cast.officer), Answers())
    assert "qq-stats" not in page_of(visit, cast, record)
    assert "errors.xlsx" not in page_of(visit, cast, record)


@pytest.mark.rule("BLK-06", "INV-03")
def test_what_was_decided_of_a_value_stands_in_the_workbook_of_faulty_rows(
    bring, decide, visit, cast
):
    """Not even remembered: brought again, the mended rows ask nothing a second time."""
    rows = [good_row(1, 学历="本科", 姓名=""), good_row(2, 学历="本科")]
    record = bring(xlsx(rows), answer=False)
    form = {"field-0": "education", "text-0": "本科", "act-0": "=31"}
    record = decide(record, form)
    assert (record.state, *tally(record)) == ("checked", 1, 0, 0, 1), record.details
    data = visit(cast.officer).get(f"/imports/file/{record.uid}/errors.xlsx").data
    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    heads = [cell.value for cell in page[1]]
    assert page.cell(2, heads.index("学历") + 1).value == "31"
    page.cell(2, heads.index("姓名") + 1).value = "学生一"
    out = io.BytesIO()
    page.parent.save(out)
    again = bring(out.getvalue(), "改好.xlsx", answer=False)
    assert (again.state, *tally(again)) == ("checked", 1, 0, 0, 0)
