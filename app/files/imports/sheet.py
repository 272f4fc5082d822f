"""What a feature declares of a sheet: its columns, where they go, and what must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.core.crypto import Sealed
from app.files.imports.columns import Column, Context, Found, Keeper, Text
from app.workflow.actor import Role

if TYPE_CHECKING:
    from app.files.imports.models import Import


Problems = list[tuple[str, str]]  # (column's field, sentence)


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
