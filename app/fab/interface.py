"""Rows for lists: keys first, then one page's rows; counts that stop; places by key, not by OFFSET.

Measured in the design notes: stock FAB counts every row on every page, joins before OFFSET, and
reads each related row by itself. Here a page of any depth costs the same few indexed queries.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask_appbuilder.models.filters import BaseFilter, BaseFilterConverter
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    inspect,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import joinedload, load_only, selectinload, undefer

from app.fab.counting import COUNT_CAP, Counting
from app.fab.declared import typed

MOST_READINGS = 50  # choices of columns of one list


@dataclass(frozen=True)
class Place:
    """A row's place in an order: the value of the order column and the primary key."""

    value: Any
    key: Any


@dataclass(frozen=True)
class Order:
    """The column rows are ordered by, and the way; the primary key breaks ties the same way."""

    column: str
    ascending: bool

    def turned(self) -> Order:
        """The same order read backwards."""
        return Order(self.column, not self.ascending)


@dataclass(frozen=True)
class Parts:
    """A list in an order that no one column has: its parts, none with a row of another, each by its own.

    Each is a scope with the column that stands for the order's in it: served by an index, a page at a time.
    """

    every: Sequence[tuple[Select[Any], Any]]


@dataclass(frozen=True)
class Slice:
    """One page: its places in list order, and whether there is something on either side."""

    places: list[Place]
    has_previous: bool
    has_next: bool


class ScopeFilter(BaseFilter):
    """The view's scope as one of FAB's base filters: FAB's own code is scoped too (H1, H10)."""

    name = "scope"
    arg_name = None

    def apply(self, query: Any, value: Any) -> Any:
        key = self.datamodel.get_pk()
        return query.filter(key.in_(self.datamodel.only(value(), key)))


class NoFilters(BaseFilterConverter):
    """FAB derives ten filters from each column, hidden ones included; here it derives none (W2)."""

    def convert(self, col_name: str) -> list[object]:  # noqa: ARG002
        """Nothing to filter by."""
        return []


class SafeInterface(Counting, SQLAInterface):
    """FAB's interface to one model with a single primary key, plus the queries of our lists."""

    filter_converter_class = NoFilters

    def __init__(self, obj: object, session: object = None) -> None:
        super().__init__(obj, session)
        # FAB looks here, when the module is imported; what `app.wiring` relates is there later
        del self.list_properties, self.list_columns

    @cached_property
    def list_properties(self) -> dict[str, object]:
        """What the model has: columns and relations."""
        return dict(inspect(self.obj).attrs)

    @cached_property
    def list_columns(self) -> dict[str, object]:
        """Its columns alone."""
        columns = inspect(self.obj).columns.items()
        return {name: column for name, column in columns if name in self.list_properties}

    @cached_property
    def _reading(self) -> dict[Hashable, Select[Any]]:
        """Columns → the statement that reads them: what people hide of a list makes few of them."""
        return {}

    @property
    def key(self) -> Any:
        """The primary key attribute of the model."""
        return self.get_pk()

    def parse_key(self, text: str) -> Any:
        """A key from an address; ValueError when no row can have it (W5: twenty digits, a NUL)."""
        if "\x00" in text or len(text) > 100:
            raise ValueError(text)
        return typed(self.key.type, text)

    # -- counting ------------------------------------------------------------------------------

    def query_count(
        self,
        query: object,
        filters: object = None,
        select_columns: object = None,  # noqa: ARG002 (FAB asks)
    ) -> int:
        """FAB's own count, capped as ours (its REST and pickers use it)."""
        narrowed = self.apply_filters(query, filters).with_entities(self.key).limit(COUNT_CAP + 1)
        return int(narrowed.count())

    # -- places --------------------------------------------------------------------------------

    def slice(
        self,
        statement: Select[Any] | Parts,
        order: Order,
        size: int,
        *,
        skip: int = 0,
        after: Place | None = None,
        before: Place | None = None,
    ) -> Slice:
        """The places of one page: by key from a place (any depth), or by a short OFFSET."""
        backwards = before is not None
        way = order.turned() if backwards else order
        start = before if backwards else after
        found = self._places(statement, way, size + 1, skip, start)
        more, places = len(found) > size, found[:size]
        if not backwards:
            return Slice(places, bool(skip) or start is not None, more)
        if not more:  # less than a page before it: that is the first page
            return self.slice(statement, order, size)
        return Slice(places[::-1], True, True)

    def _places(
        self,
        statement: Select[Any] | Parts,
        order: Order,
        limit: int,
        skip: int,
        start: Place | None,
    ) -> list[Place]:
        query = self._ordered(statement, order, start, limit + skip)
        rows = self.session.execute(query.limit(limit).offset(skip or None))
        return [Place(row.value, row.key) for row in rows]

    def _ordered(
        self, statement: Select[Any] | Parts, order: Order, start: Place | None, most: int
    ) -> Select[Any]:
        """Value and key of the rows in that order, from a place on; of each part no more than the most."""
        if isinstance(statement, Parts):
            found = union_all(
                *(
                    self._by(part, column, order, start).limit(most).subquery().select()
                    for part, column in statement.every
                )
            ).subquery()
            ends = [found.c.value, found.c.key]
            query = select(*ends)
            return query.order_by(*(end.asc() if order.ascending else end.desc() for end in ends))
        return self._by(statement, getattr(self.obj, order.column), order, start)

    def _by(
        self, statement: Select[Any], column: Any, order: Order, start: Place | None
    ) -> Select[Any]:
        query = self.only(statement, column.label("value"), self.key.label("key"))
        if start is not None:
            query = query.where(self._beyond(order, start, column))
        ends = (column, self.key) if order.column != self.key.key else (self.key,)
        return query.order_by(*(end.asc() if order.ascending else end.desc() for end in ends))

    def _beyond(self, order: Order, place: Place, column: Any) -> ColumnElement[bool]:
        """Strictly behind the place; PostgreSQL puts NULL last upwards and first downwards."""
        key = self.key
        later = key > place.key if order.ascending else key < place.key
        if order.column == key.key:
            return later  # type: ignore[no-any-return]
        nullable = getattr(column.property.columns[0], "nullable", True)  # computed: it may be
        if place.value is None:
            ties = and_(column.is_(None), later)
            return ties if order.ascending else or_(column.is_not(None), ties)
        here = tuple_(column, key)
        there = tuple_(literal(place.value, column.type), literal(place.key, key.type))
        if not order.ascending:
            return here < there
        return or_(here > there, column.is_(None)) if nullable else here > there

    def beside(self, statement: Select[Any] | Parts, order: Order, item: Any) -> tuple[Any, Any]:
        """The keys before and behind a row in the list, each by a query of one row, both in one."""
        place = Place(getattr(item, order.column), getattr(item, self.key.key))
        ways = (order.turned(), order)
        ends = [self._ordered(statement, way, place, 1).limit(1).subquery() for way in ways]
        keys = [select(end.c.key).scalar_subquery() for end in ends]
        ahead, behind = self.session.execute(select(*keys)).one()
        return ahead, behind

    # -- rows ----------------------------------------------------------------------------------

    def rows(self, keys: Sequence[Any], columns: Sequence[str], whole: bool = False) -> list[Any]:
        """The rows of the keys in that order, in one query and one more for each relation."""
        if not keys:
            return []
        one = (tuple(columns), whole)
        if one not in self._reading:
            if len(self._reading) > MOST_READINGS:
                self._reading.clear()
            wanted = self.key.in_(bindparam("keys", expanding=True))
            self._reading[one] = (
                select(self.obj).where(wanted).options(*self.options(columns, whole))
            )
        rows = self.session.scalars(self._reading[one], {"keys": list(keys)})
        found = {getattr(row, self.key.key): row for row in rows}
        return [found[key] for key in keys if key in found]

    def options(self, columns: Sequence[str], whole: bool = False) -> list[Any]:
        """Only the named columns of this model (unless `whole`) and of its relations."""
        tree = _tree(columns)
        return _options(self.obj, tree, None, whole)

    def one(self, scope: Select[Any], key: Any, columns: Sequence[str] = ()) -> Any | None:
        """The row of that key if the scope has it, with the relations of the columns."""
        query = scope.where(self.key == key).options(*self.options(columns, whole=True))
        return self.session.scalars(query).unique().one_or_none()

    def whole(self, statement: Select[Any], most: int) -> list[Any]:
        """The rows of a narrowed scope by key, one more than `most` at the most, by one query."""
        found = self.session.scalars(statement.order_by(None).order_by(self.key).limit(most + 1))
        return list(found.unique())

    def numbers_of(self, statements: Sequence[Select[Any]], most: int) -> list[int]:
        """How many rows each narrowed scope has, none counted beyond `most` + 1, by one query."""
        rows = (
            s.with_only_columns(self.key).order_by(None).limit(most + 1).subquery()
            for s in statements
        )
        counts = (select(func.count()).select_from(part).scalar_subquery() for part in rows)
        return list(self.session.execute(select(*counts)).one())

    def any_of(self, statements: Sequence[Select[Any]]) -> list[bool]:
        """Of each narrowed scope whether it has a row, by one query."""
        some = (s.with_only_columns(self.key).order_by(None).exists() for s in statements)
        return list(self.session.execute(select(*some)).one())

    def within(self, scope: Select[Any], keys: Sequence[Any]) -> list[object]:
        """The rows of the keys that the scope has, in the keys' order, by one query (H2)."""
        found = self.session.scalars(scope.where(self.key.in_(keys))).unique()
        by_key = {getattr(row, self.key.key): row for row in found}
        return [by_key[key] for key in keys if key in by_key]


def _tree(columns: Sequence[str]) -> dict[str, object]:
    """Dotted names as nested dictionaries: student.name → {student: {name: {}}}."""
    tree: dict[str, Any] = {}
    for column in columns:
        branch = tree
        for part in column.split("."):
            branch = branch.setdefault(part, {})
    return tree


def _options(model: object, tree: dict[str, Any], parent: Any, whole: bool) -> list[object]:
    mapper = inspect(model)
    chosen, deeper = [], []
    for name, branch in tree.items():
        if name in mapper.relationships:
            relation = mapper.relationships[name]
            chosen += [
                mapper.get_property_by_column(c).class_attribute for c in relation.local_columns
            ]
            path = _path(model, relation, parent)
            deeper += [path, *_options(relation.mapper.class_, branch, path, False)]
        elif name in mapper.column_attrs:
            chosen.append(getattr(model, name))
        elif names := getattr(vars(model).get(name), "reads", ()):
            chosen += [getattr(model, read) for read in names]
        else:  # a property or method: it may read any column
            whole = True
    if whole or not chosen:
        return [*deeper, *(undefer(c) for c in chosen if parent is None and c.property.deferred)]
    key = [getattr(model, mapper.get_property_by_column(c).key) for c in mapper.primary_key]
    only = load_only(*key, *chosen) if parent is None else parent.load_only(*key, *chosen)
    return [only, *deeper]


def _path(model: Any, relation: Any, parent: Any) -> Any:
    """A related row by join, related rows by a query of their own."""
    way, related = "selectinload" if relation.uselist else "joinedload", relation.key
    start = {"selectinload": selectinload, "joinedload": joinedload}[way]
    return (start if parent is None else getattr(parent, way))(getattr(model, related))
