"""Terms as people read them."""

from __future__ import annotations

from typing import Any

from app.codes import queries as codes
from app.terms.models import FIELDS, GROUPS, Field, Terms, asked, differences, values_of


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
