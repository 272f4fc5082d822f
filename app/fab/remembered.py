"""What is remembered of lists: as they were left (AGR-02), columns and named filters (AGR-01).

What was left is the session's; columns and filters are the account's, on every device.

FAB keeps whole URLs on a stack in the session cookie; a cookie above 4 KB is dropped by browsers
and the person is thrown out. So: only the query part, few lists, and a bound on all together.
"""

from __future__ import annotations

from typing import Any, Protocol

from flask import current_app, session
from flask_babel import gettext as _

from app.core.errors import Refused
from app.fab.once import once

LISTS, COLUMNS = "qq_lists", "qq_columns"
LONGEST = 600  # characters of one list's query
MOST = 8  # lists remembered
NAME_LONGEST = 40  # characters of a saved filter's name
MOST_FILTERS = 20  # saved filters of one list and person
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


class Keeper(Protocol):
    """Where an account's choices live; the session takes its place where there is none."""

    def load(self, key: str) -> Any:
        """What was kept, None for nothing."""

    def save(self, key: str, value: Any) -> None:
        """Keep it from now on."""


KEEPER = "qingqian.keeper"  # the application's extension, put there by whoever knows accounts


def remember_hidden(view: str, hidden: list[str]) -> None:
    """Keep which columns the person does not want to see in that list."""
    if KEEPER in current_app.extensions:
        _keep(view, "hidden", hidden)
        return
    kept: dict[str, Any] = dict(session.get(COLUMNS) or {})
    kept.pop(view, None)
    if hidden:
        kept[view] = hidden
    while len(kept) > MOST:
        kept.pop(next(iter(kept)))
    session[COLUMNS] = kept


def remembered_hidden(view: str) -> list[str]:
    """The columns the person hid in that list."""
    if KEEPER in current_app.extensions:
        return list(_kept(view).get("hidden", ()))
    return list((session.get(COLUMNS) or {}).get(view, ()))


def remember_filter(view: str, name: str, query: str) -> None:
    """Keep a list as it is seen now under a name; Refused where that is too much."""
    filters = remembered_filters(view)
    if not name or len(name) > NAME_LONGEST:
        raise Refused(_("A name has 1 to %(most)s characters.", most=NAME_LONGEST))
    if name not in filters and len(filters) >= MOST_FILTERS:
        raise Refused(_("At most %(most)s saved filters; delete one first.", most=MOST_FILTERS))
    if not query or len(query) > LONGEST:
        raise Refused(_("Narrow the list by a search or a filter first."))
    _keep(view, "filters", {**filters, name: query})


def forget_filter(view: str, name: str) -> None:
    """Delete a saved filter; one that is not there is gone already."""
    filters = remembered_filters(view)
    if filters.pop(name, None) is not None:
        _keep(view, "filters", filters)


def remembered_filters(view: str) -> dict[str, str]:
    """The saved filters of that list: name → query, in the order of their saving."""
    return dict(_kept(view).get("filters", {})) if KEEPER in current_app.extensions else {}


def _keeper() -> Keeper:
    found: Keeper = current_app.extensions[KEEPER]
    return found


def _kept(view: str) -> dict[str, Any]:
    return once(f"list:{view}", lambda: _keeper().load(f"list:{view}") or {})


def _keep(view: str, what: str, value: Any) -> None:
    kept = _kept(view)
    kept[what] = value
    _keeper().save(f"list:{view}", kept)
