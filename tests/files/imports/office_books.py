"""Workbooks as offices change them: merged, hidden, wrongly calculated; and how one is looked at after the reading."""

from __future__ import annotations

import io
import zipfile

from app.core.db import db
from app.files.imports.row_models import ImportRow
from tests.files.imports.books import HEADS
from tests.files.imports.conftest import problems
from tests.files.imports.office import book, lines, page, rows

ERROR, NO_VALUE, MISSING, LISTED = "错误值", "没有保存计算结果", "请填写此项", "可选范围"
HIDDEN, SHORT, MASKED, MEMO, GARBLED = "被隐藏", "可能已丢失位数", "已脱敏", "备注型字段", "乱码"
GOOD = lines(rows(2))


def cell(address, value):
    def change(_book, sheet):
        sheet[address] = value

    return change


def both(*changes):
    def change(made, sheet):
        for each in changes:
            each(made, sheet)

    return change


def merged(area):
    return lambda _book, sheet: sheet.merge_cells(area)


def below(*extra):
    def change(_book, sheet):
        for row in extra:
            sheet.append(row)

    return change


def further(name, table, state="visible"):
    def change(made, _sheet):
        sheet = made.create_sheet(name)
        for row in table:
            sheet.append(row)
        sheet.sheet_state = state

    return change


def hide(row=None, column=None):
    def change(_book, sheet):
        if row:
            sheet.row_dimensions[row].hidden = True
        if column:
            sheet.column_dimensions[column].hidden = True

    return change


def no_addresses(data):
    import re

    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if "worksheets/sheet" in name:
                text = re.sub(rb'(<c\b[^>]*?) r="[A-Z]+\d+"', rb"\1", text)
                text = re.sub(rb'(<row\b[^>]*?) r="\d+"', rb"\1", text)
            new.writestr(name, text)
    return out.getvalue()


def backslashes(data):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("/", "\\"), old.read(name))
    return out.getvalue()


def two_rows_of_heads():
    """«联系方式» over two columns; all other headers reach over both rows."""

    def change(_book, sheet):
        sheet.insert_rows(1)
        for n in range(1, len(HEADS) + 1):
            sheet.cell(1, n, sheet.cell(2, n).value)
        sheet.cell(1, 9, "班级与联系方式")
        for n in range(1, 9):
            sheet.cell(2, n).value = None
            sheet.merge_cells(start_row=1, end_row=2, start_column=n, end_column=n)
        sheet.merge_cells("I1:K1")

    return book(change)


def by_college():
    """A college's name merged over its students."""
    return book(both(merged("D2:D4"), merged("E2:E4")))


ZEROS = [r | {"学号": f"00{n}7"} for n, r in enumerate(rows(2))]
C = [(h, "C", 30) for h in ("学号", "姓名", "身份证号", "院系", "专业", "毕业届", "学历", "手机号")]
RECORDS = [[r[h] for h, _t, _s in C] for r in rows(2)]
NA_HTML = [*GOOD[:2], [*GOOD[2][:8], "#N/A", *GOOD[2][9:]]]
XML_ERROR = ('<Cell><Data ss:Type="Error">#N/A</Data></Cell>',)
XML_FORMULA = ('<Cell ss:Formula="=R1C1"/>',)
ODS_ERROR = (
    (
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
    ),
)


def put(table, row, place, value):
    return [
        [value if (n, m) == (row, place) else c for m, c in enumerate(r)]
        for n, r in enumerate(table)
    ]


def archive_of(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, data)
    return out.getvalue()


MHT = (
    b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\nContent-Type: text/html; charset="gb2312"\n'
    b"Content-Transfer-Encoding: 8bit\n\n"
    + page(GOOD, head='<meta charset="gb2312">', encoding="gbk")
    + b"\n--x--\n"
)


def is_read_as_made(bring, case):
    """Sheets, rows, problems and counts of the file are those of `(data, name, wrong, good, left)`."""
    data, file, wrong, good, left = case
    record = bring(data, file)
    assert record.state == "checked", record.details
    found = problems(record)
    if wrong is not None:
        assert {n: [f for f, _s in texts] for n, texts in found.items()} == {
            n: [f for f, _s in texts] for n, texts in wrong.items()
        }, found
        assert all(
            piece in said
            for n, texts in wrong.items()
            for (_f, piece), (_g, said) in zip(texts, found[n], strict=True)
        ), found
        assert record.new == good
    unread = record.details["unread"]
    assert {key: unread.get(key) for key in left} == left


def kept(record, line):
    return db.session.query(ImportRow).filter_by(import_id=record.id, line=line).one().values
