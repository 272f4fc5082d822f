"""Stores of the registry filled otherwise, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.core import registry


@contextmanager
def otherwise(**changed: Any) -> Iterator[None]:
    """`with otherwise(not_me=(link,)): …`"""
    kept = list(registry._filled)
    registry._filled[:] = [replace(kept[0], **changed)]
    try:
        yield
    finally:
        registry._filled[:] = kept


def with_sheet(sheet: Any) -> Any:
    """One more sheet, by its name."""
    return otherwise(sheets={**registry.stores().sheets, sheet.name: sheet})
