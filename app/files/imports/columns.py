"""What a feature declares of a column of its sheet: how a cell is read, kept and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from flask_babel import force_locale

from app.files.imports import cells
from app.files.imports.cells import Wrong

Text = Any  # str or a lazy translation


class CellKind(Enum):
    """How a cell is read."""

    TEXT = "text"
    NAME = "name"
    TITLE = "title"  # the name of an organisation
    CONTACT = "contact"  # whom to ask there
    CODE = "code"  # every digit counts: a cell that is a number is refused
    EMAIL = "email"  # folded as in forms
    DIGITS = "digits"  # as CODE, but a number without leading zeros is taken, such as a mobile's
    NUMBER = "number"
    DAY = "day"
    CHOICE = "choice"  # of a list, by its code or its name

    __hash__ = object.__hash__  # asked for every distinct cell


@dataclass(frozen=True)
class ValueList:
    """A list to choose from: (value kept, code, name); a text means one by code or, if unique, by name."""

    rows: Sequence[tuple[Any, str, str]]
    codes: dict[str, Any] = field(init=False)
    names: dict[str, list[Any]] = field(init=False)
    shown: dict[Any, str] = field(init=False)

    def __post_init__(self) -> None:
        names: dict[str, list[Any]] = {}
        for value, _code, name in self.rows:
            names.setdefault(cells.folded(name), []).append(value)
        object.__setattr__(self, "codes", {cells.folded(code): v for v, code, _n in self.rows})
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "shown", {value: name for value, _code, name in self.rows})

    @classmethod
    def labelled(cls, labels: Mapping[Any, Text]) -> ValueList:
        """Values by their labels, known in both languages: a file may come from a reader of the other one."""
        found = cls([(value, str(value), str(label)) for value, label in labels.items()])
        for locale in ("zh", "en"):
            with force_locale(locale):
                for value, label in labels.items():
                    known = found.names.setdefault(cells.folded(str(label)), [])
                    known += [value] if value not in known else []
        return found

    def find(self, text: str) -> Any | None:
        """The value that the text means; None where it means none or several."""
        key = cells.folded(text)
        if key in self.codes:
            return self.codes[key]
        found = self.names.get(key, [])
        if not found and " " in text.strip():  # «31 本科生毕业», as our template's lists show it
            return self.codes.get(cells.folded(text.strip().split(" ", 1)[0]))
        return found[0] if len(found) == 1 else None


@dataclass
class Context:
    """What the checks of one import may look at; read once, before the first row.

    `by_row` gives the list of a column that depends on the row: on what of it was read before. `zeros`
    are the columns of codes of which some begin with 0, in the data or in the file: there a number may
    have lost its zeros (F-51).
    """

    today: date
    choices: dict[str, ValueList] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    by_row: dict[str, Callable[[dict[str, Any]], ValueList]] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    zeros: set[str] = field(default_factory=set)

    def list_of(self, column: str) -> ValueList:
        """The list to choose from in the row that is being read."""
        if column in self.by_row:
            return self.by_row[column](self.row)
        return self.choices[column]


Check = Callable[[Any, Context], "Text | None"]
Fold = Callable[[Any, Context], Any]
Found = dict[str, Any]  # name → value, as JSON has it
# a personal number and the new row's uid → what is compared with the target, what else is kept of it
Keeper = Callable[[str, str], tuple[Found, Found]]


@dataclass(frozen=True)
class Column:
    """One column. `field` names it and, by default, the target's column; `code` is the official field code.

    `also` are further headers that people use. `checks` give a sentence or None; they are the same
    functions as the web forms'; `fold` brings what was read into the one form that is
    kept. `secret` says how a personal number is staged: never in clear. `most` is the length of a text
    or the largest number; `least` the smallest. Where the target has no such column (`aside`), the
    value is kept beside the row, for `look`. `needs` are the values of columns before it that its
    list or checks look at in `context.row`, `gives` those that they put there: a cell is read once for
    each combination that occurs.
    """

    field: str
    label: Text
    kind: CellKind = CellKind.TEXT
    code: str = ""
    also: tuple[str, ...] = ()
    required: bool = False
    may_be_empty: bool = False  # required is its header only
    into: str = ""
    most: int = 60
    least: int = 0
    fold: Fold | None = None
    checks: tuple[Check, ...] = ()
    secret: Keeper | None = None
    aside: bool = False
    width: int = 16
    help: Text = ""
    sample: str = ""
    listed: bool = True  # whether the template offers the choices as a drop-down
    needs: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    end: bool = False  # of a day: a month alone means its last one
    whole: bool = False  # of a code: a whole number has all its digits, where none begins with 0

    target: str = dataclasses.field(init=False)  # the column of the target that it fills
    literal: bool = dataclasses.field(init=False)  # the value is the text itself

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", self.into or self.field)
        literal = self.kind not in (CellKind.NUMBER, CellKind.DAY, CellKind.CHOICE)
        object.__setattr__(self, "literal", literal)

    def read(self, cell: Any, context: Context) -> Any:
        """The value of a filled cell. Raises Wrong."""
        value = READERS[self.kind](self, cell, context)
        if self.fold is not None:
            value = self.fold(value, context)
        for check in self.checks:
            sentence = check(value, context)
            if sentence is not None:
                raise Wrong(str(sentence))
        return value

    def chosen(self, cell: object, context: Context) -> object:
        """The value that the list of this column has for a cell. Raises Wrong."""
        cells.refuse_error(cell)
        text = cells.text(str(cell) if isinstance(cell, int) else cell, 200)
        found = context.list_of(self.field).find(text)
        if found is None:
            raise Wrong(cells._("“%(value)s” is not in the list of this column.", value=text[:40]))
        return found


Reader = Callable[[Column, Any, Context], Any]
READERS: dict[CellKind, Reader] = {
    CellKind.TEXT: lambda column, cell, _context: cells.text(cell, column.most),
    CellKind.NAME: lambda column, cell, _context: cells.name(cell, column.most),
    CellKind.EMAIL: lambda column, cell, _context: cells.email(cell, column.most),
    CellKind.TITLE: lambda column, cell, _context: cells.title(cell, column.most),
    CellKind.CONTACT: lambda column, cell, _context: cells.contact(cell, column.most),
    CellKind.CODE: lambda column, cell, context: (
        cells.digits if column.whole and column.field not in context.zeros else cells.code
    )(cell, column.most),
    CellKind.DIGITS: lambda column, cell, _context: cells.digits(cell, column.most),
    CellKind.NUMBER: lambda column, cell, _context: cells.number(cell, column.least, column.most),
    CellKind.DAY: lambda column, cell, _context: cells.day(cell, end=column.end),
    CellKind.CHOICE: lambda column, cell, context: column.chosen(cell, context),
}


def fits(check: Callable[[str], bool], sentence: Text) -> Check:
    """A pure check of a text with its sentence, as a check of a column."""
    return lambda value, _context: None if check(value) else sentence
