"""From the words of a file to ours: what was decided, what is sure, what must be asked (BLK-06).

Runs in the worker, on the frame that was read. What is sure is taken and said on the preview; what is not is
asked once, with counts and cells as examples; nothing of personal numbers is kept in clear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from app.codes import shipped
from app.codes.regions import former_rows
from app.codes.regions import regions as regions_today
from app.core.text import clean_line
from app.files.imports import cells, decisions
from app.files.imports.columns import Column, Context, ValueList
from app.files.imports.guess_headers import guess_heads, names_of
from app.files.imports.guesses import Guess, Regions, guess_value
from app.files.imports.headers import normal
from app.files.imports.intake import (
    FileReading,
    Words,
    columns_of,
    declared_names,
    is_example,
    passed_over,
)
from app.files.imports.lists import is_region, lists_of, table_of
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet

_: Callable[..., str] = gettext

SAMPLES = 3
SHOWN = 60  # characters of a cell, as the pages have it
MOST_ASKED = 40  # unknown values of a column; with more of them the column is another one
_DIGITS = re.compile(r"[0-9A-Za-z]{7,}")


@dataclass
class Mapped:
    """The words to read by; `details` for the page: what is asked, what was taken by itself."""

    words: Words
    questions: dict[str, Any] = field(default_factory=dict)
    taken: dict[str, Any] = field(default_factory=dict)
    asks: bool = False
    hidden_out: int = 0  # hidden rows that are left out
    out_by_value: int = 0


def words_for(record: Import, sheet: Sheet, reading: FileReading, context: Context) -> Mapped:
    """Everything that was decided or is sure; `asks` where the person must say something first.

    Changes the frame: a value for all rows becomes a column, cells that are to be left empty are.
    """
    decided = record.details.get("decided", {})
    known = KnownWords(record, decided)
    rows_out = list(decided.get("rows_out", ()))
    found = Mapped(Words(rows_out=rows_out, hidden=decided.get("hidden") == "take"))
    _fill(sheet, reading, decided, found)
    _heads(sheet, reading, known, found)
    places = columns_of(sheet, reading.heads, found.words)[0]
    _empty(reading, places, decided)
    _out(reading, places, decided, found)
    _values(reading, places, context, known, found)
    hidden = reading.frame.index[reading.frame["hidden"].astype(bool)]
    found.questions["sentences"] = _sentences(sheet, found, known)
    if decided.get("hidden") == "leave":
        found.hidden_out = len(hidden)
        found.words.rows_out.extend(int(row) + 1 for row in hidden)
    found.questions["hidden"] = len(hidden)
    return found


def _sentences(sheet: Sheet, found: Mapped, known: KnownWords) -> list[str]:
    """What still lacks once the person has answered."""
    if not known.answered:
        return []
    return [
        _("The column “%(head)s” is missing.", head=sheet.column(name).label)
        for name in found.questions["missing"]
    ]


class KnownWords:
    """What was decided for this file, and before it for files of the same sheet."""

    def __init__(self, record: Import, decided: Mapping[str, Any]) -> None:
        self.answered = bool(record.details.get("answered"))
        self.heads: dict[str, str | None] = {}
        self.values: dict[str, dict[str, str | None]] = {}
        for word in decisions.kept(record):
            if word.kind == decisions.HEAD:
                self.heads[word.theirs] = word.ours
            else:
                self.values.setdefault(word.field, {})[word.theirs] = word.ours
        self.before = set(self.heads)
        self.heads |= decided.get("heads", {})
        self.here: dict[str, dict[str, str]] = decided.get("values", {})


def _fill(sheet: Sheet, reading: FileReading, decided: Mapping[str, Any], found: Mapped) -> None:
    """A value that holds for all rows is a column of the file from here on."""
    for name, text in decided.get("all", {}).items():
        head = f"{sheet.column(name).label}"
        while normal(head) in {normal(other) for other in reading.heads}:
            head += "*1"
        reading.frame[len(reading.heads)] = text
        reading.heads.append(head)
        found.words.heads[normal(head)] = name


# -- headers ---------------------------------------------------------------------------------------


def _heads(sheet: Sheet, reading: FileReading, known: KnownWords, found: Mapped) -> None:
    exact, passed = names_of(sheet), passed_over(sheet)
    guesses = guess_heads(reading.heads, exact)
    heads = dict(found.words.heads)
    fields = {column.field for column in sheet.columns}
    named = {exact[key] for key in guesses if key in exact}
    for key, guess in guesses.items():
        if key in known.heads and (known.heads[key] is None or known.heads[key] in fields):
            heads[key] = known.heads[key]
        elif guess.sure and key not in heads and (key in exact or guess.ours not in named):
            heads[key] = guess.ours  # nothing takes the place of a header that is ours
    # what a sheet declares itself is left to it: of two headers of one column it knows the better one
    declared = declared_names(sheet)
    found.words.heads.update({k: ours for k, ours in heads.items() if declared.get(k, "") != ours})
    used = {name for name in heads.values() if name}
    open_ = {key: guess for key, guess in guesses.items() if key not in heads and key not in passed}
    asked = {key for key, guess in open_.items() if guess.ours and guess.ours not in used}
    missing = [c.field for c in sheet.columns if c.required and c.field not in used]
    unsure = bool(asked) or not reading.sure  # perhaps not even the headers are
    found.asks = bool(missing) or (unsure and not known.answered)
    found.taken["heads"] = [
        [head, heads[key]]
        for head, key in _keys(reading.heads)
        if heads.get(key) and key not in declared
    ]
    found.questions |= {
        "missing": missing,
        "heads": [
            _head(reading, n, head, key, heads, open_, used, known)
            for n, (head, key) in enumerate(_keys(reading.heads))
            if key and key not in passed
        ],
    }


def _keys(heads: list[str]) -> list[tuple[str, str]]:
    return [(head, normal(head)) for head in heads]


def heads_known(record: Import) -> set[str]:
    """Normal headers that mean something in a file of this owner, beside those of the sheet."""
    decided = record.details.get("decided", {}).get("heads", {})
    kept = {
        word.theirs for word in decisions.kept(record) if word.kind == decisions.HEAD and word.ours
    }
    return kept | {key for key, ours in decided.items() if ours}


def _head(
    reading: FileReading,
    place: int,
    head: str,
    key: str,
    heads: Mapping[str, str | None],
    open_: Mapping[str, Guess],
    used: set[str],
    known: KnownWords,
) -> dict[str, object]:
    """One line of the page: the header, cells beneath it, and what it is taken for."""
    guess = open_.get(key)
    ours = heads.get(key) if guess is None else guess.ours if guess.ours not in used else None
    return {
        "head": head[:SHOWN],
        "key": key,
        "ours": ours,
        "open": guess is not None,
        "before": key in known.before,
        "samples": list(_samples(reading.frame[place])),
    }


def _samples(cells_: Any) -> Iterator[str]:
    seen: set[str] = set()
    for cell in cells_.head(200):
        text = masked(shown(cell))
        if text and text not in seen:
            seen.add(text)
            yield text
        if len(seen) == SAMPLES:
            return


def shown(cell: Any) -> str:
    """A cell as the pages have it."""
    if isinstance(cell, tuple | list):
        return str(cell[1]) if cell[0] == "d" else "#"
    return clean_line(str(cell))[:SHOWN]


def masked(text: str) -> str:
    """What might be a personal number, without its middle."""
    return _DIGITS.sub(lambda m: m[0][:2] + "*" * (len(m[0]) - 4) + m[0][-2:], text)


# -- values ----------------------------------------------------------------------------------------


def _empty(reading: FileReading, places: Mapping[int, Column], decided: Mapping[str, Any]) -> None:
    """Cells that the person wants left empty, by row: of personal numbers, which are kept nowhere."""
    of = {column.field: place for place, column in places.items()}
    for name, rows in decided.get("empty", {}).items():
        if name in of:
            reading.frame.loc[[row - 1 for row in rows if row <= len(reading.frame)], of[name]] = ""


def _out(
    reading: FileReading, places: Mapping[int, Column], decided: Mapping[str, Any], found: Mapped
) -> None:
    """Rows that are left out because of what stands in one of their cells."""
    for place, column in places.items():
        texts = set(decided.get("out", {}).get(column.field, ()))
        if texts:
            at = reading.frame.index[reading.frame[place].map(lambda cell: shown(cell) in texts)]  # noqa: B023
            found.words.rows_out.extend(int(row) + 1 for row in at)
            found.out_by_value += len(at)


def _values(
    reading: FileReading,
    places: Mapping[int, Column],
    context: Context,
    known: KnownWords,
    found: Mapped,
) -> None:
    found.questions["values"], found.taken["values"] = [], []
    rows = reading.frame.drop(index=[row - 1 for row in found.words.rows_out], errors="ignore")
    rows = rows[~rows[min(places)].map(is_example).astype(bool)] if places else rows
    for place, column in places.items():
        here = known.here.get(column.field, {})
        lists = lists_of(column, context) if column.secret is None else []
        if not here and not lists:
            continue  # nothing was said of its words, and none can be guessed
        counts = rows[place].value_counts()
        said = {cell: _last(here, shown(cell)) for cell in counts.index if shown(cell) in here}
        if lists:
            said |= _guessed(column, lists, counts, known, found, set(said))
        if said:
            found.words.values[column.field] = said
    open_ = [one for one in found.questions["values"] if one["ours"]]
    found.asks = found.asks or bool(open_ and not known.answered)


def _last(said: Mapping[str, str], text: str) -> str:
    """What a cell is read as in the end: a replacement may have been replaced itself."""
    seen = set()
    while text in said and text not in seen:
        seen.add(text)
        text = said[text]
    return text


def _guessed(
    column: Column,
    lists: list[ValueList],
    counts: Any,
    known: KnownWords,
    found: Mapped,
    done: set[Any],
) -> dict[Any, str]:
    """What is sure of the values of one column, which are of these lists; what is not is asked."""
    table = table_of(column)
    words = shipped.words(table) if table else {}
    before = known.values.get(column.field, {})
    regions = _Regions(column) if is_region(column) else None
    said: dict[Any, str] = {}
    asked = []
    for cell, rows in counts.items():
        text = shown(cell) if isinstance(cell, str | int) else ""
        bare = cells.unguarded(text)
        if cells.is_empty(bare) or cell in done or _stands(bare, lists):
            continue
        ours = before.get(cells.folded(text))
        if ours is not None and (not ours or lists[0].find(ours) is not None):
            said[cell] = ours
            found.taken["values"].append([column.field, text, ours, int(rows), "kept"])
            continue
        guess = regions.guess(bare) if regions else guess_value(bare, lists, words)
        if guess and guess.ours and guess.sure:
            said[cell] = guess.ours
            found.taken["values"].append([column.field, text, guess.ours, int(rows), "sure"])
        elif guess:
            asked.append(
                {"field": column.field, "text": text, "rows": int(rows), "ours": guess.ours}
            )
    if len(asked) <= MOST_ASKED:
        found.questions["values"] += asked
    return said


def _stands(text: str, lists: list[ValueList]) -> bool:
    """Whether a text is a value as it stands, in whichever edition, even one of several of that name."""
    key = cells.folded(text)
    return any(
        key in known.codes or key in known.names or known.find(text) is not None for known in lists
    )


class _Regions:
    """The regions of today, for places of origin those of once too; read when the first text asks."""

    def __init__(self, column: Column) -> None:
        self.known: Regions | None = None
        self.former = column.code == "SYSZDDM"

    def guess(self, text: str) -> Guess:
        if self.known is None:
            self.known = Regions(regions_today() + (former_rows() if self.former else []))
        return self.known.guess(text)
