"""What the session remembers of lists: as they were left (AGR-02), the columns chosen (AGR-01).

FAB keeps whole URLs on a stack in the session cookie; a cookie above 4 KB is dropped by browsers
and the person is thrown out. So: only the query part, few lists, and a bound on all together.
"""

from __future__ import annotations

from typing import Any

from flask import session

LISTS, COLUMNS = "qq_lists", "qq_columns"
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


def remember_hidden(view: str, hidden: list[str]) -> None:
    """Keep which columns the person does not want to see in that list."""
    kept: dict[str, Any] = dict(session.get(COLUMNS) or {})
    kept.pop(view, None)
    if hidden:
        kept[view] = hidden
    while len(kept) > MOST:
        kept.pop(next(iter(kept)))
    session[COLUMNS] = kept


def remembered_hidden(view: str) -> list[str]:
    """The columns the person hid in that list."""
    return list((session.get(COLUMNS) or {}).get(view, ()))
