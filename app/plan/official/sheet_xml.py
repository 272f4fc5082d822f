"""Texts into the cells of a worksheet's XML: only the bytes of those cells are changed. Pure (PLN-09)."""

from __future__ import annotations

import re
from xml.parsers import expat
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_col_to_name

from app.files.imports import guard
from app.files.imports.kinds_of_file import UnfitWorkbookError

_TAG = re.compile(rb"""<(?:[^>"']|"[^"]*"|'[^']*')*>""")
_SPANS = re.compile(rb'\s+spans\s*=\s*(?:"[^"]*"|\'[^\']*\')')
_LOOK = ("ht", "customHeight", "s", "customFormat")  # of a row
_PLAIN = re.compile(r"[0-9a-z.]{1,20}")
MOST_STYLED = 200  # columns
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def spliced(xml: bytes, cells: dict[str, dict[str, str]], head_row: int = 0) -> bytes:
    """The sheet with these texts: row number → column number → text. Formulas stay.

    A row that is added looks like the last one above it that is below the headers: height and every cell.
    """
    wanted = {int(n): {int(c): t for c, t in row.items()} for n, row in cells.items()}
    found = _Splice(xml, wanted, head_row)
    found.run()
    out, at = [], 0
    for start, end, text in sorted(found.edits, key=lambda edit: edit[:2]):  # put before replaced
        out += [xml[at:start], text]
        at = end
    return b"".join([*out, xml[at:]])


class _Splice:
    """One pass over a sheet's XML, noting which bytes are to be replaced by which."""

    def __init__(self, xml: bytes, wanted: dict[int, dict[int, str]], head_row: int) -> None:
        """Nothing is read yet."""
        self.xml, self.wanted, self.head_row = xml, wanted, head_row
        self.todo = sorted(wanted)
        self.edits: list[tuple[int, int, bytes]] = []
        self.styles: dict[int, str] = {}  # column → its style, or that of the last cell seen there
        self.look, self.seen = (
            "",
            set[int](),
        )  # of the row that is read: height and style, its cells
        self.pattern: tuple[str, set[int]] = ("", set())  # the same of the last row that has cells
        self.row = self.column = 0
        self.prefix = ""
        self.formula = False
        self.cell: tuple[int, str] | None = None  # where it begins, its style
        self.mine: list[tuple[int, int, int, str, bool]] = []  # column, start, end, style, formula
        self.head = (0, 0)

    def run(self) -> None:
        """Read it all. Raises UnfitError on XML that is none, or no sheet."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = lambda name, more: self._start(
            name, more, parser.CurrentByteIndex
        )
        parser.EndElementHandler = lambda name: self._end(name, parser.CurrentByteIndex)
        parser.XmlDeclHandler = self._declared
        parser.buffer_text = False
        parser.Parse(self.xml, True)
        if self.todo:
            raise UnfitWorkbookError("broken")

    def _declared(self, _version: str, encoding: str | None, _alone: int) -> None:
        if (encoding or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
            raise UnfitWorkbookError("broken")

    def _start(self, name: str, more: dict[str, str], at: int) -> None:
        prefix, _colon, local = name.rpartition(":")
        self.prefix = prefix and f"{prefix}:"
        if local == "row":
            self.row = int(more.get("r", self.row + 1))
            self.column, self.mine = -1, []
            self.head = (at, self._tag_end(at))
            self._missing_rows(self.row, at)
            self.look = "".join(
                f' {k}="{v}"' for k, v in more.items() if k in _LOOK and _PLAIN.fullmatch(v)
            )
            self.seen = set()
        elif local == "c":
            address = more.get("r", "").rstrip("0123456789")
            self.column = guard.column_number(address) if address else self.column + 1
            if self.row > self.head_row:
                self.styles[self.column] = more.get("s", "")
                self.seen.add(self.column)
            if self.todo and self.todo[0] == self.row:
                self.cell, self.formula = (at, more.get("s", "")), False
        elif local == "f" and self.cell:
            self.formula = True
        elif local in ("dimension", "col"):
            self._widen(at, more) if local == "dimension" else self._styled(more)

    def _end(self, name: str, at: int) -> None:
        local = name.rpartition(":")[2]
        if local == "c" and self.cell:
            start, style = self.cell
            end = self._tag_end(start)
            if self.xml[end - 2 : end] != b"/>":  # an empty element ends with its own tag
                end = self._tag_end(at)
            self.mine.append((self.column, start, end, style, self.formula))
            self.cell = None
        elif local == "row":
            self.pattern = (self.look, self.seen) if self.seen else self.pattern
            if self.todo and self.todo[0] == self.row:
                self.todo.pop(0)
                self._fill_row(at)
        elif local == "sheetData":
            self._missing_rows(1 << 30, at)

    def _tag_end(self, at: int) -> int:
        """The byte after the tag that begins here; «>» may stand inside quotes."""
        match = _TAG.match(self.xml, at)
        if match is None:
            raise UnfitWorkbookError("broken")
        return match.end()

    def _styled(self, more: dict[str, str]) -> None:
        """The look that columns give the cells that are not there."""
        first, last = int(more.get("min", 1)), int(more.get("max", 1))
        self.styles |= dict.fromkeys(
            range(first - 1, min(last, MOST_STYLED)), more.get("style", "")
        )

    def _widen(self, at: int, more: dict[str, str]) -> None:
        """The area that the sheet says it covers takes in what is added."""
        match = re.fullmatch(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?", more.get("ref", ""))
        if match is None or not self.wanted:
            return
        right = guard.column_number(match[3] or match[1])
        right = max(right, *(c for row in self.wanted.values() for c in row), 0)
        bottom = max(int(match[4] or match[2]), *self.wanted)
        ref = f"{match[1]}{match[2]}:{xl_col_to_name(right)}{bottom}"
        end = self._tag_end(at)
        close = "/>" if self.xml[end - 2 : end] == b"/>" else ">"
        self.edits.append((at, end, f'<{self.prefix}dimension ref="{ref}"{close}'.encode()))

    def _fill_row(self, at: int) -> None:
        start, end = self.head
        texts = dict(self.wanted[self.row])
        for column, begins, ends, style, formula in self.mine:
            if column in texts:
                text = texts.pop(column)
                if not formula:
                    self.edits.append((begins, ends, self._cell(column, style, text)))
        if not texts:
            return
        tag = _SPANS.sub(b"", self.xml[start:end])
        if tag.endswith(b"/>"):
            close = f"</{self.prefix}row>".encode()
            fresh = b"".join(self._cell(c, self.styles.get(c, ""), texts[c]) for c in sorted(texts))
            self.edits.append((start, end, tag[:-2] + b">" + fresh + close))
            return
        self.edits.append((start, end, tag))
        for column in sorted(texts):
            place = next((begins for c, begins, *_rest in self.mine if c > column), at)
            self.edits.append(
                (place, place, self._cell(column, self.styles.get(column, ""), texts[column]))
            )

    def _missing_rows(self, before: int, at: int) -> None:
        """Rows that are not there at all: put in their place, looking like the last one."""
        look, columns = self.pattern
        while self.todo and self.todo[0] < before:
            number = self.todo.pop(0)
            row, self.row, texts = self.row, number, self.wanted[number]
            cells = b"".join(
                self._cell(c, self.styles.get(c, ""), texts.get(c))
                for c in sorted(columns | {*texts})
            )
            self.row = row
            p = self.prefix
            tag = f'<{p}row r="{number}"{look}>'
            self.edits.append((at, at, tag.encode() + cells + f"</{p}row>".encode()))

    def _cell(self, column: int, style: str, text: str | None) -> bytes:
        """A cell with a text; with none only its look."""
        p, look = self.prefix, f' s="{style}"' if style.isdecimal() else ""
        begin = f'<{p}c r="{xl_col_to_name(column)}{self.row}"{look}'
        if text is None:
            return f"{begin}/>".encode()
        shown = escape(_UNFIT.sub("", text)[:32_767])
        return (
            f'{begin} t="inlineStr"><{p}is><{p}t xml:space="preserve">{shown}</{p}t></{p}is></{p}c>'
        ).encode()
