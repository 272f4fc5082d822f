"""From an uploaded file to its rows: the limited child reads it, refusals become sentences (BLK-05)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale, gettext

from app.core import children
from app.core.errors import Refused
from app.core.limits import LARGEST_IMPORT
from app.core.text import clean_line
from app.files.imports.columns import Column
from app.files.imports.guess_headers import names_of
from app.files.imports.headers import normal
from app.files.imports.sheet import Sheet

if TYPE_CHECKING:
    from pandas import DataFrame

_: Callable[..., str] = gettext

MAX_BYTES = LARGEST_IMPORT
SECONDS = 60.0
EXTRA = (
    "问题",
    "problem",
    "原行号",
    "rowinyourfile",
    "原工作表",
    "sheetinyourfile",
)  # the error workbook's own columns
EXAMPLE = ("示例", "example")


@dataclass(frozen=True)
class Words:
    """What a person has said of a file's own words (BLK-02): what is read differently, or not at all.

    `heads`: normal header → our field, None where the column is not used. `values`: our field →
    text of a cell → what is read instead; "" leaves the cell empty. `rows_out`: running numbers (1 … n)
    of rows that are left out. What is not named is read as it stands.
    """

    heads: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    rows_out: list[int] = field(default_factory=list)
    hidden: bool = False


@dataclass
class FileReading:
    """A file that could be read.

    `heads` are its headers as shown. `frame` has a row for each row below them and the columns `sheet`
    (index in `sheets`), `line` (its number as Excel shows it), `hidden` (whether it is), and 0 … one for
    each header; a cell is a text ("" where empty), a number, ``("d", ISO date)`` or ``("e",)``, an error.
    `left` counts what was seen and not taken, or taken although it is not shown. Not `sure`: its headers
    are guessed by their looks, nobody knows them.
    """

    kind: str
    encoding: str
    heads: list[str]
    frame: DataFrame = field(repr=False)
    sheets: list[str]
    left: dict[str, Any]
    sure: bool = True


def read(data: bytes, name: str, sheet: Sheet, also: Collection[str] = ()) -> FileReading:
    """The table in the file; `also` are normal headers that mean something here. Raises Refused."""
    wish = {
        "name": name,
        "known": sorted(known_heads(sheet) | set(also)),
        "most": sheet.most_rows + 1,
    }
    request = json.dumps(wish).encode() + b"\n" + data
    try:
        answer = children.ask("sheets", request, SECONDS, again=False)
    except children.ChildDiedError as error:
        raise Refused(sentence("died", {})) from error
    except children.BusyError as error:
        raise Refused(_("Too many files are being read. Please try again in a minute.")) from error
    finally:
        children.dismiss("sheets", spare=True)
    if answer[:1] != b"K":
        reason, values = json.loads(answer[1:])
        raise Refused(sentence(reason, values))
    from app.files.imports import frames  # it imports pandas, which the web process does without

    try:
        meta, frame = frames.opened(answer[1:])
        return FileReading(
            str(meta["kind"]),
            str(meta["encoding"]),
            [clean_line(str(h)) for h in meta["heads"]],
            frame,
            [clean_line(str(name)) for name in meta["sheets"]],
            dict(meta["left"]),
            sure=bool(meta["sure"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(sentence("broken", {})) from error


def columns_of(
    sheet: Sheet, heads: list[str], words: Words
) -> tuple[dict[int, Column], list[str], list[tuple[str, str]]]:
    """Which cell is which column; the headers that nobody knows; what is wrong, by header."""
    names, passed = _names(sheet), passed_over(sheet)
    problems, ignored = [], []
    places: dict[str, tuple[int, int]] = {}  # field → (rank of the header, cell)
    seen: set[str] = set()
    for n, head in enumerate(heads):
        key = normal(head)
        named = (words.heads[key], 0) if key in words.heads else names.get(key)
        if named is None or named[0] is None:
            ignored += [head[:40]] if key and key not in passed else []
        elif key in seen:
            problems.append((head, _("The column “%(head)s” is there twice.", head=head[:40])))
        else:
            places[named[0]] = min(places.get(named[0], (named[1], n)), (named[1], n))
        seen.add(key)
    for column in sheet.columns:
        if column.required and column.field not in places:
            label = str(column.label)
            problems.append((label, _("The column “%(head)s” is missing.", head=label)))
    return {places[c.field][1]: c for c in sheet.columns if c.field in places}, ignored, problems


def second_columns(
    sheet: Sheet, heads: list[str], words: Words, columns: dict[int, Column]
) -> dict[int, Column]:
    """Further columns for what a chosen one says: beside the code its name, beside the name its code."""
    names, chosen = _names(sheet), {column.field: column for column in columns.values()}
    found = {}
    for n, head in enumerate(heads):
        key = normal(head)
        field = words.heads[key] if key in words.heads else names.get(key, ("",))[0]
        if n not in columns and field in chosen:
            found[n] = chosen[field]
    return found


def is_example(cell: object) -> bool:
    """Whether the first cell of a row says that it is our template's example."""
    return isinstance(cell, str) and cell.strip().lower().startswith(EXAMPLE)


def known_heads(sheet: Sheet) -> set[str]:
    """Every header that names a column: Chinese, English, official code, other usual ones."""
    return set(names_of(sheet))


def passed_over(sheet: Sheet) -> set[str]:
    """Headers, as they are compared, of columns that we wrote ourselves for people to read."""
    found = set(EXTRA)
    for locale in ("zh", "en"):
        with force_locale(locale):
            found |= {normal(str(head)) for head in sheet.read_only}
    return found


def declared_names(sheet: Sheet) -> dict[str, str]:
    """Header → field, as the sheet declares them itself."""
    return {head: field for head, (field, _rank) in _names(sheet).items()}


def _names(sheet: Sheet) -> dict[str, tuple[str, int]]:
    """Header → our field and rank: of two headers for one column the code is better than the name."""
    found: dict[str, tuple[str, int]] = {}
    labels: dict[str, list[str]] = {}
    for locale in ("zh", "en"):
        with force_locale(locale):
            for column in sheet.columns:
                labels.setdefault(column.field, []).append(str(column.label))
    for column in sheet.columns:
        own = [*labels[column.field], column.field, column.code, *column.also]
        for rank, name in enumerate(name for name in own if name):
            found.setdefault(normal(name), (column.field, rank))
    return found


def sentence(reason: str, values: dict[str, Any]) -> str:
    """A reason of `guard` and `reading` as a sentence: what is wrong and what to do."""
    texts = {
        "empty": _("The file is empty."),
        "kind": _("This is no table. Upload an Excel workbook (.xlsx, .xls), a .csv or a .dbf file."),
        "markup": _("This file is XML that is no table. Open it in Excel or WPS and save it as .xlsx."),
        "no_table": _("This web page has no table in it. Where the old system gives a folder beside the "
                      "file, open the file in Excel or WPS and save it as .xlsx."),
        "not_excel": _("This is no Excel workbook. Open it and save it as .xlsx."),
        "binary": _("This is a binary workbook (.xlsb). Open it in Excel or WPS and save it as .xlsx."),
        "archive": _("This is a ZIP archive. Unpack it and upload the table that is in it."),
        "old": _("This workbook is of Excel 4 or older. Open it in Excel or WPS and save it as .xlsx."),
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
        "quotes": lambda: _("In row %(row)s of this text file a quotation mark opens and does not close. "
                            "Open the file in Excel or WPS, correct the row, and save it as .xlsx.",
                            row=values["row"]),
        "cell": lambda: _("A cell in row %(row)s is longer than a spreadsheet allows.", row=values["row"]),
    }  # fmt: skip
    if reason in with_values:
        return with_values[reason]()
    return texts.get(reason, _("The file is damaged and cannot be read."))
