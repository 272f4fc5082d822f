"""The three formats: nothing lost, nothing live, what does not fit is said before (BLK-01, PLN-07)."""

from __future__ import annotations

import csv
import io
from datetime import date

import dbf
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import Refused
from app.core.text import plain_cell
from app.files.exports import csv_out, dbf_out, xlsx_out
from app.files.exports.tables import ExportTable, Out, dbf_names
from tests.files.exports.read_back import csv_rows, dbf_rows

NASTY = [
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r=1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
    "'=1",
    "''-",
    "'quoted",
    "  =1",
    "007",
    "420101199801010017",
    "多行\n文字",
    '他说"好"',
    "a,b;c\td",
    "买买提·吾布力",
    "𠮷野家",
    "㛃䶮",
    "http://example.com",
    "{=1}",
    "TRUE",
    "1e5",
    "2026-07-01",
    "_x0041_",
    "#N/A",
    "null",
    "NA",
    "　全角空格",
]


def batches(*rows):
    yield list(rows)


def as_csv(rows, encoding="utf-8"):
    table = ExportTable([Out("甲", "A")], lambda: batches(*rows))
    return b"".join(csv_out.portions(table, encoding, [0]))


@pytest.mark.rule("BLK-01", "PLN-07")
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_nothing_in_a_csv_is_a_formula_and_our_own_import_reads_it_back(encoding):
    data = as_csv([[text] for text in NASTY], encoding)
    assert data.startswith(b"\xef\xbb\xbf") is (encoding == "utf-8")
    text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    cells = [row[0] for row in csv.reader(io.StringIO(text, newline=""))][1:]
    assert not [c for c in cells if c.strip().startswith(tuple("=+-@＝＋－＠")) or c[0] in "\t\r\0"]
    assert [row[0] for row in csv_rows(text)][1:] == NASTY


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
    )
)
def test_any_text_survives_csv_and_back(text):
    shown = plain_cell(text)
    assert not shown.lstrip().startswith(tuple("=+-@＝＋－＠"))
    read = list(csv_rows(as_csv([["x"], [text]]).decode("utf-8-sig")))
    found = read[2][0] if len(read) > 2 and read[2] else ""
    assert found == text


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(*[st.text("ab,\"\r\n '=", max_size=4)] * 3), min_size=1, max_size=4))
def test_quotes_stand_exactly_where_a_cell_needs_them(rows):
    out = io.StringIO()
    csv.writer(out).writerows([[plain_cell(cell) for cell in row] for row in rows])
    table = ExportTable([Out("甲", "A"), Out("乙", "B"), Out("丙", "C")], lambda: batches(*rows))
    data = b"".join(csv_out.portions(table, "utf-8", [0])).decode("utf-8-sig")
    assert data == "甲,乙,丙\r\n" + out.getvalue()


@pytest.mark.rule("BLK-01")
def test_a_nul_is_no_way_in_either():
    assert plain_cell("\0=1").startswith("'")


def book_of(tmp_path, rows, labels=("甲",)):
    path = tmp_path / "out.xlsx"
    outs = [Out(label, f"F{n}") for n, label in enumerate(labels)]
    rows, notes = xlsx_out.write(str(path), str(tmp_path), outs, batches(*rows))
    return path, notes


@pytest.mark.rule("BLK-01", "BLK-02", "PLN-07")
def test_a_workbook_holds_texts_and_nothing_that_acts(app, tmp_path):
    from python_calamine import CalamineWorkbook

    with app.test_request_context():
        path, notes = book_of(tmp_path, [[text] for text in NASTY])
    assert notes == []
    page = openpyxl.load_workbook(path).worksheets[0]
    cells = [row[0] for row in page.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert all(cell.number_format == "@" for cell in cells)
    read = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in read][1:] == NASTY


@pytest.mark.rule("BLK-01")
def test_what_a_workbook_cannot_hold_is_listed_not_lost(app, tmp_path):
    rows = [["a\x01b\x0bc"], ["\ud800x"], ["长" * 40_000], ["ok"], ["\x7f\uffff"]]
    with app.test_request_context("/?_l_=en"):
        path, notes = book_of(tmp_path, rows)
    assert [(row, label) for row, label, _what in notes] == [
        (2, "甲"),
        (3, "甲"),
        (4, "甲"),
        (6, "甲"),
    ]
    book = openpyxl.load_workbook(path)
    values = [cell.value for (cell,) in book.worksheets[0].iter_rows(min_row=2)]
    assert values[0] == "a␁b␋c"
    assert values[1] == "\ufffdx"
    assert len(values[2]) == 32_767
    assert values[2].endswith("…")
    assert "40000" in book.worksheets[1]["C4"].value


@pytest.mark.rule("BLK-01")
def test_a_sheet_that_is_too_long_is_refused_not_cut(app, tmp_path, monkeypatch):
    monkeypatch.setattr(xlsx_out, "MOST_ROWS", 2)
    with app.test_request_context(), pytest.raises(Refused, match=r"\.csv"):
        book_of(tmp_path, [["1"], ["2"], ["3"]])


def dbf_of(tmp_path, outs, *rows):
    path = tmp_path / "out.dbf"
    with path.open("wb") as file, (tmp_path / "spool").open("w+b") as spool:
        count, unfit = dbf_out.write(file, spool, outs, batches(*rows), date(2026, 7, 1))
    return path, count, unfit


@pytest.mark.rule("PLN-07")
@pytest.mark.parametrize("width", [0, 40])
def test_a_dbf_is_read_back_equal_by_the_library_and_by_our_import(tmp_path, width):
    outs = [Out("姓名", "XM", width), Out("学号", "XH", width)]
    rows = [("黄河水", "007"), ("买买提·吾布力", "=1+1"), ("", "x"), ("多行\n字", "１２")]
    path, count, unfit = dbf_of(tmp_path, outs, *rows)
    assert (count, unfit.count) == (4, 0)
    data = path.read_bytes()
    assert data[29] == 0x4D
    assert (data[1] + 1900, data[2], data[3]) == (2026, 7, 1)
    assert [tuple(row) for row in dbf_rows(data)] == [("XM", "XH"), *rows]
    with dbf.Table(str(path)) as table:
        assert table.codepage.name == "cp936"
        assert table.field_names == ["XM", "XH"]
        found = [(r.XM.rstrip(), r.XH.rstrip()) for r in table]
    assert found == rows


@pytest.mark.rule("PLN-07")
def test_characters_outside_gbk_and_overflows_are_listed_with_row_and_column(tmp_path):
    outs = [Out("姓名", "XM", 6), Out("备注", "BZ", 10)]
    path, _count, unfit = dbf_of(
        tmp_path, outs, ("王㛃䶮", ""), ("好", "买•提"), ("太长的名字", "好")
    )
    assert unfit.count == 3
    assert sorted(unfit.listed) == [
        (1, "姓名", "character", "㛃䶮"),
        (2, "备注", "character", "•"),
        (3, "姓名", "long", "10/6"),
    ]
    rows = list(dbf_rows(path.read_bytes()))
    assert rows[1:] == [["王〓〓", ""], ["好", "买〓提"], ["太长的", "好"]]


@pytest.mark.rule("PLN-07")
def test_what_is_too_long_is_cut_at_a_character(tmp_path):
    path, _count, unfit = dbf_of(tmp_path, [Out("姓名", "XM", 5)], ("黄河水",), ("a河b水",))
    assert unfit.count == 2
    assert [row[0] for row in dbf_rows(path.read_bytes())][1:] == ["黄河", "a河b"]


def test_names_of_dbf_fields_are_short_and_different():
    given = ["graduation_year", "graduation_years", "MOBILEPHONE"]
    names = dbf_names(
        [*(Out("x", name) for name in given), Out("毕业去向"), Out("毕业 去向（1）"), Out("…")]
    )
    assert names == ["GRADUATION", "GRADUATIO2", "MOBILEPHON", "BYQX", "BYQX1", "F"]


@pytest.mark.rule("BLK-01")
def test_names_of_dbf_fields_are_made_as_the_official_ones_and_never_cut(app):
    """«DESTINATIO» told nobody what it was (F-60)."""
    from flask_babel import lazy_gettext

    with app.test_request_context("/?_l_=en"):
        outs = [
            Out("Destination", named=lazy_gettext("Destination")),
            Out("Last change", named=lazy_gettext("Last change")),
        ]
        assert dbf_names(outs) == ["BYQX", "ZJBD"]


@pytest.mark.rule("BLK-01")
def test_an_empty_table_is_a_whole_file_in_every_format(app, tmp_path):
    path, count, _unfit = dbf_of(tmp_path, [Out("甲", "A")])
    assert count == 0
    assert list(dbf_rows(path.read_bytes())) == [["A"]]
    with app.test_request_context():
        book_of(tmp_path, [])
    assert as_csv([]).decode("utf-8-sig") == "甲\r\n"


@pytest.mark.rule("BLK-08", "PLN-07")
def test_a_dbf_that_our_import_would_not_take_is_written_as_narrow_as_its_texts(tmp_path):
    """A file of 21 MB was over the import's limit, nearly all of it blanks (F-60)."""
    columns = [Out("甲", "A", 200), Out("乙", "B", 254), Out("丙", "C", 3)]
    rows = [("甲乙丙", "", "12345"), ("x", "1", "")]
    assert dbf_out.too_wide(columns, 60_000)
    assert dbf_out.too_wide(columns, None)
    assert not dbf_out.too_wide(columns, 40_000)
    assert not dbf_out.too_wide(
        [Out("甲", "A", 200), Out("乙", "B")], 60_000
    )  # measured in any case
    sizes = []
    for narrow in (False, True):
        path = tmp_path / f"{narrow}.dbf"
        with path.open("wb") as file, (tmp_path / "spool").open("w+b") as spool:
            count, unfit = dbf_out.write(
                file, spool, columns, batches(*rows), date(2026, 7, 1), narrow=narrow
            )
        assert (count, unfit.count) == (2, 1)  # «12345» is too long for three bytes in any case
        assert list(dbf_rows(path.read_bytes())) == [
            ["A", "B", "C"],
            ["甲乙丙", "", "123"],
            ["x", "1", ""],
        ]
        sizes.append(path.stat().st_size)
    assert sizes[0] - sizes[1] == 2 * (200 - 6 + 254 - 1)
