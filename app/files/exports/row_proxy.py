"""A narrowed list as plain rows: the columns its cells read, by one statement and a cursor of the server.

Objects of the mapper would cost ten times as much. A property of a model reads from a light row that
answers like the object; a relation that it reads must be named in the view's `load_columns`.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Generator, Sequence
from secrets import token_hex
from typing import Any

from sqlalchemy import LargeBinary, Select
from sqlalchemy import inspect as mapped
from sqlalchemy.orm import aliased

from app.core.db import db, driver_connection
from app.files.exports.tables import AT_ONCE, Batch

Reader = Callable[[Sequence[Any], Sequence[Any]], Sequence[str]]  # rows, the same by column → texts
Getter = Callable[[Any], Any]  # a row of the statement → the value of a cell


class Node:
    """One model of the statement: the list's own, or one that a to-one relation leads to."""

    def __init__(self, model: Any, entity: Any, columns: list[Any]) -> None:
        self.model, self.entity, self.all = model, entity, columns
        self.mapper = mapped(model)
        self.places: dict[str, int] = {}
        self.nodes: dict[str, Node] = {}

    def place(self, name: str) -> int:
        """Where the column stands in the row."""
        if name not in self.places:
            self.places[name] = len(self.all)
            self.all.append(getattr(self.entity, name).label(f"c{len(self.all)}"))
        return self.places[name]

    def node(self, name: str) -> Node:
        """The model that the relation leads to."""
        if name not in self.nodes:
            model = self.mapper.relationships[name].mapper.class_
            self.nodes[name] = Node(model, aliased(model), self.all)
        return self.nodes[name]

    def whole(self) -> None:
        """Every column a property may read; never ciphertext."""
        for prop in self.mapper.column_attrs:
            if not isinstance(prop.columns[0].type, LargeBinary):
                self.place(prop.key)

    def key(self) -> int:
        """The place of the primary key: none where a relation is empty."""
        return self.place(self.mapper.get_property_by_column(self.mapper.primary_key[0]).key)


class Light:
    """A row that answers like an object of its model: columns, relations, properties, methods."""

    __slots__ = ("_node", "_row")

    def __init__(self, node: Node, row: Any) -> None:
        self._node, self._row = node, row

    def __getattr__(self, name: str) -> Any:
        node, row = self._node, self._row
        if name in node.places:
            return row[node.places[name]]
        if name in node.nodes:
            below = node.nodes[name]
            return Light(below, row) if row[below.key()] is not None else None
        found = inspect.getattr_static(node.model, name)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        if isinstance(found, types.FunctionType):
            return types.MethodType(found, self)
        raise AttributeError(f"{node.model.__name__}.{name} is not read by this export")


class RowReading:
    """The statement for some dotted columns of a model, and how to read each of them from a row."""

    def __init__(self, model: Any, loaded: Sequence[str] = ()) -> None:
        self.columns: list[Any] = []
        self.root = Node(model, model, self.columns)
        for path in loaded:
            if "." in path or path in self.root.mapper.relationships:
                self._load(path)

    def _load(self, path: str) -> None:
        node = self.root
        for part in path.split("."):
            if part in node.mapper.relationships:
                node = node.node(part)
                node.key()
            elif part in node.mapper.column_attrs:
                node.place(part)

    def place(self, path: str) -> int | None:
        """Where a dotted column stands in the rows; None for a property."""
        node, last = self._end(path)
        return node.place(last) if last in node.mapper.column_attrs else None

    def property(self, path: str) -> Getter:
        """How to read a property or method of the model, or of one that it refers to."""
        node, last = self._end(path)
        node.whole()
        key = node.key()
        return lambda row: (
            _called(getattr(Light(node, row), last)) if row[key] is not None else None
        )

    def whole(self) -> Callable[[Any], Light]:
        """How a row answers like the object, with every column of its own."""
        self.root.whole()
        self.root.key()
        return lambda row: Light(self.root, row)

    def _end(self, path: str) -> tuple[Node, str]:
        *way, last = path.split(".")
        node = self.root
        for part in way:
            node = node.node(part)
        return node, last

    def statement(self, narrowed: Select[Any]) -> Select[Any]:
        """The rows of the narrowed list with these columns; its order stays."""
        found = narrowed.with_only_columns(*self.columns, maintain_column_froms=True)
        return _joined(found, self.root)

    def _query(self, narrowed: Select[Any]) -> tuple[Any, Any]:
        """The statement as the driver takes it; our types need nothing on the way in or out."""
        made = self.statement(narrowed).compile(
            dialect=db.session.get_bind().dialect, compile_kwargs={"render_postcompile": True}
        )
        return str(made), made.construct_params()

    def texts(
        self, narrowed: Select[Any], readers: Sequence[Reader]
    ) -> Generator[Batch, None, None]:
        """The rows as texts, some at a time, by one cursor of the server: one moment, flat memory."""
        connection = driver_connection()  # its rows are tuples: nothing is made of them on the way
        connection.execute("SET LOCAL cursor_tuple_fraction = 1")  # all of them are wanted
        query, values = self._query(narrowed)
        with connection.cursor(name=f"export_{token_hex(4)}") as cursor:
            cursor.execute(query, values)
            while rows := cursor.fetchmany(AT_ONCE):
                cells = list(zip(*rows, strict=True))
                yield list(zip(*(read(rows, cells) for read in readers), strict=True))


def _joined(statement: Select[Any], node: Node) -> Select[Any]:
    for name, below in node.nodes.items():
        relation = getattr(node.entity, name)
        statement = statement.outerjoin(relation.of_type(below.entity))
        statement = _joined(statement, below)
    return statement


def _called(value: Any) -> Any:
    return value() if callable(value) else value
