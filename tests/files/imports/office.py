"""Files as offices and old systems make them: workbooks with what Excel does to them, pages, XML, ODS, DBF, BIFF5."""

from __future__ import annotations

import io
import struct
import zipfile
from datetime import date
from html import escape

import openpyxl

from tests.files.imports.books import HEADS, compound, good_row, xlsx


def rows(count=2, start=1, **more):
    return [good_row(n, **more) for n in range(start, start + count)]


def lines(found, heads=HEADS):
    return [heads, *([row.get(head, "") for head in heads] for row in found)]


def book(change=None, found=None, heads=HEADS):
    """An .xlsx after `change(workbook, first sheet)`."""
    made = openpyxl.load_workbook(io.BytesIO(xlsx(rows(3) if found is None else found, heads)))
    if change:
        change(made, made.active)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def spelled(data, *changes, part="xl/worksheets/sheet"):
    """The archive with bytes of its sheets replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            for before, after in changes if name.startswith(part) else ():
                assert before in text, before
                text = text.replace(before, after)
            new.writestr(name, text)
    return out.getvalue()


def page(table, *, head="", before="", encoding="utf-8", more=""):
    """HTML with one table; a cell is a text or (text, attributes), a row may end with its attributes."""
    out = []
    for row in table:
        attributes = row[-1] if row and isinstance(row[-1], dict) else {}
        cells = "".join(
            f"<td {cell[1]}>{escape(cell[0])}</td>"
            if isinstance(cell, tuple)
            else f"<td>{escape(cell)}</td>"
            for cell in row
            if not isinstance(cell, dict)
        )
        out.append(f"<tr {attributes.get('tr', '')}>{cells}</tr>")
    text = (
        f"<html><head>{head}</head><body>{before}<table>{''.join(out)}</table>{more}</body></html>"
    )
    return text.encode(encoding)


NS = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'


def attributed(row):
    """The attributes that a row may begin with, and its cells."""
    return (row[0]["row"], row[1:]) if row and isinstance(row[0], dict) else ("", row)


def xml_2003(sheets, *, before="", columns="", encoding="utf-8"):
    """XML of Excel 2003; a cell is a text or raw XML in a tuple, a row may begin with its attributes."""
    made = []
    for name, table in sheets.items():
        out = []
        for row in table:
            attributes, row = attributed(row)
            cells = "".join(
                cell[0]
                if isinstance(cell, tuple)
                else f'<Cell><Data ss:Type="String">{escape(cell)}</Data></Cell>'
                for cell in row
            )
            out.append(f"<Row {attributes}>{cells}</Row>")
        made.append(
            f'<Worksheet ss:Name="{name}"><Table>{columns}{"".join(out)}</Table></Worksheet>'
        )
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>{before}<?mso-application progid="Excel.Sheet"?>'
        f"<Workbook {NS}>{''.join(made)}</Workbook>"
    )
    return text.encode(encoding)


ODS = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def ods(sheets, *, columns=""):
    """OpenDocument; a cell is a text or raw XML in a tuple, a row may begin with its attributes."""
    made = []
    for name, table in sheets.items():
        out = []
        for row in table:
            attributes, row = attributed(row)
            cells = "".join(
                cell[0]
                if isinstance(cell, tuple)
                else f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
                for cell in row
            )
            out.append(f"<table:table-row {attributes}>{cells}</table:table-row>")
        made.append(f'<table:table table:name="{name}">{columns}{"".join(out)}</table:table>')
    content = (
        f"<office:document-content {ODS}><office:body><office:spreadsheet>{''.join(made)}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>{content}')
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return out.getvalue()


def biff5(table, *, page=936, encoding="gbk", hidden=(), errors=(), days=()):
    """A workbook of Excel 5: BIFF5 in a compound file; `page` None leaves the code page out."""

    def record(kind, data):
        return struct.pack("<HH", kind, len(data)) + data

    def cell(at, n, value):
        style = 1 if (at, n) in days else 0
        place = struct.pack("<HHH", at, n, style)
        if (at, n) in errors:
            return record(0x0205, place + b"\x2a\x01")
        if isinstance(value, int | float):
            return record(0x0203, place + struct.pack("<d", value))
        said = value.encode(encoding)
        return record(0x0204, place + struct.pack("<H", len(said)) + said)

    def begin(kind):
        return record(0x0809, struct.pack("<HHHH", 0x0500, kind, 0, 0))

    end, name = record(0x000A, b""), b"Sheet1"
    head = begin(5) + (record(0x0042, struct.pack("<H", page)) if page else b"")
    head += b"".join(
        record(0x00E0, struct.pack("<HHHHHHHH", 0, form, 0, 0, 0, 0, 0, 0)) for form in (0, 14)
    )
    bound = len(head) + 4 + 7 + len(name) + len(end)
    head += record(0x0085, struct.pack("<IHB", bound, 0, len(name)) + name) + end
    body = begin(16)
    body += b"".join(
        record(0x0208, struct.pack("<HHHHHHHH", at, 0, 9, 255, 0, 0, 0x20, 0)) for at in hidden
    )
    body += b"".join(
        cell(at, n, v) for at, row in enumerate(table) for n, v in enumerate(row) if v != ""
    )
    return compound(head + body + end, "Book")


def dbf(fields, records, *, version=0x03, page=0x4D, encoding="gbk", deleted=(), flags=None):
    """A DBF: fields are (name, type, size), a value is a text or the bytes of a binary field."""
    flags = flags or {}
    size = 1 + sum(field[2] for field in fields)
    tail = b"\0" * 263 if version in (0x30, 0x31, 0x32) else b""
    head = 32 + 32 * len(fields) + 1 + len(tail)
    out = struct.pack("<BBBBIHH17xB2x", version, 126, 6, 1, len(records), head, size, page)
    for name, sort, width in fields:
        out += struct.pack(
            "<11sc4xBBB13x", name.encode(encoding), sort.encode(), width, 0, flags.get(name, 0)
        )
    out += b"\r" + tail
    for n, values in enumerate(records):
        out += b"*" if n in deleted else b" "
        for (_name, _sort, width), value in zip(fields, values, strict=True):
            raw = value if isinstance(value, bytes) else value.encode(encoding)
            out += raw[:width].ljust(width, b"\0" if isinstance(value, bytes) else b" ")
    return out + b"\x1a"


def foxpro_moment(day):
    """A T value: Julian day and milliseconds."""
    return struct.pack("<ii", day.toordinal() - date(1970, 1, 1).toordinal() + 2_440_588, 0)
