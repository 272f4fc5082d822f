"""Attack files, made here: bombs that unpack to gigabytes, entities, macros, far cells. And a harmless one."""

import io
import struct
import zipfile

TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    "</Types>"
)
RELS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
BOOK = (
    '<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
BOOK_RELS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
STRINGS = '<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
MB = 1 << 20


def inline(address, text):
    return f'<c r="{address}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(n, *texts):
    cells = "".join(inline(f"{chr(65 + i)}{n}", text) for i, text in enumerate(texts))
    return f'<row r="{n}">{cells}</row>'


HEADERS = row(1, "学号", "姓名")


def book(sheet, *, strings=STRINGS, more=(), dimension=""):
    """A workbook of these parts; a part may be (bytes, how many times it stands there)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        parts = {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": RELS,
            "xl/workbook.xml": BOOK,
            "xl/_rels/workbook.xml.rels": BOOK_RELS,
            "xl/sharedStrings.xml": strings,
        }
        for name, content in [*parts.items(), ("xl/worksheets/sheet1.xml", sheet), *more]:
            with archive.open(name, "w") as part:
                for piece in [content] if isinstance(content, str | bytes) else content:
                    part.write(piece.encode() if isinstance(piece, str) else piece)
    return out.getvalue()


def sheet(*rows):
    return [HEAD, "<sheetData>", *rows, "</sheetData></worksheet>"]


def many_rows():
    """A third of a gigabyte of rows."""
    return book(sheet(HEADERS, *[row(2, "a" * 100, "b" * 100) * 4000] * 350))


def unused_strings():
    """A gigabyte of shared strings that no cell uses."""
    block = "<si><t>" + "x" * 1000 + "</t></si>"
    return book(
        sheet(HEADERS, row(2, "1", "甲")),
        strings=[STRINGS[:-2] + ">", *[block * 1000] * 1100, "</sst>"],
    )


def one_cell():
    """One cell of a gigabyte."""
    return book(
        sheet(
            HEADERS,
            '<row r="2"><c r="A2" t="inlineStr"><is><t>',
            *["x" * MB] * 1024,
            "</t></is></c></row>",
        )
    )


def far_cell():
    """Two cells at the opposite corners: 2 KB that make a careless reader ask for 550 GB."""
    return book(sheet(HEADERS, f'<row r="1048576">{inline("XFD1048576", "x")}</row>'))


def far_cell_in_entities():
    """The same address, spelled by character references."""
    return book(sheet(HEADERS, f'<row r="2">{inline("&#88;FD1048576", "x")}</row>'))


def far_cell_within_bounds():
    """Inside the guard's bounds, but 70 million cells: the child's memory is the wall."""
    return book(sheet(HEADERS, f'<row r="100100">{inline("ZZ100100", "x")}</row>'))


def million_rows():
    """1,048,576 rows, nearly all empty."""
    return book(
        sheet(
            HEADERS,
            *(f'<row r="{n}"><c r="A{n}"/><c r="B{n}"/></row>' for n in range(2, 1_048_577)),
        )
    )


def laughs():
    """A billion laughs."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return book(
        f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY l0 "ha">{entities}]>'
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{row(1, "&l9;")}</sheetData></worksheet>'
    )


def external_entity():
    """Reads a file of the server, if it is let."""
    return book(
        '<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{row(1, "学号", "&f;")}</sheetData></worksheet>'
    )


def entity_in_utf16():
    """The same, hidden from a search for bytes."""
    text = (
        '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE worksheet [<!ENTITY f "x">]><worksheet/>'
    )
    return book(text.encode("utf-16"))


def macros():
    return book(sheet(HEADERS, row(2, "1", "甲")), more=[("xl/vbaProject.bin", b"\0" * 99)])


def outer_links():
    return book(
        sheet(HEADERS, row(2, "1", "甲")), more=[("xl/externalLinks/externalLink1.xml", "<x/>")]
    )


def embedded():
    return book(sheet(HEADERS, row(2, "1", "甲")), more=[("xl/embeddings/oleObject1.bin", b"MZ")])


def climbing_name():
    return book(sheet(HEADERS, row(2, "1", "甲")), more=[("../../evil.xml", "<x/>")])


def lying_sizes():
    """The directory says that a part of 300 MB has ten bytes."""
    data = bytearray(book(sheet(HEADERS, *["<!--" + "x" * (MB - 7) + "-->"] * 300)))
    at = data.rindex(b"xl/worksheets/sheet1.xml") - 46
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(data)


def encrypted():
    """What Excel writes for a workbook with a password: an old container."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 504
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 512
    )


def lying_dimension():
    """Harmless: it says that it has four thousand million cells, and has four."""
    return book(
        [
            HEAD,
            '<dimension ref="A1:XFD1048576"/><sheetData>',
            HEADERS,
            row(2, "1", "甲"),
            "</sheetData></worksheet>",
        ]
    )


def dbf(fields, rows, encoding="gbk"):
    """A dBase III file; fields are (name, length)."""
    length = 1 + sum(size for _name, size in fields)
    head = struct.pack(
        "<BBBBIHH17xB2x", 3, 126, 7, 1, len(rows), 33 + 32 * len(fields), length, 0x4D
    )
    for name, size in fields:
        head += struct.pack("<11sc4xBB14x", name.encode(encoding), b"C", size, 0)
    body = b"".join(
        b" "
        + b"".join(
            str(cell).encode(encoding).ljust(size)[:size]
            for cell, (_n, size) in zip(line, fields, strict=True)
        )
        for line in rows
    )
    return head + b"\r" + body + b"\x1a"
