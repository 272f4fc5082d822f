"""How a column of a batch becomes texts: shaped values, code names, the clear number behind a mask.

A value stands in a cell as readable text, and as nothing where the list shows a dash.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import inspect

from app.codes import labels
from app.core import clock
from app.core.crypto import Sealed, cipher
from app.fab.presentation import whole
from app.files.exports.row_proxy import Reader, RowReading

Shape = Callable[[Any], Any] | None
MASKED = "_masked"
MOST_KNOWN = 20_000  # different values of a column whose texts are remembered
DASH = "–"


def shaped(value: Any, shape: Shape) -> str:
    """The text of a value as the list shapes it; codes and states by their names."""
    if value is None or value == "":
        return ""
    if isinstance(value, enum.Enum):
        value = value.value
    if shape is not None and shape is not whole:
        with labels.for_a_file():
            value = shape(value)
    if isinstance(value, Markup):
        value = value.replace("<br>", " ").striptags()
    if not isinstance(value, str):
        value = _plain(value)
    return "" if value == DASH else str(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set):
        return str(_(", ")).join(_plain(v) for v in value)
    return "" if value is None else str(value)


class KnownTexts(dict[Any, str]):
    """The texts of the values met so far: a list has few different states, codes and colleges."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def __missing__(self, value: Any) -> str:
        text = shaped(value, self.shape)
        if len(self) < MOST_KNOWN:
            self[value] = text
        return text


def texts_of(values: Sequence[Any], known: KnownTexts) -> Sequence[str]:
    """The texts of one column of a batch."""
    if known.shape is None and set(map(type, values)) == {str}:
        return values
    try:
        return [known[value] for value in values]
    except TypeError:  # a list or dictionary has no hash
        return [shaped(value, known.shape) for value in values]


def reader(reading: RowReading, path: str, shape: Shape = None, *, clear: bool = False) -> Reader:
    """The texts of a dotted column; of a masked number, if `clear`, the number itself."""
    sealed = sealed_at(reading.root.model, path) if clear else None
    if sealed is not None:
        return _opened(reading, *sealed)
    known, place = KnownTexts(shape), reading.place(path)
    if place is not None:
        return lambda _rows, cells: texts_of(cells[place], known)
    read = reading.property(path)
    return lambda rows, _cells: texts_of([read(row) for row in rows], known)


def of_rows(reading: RowReading, text_of: Callable[[Any], Any]) -> Reader:
    """The texts that a view makes of whole rows."""
    row_of = reading.whole()

    def texts(rows: Sequence[object], _cells: Sequence[object]) -> list[str]:
        with labels.for_a_file():
            return [shaped(text_of(row_of(row)), None) for row in rows]

    return texts


def model_behind(model: Any, way: Sequence[str]) -> Any:
    """The model to which these relations lead one after the other; None where one is none."""
    for part in way:
        relation = inspect(model).relationships.get(part)
        if relation is None:
            return None
        model = relation.mapper.class_
    return model


def sealed_at(model: Any, path: str) -> tuple[str, type, Sealed] | None:
    """The way to the sealed number behind a masked column: prefix, model, attribute."""
    *way, last = path.split(".")
    if (model := model_behind(model, way)) is None:
        return None
    kept = vars(model).get(last.removesuffix(MASKED)) if last.endswith(MASKED) else None
    return ("".join(f"{part}." for part in way), model, kept) if isinstance(kept, Sealed) else None


def _opened(reading: RowReading, prefix: str, model: type, kept: Sealed) -> Reader:
    """The clear number of each row, from its ciphertext."""
    data, uid = reading.place(f"{prefix}{kept.name}_sealed"), reading.place(f"{prefix}uid")
    context, key = f"{model.__name__}.{kept.name}", cipher()
    assert data is not None
    assert uid is not None

    def opened(_rows: Sequence[object], cells: Sequence[Any]) -> list[str]:
        pairs = zip(cells[data], cells[uid], strict=True)
        return ["" if d is None else key.decrypt(d, f"{context}:{u}") for d, u in pairs]

    return opened


def blank(rows: Sequence[object], _cells: Sequence[object]) -> list[str]:
    """A column of which nothing is known."""
    return [""] * len(rows)
