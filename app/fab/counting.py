"""How many rows a list and its tabs have: one query, that stops where nobody counts on."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    GenerativeSelect,
    ScalarSelect,
    Select,
    SelectBase,
    case,
    func,
    literal,
    select,
)

COUNT_CAP = 10_000
SCAN_CAP = 20_000  # a scope up to this size is counted exactly, all tabs in one pass
TAB_CAP = 1_000  # where a scope is larger, its tabs are counted no further
SURE = 3600.0  # seconds for which a scope found to be larger is not asked again whether it is
_counting: dict[Hashable, Select[Any]] = {}  # as many as there are tabs and kinds of staff
_large: dict[
    Hashable, float
] = {}  # the lists, by model and name, whose scope is, and until when for sure
Counted = ColumnElement[bool] | Select[Any] | CompoundSelect[Any] | None


class Counting:
    """What an interface to a model counts; a part of `interface.SafeInterface`."""

    obj: Any
    session: Any
    key: Any

    @staticmethod
    def only(statement: Select[Any], *columns: Any) -> Select[Any]:
        """The same rows with other columns, unordered; the joins of a scope are kept."""
        return statement.order_by(None).with_only_columns(*columns, maintain_column_froms=True)

    def counted(self, statement: Select[Any], cap: int = COUNT_CAP) -> int:
        """How many rows, but never more than cap + 1: more is shown as «over 10,000»."""
        return int(self.session.execute(select(self._count(statement, cap))).scalar_one())

    def _count(self, statement: Select[Any], cap: int) -> ScalarSelect[int]:
        return self._count_keys(self.only(statement, self.key), cap)

    @staticmethod
    def _count_keys(keys: GenerativeSelect, cap: int) -> ScalarSelect[int]:
        inner = keys.limit(cap + 1).subquery()
        return select(func.count()).select_from(inner).scalar_subquery()

    def counts(
        self,
        scope: Select[Any],
        tabs: Sequence[ColumnElement[bool] | None],
        here: int | None = None,
        name: Hashable = None,
    ) -> list[tuple[int, int]]:
        """The same as `counts_of`, of a scope and conditions with their values in them."""
        return self.counts_of(lambda: (scope, tabs), len(tabs), here, name)

    def counts_of(
        self,
        made: Callable[[], tuple[Select[Any], Sequence[Counted]]],
        many: int,
        here: int | None = None,
        name: Hashable = None,
        standing: Hashable = None,
        values: Mapping[str, object] | None = None,
    ) -> list[tuple[int, int]]:
        """The rows of each tab, each with how far was counted, by one query.

        One more than that means more. A scope is counted in one pass with count(*) FILTER; one of more
        than 20,000 rows (a province) tab by tab, each stopping early, so that it is never read to its
        end. Which of both a list of that `name` was last time is remembered: it is tried first, and says
        itself when it is not right any more; a large one is asked once an hour. The tab `here` is counted
        as far as a page is.

        Conditions that only name their `values` are `made` once for all who see the same, by `standing`.
        """
        if not many:
            return []
        key = (self.obj.__name__, name)
        for large in (key in _large, key not in _large):
            sure = large and _large.get(key, 0) > time.monotonic()
            one = (self.obj.__name__, standing, here, large, sure)
            statement = _counting.get(one) if standing is not None else None
            if statement is None:
                scope, tabs = made()
                wanted = [literal(True) if tab is None else tab for tab in tabs]
                statement = (
                    self._tab_by_tab(scope, wanted, here, sure)
                    if large
                    else self._in_one_pass(scope, wanted)
                )
                if standing is not None:
                    _counting[one] = statement
            row = self.session.execute(statement, dict(values or {})).one()
            if sure or (row[0] > SCAN_CAP) is large:
                break
        if not large:
            _large.pop(key, None)
        elif not sure:
            _large[key] = time.monotonic() + SURE
        caps = [COUNT_CAP if n == here or not large else TAB_CAP for n in range(many)]
        return list(zip(row[1:], caps, strict=True))

    def _in_one_pass(self, scope: Select[Any], tabs: list[Any]) -> Select[Any]:
        keys = {n: self._count_keys(tab, COUNT_CAP) for n, tab in enumerate(tabs) if _are_keys(tab)}
        marks = [
            case((tab, True), else_=False).label(f"t{n}")
            for n, tab in enumerate(tabs)
            if n not in keys
        ]
        inner = self.only(scope, literal(1), *marks).limit(SCAN_CAP + 1).subquery()
        sums = [
            keys[n] if n in keys else func.count().filter(inner.c[f"t{n}"])
            for n in range(len(tabs))
        ]
        counted: Any = select(func.count(), *sums).select_from(inner)
        return counted  # type: ignore[no-any-return]

    def _tab_by_tab(
        self, scope: Select[Any], tabs: list[Any], here: int | None, sure: bool
    ) -> Select[Any]:
        beyond = self.only(scope, literal(SCAN_CAP + 1)).offset(SCAN_CAP).limit(1)
        size = literal(SCAN_CAP + 1) if sure else func.coalesce(beyond.scalar_subquery(), 0)
        sums = [
            self._count_keys(
                tab if _are_keys(tab) else self.only(scope.where(tab), self.key),
                COUNT_CAP if n == here else TAB_CAP,
            )
            for n, tab in enumerate(tabs)
        ]
        counted: Select[Any] = select(size, *sums)
        return counted  # type: ignore[no-any-return]


def _are_keys(tab: Any) -> bool:
    """Whether a tab is given by the keys of its rows, which are counted as they are."""
    return isinstance(tab, SelectBase)
