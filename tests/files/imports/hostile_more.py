"""More hostile files: archives that lie, old formats, text tables; each with its name in the upload."""

import io
import struct
import zipfile

from app.files.imports.kinds_of_file import OLE
from tests.files.imports.books import xlsx
from tests.files.imports.hostile import HEAD, HEADERS, book, dbf, inline, row, sheet

ONE = row(2, "1", "甲")
FIELDS = [("XH", 10), ("XM", 20)]


def _patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def too_many_parts():
    return book(sheet(HEADERS, ONE), more=[(f"xl/media/{n}.xml", "<x/>") for n in range(2100)])


def a_part_twice():
    out = io.BytesIO(book(sheet(HEADERS, ONE)))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("XL/worksheets/SHEET1.xml", "<x/>")
    return out.getvalue()


def parts_with_a_password():
    data = bytearray(book(sheet(HEADERS, ONE)))
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def macro_sheets():
    return book(sheet(HEADERS, ONE), more=[("xl/macrosheets/sheet1.xml", "<x/>")])


def active_controls():
    return book(sheet(HEADERS, ONE), more=[("xl/activeX/activeX1.xml", "<x/>")])


def an_absolute_name():
    return book(sheet(HEADERS, ONE), more=[("/etc/cron.d/x", "<x/>")])


def a_text_document():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


def an_unknown_packing():
    data = bytearray(book(sheet(HEADERS, ONE)))
    at = data.index(b"PK\x01\x02")
    data[at + 10 : at + 12] = struct.pack("<H", 97)
    return bytes(data)


def sixteen_thousand_columns():
    return book(sheet(f'<row r="1">{inline("A1", "学号")}{inline("XFD1", "姓名")}</row>', ONE))


def a_hundred_thousand_tags_deep():
    return book(
        [HEAD, "<sheetData>", "<a>" * 100_000, "</a>" * 100_000, "</sheetData></worksheet>"]
    )


def a_name_of_a_hundred_megabytes():
    return book(
        [HEAD, '<sheetData><row r="1" x="', *["y" * (1 << 20)] * 100, '"/></sheetData></worksheet>']
    )


def a_string_that_is_not_there():
    return book(sheet('<row r="1"><c r="A1" t="s"><v>99999</v></c></row>'))


def an_old_workbook_with_macros():
    return OLE + b"\0" * 504 + "_VBA_PROJECT".encode("utf-16-le") + b"\0" * 512


def an_old_workbook_of_nothing():
    return OLE + bytes(range(256)) * 40


def a_quotation_that_never_ends():
    return ('学号,姓名\n1,"' + "甲" * 2_000_000).encode()


def a_line_of_a_million_commas():
    return b"\xe5\xad\xa6\xe5\x8f\xb7," + b"," * 1_000_000 + b"\n1,2\n"


def four_million_lines():
    return "学号,姓名\n".encode() + b"\n" * 4_000_000 + b"1,a\n" * 150_000


def zeros_behind_a_head():
    return "学号,姓名\n".encode() + b"\0" * 1_000_000


def half_a_character():
    return b"\xff\xfe" + "学号,姓名\n".encode("utf-16-le") + b"\x00"


def a_table_of_four_thousand_million_records():
    return _patched(dbf(FIELDS, [("1", "甲")]), 4, b"\xff\xff\xff\xff")


def a_table_of_empty_records():
    return _patched(dbf(FIELDS, [("1", "甲")]), 10, b"\x00\x00")


def a_table_whose_head_never_ends():
    return _patched(dbf(FIELDS, [("1", "甲")]), 8, b"\xff\xff")


def a_program():
    return b"MZ" + bytes(range(256)) * 100


def a_workbook_cut_in_its_directory():
    return xlsx([{"学号": "1", "姓名": "甲"}], ["学号", "姓名"])[:-5]


BROKEN, ACTIVE = "文件已损坏", "含有宏|嵌入对象"
MORE = {
    too_many_parts: ("a.xlsx", BROKEN),
    a_part_twice: ("a.xlsx", BROKEN),
    parts_with_a_password: ("a.xlsx", "密码保护"),
    macro_sheets: ("a.xlsx", ACTIVE),
    active_controls: ("a.xlsx", ACTIVE),
    an_absolute_name: ("a.xlsx", BROKEN),
    a_text_document: ("a.xlsx", "这不是"),
    an_unknown_packing: ("a.xlsx", BROKEN),
    sixteen_thousand_columns: ("a.xlsx", "702"),
    a_hundred_thousand_tags_deep: ("a.xlsx", "表头|损坏|限制"),
    a_name_of_a_hundred_megabytes: ("a.xlsx", "表头|损坏|限制"),
    a_string_that_is_not_there: ("a.xlsx", "表头|损坏|限制"),
    an_old_workbook_with_macros: ("a.xls", ACTIVE),
    an_old_workbook_of_nothing: ("a.xls", BROKEN),
    a_quotation_that_never_ends: ("a.csv", "第 2 行的引号"),
    a_line_of_a_million_commas: ("a.csv", "超过第 702 列"),
    four_million_lines: ("a.csv", "行"),
    zeros_behind_a_head: ("a.csv", "不是表格"),
    half_a_character: ("a.csv", "字符编码"),
    a_table_of_four_thousand_million_records: ("a.dbf", BROKEN),
    a_table_of_empty_records: ("a.dbf", BROKEN),
    a_table_whose_head_never_ends: ("a.dbf", BROKEN),
    a_program: ("a.xlsx", "不是表格"),
    a_workbook_cut_in_its_directory: ("a.xlsx", BROKEN),
}
