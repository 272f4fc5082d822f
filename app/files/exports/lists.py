"""Any list of the product as a table: the same scope, tab, filters, search and order as its page (BLK-01)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import Date, DateTime, Integer, Select, func, inspect, select, text
from sqlalchemy.exc import OperationalError

from app.core.db import db
from app.core.errors import NotYours
from app.fab.arguments import ListArgs
from app.fab.columns import ListColumn, same
from app.fab.security import manager
from app.fab.views import SafeModelView
from app.files.exports.readers import model_behind, of_rows, reader, sealed_at
from app.files.exports.row_proxy import Reader, RowReading
from app.files.exports.tables import Asked, Batch, Cut, ExportSource, ExportTable, Kind, Out

NAME = "list"
COUNT_FOR = 3_000  # milliseconds that an exact count may take
GROUPS = {"state", "kind", "origin_state", "graduation_year", "severity"}
UNITS = ("school.name", "college.name", "major.name")


def view_of(name: str) -> SafeModelView:
    """The list of that name, if the person asking may see it. Raises NotYours."""
    builder: Any = current_app.extensions["appbuilder"]
    for view in builder.baseviews:
        if type(view).__name__ == name and isinstance(view, SafeModelView):
            may = manager().has_access("can_list", view.class_permission_name)
            if "list" in view.include_route_methods and may:
                return view
    raise NotYours(f"list {name}")


def args_of(view: SafeModelView, asked: Asked) -> ListArgs:
    """How the list is narrowed and ordered. Raises Odd on what its page would refuse."""
    return view.reader.read(dict(parse_qsl(asked["query"])))


def columns_of(view: SafeModelView, chosen: Sequence[str] | None = None) -> list[str]:
    """The columns of these names, by default all: the list's, its detail's, its further ones."""
    every = [column.path for column in view.own_columns() if column.out]
    return every if chosen is None else [name for name in every if name in set(chosen)]


def numbers_of(view: SafeModelView) -> list[str]:
    """The columns that hold masked personal numbers, whose clear text is kept sealed."""
    return [name for name in columns_of(view) if sealed_at(view.datamodel.obj, name)]


def narrowed(view: SafeModelView, asked: Asked) -> Select[Any]:
    """The rows of the list, in its order."""
    args = args_of(view, asked)
    order, model = view.order_of(args), view.datamodel.obj
    column, key = getattr(model, order.column), view.datamodel.key
    ends = (column, key) if order.column != key.key else (key,)
    ordered = [end.asc() if order.ascending else end.desc() for end in ends]
    return view.narrowed(args).order_by(None).order_by(*ordered)


def table(asked: Asked, clear: bool) -> ExportTable:
    """The list as it is narrowed, with the chosen columns."""
    view = view_of(asked["view"])
    names = columns_of(view, asked.get("columns")) or columns_of(view)[:1]
    columns = [view.column(name) for name in names]
    heads = [column.head or (column.label, "") for column in columns]
    labels = _unlike([str(label) for label, _field in heads])
    outs = [
        Out(label, field, 0, kind_of(view, column), cut_of(view, column), column.label)
        for column, label, (_label, field) in zip(columns, labels, heads, strict=True)
    ]
    return ExportTable(outs, lambda: _rows(view, asked, columns, clear))


def kind_of(view: SafeModelView, column: ListColumn) -> Kind:
    """What the texts of a column are: days, moments and numbers by the model, pay as declared."""
    if column.kind:
        return column.kind  # type: ignore[return-value]
    found = _column(view.datamodel.obj, column.path)
    if found is None or found.foreign_keys or found.primary_key:
        return "text"
    if isinstance(found.type, DateTime):
        return "moment"
    if isinstance(found.type, Date):
        return "day"
    shaped = column.shape or column.of_row
    return "number" if isinstance(found.type, Integer) and not shaped else "text"


def _column(model: Any, path: str) -> Any:
    """The database's column at the end of a dotted path; None for a property."""
    *way, last = path.split(".")
    if (model := model_behind(model, way)) is None:
        return None
    found = inspect(model).column_attrs.get(last)
    return found.columns[0] if found is not None else None


def cut_of(view: SafeModelView, column: ListColumn) -> Cut | None:
    """What an analysis workbook counts by: the declared columns, else units, kinds and states."""
    if column.cut or any(other.cut for other in view.columns):
        return column.cut
    path = column.path
    return same if path.rsplit(".", 1)[-1] in GROUPS or path.endswith(UNITS) else None


def _unlike(labels: list[str]) -> list[str]:
    """Headers that can be told apart."""
    seen: dict[str, int] = {}
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
    counts: dict[str, int] = {}
    found = []
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
        found.append(f"{label} {counts[label]}" if seen[label] > 1 and counts[label] > 1 else label)
    return found


def _rows(
    view: Any, asked: Asked, columns: Sequence[ListColumn], clear: bool
) -> Generator[Batch, None, None]:
    related = [column.path for column in columns if column.out_row and "." in column.path]
    reading = RowReading(view.datamodel.obj, [*view.load_columns, *related])
    readers = [_reader(reading, column, clear) for column in columns]
    return reading.texts(narrowed(view, asked), readers)


def _reader(reading: RowReading, column: ListColumn, clear: bool) -> Reader:
    """How one column is read: as the list shows it, unless it says how it goes out."""
    whole = column.out_row or (None if column.out_shape else column.of_row)
    if whole:
        return of_rows(reading, whole)
    return reader(reading, column.path, column.out_shape or column.shape, clear=clear)


def count(asked: Asked) -> int | None:
    """How many rows the list has now, exactly; None where counting takes longer than three seconds."""
    view = view_of(asked["view"])
    inner = view.datamodel.only(view.narrowed(args_of(view, asked)), view.datamodel.key).subquery()
    return exact(select(func.count()).select_from(inner))


def exact(statement: Any) -> int | None:
    """What a counting statement says, unless it takes too long."""
    try:
        with db.session.begin_nested():
            db.session.execute(text(f"SET LOCAL statement_timeout = {COUNT_FOR}"))
            found = int(db.session.execute(statement).scalar_one())
            db.session.execute(text("SET LOCAL statement_timeout = 0"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != "57014":
            raise
        return None
    return found


def title(asked: Asked) -> str:
    """The list's own title."""
    return str(view_of(asked["view"]).list_title)


def back(asked: Asked) -> tuple[Any, str]:
    """The list as it was."""
    view = view_of(asked["view"])
    address = view.url("list")
    return view.list_title, f"{address}?{asked['query']}" if asked["query"] else address


def facts(asked: Asked) -> list[tuple[Any, str]]:
    """In words, how the list is narrowed; a search by a personal number says only that."""
    view = view_of(asked["view"])
    args, found = args_of(view, asked), []
    tab = next((t for t in view.tabs if t.name == args.tab), None)
    if tab is not None:
        found.append((_("Tab"), str(tab.label)))
    for chosen in view.filters:
        value = dict(args.filters).get(chosen.name)
        if value is not None:
            found.append((_("Filter"), chosen.shown(value)))
    if args.text or args.token:
        found.append((_("Search"), args.text or _("a personal number")))
    return found


LISTS = ExportSource(NAME, table, count, title, back, facts)
