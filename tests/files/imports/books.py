"""Making workbooks for tests: as people fill them, and as they spoil them."""

import csv
import io
import struct

import xlsxwriter

from tests import factories as make

HEADS = [
    "学号",
    "姓名",
    "身份证号",
    "院系",
    "专业",
    "毕业届",
    "学历",
    "培养方式",
    "班级",
    "性别",
    "手机号",
]


def number(n):
    """An ID number that nobody of the cast has."""
    return make.id_number(n + 100)


def good_row(n=1, **more):
    """A row that is right for the cast's own school."""
    row = {
        "学号": f"2023{n:06d}",
        "姓名": make.called(n),
        "身份证号": number(n),
        "院系": "计算机学院",
        "专业": "计算机学院专业",
        "毕业届": "2027",
        "学历": "31",
        "培养方式": "1",
        "班级": "软工2301",
        "性别": "男",
        "手机号": f"139{n:08d}",
    }
    return row | more


def xlsx(rows, heads=HEADS, *, sheet="学生", above=(), hidden=None):
    """Rows are dicts by header; a value may be text, number, date or ("formula", text, cached value)."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_numbers": False}) as book:
        if hidden:
            book.add_worksheet("说明").write(0, 0, hidden)
        page = book.add_worksheet(sheet)
        if hidden:
            page.activate()
            page.set_first_sheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, line in enumerate(above):
            page.write_string(at, 0, line)
        first = len(above)
        for n, head in enumerate(heads):
            page.write_string(first, n, head)
        for at, row in enumerate(rows, first + 1):
            for n, head in enumerate(heads):
                put(page, at, n, row.get(head, ""), day)
    return out.getvalue()


def put(page, at, n, value, day):
    if isinstance(value, tuple):
        page.write_formula(at, n, value[1], None, value[2])
    elif isinstance(value, str):
        if value:
            page.write_string(at, n, value)
    elif isinstance(value, int | float):
        page.write_number(at, n, value)
    elif value is not None:
        page.write_datetime(at, n, value, day)


def text_table(rows, heads=HEADS, *, encoding="utf-8", separator=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(heads)
    for row in rows:
        writer.writerow([row.get(head, "") for head in heads])
    return out.getvalue().encode(encoding)


def xls(rows, heads=HEADS, *, more=b""):
    """The format before 2007, as old systems still write it: BIFF8 records in a compound file."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    def cell(at, n, value):
        place = struct.pack("<HHH", at, n, 0)
        if isinstance(value, int | float):
            return record(0x0203, place + struct.pack("<d", value))
        said = value.encode("utf-16-le")
        return record(0x0204, place + struct.pack("<HB", len(said) // 2, 1) + said)

    def begin(kind):
        return record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))

    name = "学生"
    end = record(0x000A, b"")
    head = begin(5)
    bound = len(head) + 4 + 8 + 2 * len(name) + len(end)
    head += (
        record(0x0085, struct.pack("<IHBB", bound, 0, len(name), 1) + name.encode("utf-16-le"))
        + end
    )
    cells = [cell(0, n, text) for n, text in enumerate(heads)]
    for at, row in enumerate(rows, 1):
        cells += [cell(at, n, row[h]) for n, h in enumerate(heads) if row.get(h, "") != ""]
    size = struct.pack("<IIHHH", 0, len(rows) + 1, 0, len(heads), 0)
    return compound(head + begin(16) + record(0x0200, size) + b"".join(cells) + end + more)


def compound(stream, name="Workbook"):
    """One stream of that name in an OLE container."""
    free, last, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    chain = [table, last, *range(3, sectors + 2), last]
    assert len(chain) <= 128
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, last, 0, last, 0
    )
    head += struct.pack("<I", 0) + struct.pack("<I", free) * 108

    def entry(called, kind, child, start, size):
        text = called.encode("utf-16-le") + b"\0\0"
        return text.ljust(64, b"\0") + struct.pack(
            "<HBBIII36xIQ", len(text), kind, 1, free, free, child, start, size
        )

    folder = entry("Root Entry", 5, 1, last, 0) + entry(name, 2, free, 2, len(stream))
    folder += b"\0" * 256
    fat = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    return head + fat + folder + stream
