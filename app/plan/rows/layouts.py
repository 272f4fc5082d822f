"""The official layout of the employment plan, and which of our values fills which column (PLN-07, PLN-12).

One table, `FILLS`; the person's columns come from the declared fields of the origin record. What stays
empty has its reason in `NOBODY`, and the page lists it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, func, select

from app.accounts.queries import actor
from app.codes import queries as codes
from app.codes import regions
from app.core.db import db
from app.core.errors import NotYours
from app.fab.columns import same
from app.files.exports.lists import exact
from app.files.exports.readers import MASKED, blank, reader
from app.files.exports.row_proxy import Reader, RowReading
from app.files.exports.tables import Asked, Batch, ExportSource, ExportTable, Out
from app.people.schools.models import College, School
from app.people.schools.queries import colleges_for, schools_for
from app.plan.rows.fills import FILLS, NOBODY
from app.plan.rows.models import PLAN_STATES, PlanEntry, PlanState
from app.plan.rows.queries import plan_entries_for

NAME = "plan"
COLUMNS = Path(__file__).parent / "tables" / "plan_columns.csv"
LAYOUTS = {"74": _l("All 74 columns"), "50": _l("The 50 columns of the export")}


@dataclass(frozen=True)
class Official:
    """One column of the official layout."""

    field: str
    dbf: str
    header: str
    width: int
    short: bool  # one of the 50


# what an analysis workbook counts by: the names, since codes alone say little
CUTS = {
    "SZYX": same,
    "BYQX": same,
    "DWXZ": same,
    "DWHY": same,
    "DWSZD": regions.province,
    "XL": same,
    "ZY": same,
    "SZBJ": same,
    "XB": same,
}


@cache
def official() -> tuple[Official, ...]:
    """The columns in the order of the layout."""
    with COLUMNS.open(encoding="utf-8-sig", newline="") as text:
        return tuple(
            Official(
                row["field"],
                row["dbf_field"],
                row["header"],
                int(row["length_proposed"]),
                row["in_50_column_export"] == "1",
            )
            for row in csv.DictReader(text)
        )


def layout(name: str) -> list[Official]:
    """The columns of one layout."""
    return [column for column in official() if name == "74" or column.short]


def unknown(name: str) -> list[tuple[str, Any]]:
    """The headers of the columns that stay empty, each with the reason why nobody has its values."""
    return [(c.header, NOBODY[c.field]) for c in layout(name) if c.field not in FILLS]


def rows_for(asked: Asked) -> Select[Any]:
    """The plan rows that were asked for, of those that the person asking may see."""
    found = plan_entries_for(actor()).where(PlanEntry.graduation_year == asked["year"])
    for name, column in (("school", PlanEntry.school_id), ("college", PlanEntry.college_id)):
        if asked.get(name):
            found = found.where(column == asked[name])
    return found.where(PlanEntry.state == asked["state"]) if asked.get("state") else found


def table(asked: Asked, clear: bool) -> ExportTable:
    """The plan in the official layout: headers in Chinese, DBF names and widths as given."""
    columns = layout(asked["layout"])
    outs = [
        Out(column.header, column.dbf, column.width, cut=CUTS.get(column.field))
        for column in columns
    ]
    return ExportTable(outs, lambda: _rows(columns, asked, clear))


def _rows(columns: Sequence[Official], asked: Asked, clear: bool) -> Generator[Batch, None, None]:
    reading = RowReading(PlanEntry)
    readers = [_reader(reading, column.field, asked, clear) for column in columns]
    return reading.texts(_ordered(asked), readers)


def _ordered(asked: Asked) -> Select[Any]:
    return rows_for(asked).order_by(PlanEntry.college_id, PlanEntry.id)


def _reader(reading: RowReading, field: str, asked: Asked, clear: bool) -> Reader:
    """How one official column is filled, or that it stays empty."""
    fill, spelled = FILLS.get(field), asked["spelled"]
    if fill is None or (fill.code and spelled == "names") or (fill.table and spelled == "codes"):
        return blank
    shape = fill.shape or _named(fill.table, asked["year"])
    read = reader(reading, fill.path, shape, clear=clear)
    if fill.shape is None or not fill.path.endswith(MASKED):
        return read
    return lambda rows, cells: [fill.shape(text) for text in read(rows, cells)]


def _named(table: str, year: int) -> Callable[[Any], str] | None:
    if not table:
        return None
    if table == "region":
        return regions.region_name
    return lambda code: codes.name(table, code, year)


def count(asked: Asked) -> int | None:
    """How many rows."""
    inner = rows_for(asked).with_only_columns(PlanEntry.id).subquery()
    return exact(select(func.count()).select_from(inner))


def title(asked: Asked) -> str:
    """Plan, year and layout."""
    return _(
        "Employment plan %(year)s, %(columns)s columns", year=asked["year"], columns=asked["layout"]
    )


def facts(asked: Asked) -> list[tuple[Any, str]]:
    """In words, which rows; what stays empty."""
    found: list[tuple[Any, str]] = [(_("Graduation year"), str(asked["year"]))]
    for name, label, model, scope in (
        ("school", _("School"), School, schools_for),
        ("college", _("College"), College, colleges_for),
    ):
        if asked.get(name):
            found.append((label, _name(scope(actor()), model, asked[name])))
    if asked.get("state"):
        found.append((_("State"), str(PLAN_STATES[PlanState(asked["state"])])))
    return found


def _name(scope: Any, model: Any, key: int) -> str:
    name = db.session.scalar(scope.where(model.id == key).with_only_columns(model.name))
    if name is None:
        raise NotYours(f"{model.__name__} {key}")
    return str(name)


def back(_asked: Asked) -> tuple[Any, str]:
    """The plan."""
    return _l("Employment plan"), url_for("PlanView.list")


PLAN = ExportSource(NAME, table, count, title, back, facts)
