"""Saved filters of a list: a name for the list as it is narrowed now; each is a tab with its count (AGR-19).

One's own are kept with the account; one that is shared stands as a tab for every colleague of the school,
each with the rows of its own scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _
from sqlalchemy import Select

from app.core.registry import stores
from app.core.text import clean_line
from app.fab import list_state
from app.fab.access import has_access
from app.fab.arguments import ListArgs
from app.fab.bad_request import Odd
from app.fab.listing import Addresses, TabLink, count_text
from app.fab.per_request import once

LONGEST = 40  # characters of a name
MOST = 20
TABS = 8  # more would be found by nobody; all of them stand in the fold
COUNTED = 1_000  # a tab of one's own counts no further


@dataclass(frozen=True)
class SavedFilter:
    """A narrowed list by its name; `by` is who shared it, empty for one's own."""

    name: str
    query: str
    by: str = ""


class SavedFilters:
    """Mixin of SafeModelView: `keep_filter` and `drop_filter`; name them in include_route_methods."""

    @expose("/filters", methods=["POST"])
    @has_access
    @permission_name("list")
    def keep_filter(self) -> object:
        """Keep the list as the page shows it under a name; the same name is replaced."""
        view: Any = self
        name, here = clean_line(request.form.get("name", "")), type(self).__name__
        query, shared = self._query(), "shared" in request.form
        others = [f for f in list_state.remembered_filters(here) if f["name"] != name]
        if not name or len(name) > LONGEST:
            flash(_("A name has 1 to %(most)s characters.", most=LONGEST), "warning")
        elif not query:
            flash(_("Narrow the list first: choose a tab, a filter or search."), "warning")
        elif shared and not stores().shared_lists.keep(here, name, query):
            flash(
                _("Your school shares as many lists as a list can have: take one away first."),
                "warning",
            )
        elif not shared and len(others) >= MOST:
            flash(_("At most %(most)s saved filters.", most=MOST), "warning")
        else:
            if not shared:
                list_state.choose(here, filters=[*others, {"name": name, "query": query}])
            said = _("Shared as “%(name)s”: your colleagues see it too.", name=name)
            flash(said if shared else _("Saved as “%(name)s”.", name=name), "success")
        return redirect(view.list_url(), 303)

    @expose("/filters/drop", methods=["POST"])
    @has_access
    @permission_name("list")
    def drop_filter(self) -> object:
        """Forget one of them, or share it no more."""
        view: Any = self
        here, name = type(self).__name__, request.form.get("name", "")
        if "shared" in request.form:
            stores().shared_lists.drop(here, name)
        else:
            left = [f for f in list_state.remembered_filters(here) if f["name"] != name]
            list_state.choose(here, filters=left)
        return redirect(view.list_url(), 303)

    def saved(self) -> list[SavedFilter]:
        """One's own, then those that colleagues share; asked once a request."""
        here = type(self).__name__

        def made() -> list[SavedFilter]:
            own = [SavedFilter(f["name"], f["query"]) for f in list_state.remembered_filters(here)]
            shared = (
                SavedFilter(f["name"], f["query"], f["by"])
                for f in stores().shared_lists.load(here)
            )
            return [*own, *shared]

        return once(f"saved {here}", made)

    def _saved_filters(self, to: Addresses) -> list[tuple[str, str, str]]:
        """Name, address and who shares it of each, for the list's page."""
        return [(one.name, f"{to.path}?{one.query}", one.by) for one in self.saved()]

    def _tabs(self, args: ListArgs, counts: Mapping[str, str], to: Addresses) -> list[TabLink]:
        """The tabs of the view, then the saved ones with what each finds now."""
        view: Any = super()
        known = [
            (one, lists) for one in self.saved()[:TABS] if (lists := self._list_of(one)) is not None
        ]
        found: list[TabLink] = view._tabs(args, counts, to)
        if not known:
            return found
        here = to.query(args.moved())
        at = next((one.query for one, _lists in known if one.query == here), "")
        numbers = self._numbers([lists for _one, lists in known])
        mine = [
            TabLink(
                one.name,
                one.name,
                f"{to.path}?{one.query}",
                count_text(n, COUNTED),
                one.query == at,
            )
            for (one, _lists), n in zip(known, numbers, strict=True)
        ]
        return [*(replace(tab, active=tab.active and not at) for tab in found), *mine]

    def _numbers(self, lists: list[Select[Any]]) -> list[int]:
        view: Any = self
        numbers: list[int] = view.datamodel.numbers_of(lists, COUNTED)
        return numbers

    def _list_of(self, one: SavedFilter) -> Select[Any] | None:
        """What it finds; None where a filter of it is no more."""
        view: Any = self
        try:
            found: Select[Any] = view.narrowed(view.reader.read(dict(parse_qsl(one.query))))
        except Odd:
            return None
        return found

    def _query(self) -> str:
        """What the page shows, checked; a personal number's token is not kept (ACC-02)."""
        view: Any = self
        posted = request.form.get("query")
        args = view.left_args() if posted is None else view.reader.read(dict(parse_qsl(posted)))
        query: str = view.addresses().query(args.moved(token=""))
        return query if len(query) <= list_state.LONGEST else ""
