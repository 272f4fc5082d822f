"""What other readers lose or guess is kept as it stands (BLK-02); a file's ending proves nothing (BLK-05)."""

from __future__ import annotations

import unicodedata
from datetime import datetime

import pytest

from app.core.db import db
from app.files.imports.row_models import ImportRow
from tests.files.imports import hostile
from tests.files.imports.books import HEADS, good_row, text_table, xls, xlsx
from tests.files.imports.conftest import problems, tally

KEPT = {  # class of a student: text as it stands in the file → as it is kept
    "na": "NA",
    "null": "null",
    "nan": "NaN",
    "none": "None",
    "true": "TRUE",
    "zeros": "010486",
    "scientific": "1e5",
    "long digits": "420101199801010017",
    "fraction": "3.0",
    "day": "2026-07-01",
    "han outside the first plane": "𠮷班",
    "compatibility ideograph": "龍\uf9c4班",
    "two lines": "甲\n班",
    "tab": "甲\t班",
}


def kept(record, field="class_name"):
    rows = db.session.query(ImportRow).filter_by(import_id=record.id).order_by(ImportRow.row)
    return [row.values.get(field) for row in rows]


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("ending", ["xlsx", "xls", "csv"])
def test_texts_that_look_like_something_else_are_kept(bring, ending):
    rows = [good_row(n, 班级=text) for n, text in enumerate(KEPT.values())]
    data = {"xlsx": xlsx, "xls": xls, "csv": text_table}[ending](rows)
    record = bring(data, f"a.{ending}")
    assert problems(record) == {}
    assert kept(record) == [
        unicodedata.normalize("NFC", " ".join(text.split())) for text in KEPT.values()
    ]


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("name", ["Null", "NA", "买买提·吾布力", "𬸘㛃", "䶮龘", "JOHN SMITH"])
def test_names_are_kept_whatever_they_look_like(bring, name):
    record = bring(xlsx([good_row(1, 姓名=name)]))
    assert (tally(record), kept(record, "name")) == ((1, 0, 0, 0), [name])
    assert record.details["mended"] == {}


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("dot", "•‧・∙⋅")
def test_a_wrong_dot_in_a_name_is_made_the_right_one_and_reported(bring, dot):
    record = bring(xlsx([good_row(1, 姓名=f"买买提{dot}吾布力")]))
    assert kept(record, "name") == ["买买提·吾布力"]
    assert record.details["mended"] == {"name": 1}


@pytest.mark.rule("BLK-02")
def test_a_number_is_taken_where_no_digit_can_be_lost(bring):
    record = bring(xlsx([good_row(1, 手机号=13812345678, 毕业届=2027, 性别=1)]))
    assert tally(record) == (1, 0, 0, 0)
    row = db.session.query(ImportRow).filter_by(import_id=record.id).one()
    assert (row.values["graduation_year"], row.values["sex"]) == (2027, "1")


@pytest.mark.rule("BLK-02")
def test_a_year_that_is_a_date_with_a_time_is_refused(bring):
    record = bring(xlsx([good_row(1, 毕业届=datetime.fromisoformat("2027-07-01T08:30"))]))
    assert problems(record) == {2: [("graduation_year", "此处应填整数。")]}


@pytest.mark.rule("BLK-02")
def test_the_cached_value_of_a_formula_counts(bring):
    record = bring(xlsx([good_row(1, 班级=("formula", '="软工"&"2301"', "软工2301"))]))
    assert kept(record) == ["软工2301"]


@pytest.mark.rule("BLK-05", "BLK-02")
@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (xlsx, "学生.xls", "xlsx"),
        (xls, "学生.xlsx", "xls"),
        (text_table, "学生.xlsx", "csv"),
        (text_table, "学生.dbf", "csv"),
        (xlsx, "学生.csv", "xlsx"),
        (xlsx, "学生", "xlsx"),
        (text_table, "学生.TXT", "csv"),
    ],
)
def test_a_wrong_ending_is_seen_through(bring, data, name, kind):
    record = bring(data([good_row(1)]), name)
    assert (record.state, record.details["kind"]) == ("checked", kind)
    assert tally(record) == (1, 0, 0, 0)


@pytest.mark.rule("BLK-02", "BLK-05")
def test_a_dbf_with_deleted_records_and_memo_fields(bring):
    fields = [("XH", 20), ("XM", 20)]
    data = bytearray(hostile.dbf(fields, [("1", "甲"), ("2", "乙")]))
    at = 33 + 32 * 2
    data[at : at + 1] = b"*"  # the first is deleted
    asked = bring(bytes(data), "a.dbf", answer=False).details["questions"]
    assert asked["missing"] == ["id_number", "college", "major", "graduation_year", "education"]
    assert [head["samples"] for head in asked["heads"]] == [["2"], ["乙"]]
    memo = bytearray(hostile.dbf(fields, [("1", "甲")]))
    memo[32 + 11 : 32 + 12] = b"M"
    asked = bring(bytes(memo), "b.dbf", answer=False).details["questions"]
    assert [head["samples"] for head in asked["heads"]] == [["#"], ["甲"]]  # no text of its own


@pytest.mark.rule("BLK-02")
def test_two_sheets_with_headers_the_one_with_more_of_them_is_taken(bring):
    record = bring(xlsx([good_row(1)], HEADS, hidden="学号"))
    assert (record.details["sheets"], tally(record)) == (["学生"], (1, 0, 0, 0))
