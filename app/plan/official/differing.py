"""An official workbook beside the plan: whose its rows are, which cells say otherwise. Only frames (PLN-09).

Their index is the number of the sheet's row. Whoever imports this imports pandas (docs/plan.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from flask_babel import gettext as _
from pandas import DataFrame, Series

from app.core.names import clean_name, name_key
from app.core.phones import is_mainland_mobile
from app.core.text import clean_code
from app.plan.official.spelling import NUMBERS, Spelling
from app.plan.rows.deciding import differ, lines_of


@dataclass(frozen=True)
class Book:
    """The data sheet of a workbook: its texts by column, what the columns mean, how their codes are spelt."""

    texts: DataFrame  # "" where nothing stands
    columns: dict[int, str]  # column → field; `…:name` is the name of a code
    spelled: dict[int, Spelling]
    formulas: set[tuple[int, int]]  # row, column

    def of(self, field: str) -> Series[Any]:
        """The column of a field; empty texts where the workbook has none."""
        place = next((place for place, name in self.columns.items() if name == field), None)
        return self.texts.get(place, Series("", self.texts.index, dtype=object))


def book_of(look: Mapping[str, Any], columns: dict[int, str], spelled: dict[int, Spelling]) -> Book:
    """What the child saw; a row may be shorter than that of the headers."""
    rows = {
        number: [texts[n] if n < len(texts) else "" for n in columns]
        for number, texts in look["rows"]
    }
    texts = DataFrame(list(rows.values()), list(rows), list(columns), dtype=object)
    return Book(texts, columns, spelled, {(row, place) for row, place in look["formulas"]})


def keys_of(book: Book, indexes: Callable[[str], list[bytes]]) -> DataFrame:
    """row, by (of NUMBERS), key: the best number of each row; of an ID number its indexes, one a line."""
    numbers = DataFrame({name: book.of(name).map(clean_code) for name in NUMBERS}, dtype=object)
    best = (numbers != "").to_numpy().argmax(axis=1)
    keys = DataFrame({"row": numbers.index, "by": np.array(NUMBERS, object)[best]}, dtype=object)
    keys["key"] = numbers.to_numpy()[np.arange(len(best)), best]
    keys = keys[keys["key"] != ""]
    spelt = keys["by"] == "id_number"
    return keys.assign(key=keys["key"].mask(spelt, keys["key"].map(indexes))).explode("key")


def known_of(rows: list[tuple[Any, ...]], names: Iterable[str], first: int = 0) -> DataFrame:
    """A line a graduate, numbered from `first` on; None where nothing is known."""
    return DataFrame(rows, range(first, first + len(rows)), list(names), dtype=object)


def whose(keys: DataFrame, known: DataFrame) -> Series[Any]:
    """Row → line of `known` that is its graduate: by its first key that anybody has; of several nobody.

    `keys`: row, by, key, the best of a row first; `known` has NUMBERS as columns.
    """
    numbers = [
        DataFrame({"by": by, "key": known[by], "line": known.index}, dtype=object) for by in NUMBERS
    ]
    hits = keys.assign(rank=range(len(keys))).merge(pd.concat(numbers), on=["by", "key"])
    first = hits["rank"] == hits.groupby("row")["rank"].transform("min")
    return hits[first].drop_duplicates("row", keep=False).set_index("row")["line"]


def met(book: Book, found: Series[Any], known: DataFrame) -> tuple[Series[Any], DataFrame]:
    """Row → line of `known` of each graduate met; and (at, who, why) of the rows that are left out.

    `found` as of `whose`; `known` has name and destination_code. Whom the plan has no destination of is met.
    """
    line = found.reindex(book.texts.index)
    mine = known.reindex(line)[["name", "destination_code"]].set_axis(line.index).fillna("")
    who = book.of("name").map(clean_name)
    nobody = line.isna()
    other = ~nobody & (who != "") & (who.map(name_key) != mine["name"].map(name_key))
    double = ~nobody & ~other & line.mask(other).duplicated()
    here = ~(nobody | other | double)
    why = np.select(
        [nobody, other, double, mine["destination_code"] == ""],
        [
            _("The school has no student of this number."),
            _("The student of this number has another name."),
            _("This student stands in a row above already."),
            _("The plan has no destination of this student yet."),
        ],
        "",
    )
    missed = {"at": line.index, "who": who.where(~here, mine["name"]), "why": why}
    return line[here], DataFrame(missed, dtype=object)[why != ""]


def by_field(known: DataFrame) -> DataFrame:
    """What is known of graduates, by field of the workbook, "" where nothing."""
    known = known.fillna("")
    mobile = known["contact_phone"].map(is_mainland_mobile).astype(bool)
    return known.assign(mobile=known["contact_phone"].where(mobile, ""))


def cells(book: Book, ours: DataFrame, who: DataFrame) -> tuple[DataFrame, DataFrame]:
    """at, field (its column), text of each cell where ours is otherwise; at, who, why of what cannot be put.

    `ours` by field; where it is empty, theirs stays. `who`: name and graduation_year of the same rows.
    """
    fields = {place: name.removesuffix(":name") for place, name in book.columns.items()}
    places = [place for place, name in fields.items() if name in ours]
    values = ours[[fields[place] for place in places]].set_axis(places, axis=1)
    texts = values.astype(object)
    for place in book.spelled.keys() & set(places):
        texts[place] = _spelt(values[place], who["graduation_year"], book.spelled[place])
    theirs = book.texts.reindex(ours.index, fill_value="")[places]
    said = values != ""
    spelt = said & texts.notna()
    fixed = [[(at, place) in book.formulas for place in places] for at in ours.index]
    fixed = DataFrame(fixed, ours.index, places, dtype=bool)
    missed = pd.concat(
        [
            _missed(
                said & ~spelt, values, _("The list of the workbook has no “%(code)s”.", code="%s")
            ),
            _missed(
                spelt & fixed,
                texts,
                _("A formula of the workbook stands there, and stays: %(value)s", value="%s"),
            ),
        ]
    ).sort_values(["at", "field"], ignore_index=True)
    missed["who"] = who["name"].reindex(missed["at"]).to_numpy()
    return lines_of(differ(theirs, texts) & spelt & ~fixed, text=texts), missed


def together(missed: DataFrame, parts: list[Any]) -> tuple[dict[int, Any], list[list[str]]]:
    """Row → column → text of all `cells`; and row, who, why of what is left out, by rows."""
    written: dict[int, dict[int, str]] = {}
    for lines, _missed in parts:
        for at, place, text in lines.itertuples(index=False):
            written.setdefault(at, {})[place] = text
    left = pd.concat([missed, *(more for _lines, more in parts)]).sort_values("at", kind="stable")
    return written, [[str(at), *why] for at, *why in left[["at", "who", "why"]].to_numpy()]


def _spelt(codes: Series[Any], years: Series[Any], spelling: Spelling) -> Series[Any]:
    """Each code as the workbook writes it, None where its list has nothing of the kind."""
    pairs = list(zip(codes, years, strict=True))
    texts = {pair: spelling.of(*pair) for pair in set(pairs) if pair[0]}
    return Series([texts.get(pair) for pair in pairs], codes.index, dtype=object)


def _missed(mark: DataFrame, texts: DataFrame, sentence: str) -> DataFrame:
    """at, field, why of the marked cells."""
    long = lines_of(mark, why=texts)
    return long.assign(why=[sentence.replace("%s", text) for text in long["why"]])
