"""What goes out: a table of texts with its columns, and the sources that make one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from flask_babel import force_locale

Text = Any  # str or a lazy translation
Batch = Sequence[Sequence[str]]  # some rows
Asked = Mapping[str, Any]  # what was asked for, as JSON keeps it
AT_ONCE = 2_000  # rows of a batch: each is a way to the server and back


Kind = Literal["text", "number", "money", "day", "moment"]  # what the texts of a column are
Cut = Callable[[str], str]  # the text of a cell → the group it belongs to


@dataclass(frozen=True)
class Out:
    """One column: its header, its name in a DBF file, its width there in bytes (0: as needed).

    `named` is how the list itself calls it: without a `field` its name there is made of that. What the
    analysis workbook makes of it: `kind` money is what it sums (yuan), `cut` what it groups by.
    """

    label: str
    field: str = ""
    width: int = 0
    kind: Kind = "text"
    cut: Cut | None = None
    named: Text = ""


@dataclass(frozen=True)
class ExportTable:
    """All that a writer needs. `rows` reads by a cursor of the server, some rows at a time."""

    columns: list[Out]
    rows: Callable[[], Generator[Batch, None, None]]


@dataclass(frozen=True)
class ExportSource:
    """Where tables come from: any list, the plan.

    `table` and `count` run as the person who asked, in a request of its own or in the worker's. They
    see to it that the person may see these rows: raise NotYours, Refused or Odd otherwise. `count` is
    None where counting would take too long. `title` names it, `back` is label and address of its page.
    """

    name: str
    table: Callable[[Asked, bool], ExportTable]  # what was asked, clear numbers
    count: Callable[[Asked], int | None]
    title: Callable[[Asked], str]
    back: Callable[[Asked], tuple[Text, str]]
    facts: Callable[[Asked], list[tuple[Text, str]]] = field(default=lambda _asked: [])


def initials(label: Text) -> str:
    """A name for a DBF file as the official layouts make theirs: the initials of the Chinese header.

    «毕业去向» is BYQX.
    """
    from pypinyin import lazy_pinyin  # large, and only for DBF files

    with force_locale("zh"):
        chinese = str(label)
    sounds: Any = lazy_pinyin(chinese, errors=list)  # type: ignore[arg-type]
    return "".join(sound[0] for sound in sounds if sound)


def dbf_names(columns: Sequence[Out]) -> list[str]:
    """Names for a DBF file: at most ten ASCII letters, digits and _, no two alike."""
    found: list[str] = []
    for name in (column.field or initials(column.named or column.label) for column in columns):
        plain = "".join(c for c in name.upper() if c.isascii() and (c.isalnum() or c == "_"))
        stem, n = (plain or "F")[:10], 1
        while stem in found:
            n += 1
            stem = (plain or "F")[: 10 - len(str(n))] + str(n)
        found.append(stem)
    return found
