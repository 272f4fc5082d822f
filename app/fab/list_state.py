"""What is remembered of lists: as they were left, by the session (AGR-02); what was chosen, by the account.

FAB keeps whole URLs on a stack in the session cookie; a cookie above 4 KB is dropped by browsers
and the person is thrown out. So: only the query part, few lists, and a bound on all together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask import session

from app.core.registry import stores
from app.fab.per_request import once

LISTS = "qq_lists"
LONGEST = 600  # characters of one list's query
MOST = 8  # lists remembered
TOGETHER = 2_000  # characters of all queries: they share one cookie


def remember_list(view: str, query: str) -> None:
    """Keep the list as it is seen now; the oldest go when there are too many."""
    kept: dict[str, str] = dict(session.get(LISTS) or {})
    if len(query) > LONGEST or kept.get(view, "") == query:
        return
    kept.pop(view, None)
    if query:
        kept[view] = query
    while len(kept) > MOST or sum(map(len, kept.values())) > TOGETHER:
        kept.pop(next(iter(kept)))
    session[LISTS] = kept


def remembered_list(view: str) -> str:
    """The query of the list as it was left, "" for its plain first page."""
    return str((session.get(LISTS) or {}).get(view, ""))


class ChoiceStore(Protocol):
    """Where what a person chose for a list is kept: with its account, by a package above."""

    def load(self, view: str) -> dict[str, object]: ...

    def save(self, view: str, chosen: Mapping[str, object]) -> None: ...


def chosen(view: str) -> dict[str, Any]:
    """What the person chose for that list: «hidden» columns, saved «filters»; asked once a request."""
    kept: ChoiceStore = stores().list_choices
    return once(f"chosen {view}", lambda: kept.load(view))


def choose(view: str, **values: object) -> None:
    """Keep what the person chose."""
    kept: ChoiceStore = stores().list_choices
    kept.save(view, chosen(view) | values)


def remembered_filters(view: str) -> list[dict[str, str]]:
    """The person's saved filters of that list: name and query each."""
    return list(chosen(view).get("filters", ()))
