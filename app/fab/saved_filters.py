"""Saved filters of a list: a name for the list as it is narrowed now, kept with the account."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from flask import flash, redirect, request
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import permission_name
from flask_babel import gettext as _

from app.core.text import clean_line
from app.fab import list_state
from app.fab.access import has_access
from app.fab.listing import Addresses

LONGEST = 40  # characters of a name
MOST = 20


class SavedFilters:
    """Mixin of SafeModelView: `keep_filter` and `drop_filter`; name them in include_route_methods."""

    @expose("/filters", methods=["POST"])
    @has_access
    @permission_name("list")
    def keep_filter(self) -> object:
        """Keep the list as the page shows it under a name; the same name is replaced."""
        view: Any = self
        name, here = clean_line(request.form.get("name", "")), type(self).__name__
        query = self._query()
        others = [f for f in list_state.remembered_filters(here) if f["name"] != name]
        if not name or len(name) > LONGEST:
            flash(_("A name has 1 to %(most)s characters.", most=LONGEST), "warning")
        elif not query:
            flash(_("Narrow the list first: choose a tab, a filter or search."), "warning")
        elif len(others) >= MOST:
            flash(_("At most %(most)s saved filters.", most=MOST), "warning")
        else:
            list_state.choose(here, filters=[*others, {"name": name, "query": query}])
            flash(_("Saved as “%(name)s”.", name=name), "success")
        return redirect(view.list_url(), 303)

    def _saved_filters(self, to: Addresses) -> list[tuple[str, str]]:
        """Name and address of each, for the list's page."""
        saved = list_state.remembered_filters(type(self).__name__)
        return [(one["name"], f"{to.path}?{one['query']}") for one in saved]

    def _query(self) -> str:
        """What the page shows, checked; a personal number's token is not kept (ACC-02)."""
        view: Any = self
        posted = request.form.get("query")
        args = view.left_args() if posted is None else view.reader.read(dict(parse_qsl(posted)))
        query: str = view.addresses().query(args.moved(token=""))
        return query if len(query) <= list_state.LONGEST else ""

    @expose("/filters/drop", methods=["POST"])
    @has_access
    @permission_name("list")
    def drop_filter(self) -> object:
        """Forget one of them."""
        view: Any = self
        here, name = type(self).__name__, request.form.get("name", "")
        left = [f for f in list_state.remembered_filters(here) if f["name"] != name]
        list_state.choose(here, filters=left)
        return redirect(view.list_url(), 303)
