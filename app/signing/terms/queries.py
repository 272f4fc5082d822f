"""Terms as people read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import labels, regions
from app.codes import queries as codes
from app.core import clock
from app.fab.columns import ListColumn
from app.signing.terms.models import (
    BY_NAME,
    FIELDS,
    GROUPS,
    MARGINS,
    TermField,
    Terms,
    asked,
    differences,
    values_of,
)
from app.workflow.models import Trail


def shown(field: TermField, value: Any, year: int | None = None) -> str:
    """A term as people read it: names for codes (of the year's edition), thousands in money, ISO days."""
    if value is None:
        return ""
    if field.kind == "code":
        return labels.code(field.table, value, year)
    if field.kind == "region":
        return labels.region(value)
    return f"{value:,}" if field.kind == "money" else str(value)


def with_unit(field: TermField, value: object, year: int | None = None) -> str:
    """As `shown`, with the field's unit: 5,000 yuan a month."""
    text = shown(field, value, year)
    return f"{text} {field.unit}" if text and field.unit else text


def exported(path: str) -> dict[str, ListColumn]:
    """All terms as columns of an export, by their dotted names; `path` leads from a row to the terms.

    The label has the unit; codes are named by the edition of the row's year, pay is a number of yuan.
    """
    found = [_exported(path, field) for field in FIELDS]
    return {column.path: column for column in found}


def _exported(path: str, field: TermField) -> ListColumn:
    label, unit = field.label, field.unit
    if unit:
        label = _l("%(label)s (%(unit)s)", label=label, unit=unit)
    shapes: dict[str, Any] = {"region": regions.region_name, "days": lambda days: days or ""}
    kinds = {"money": "money", "date": "day", "days": "number", "int": "number"}
    return ListColumn(
        f"{path}.{field.name}",
        label,
        listed=False,
        kind=kinds.get(field.kind, "text"),
        out_shape=shapes.get(field.kind),
        out_row=_code_of(path, field) if field.kind == "code" else None,
    )


def _code_of(path: str, field: TermField) -> Callable[[Any], str]:
    """The name of a code in the edition of the row's graduation year (PLN-11)."""

    def text(row: Any) -> str:
        found = row
        for part in path.split("."):
            found = found and getattr(found, part)
        value = getattr(found, field.name) if found else None
        return codes.name(field.table, value, row.graduation_year)

    return text


def changed(old: Terms, new: Terms, year: int) -> list[tuple[Any, str, str]]:
    """What two versions differ in, as people read it: (label, old, new), with units."""
    return [
        (f.label, with_unit(f, was, year), with_unit(f, now, year))
        for f, was, now in differences(old, new)
    ]


def groups_of(
    values: Mapping[str, object], year: int
) -> dict[str, tuple[Any, list[tuple[Any, str]]]]:
    """Group → (title, [(label, value)]) of what counts: details only where they are received."""
    return {
        group: (
            title,
            [
                (field.label, with_unit(field, values.get(field.name), year))
                for field in FIELDS
                if field.group == group and asked(field, values)
            ],
        )
        for group, title in GROUPS.items()
    }


def groups(terms: Terms, year: int) -> dict[str, tuple[Any, list[tuple[Any, str]]]]:
    """`groups_of` one version of the terms."""
    return groups_of(values_of(terms), year)


COLUMNS = 3  # of a row: each a label and its value


def printed(paper: bool) -> list[dict[str, object]]:
    """The groups of the agreement as they are laid out: what stands at their left, and their rows of cells.

    A cell is a term's place in the printed data, its name, the columns it takes, and its unit. The last one
    of a row takes what is left.
    """
    with force_locale("zh"):
        return [
            {"word": MARGINS[group][0], "gloss": MARGINS[group][1], "rows": _rows(group, paper)}
            for group in GROUPS
        ]


def _rows(group: str, paper: bool) -> list[list[dict[str, Any]]]:
    rows: dict[tuple[int, int], list[dict[str, Any]]] = {}
    free: dict[int, int] = {}  # declared row → columns taken, over as many printed rows as needed
    cells = [(f, f.at) for f in FIELDS if f.group == group and f.at and (f.on_paper or not paper)]
    for field, (row, _from, columns) in sorted(cells, key=lambda cell: cell[1][:2]):
        taken = free.get(row, 0)
        if taken % COLUMNS + columns > COLUMNS:  # does not fit behind the one before
            taken += -taken % COLUMNS
        free[row] = taken + columns
        rows.setdefault((row, taken // COLUMNS), []).append(_cell(field, columns))
    for cells_of in rows.values():
        cells_of[-1]["columns"] += COLUMNS - sum(cell["columns"] for cell in cells_of)
    return list(rows.values())


def _cell(field: TermField, columns: int) -> dict[str, object]:
    part, _dot, key = field.place.partition(".")
    return {
        "part": part,
        "key": key,
        "columns": columns,
        "unit": str(field.unit),
        "label": field.printed or str(field.label),
    }


def printed_values(terms: Terms | None, group: str, year: int) -> dict[str, str]:
    """The terms of one group as the agreement prints them, by their key.

    A term that a version is too old to have is left out: what was issued keeps its digest (DOC-04).
    """
    if terms is None:
        return {}
    values = values_of(terms)
    return {
        field.key: shown(field, values[field.name], year) if asked(field, values) else ""
        for field in FIELDS
        if field.group == group and (values[field.name] is not None or field.only_if)
    }


def samples(year: int = 0, /, **changes: object) -> dict[str, object]:
    """Terms as somebody may agree on them: every declared sample that counts beside the changes.

    `year`: in which the work begins; without it next year.
    """
    begins = year or clock.today().year + 1
    values = {f.name: f.sample if f.kind != "date" else date(begins, *f.sample) for f in FIELDS}
    values |= changes
    return {f.name: values[f.name] for f in FIELDS if asked(f, values)} | changes


def terms_changed(row: Trail) -> str:
    """Which terms were proposed otherwise."""
    names = [str(BY_NAME[name].label) for name in row.details.get("changed", ()) if name in BY_NAME]
    return _("Changed: %(fields)s", fields=_(", ").join(names)) if names else ""
