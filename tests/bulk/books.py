"""Making workbooks for tests: as people fill them, and as they spoil them."""

import csv
import io

import xlsxwriter

from tests import factories as make

HEADS = ["学号", "姓名", "身份证号", "院系", "专业", "毕业届", "学历", "培养方式", "班级", "性别", "手机号"]


def number(n):
    """An ID number that nobody of the cast has."""
    return make.id_number(n + 100)


def good_row(n=1, **more):
    """A row that is right for the cast's own school."""
    row = {
        "学号": f"2023{n:06d}", "姓名": f"学生{n}", "身份证号": number(n), "院系": "计算机学院",
        "专业": "计算机学院专业", "毕业届": "2027", "学历": "31", "培养方式": "1", "班级": "软工2301",
        "性别": "男", "手机号": f"139{n:08d}",
    }  # fmt: skip
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
