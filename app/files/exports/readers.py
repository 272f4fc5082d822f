"""How a column of a batch becomes texts: shaped values, code names, the clear number behind a mask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import inspect

from app.core.crypto import Sealed, cipher
from app.files.exports.row_proxy import Reader, Reading
from app.files.exports.texts import Known, Shape, shaped, texts_of

MASKED = "_masked"


def reader(reading: Reading, path: str, shape: Shape = None, *, clear: bool = False) -> Reader:
    """The texts of a dotted column; of a masked number, if `clear`, the number itself."""
    sealed = sealed_at(reading.root.model, path) if clear else None
    if sealed is not None:
        return _opened(reading, *sealed)
    known, place = Known(shape), reading.place(path)
    if place is not None:
        return lambda _rows, cells: texts_of(cells[place], known)
    read = reading.property(path)
    return lambda rows, _cells: texts_of([read(row) for row in rows], known)


def of_rows(reading: Reading, text_of: Callable[[Any], Any]) -> Reader:
    """The texts that a view makes of whole rows."""
    row_of = reading.whole()
    return lambda rows, _cells: [shaped(text_of(row_of(row)), None) for row in rows]


def sealed_at(model: Any, path: str) -> tuple[str, type, Sealed] | None:
    """The way to the sealed number behind a masked column: prefix, model, attribute."""
    *way, last = path.split(".")
    for part in way:
        relation = inspect(model).relationships.get(part)
        if relation is None:
            return None
        model = relation.mapper.class_
    kept = vars(model).get(last.removesuffix(MASKED)) if last.endswith(MASKED) else None
    return ("".join(f"{part}." for part in way), model, kept) if isinstance(kept, Sealed) else None


def _opened(reading: Reading, prefix: str, model: type, kept: Sealed) -> Reader:
    """The clear number of each row, from its ciphertext."""
    data, uid = reading.place(f"{prefix}{kept.name}_sealed"), reading.place(f"{prefix}uid")
    context, key = f"{model.__name__}.{kept.name}", cipher()
    assert data is not None
    assert uid is not None

    def opened(_rows: Sequence[Any], cells: Sequence[Any]) -> list[str]:
        pairs = zip(cells[data], cells[uid], strict=True)
        return ["" if d is None else key.decrypt(d, f"{context}:{u}") for d, u in pairs]

    return opened


def blank(rows: Sequence[Any], _cells: Sequence[Any]) -> list[str]:
    """A column of which nothing is known."""
    return [""] * len(rows)
