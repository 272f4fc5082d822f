"""Terms as people read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.fab.columns import Column
from app.terms.models import BY_NAME, FIELDS, GROUPS, Field, Terms, asked, differences, values_of
from app.workflow import trail
from app.workflow.models import Trail


def shown(field: Field, value: Any, year: int | None = None) -> str:
    """A term as people read it: names for codes (of the year's edition), thousands in money, ISO days."""
    if value is None:
        return ""
    if field.kind == "code":
        return codes.name(field.table, value, year)
    if field.kind == "region":
        return codes.region_name(value)
    return f"{value:,}" if field.kind == "money" else str(value)


def with_unit(field: Field, value: Any, year: int | None = None) -> str:
    """As `shown`, with the field's unit: 5,000 yuan a month."""
    text = shown(field, value, year)
    return f"{text} {field.unit}" if text and field.unit else text


def exported(path: str) -> dict[str, Column]:
    """All terms as columns of an export, by their dotted names; `path` leads from a row to the terms.

    The label has the unit; codes are named by the edition of the row's year, pay is a number of yuan.
    """
    found = [_exported(path, field) for field in FIELDS]
    return {column.path: column for column in found}


def _exported(path: str, field: Field) -> Column:
    label, unit = field.label, field.unit
    if unit:
        label = _l("%(label)s (%(unit)s)", label=label, unit=unit)
    shapes: dict[str, Any] = {"region": codes.region_name, "days": lambda days: days or ""}
    kinds = {"money": "money", "date": "day", "days": "number", "int": "number"}
    return Column(
        f"{path}.{field.name}", label, listed=False, kind=kinds.get(field.kind, "text"),
        out_shape=shapes.get(field.kind),
        out_row=_code_of(path, field) if field.kind == "code" else None,
    )  # fmt: skip


def _code_of(path: str, field: Field) -> Callable[[Any], str]:
    """The name of a code in the edition of the row's graduation year (PLN-11)."""

    def text(row: Any) -> str:
        found = row
        for part in path.split("."):
            found = found and getattr(found, part)
        return shown(field, getattr(found, field.name), row.graduation_year) if found else ""

    return text


def changed(old: Terms, new: Terms, year: int) -> list[tuple[Any, str, str]]:
    """What two versions differ in, as people read it: (label, old, new), with units."""
    return [
        (f.label, with_unit(f, was, year), with_unit(f, now, year))
        for f, was, now in differences(old, new)
    ]


def groups_of(values: dict[str, Any], year: int) -> dict[str, tuple[Any, list[tuple[Any, str]]]]:
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


def _changed(row: Trail) -> str:
    """Which terms were proposed otherwise."""
    names = [str(BY_NAME[name].label) for name in row.details.get("changed", ()) if name in BY_NAME]
    return _("Changed: %(fields)s", fields=_(", ").join(names)) if names else ""


for _kind in ("invitation", "placement"):
    trail.NOTES[_kind].append(_changed)
