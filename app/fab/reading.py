"""From arguments to rows: the part of SafeModelView that asks the database for a list."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import nullcontext
from typing import Any

from flask import g
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, false, or_

from app.core.registry import stores
from app.fab import list_state
from app.fab.arguments import MAX_SIZE, ArgumentReader, ListArgs
from app.fab.bad_request import Odd
from app.fab.columns import ListColumn
from app.fab.counting import COUNT_CAP, Counted
from app.fab.cursor import seal, unseal
from app.fab.declared import ListFilter, Tab
from app.fab.export import export_link
from app.fab.interface import Order, Parts, SafeInterface, Slice
from app.fab.listing import (
    Addresses,
    Choice,
    Heading,
    ListPage,
    Narrowing,
    Pager,
    Row,
    TabLink,
    count_text,
    filled,
    range_text,
    sort_mark,
    value_of,
)
from app.fab.rows import RowCells

MOST_FOUND = COUNT_CAP  # all that is found can be chosen as far as it is counted
SIZES = (25, 50, 100, MAX_SIZE)


class ListReading:
    """Mixin of SafeModelView: declarations of a list, its conditions, its page."""

    columns: tuple[ListColumn, ...] = ()
    tabs: tuple[Tab, ...] = ()
    # scope and tabs depend on nothing but who asks, the clock being asked in SQL: counted by one statement
    # that is made once (`stores().asking`)
    constant_tabs = False
    split_tabs: frozenset[str] = frozenset()  # where the record stands beside the list (AGR-18)
    filters: tuple[ListFilter, ...] = ()
    search_columns: Any = ()  # text columns of the model that a search looks at
    search_hint: Any = ""  # what the search box says it can find
    load_columns: tuple[str, ...] = ()  # columns and relations that properties of the row read
    export_sheet: str = ""  # the sheet of our import that takes an exported file back (BLK-08)
    row_actions: bool = False  # buttons in each row, not only in the detail

    datamodel: SafeInterface
    reader: ArgumentReader
    list_columns: Any
    base_order: Any
    page_size: int
    include_route_methods: Any

    def prepare_list(self) -> None:
        """Once, at registration."""
        cls = type(self)
        searched = bool(self.search_columns) or any(
            getattr(cls, name) is not getattr(ListReading, name)
            for name in ("search_clause", "search_args", "token_clause")
        )
        self.searched = searched
        self.reader = ArgumentReader(
            cls.__name__,
            self.tabs,
            self.filters,
            tuple(dict.fromkeys(c.order for c in self.columns if c.sorts)),
            self.page_size,
            searched,
        )
        self.by_path = {column.path: column for column in self.columns}

    def column(self, path: str) -> ListColumn:
        """The column of that path."""
        return self.by_path[path]

    # -- to be overridden ----------------------------------------------------------------------

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        """The rows that the typed text finds; None: such a text finds nothing.

        Without an override: text anywhere in one of `search_columns`, % and _ taken as typed (H12).
        """
        model = self.datamodel.obj
        found = [getattr(model, c).icontains(text, autoescape=True) for c in self.search_columns]
        return or_(*found) if found else None

    def search_args(self, text: str) -> dict[str, str]:
        """How the search stands in the address: as `q`, or as a token `x` that hides a number."""
        return {"q": text}

    def token_clause(self, token: str) -> ColumnElement[bool] | None:  # noqa: ARG002
        """The rows that a token of `search_args` finds; None: it is no token of ours."""
        return None

    def first_link(self, item: Any) -> str | None:  # noqa: ARG002
        """Where the first cell of a row leads (AGR-02); None: to the detail."""
        return None

    def row_class(self, item: object) -> str:  # noqa: ARG002
        """A CSS class of the row."""
        return ""

    def record_name(self, item: Any) -> str:
        """How a record is called in labels for screen readers and in confirmations."""
        return str(value_of(item, self.list_columns[0].split(".")) or "")

    def made_at(self) -> str:
        """When the rows were read, as a form carries it; override where it matters who came first."""
        return ""

    def prepare_rows(self, items: list[Any], columns: list[ListColumn]) -> None:
        """Read at once what the cells of all these rows will ask for."""

    def empty_text(self, args: ListArgs) -> object:
        """Why the list is empty and what to do."""
        if args.narrowed:
            return _("Nothing matches this search. Clear it to see all records of the tab.")
        tab = next((t for t in self.tabs if t.name == args.tab), None)
        return (tab.empty if tab else "") or _("There is nothing here yet.")

    def saved_hidden(self) -> list[str]:
        """The columns the person hid (AGR-01)."""
        return list(list_state.chosen(type(self).__name__).get("hidden", ()))

    def save_hidden(self, hidden: list[str]) -> None:
        """Keep the columns the person hid."""
        list_state.choose(type(self).__name__, hidden=hidden)

    # -- conditions ----------------------------------------------------------------------------

    def own_columns(self) -> list[ListColumn]:
        """The columns that the person asking may have, of list, detail and export."""
        return [c for c in self.columns if self.may(c.right)]  # type: ignore[attr-defined]

    def chosen_columns(self) -> list[str]:
        """The list's columns without those the person hid."""
        hidden = set(self.saved_hidden()) - {self.list_columns[0]}
        return [c.path for c in self.own_columns() if c.listed and c.path not in hidden]

    def order_of(self, args: ListArgs) -> Order:
        """The order asked for, else the view's own, else the newest key first."""
        if args.order:
            return Order(self.ordered_by(args.order), args.ascending)
        column, way = self.base_order or (self.datamodel.key.key, "desc")
        return Order(self.ordered_by(column), way == "asc")

    def ordered_by(self, column: str) -> str:
        """The column whose values order a list by this one: a name's own key by pinyin, if it has one."""
        key = f"{column}_order"
        return key if hasattr(self.datamodel.obj, key) else column

    def narrowed(self, args: ListArgs) -> Select[Any]:
        """The scope with tab, filters and search of the arguments."""
        clauses = [tab.where() for tab in self.tabs if tab.name == args.tab]
        chosen = dict(args.filters)
        clauses += [f.clause(chosen[f.name]) for f in self.filters if f.name in chosen]
        if args.text:
            found = self.search_clause(args.text)
            clauses.append(false() if found is None else found)
        if args.token:
            clauses.append(self._token(args.token))
        scope: Select[Any] = self.scoped()  # type: ignore[attr-defined]
        return scope.where(*(c for c in clauses if c is not None))

    def _token(self, token: str) -> ColumnElement[bool]:
        clause = self.token_clause(token)
        if clause is None:
            raise Odd(_("This search is no longer valid. Search again."))
        return clause

    def neighbours(self, item: object) -> tuple[object, object]:
        """The keys before and behind the record in the list as it was left; None at its ends."""
        args = self.left_args()  # type: ignore[attr-defined]
        source = self.parts(args) or self.narrowed(args)
        return self.datamodel.beside(source, self.order_of(args), item)

    def parts(self, args: ListArgs) -> Parts | None:  # noqa: ARG002
        """The list in parts, where no one column of the rows is its order."""
        return None

    # -- the page ------------------------------------------------------------------------------

    def addresses(self) -> Addresses:
        """The list's addresses of this request."""
        return Addresses(self.url("list"), self.reader.write)  # type: ignore[attr-defined]

    def list_page(self, args: ListArgs) -> ListPage:
        """All that the template shows of the list with these arguments."""
        columns = [self.column(path) for path in self.chosen_columns()]
        statement, order, to = self.narrowed(args), self.order_of(args), self.addresses()
        part = self._slice(args, statement, order)
        needed = [*(column.path for column in columns), *self.load_columns]
        items = self.datamodel.rows([p.key for p in part.places], needed)
        self.prepare_rows(items, columns)
        count, tabs = self._counts(args, statement, part)
        bulk = self.bulk_offers() if items else []  # type: ignore[attr-defined]
        cells = RowCells(columns, self.list_columns[0], _("Select") if bulk else "")
        shows = "show" in self.include_route_methods
        pattern = self.url("show", pk="0") if shows else ""  # type: ignore[attr-defined]
        return ListPage(
            view=type(self).__name__,
            rows=[self._row(item, pattern, cells, bool(bulk)) for item in items],
            style=cells.style(_("Actions") if self.row_actions else ""),
            headings=[self._heading(column, args, order, to) for column in columns],
            tabs=self._tabs(args, tabs, to),
            choices=self._choices(args),
            narrowings=self._narrowings(args, to),
            pager=self._pager(args, order, part, count, to),
            bulk=bulk,
            empty="" if items else self.empty_text(args),
            text=args.text,
            searched=self.searched,
            clear=to.list(args.moved(text="", token="", filters=())) if args.narrowed else "",
            hidden=self._hidden_fields(args),
            columns=[(c.path, str(c.label), c in columns) for c in self.own_columns() if c.listed],
            filters=self._saved_filters(to),
            urls=self._urls(),
            hint=str(self.search_hint),
            row_buttons=self.row_actions,
            count=count_text(count),
            query=to.query(args.moved()),
            export=export_link(self, args, count),
            more_than_page=len(items) < count,
            most_found=0 if count <= MOST_FOUND else MOST_FOUND,
            tab=args.tab,
            seen=self.made_at(),
            elsewhere=[] if items else self._elsewhere(args, to),
            split=args.tab in self.split_tabs,
        )

    def _elsewhere(self, args: ListArgs, to: Addresses) -> list[tuple[Any, str]]:
        """A search without a hit here: the tabs that have some, each with its address (AGR-16)."""
        if not (args.text or args.token):
            return []
        others = [args.moved(tab=tab.name) for tab in self.tabs if tab.name != args.tab]
        if not others:
            return []
        found = self.datamodel.any_of([self.narrowed(other) for other in others])
        labels = {tab.name: tab.label for tab in self.tabs}
        return [
            (_("In “%(tab)s”", tab=labels[other.tab]), to.list(other))
            for other, some in zip(others, found, strict=True)
            if some
        ]

    def _saved_filters(self, to: Addresses) -> list[tuple[str, str, str]]:  # noqa: ARG002
        return []  # see SavedFilters

    def _urls(self) -> dict[str, str]:
        view: Any = self
        found = {name: view.url(name) for name in self._posts()}
        if "keys" in self.include_route_methods:  # the script puts in the row's key
            found["keys"] = view.url("keys", pk=0).removesuffix("0")
        return found

    def _posts(self) -> list[str]:
        wanted = (
            "search",
            "pick_columns",
            "action_post",
            "confirm",
            "fits",
            "keep_filter",
            "drop_filter",
        )
        return [name for name in wanted if name in self.include_route_methods]

    def _slice(self, args: ListArgs, statement: Select[Any], order: Order) -> Slice:
        name, kind = type(self).__name__, getattr(self.datamodel.obj, order.column).type
        after = unseal(name, order, args.after, kind) if args.after else None
        before = unseal(name, order, args.before, kind) if args.before else None
        skip = 0 if after or before else args.page * args.size
        source = self.parts(args) or statement
        return self.datamodel.slice(source, order, args.size, skip=skip, after=after, before=before)

    def _counts(
        self, args: ListArgs, statement: Select[Any], part: Slice
    ) -> tuple[int, dict[str, str]]:
        """How many rows the list finds, and what each tab says of its own.

        What stands on one page is counted by it; a search or filter that finds more by a query of its own.
        """
        names = [t.name for t in self.tabs if t.counted]
        here = names.index(args.tab) if args.tab in names and not args.narrowed else None
        standing: Hashable = None
        values: Mapping[str, Any] = {}
        by: Callable[[], Any] = nullcontext
        if self.constant_tabs:
            shape, values, by = stores().asking()
            standing = (type(self).__name__, shape)

        def made() -> tuple[Select[Any], list[Counted]]:
            with by():
                return self.scoped(), [  # type: ignore[attr-defined]
                    (tab.keys or tab.where)() for tab in self.tabs if tab.counted
                ]  # type: ignore[attr-defined]

        found = self.datamodel.counts_of(made, len(names), here, self._whose(), standing, values)
        counts = {name: count_text(*n) for name, n in zip(names, found, strict=True)}
        if here is not None:
            return found[here][0], counts
        if part.has_previous or part.has_next:
            return self.datamodel.counted(statement), counts
        return len(part.places), counts

    def _whose(self) -> tuple[Hashable, ...]:
        """The list of one scope: this view's, for people who see the same."""
        user = g.get("user")
        marks = ("role", "school_id", "college_id", "employer_id")
        return (type(self).__name__, *(getattr(user, mark, None) for mark in marks))

    def _row(self, item: Any, pattern: str, cells: RowCells, ticks: bool) -> Row:
        key = self.datamodel.get_pk_value(item)
        url = filled(pattern, key) if pattern else ""
        link, css = self.first_link(item) or url, self.row_class(item)
        name = self.record_name(item) if ticks else ""
        buttons = self.buttons(item) if self.row_actions else []  # type: ignore[attr-defined]
        return Row(str(key), cells.row(item, str(key), link, url, css, name), buttons)

    def _heading(self, column: ListColumn, args: ListArgs, order: Order, to: Addresses) -> Heading:
        name, label = column.order, str(column.label)
        if not name:
            return Heading(column.path, label, "", "")
        mark = sort_mark(order.column, order.ascending, self.ordered_by(name))
        url = to.list(args.moved(order=name, ascending=mark != "ascending"))
        return Heading(column.path, label, url, mark)

    def _tabs(self, args: ListArgs, counts: Mapping[str, str], to: Addresses) -> list[TabLink]:
        return [
            TabLink(
                tab.name,
                tab.label,
                to.list(args.moved(tab=tab.name)),
                counts.get(tab.name, ""),
                tab.name == args.tab,
            )
            for tab in self.tabs
        ]

    def _choices(self, args: ListArgs) -> list[Choice]:
        chosen = dict(args.filters)
        every = [(f, chosen.get(f.name, ""), f.options and f.options()) for f in self.filters]
        return [
            Choice(f"f_{f.name}", f.label, value, options, f.further)
            for f, value, options in every
            if value or options is None or len(options) > 1
        ]

    def _narrowings(self, args: ListArgs, to: Addresses) -> list[Narrowing]:
        """What narrows the list now, each with the list that it would be without it."""
        known, found = {f.name: f for f in self.filters}, []
        for name, value in args.filters:
            others = tuple(pair for pair in args.filters if pair[0] != name)
            found.append(Narrowing(known[name].shown(value), to.list(args.moved(filters=others))))
        if args.text or args.token:
            what = args.text or _("a personal number")
            text = _("%(name)s: %(text)s", name=_("Search"), text=what)
            found.append(Narrowing(text, to.list(args.moved(text="", token=""))))
        return found

    def _hidden_fields(self, args: ListArgs) -> dict[str, str]:
        """What the search form keeps of the list: tab, order, size, a token; never its page."""
        written = self.reader.write(args.moved(text="", filters=()))
        return dict(self.reader.kept(written))

    def _pager(self, args: ListArgs, order: Order, part: Slice, count: int, to: Addresses) -> Pager:
        name, first, last = type(self).__name__, "", ""
        page = args.page if part.has_previous else 0
        if part.has_previous and part.places:
            sealed = seal(name, order, part.places[0])
            first = to.list(args.moved(before=sealed, page=max(page - 1, 0)))
        if part.has_next:
            last = to.list(args.moved(after=seal(name, order, part.places[-1]), page=page + 1))
        text = range_text(page * args.size, len(part.places), count)
        sizes = [(size, to.list(args.moved(size=size)), size == args.size) for size in SIZES]
        start_url = to.list(args.moved()) if part.has_previous else ""
        return Pager(start_url, first, last, text, sizes)
