"""What the states of a record mean, each said once: in a property, a condition of SQL, a query of a list."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.hybrid import hybrid_property

Mark = tuple[str, str, str]


class StateIs(hybrid_property[bool]):
    """Whether the record is in one of these states: asked of a record a truth, of its class a condition.

    `is_open = StateIs(S.OPEN)` makes `letter.is_open` and `select(…).where(Letter.is_open)` one rule.
    One state is compared by `=`, so the condition matches the partial indexes that name it.
    """

    def __init__(self, *states: StrEnum) -> None:
        def is_so(record: Any) -> bool:
            return record.state in states

        def condition(model: Any) -> ColumnElement[bool]:
            column = model.state
            return column == states[0] if len(states) == 1 else column.in_(states)

        super().__init__(is_so, expr=condition)

    def __set_name__(self, _owner: type, name: str) -> None:
        self.__name__ = name


def line_of(way: Sequence[tuple[tuple[StrEnum, ...], str]], state: str | None) -> list[Mark]:
    """The way of a record as a line of steps: (label, done | now | todo, note).

    A step of the way is the states that stand for it and its name; what stands in none has passed all.
    """
    here = next((n for n, (states, _label) in enumerate(way) if state in states), len(way))
    marks = ["done" if n < here else "now" if n == here else "todo" for n in range(len(way))]
    return [(label, mark, "") for (_states, label), mark in zip(way, marks, strict=True)]
