"""SafeModelView: what every list and detail of the product stands on.

A subclass says which rows the person may see (`scoped`), which columns, tabs and filters there are,
and what its actions do. Everything else is here, once: see `check_view` for what must be declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.baseviews import expose
from flask_appbuilder.security.decorators import permission_name
from flask_appbuilder.views import ModelView
from flask_babel import gettext as _
from sqlalchemy import Select

from app.fab import list_state
from app.fab.access import has_access
from app.fab.actions import ActionRoutes
from app.fab.arguments import ListArgs, checked_text
from app.fab.bad_request import Odd
from app.fab.check import check_view
from app.fab.columns import Right
from app.fab.declared import Link
from app.fab.detail import Detail
from app.fab.editing import FormRoutes
from app.fab.interface import SafeInterface, ScopeFilter
from app.fab.reading import MOST_FOUND, ListReading
from app.fab.widgets import SafeFormWidget, SafeListWidget, SafeShowWidget

READS = frozenset({"list", "show", "search", "pick_columns"})  # what every list of records offers


class SafeModelView(ActionRoutes, FormRoutes, ListReading, Detail, ModelView):
    """FAB's ModelView with a scope that cannot be forgotten and arguments that are checked.

    Registration fails with all reasons at once when the declaration leaves anything to FAB.
    """

    datamodel: SafeInterface
    include_route_methods = {*READS, "action", "action_post", "confirm"}  # noqa: RUF012

    list_template = "fab/list.html"
    show_template = "fab/show.html"
    add_template = edit_template = "fab/form.html"
    list_widget = SafeListWidget
    show_widget = SafeShowWidget
    add_widget = edit_widget = SafeFormWidget

    def scoped(self) -> Select[Any]:
        """All rows the person asking may ever see, as a select of the model; no loader options.

        It must fail closed: an unknown role sees no row. Used by list, counts, tabs, details,
        actions, neighbours and forms; a row outside it answers as if it did not exist (ACC-02).
        """
        raise NotImplementedError

    # -- set-up --------------------------------------------------------------------------------

    def __init__(self, **kwargs: object) -> None:
        if problems := check_view(type(self)):
            raise TypeError("; ".join(problems))
        super().__init__(**kwargs)

    def _init_properties(self) -> None:
        """FAB fills what is empty with «all columns»: what it reads is made of our declarations."""
        self.label_columns = {c.path: c.label for c in self.columns}  # FAB writes into it
        super()._init_properties()
        self.list_columns = [c.path for c in self.columns if c.listed]
        self.show_columns = [
            *(path for panel in self.panels for path in panel.paths),
            *self.show_loads,
        ]
        self.order_columns = list(dict.fromkeys(c.order for c in self.columns if c.sorts))
        self.search_columns = list(type(self).search_columns)
        self._filters = self.datamodel.get_filters([])  # never read: nothing is shared (H9)
        self._base_filters = self.datamodel.get_filters().add_filter_list(
            [[self.datamodel.get_pk_name(), ScopeFilter, self.scoped]]
        )
        self.prepare_list()

    # -- routes --------------------------------------------------------------------------------

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        """The list; how it is seen now is kept for the way back (AGR-02)."""
        args = self.reader.read(request.args)
        page = self.list_page(args)
        self._leave(args)
        return self.render_template(
            self.list_template,
            title=self.list_title,
            page=page,
            head_links=self.head_links(),
            head_back=self.head_back(),
            widgets={"list": self.list_widget(page=page)},
            **self.list_context(args),
        )

    @expose("/search", methods=["POST"])
    @has_access
    @permission_name("list")
    def search(self) -> ResponseReturnValue:
        """The search box and filters; posted, so that what is typed need not be in an address."""
        kept = dict(self.reader.kept(request.form))
        text = checked_text(request.form.get("q", ""))
        if text:
            kept.pop("x", None)
            kept |= self.search_args(text)
        return redirect(self.addresses().list(self.reader.read(kept)), 303)

    @expose("/columns", methods=["POST"])
    @has_access
    @permission_name("list")
    def pick_columns(self) -> ResponseReturnValue:
        """Which columns the person wants to see; the first one always stays (AGR-01)."""
        wanted = set(request.form.getlist("column"))
        if not wanted <= set(self.list_columns):
            raise Odd(_("This list has no such column."))
        self.save_hidden([name for name in self.list_columns[1:] if name not in wanted])
        return redirect(self.list_url(), 303)

    @expose("/show/<string:pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> ResponseReturnValue:
        """One record, with its place in the list as it was left (AGR-03)."""
        item = self.record(pk, self.show_columns)
        layout = "fab/pane.html" if "pane" in request.args else ""
        return self.render_template(self.show_template, layout=layout, **self.detail(item))

    # -- records -------------------------------------------------------------------------------

    def record(self, pk: Any, columns: Any = ()) -> Any:
        """The record of a key, or 404: outside the scope is the same as not there (H10)."""
        item = self.datamodel.one(self.scoped(), self._key(pk), columns)
        if item is None:
            abort(404)
        return item

    def records(self, pks: Any) -> Any:
        """The records of all the keys, by one scoped query; 404 unless every one is there (H2)."""
        keys = list(dict.fromkeys(self._key(pk) for pk in pks))
        items = self.datamodel.within(self.scoped(), keys)
        if len(items) != len(keys):
            abort(404)
        return items

    def found(self, query: str | None) -> Any:
        """All records that the list of this query finds, by one scoped query; Odd above 10,000.

        The page says its query: the list as it was left may be that of another window by now.
        """
        args = self.left_args() if query is None else self.reader.read(dict(parse_qsl(query)))
        items = self.datamodel.whole(self.narrowed(args), MOST_FOUND)
        if not items or len(items) > MOST_FOUND:
            raise Odd(_("1 to %(most)s records at a time. Narrow the list.", most=MOST_FOUND))
        return items

    def _key(self, pk: object) -> object:
        try:
            return self.datamodel.parse_key(str(pk))
        except ValueError:
            return abort(404)

    def may(self, right: Right | None) -> bool:
        """Whether the person asking has the right that a column or panel needs."""
        return right is None or bool(self.appbuilder.sm.has_access(*right))

    # -- addresses -----------------------------------------------------------------------------

    def url(self, method: str, **values: Any) -> str:
        """The address of one of this view's routes."""
        return url_for(f"{self.endpoint}.{method}", **values)

    def list_url(self) -> str:
        """The list as the person left it."""
        query = list_state.remembered_list(type(self).__name__)
        return f"{self.url('list')}?{query}" if query else self.url("list")

    def list_context(self, args: ListArgs) -> dict[str, object]:  # noqa: ARG002
        """What the list's own template shows besides; override with it."""
        return {}

    def head_links(self) -> Sequence[Link]:
        """The buttons beside the list's heading; override to add «New», «Export»."""
        return ()

    def head_back(self) -> Link | None:
        """The page that a list without a menu entry is reached from; override to name it."""
        return None

    def update_redirect(self) -> None:
        """FAB's history stack keeps whole addresses in the cookie; ours is `list_url`."""

    def get_redirect(self) -> str:
        """Where FAB's own code goes after its work."""
        return self.list_url()

    def _leave(self, args: ListArgs) -> None:
        """Keep the list for the way back; a query too long to keep loses its place, not more."""
        query = self.addresses().query(args)
        if len(query) > list_state.LONGEST:
            query = self.addresses().query(args.moved())
        list_state.remember_list(type(self).__name__, query)

    def left_args(self) -> ListArgs:
        """The arguments of the list as it was left; of the plain list when they no longer hold."""
        try:
            query = list_state.remembered_list(type(self).__name__)
            return self.reader.read(dict(parse_qsl(query)))
        except Odd:
            return self.reader.read({})
