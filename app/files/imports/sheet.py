"""What a feature declares of a sheet: its columns, where they go, and what must hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask_babel import force_locale

from app.core.crypto import Sealed
from app.files.imports import cells
from app.files.imports.cells import Wrong
from app.workflow.actor import Role

if TYPE_CHECKING:
    from app.files.imports.models import Import

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
Problems = list[tuple[str, str]]  # (column's field, sentence)


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


@dataclass(frozen=True)
class Target:
    """The table that a sheet fills, and what of it.

    `key` are the columns of its unique index; `common` those columns that one import has in common
    (the school), whose values `fixed` gives: no row can name another. `fields` may be written,
    `defaults` complete a new row. Without `update` a row that exists stays as it is.
    """

    model: Any
    key: tuple[str, ...]
    fields: tuple[str, ...]
    common: tuple[str, ...]
    fixed: Callable[[Import], dict[str, Any]]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    moment: str = ""  # a column that takes the time of the import
    secrets: tuple[str, ...] = ()  # its `Sealed` attributes that may be written
    update: bool = True


@dataclass(frozen=True)
class Writer:
    """How rows are written and taken back where plain columns are not enough: in SQL of the feature's own.

    `lock` takes what must not change while the rows are compared a last time and written. `compared`, where
    not all rows are simply written, gives what is to be kept of the comparison as of now: the `tally`, how
    many are `written`, how many `asked` for (a change to decide on), how many `blocked` by another such
    change, and whatever the feature's pages need. `write` raises NotAsShownError if it would do else.
    """

    lock: Callable[[Import], None]
    write: Callable[[Import, datetime], None]
    take_back: Callable[[Import, datetime], None]
    compared: Callable[[Import], dict[str, Any]] | None = None


@dataclass(frozen=True, eq=False)
class Sheet:
    """A declared sheet; see docs/bulk.md.

    `unique` are the values that may stand only once in a file, each with the column to blame, and
    further ones where it may only not stand twice with the same of these; the first of them tells whose row
    it is. `roles` may import it. `row`
    checks a whole row and may complete its values (`more["wrong"]` names the columns that could not be
    read): it is given the values that it `needs`, and of those that need only be there (`told`) True,
    once for each combination of them that occurs;
    `look` finds by SQL what only the data know and may mark rows as faulty; `admit` may refuse the
    file once its rows are counted; `after` follows the writing and the undoing, `before_undo` precedes
    the undoing (and takes away what came with the new records by itself), in the same transaction;
    `messages` counts whom the writing will tell.
    `writer` stands for the plain writing; `acts` says that each row is an act on a record and not a
    record, so that nothing is compared; `beside` links a further page about an import; `read_only` are the
    headers of further columns that our own file of it has, for people to read: nobody is asked about them.
    """

    name: str
    title: Text
    columns: tuple[Column, ...]
    target: Target
    roles: tuple[Role, ...]
    prepare: Callable[[Import], Context]
    home: Callable[[], tuple[Text, str]]  # label and address of the page it belongs to
    about: Text = ""
    notes: tuple[Text, ...] = ()
    menu: str = ""
    unique: tuple[tuple[str, ...], ...] = ()
    most_rows: int = 100_000
    row: Callable[[Found, Found, Context], Problems] | None = None
    needs: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    look: Callable[[Import, Context], None] = lambda _import, _context: None
    admit: Callable[[Import, int], None] = lambda _import, _rows: None
    after: Callable[[Import], None] = lambda _import: None
    before_undo: Callable[[Import], None] = lambda _import: None
    messages: Callable[[Import], int] = lambda _import: 0
    writer: Writer | None = None
    beside: Callable[[Import], tuple[Text, str] | None] = lambda _import: None
    acts: bool = False
    read_only: tuple[Text, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that field."""
        return next(column for column in self.columns if column.field == name)

    def head(self, wanted: str) -> tuple[Text, str]:
        """Header and official name by which this sheet takes a list's column back (BLK-08).

        Given our field, or «field:CODE» for another official name of it.
        """
        name, _colon, code = wanted.partition(":")
        column = self.column(name)
        assert not code or code in column.also, code
        return column.label, code or column.code or column.field.upper()

    def heads(self, columns: Mapping[str, str]) -> dict[str, tuple[Text, str]]:
        """The same for several columns of a list, by their names there."""
        return {name: self.head(wanted) for name, wanted in columns.items()}


def sealed(attribute: Sealed, owner: str) -> Keeper:
    """Keep a number as the model `owner` keeps it: ciphertext of the new row, index, mask."""

    def keep(text: str, uid: str) -> tuple[Found, Found]:
        name = attribute.name
        data, index, masked = attribute.parts(owner, uid, text)
        more = {f"{name}_sealed": data.hex(), f"{name}_masked": masked}
        return {f"{name}_index": index.hex()}, more

    return keep


def fits(check: Callable[[str], bool], sentence: Text) -> Check:
    """A pure check of a text with its sentence, as a check of a column."""
    return lambda value, _context: None if check(value) else sentence
