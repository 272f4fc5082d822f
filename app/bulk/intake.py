"""From an uploaded file to its rows: the limited child reads it, refusals become sentences (BLK-05)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_babel import force_locale, gettext

from app.bulk.heads import normal
from app.bulk.sheet import Column, Sheet
from app.core import children
from app.core.errors import Invalid, Refused
from app.core.text import clean_line

_: Callable[..., str] = gettext

MAX_BYTES = 20 << 20
SECONDS = 60.0
EXTRA = ("问题", "problem", "原行号", "row in your file")  # the error workbook's own columns
EXAMPLE = ("示例", "example")


@dataclass
class Reading:
    """A file that could be read: where its table lay, which cell of a row is which column."""

    sheet: str
    kind: str
    encoding: str
    heads: list[str]
    columns: dict[int, Column]
    ignored: list[str]
    lines: list[bytes] = field(repr=False)
    examples: int = 0
    hidden: frozenset[int] = frozenset()  # rows that a filter or a hand has hidden

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Number as Excel shows it, and cells; marked examples are left out."""
        first, self.examples = min(self.columns), 0
        for line in self.lines:
            number, *cells = json.loads(line)
            cell = cells[first] if first < len(cells) else ""
            if isinstance(cell, str) and cell.strip().lower().startswith(EXAMPLE):
                self.examples += 1
                continue
            yield number, cells


def read(data: bytes, name: str, sheet: Sheet) -> Reading:
    """The table in the file. Raises Refused, or Invalid where its headers are not right."""
    wish = {"name": name, "known": sorted(known_heads(sheet)), "most": sheet.most_rows + 1}
    request = json.dumps(wish).encode() + b"\n" + data
    try:
        answer = children.ask("sheets", request, SECONDS, again=False)
    except children.ChildDiedError as error:
        raise Refused(sentence("died", {})) from error
    except children.BusyError as error:
        raise Refused(_("Too many files are being read. Please try again in a minute.")) from error
    finally:
        children.dismiss("sheets")
    if answer[:1] != b"K":
        reason, values = json.loads(answer[1:])
        raise Refused(sentence(reason, values))
    head, *lines = answer[1:].split(b"\n")
    meta = json.loads(head)
    meta["heads"] = [clean_line(head) for head in meta["heads"]]
    columns, ignored = matched(sheet, meta["heads"])
    return Reading(
        clean_line(meta["sheet"]), meta["kind"], meta["encoding"], meta["heads"], columns, ignored,
        [line for line in lines if line], hidden=frozenset(meta.get("hidden", ())),
    )  # fmt: skip


def matched(sheet: Sheet, heads: list[str]) -> tuple[dict[int, Column], list[str]]:
    """Which cell is which column; the headers nobody knows. Raises Invalid, naming all that is wrong."""
    names = _names(sheet)
    problems, ignored = [], []
    places: dict[str, tuple[int, int]] = {}  # field → (rank of the header, cell)
    seen: set[str] = set()
    for n, head in enumerate(heads):
        key = normal(head)
        if key not in names:
            ignored += [head[:40]] if key and key not in EXTRA else []
        elif key in seen:
            problems.append((head, _("The column “%(head)s” is there twice.", head=head[:40])))
        else:
            column, rank = names[key]
            places[column.field] = min(places.get(column.field, (rank, n)), (rank, n))
        seen.add(key)
    for column in sheet.columns:
        if column.required and column.field not in places:
            label = str(column.label)
            problems.append((label, _("The column “%(head)s” is missing.", head=label)))
    if problems:
        raise Invalid(problems)
    return {places[c.field][1]: c for c in sheet.columns if c.field in places}, ignored


def known_heads(sheet: Sheet) -> set[str]:
    """Every header that names a column: Chinese, English, official code, other usual ones."""
    return set(_names(sheet))


def _names(sheet: Sheet) -> dict[str, tuple[Column, int]]:
    """Header → column and rank: of two headers for one column the code is better than the name."""
    found: dict[str, tuple[Column, int]] = {}
    labels: dict[str, list[str]] = {}
    for locale in ("zh", "en"):
        with force_locale(locale):
            for column in sheet.columns:
                labels.setdefault(column.field, []).append(str(column.label))
    for column in sheet.columns:
        own = [*labels[column.field], column.field, column.code, *column.also]
        for rank, name in enumerate(name for name in own if name):
            found.setdefault(normal(name), (column, rank))
    return found


def sentence(reason: str, values: dict[str, Any]) -> str:
    """A reason of `guard` and `reading` as a sentence: what is wrong and what to do."""
    texts = {
        "empty": _("The file is empty."),
        "kind": _("This is no table. Upload an Excel workbook (.xlsx, .xls), a .csv or a .dbf file."),
        "markup": _("This file is a web page or XML that is only called a workbook, as older systems "
                    "export it. Open it in Excel or WPS, choose “Save as” and the type .xlsx."),
        "not_excel": _("This is no Excel workbook. Open it and save it as .xlsx."),
        "old": _("This workbook is of Excel 95 or older, whose Chinese texts cannot be read safely. Open it "
                 "in Excel or WPS and save it as .xlsx."),
        "unaddressed": _("Some cells of this workbook show errors or some of its rows are hidden, and "
                         "it does not say which. Open it in Excel or WPS and save it as .xlsx."),
        "locked": _("The workbook is protected by a password. Save it without one."),
        "macros": _("The workbook contains macros. Save it as .xlsx without macros."),
        "links": _("The workbook has links to other files. Copy the table, paste it as values into "
                   "the template, and upload that."),
        "objects": _("The workbook contains embedded objects. Copy the table into the template."),
        "entities": _("The workbook contains XML declarations that no spreadsheet program writes. "
                      "Copy the table into the template."),
        "encoding": _("The characters of this text file cannot be read. Save it as .xlsx or as UTF-8."),
        "heads": _("No row of headers was found. Download the template and keep its headers."),
        "large": _("The file needs too much memory. Split it, or copy the table into the template."),
        "died": _("The file could not be read within the limits of memory and time. Copy the table "
                  "into the template, or split it."),
    }  # fmt: skip
    with_values = {
        "unpacked": lambda: _("Unpacked, the file has more than %(size)s MB. Split it.", **values),
        "rows": lambda: _("The sheet goes beyond row %(most)s. Delete the empty rows below the table, or "
                          "split the file.", most=values["most"]),
        "columns": lambda: _("The sheet goes beyond column %(most)s. Delete what stands far at the right.",
                             most=values["most"]),
        "cell": lambda: _("A cell in row %(row)s is longer than a spreadsheet allows.", row=values["row"]),
    }  # fmt: skip
    if reason in with_values:
        return with_values[reason]()
    return texts.get(reason, _("The file is damaged and cannot be read."))
