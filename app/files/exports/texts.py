"""How a value stands in a cell: readable text, nothing where the list shows a dash."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from app.core import clock
from app.fab.presentation import whole

Shape = Callable[[Any], Any] | None
MOST_KNOWN = 20_000
DASH = "–"


def shaped(value: Any, shape: Shape) -> str:
    """The text of a value as the list shapes it; codes and states by their names."""
    if value is None or value == "":
        return ""
    if isinstance(value, enum.Enum):
        value = value.value
    if shape is not None and shape is not whole:
        value = shape(value)
    if isinstance(value, Markup):
        value = value.replace("<br>", " ").striptags()
    if not isinstance(value, str):
        value = _plain(value)
    return "" if value == DASH else str(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set):
        return str(_(", ")).join(_plain(v) for v in value)
    return "" if value is None else str(value)


class Known(dict[Any, str]):
    """The texts of the values met so far: a list has few different states, codes and colleges."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def __missing__(self, value: Any) -> str:
        text = shaped(value, self.shape)
        if len(self) < MOST_KNOWN:
            self[value] = text
        return text


def texts_of(values: Sequence[Any], known: Known) -> Sequence[str]:
    """The texts of one column of a batch."""
    if known.shape is None and set(map(type, values)) == {str}:
        return values
    try:
        return [known[value] for value in values]
    except TypeError:  # a list or dictionary has no hash
        return [shaped(value, known.shape) for value in values]
