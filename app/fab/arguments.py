"""The arguments of a list's address: read, checked and written in one place (H3, H7, H8, W3, W5).

Stock FAB takes order columns, sizes and pages as they come: hidden columns can be sorted by, a page
may hold every row, and a wrong letter is an HTTP 500. Here anything odd is a 400 with a sentence.
Nothing is kept on the view between requests (H9): the result is an immutable value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext as _

from app.fab.bad_request import Odd
from app.fab.declared import ListFilter, Tab

MAX_SIZE = 200
MAX_TEXT = 100
MAX_TOKEN = 400
DEEPEST = 10_000  # rows that may be skipped by OFFSET
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NUMBER = re.compile(r"[0-9]{1,7}")


@dataclass(frozen=True)
class ListArgs:
    """What the person asked of the list; `order` "" is the view's own, `page` counts from 0."""

    tab: str = ""
    text: str = ""
    token: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    order: str = ""
    ascending: bool = True
    size: int = 25
    page: int = 0
    after: str = ""
    before: str = ""

    def moved(self, **changes: Any) -> ListArgs:
        """The same list differently seen, from its first page unless the change says otherwise."""
        return replace(self, **{"page": 0, "after": "", "before": "", **changes})

    @property
    def narrowed(self) -> bool:
        """True where a search or a filter hides rows of the tab."""
        return bool(self.text or self.token or self.filters)


@dataclass(frozen=True)
class ArgumentReader:
    """Reads and writes the arguments of one list; made once a view, without state."""

    view: str
    tabs: tuple[Tab, ...]
    filters: tuple[ListFilter, ...]
    order_columns: tuple[str, ...]
    size: int
    searched: bool

    def read(self, args: Mapping[str, str]) -> ListArgs:
        """The arguments as a value; raises Odd with a plain sentence on anything else."""
        for name, value in args.items():
            if name.startswith("_flt_"):
                raise Odd(_("This list has no such filter."))
            if _CONTROL.search(name) or _CONTROL.search(value) or len(value) > MAX_TOKEN:
                raise Odd(_("The address of this list contains characters it may not have."))
        after, before = args.get("after", ""), args.get("before", "")
        size, page = self._numbers(args, bool(after or before))
        if after and before:
            raise Odd(_("The address of this list is not complete. Open the list anew."))
        order, ascending = self._order(args)
        text, token = self._search(args)
        return ListArgs(
            self._tab(args),
            text,
            token,
            self._filters(args),
            order,
            ascending,
            size,
            page,
            after,
            before,
        )

    def kept(self, args: Mapping[str, str]) -> Mapping[str, str]:
        """Of a posted form: only what narrows and orders the list, never its place in the pages."""
        names = {"tab", "x", *(f"_{mark}_{self.view}" for mark in ("oc", "od"))}
        names |= {f"psize_{self.view}", *(f"f_{f.name}" for f in self.filters)}
        return {name: value for name, value in args.items() if name in names and value}

    def write(self, args: ListArgs) -> dict[str, str]:
        """The arguments as they stand in the address; what is the default is left out."""
        pairs = {
            "tab": args.tab if self.tabs and args.tab != self.tabs[0].name else "",
            "q": args.text,
            "x": args.token,
            **{f"f_{name}": value for name, value in args.filters},
            f"_oc_{self.view}": args.order,
            f"_od_{self.view}": ("asc" if args.ascending else "desc") if args.order else "",
            f"psize_{self.view}": str(args.size) if args.size != self.size else "",
            f"page_{self.view}": str(args.page) if args.page else "",
            "after": args.after,
            "before": args.before,
        }
        return {name: value for name, value in pairs.items() if value}

    def _numbers(self, args: Mapping[str, str], by_cursor: bool) -> tuple[int, int]:
        size = self._number(args, f"psize_{self.view}", self.size)
        page = self._number(args, f"page_{self.view}", 0)
        if not 1 <= size <= MAX_SIZE:
            raise Odd(_("A page holds 1 to %(most)s rows.", most=MAX_SIZE))
        if not by_cursor and (page + 1) * size > DEEPEST and page:
            raise Odd(_("That page is too far down. Narrow the list by a search or a filter."))
        return size, page

    def _number(self, args: Mapping[str, str], name: str, default: int) -> int:
        text = args.get(name)
        if text is None:
            return default
        if not _NUMBER.fullmatch(text):
            raise Odd(_("The page number in the address is not a number."))
        return int(text)

    def _order(self, args: Mapping[str, str]) -> tuple[str, bool]:
        column = args.get(f"_oc_{self.view}", "")
        direction = args.get(f"_od_{self.view}", "asc")
        if column and column not in self.order_columns:
            raise Odd(_("This list cannot be sorted by that column."))
        if direction not in ("asc", "desc"):
            raise Odd(_("A list is sorted upwards or downwards."))
        return column, direction == "asc" if column else True

    def _tab(self, args: Mapping[str, str]) -> str:
        if not self.tabs:
            return ""
        name = args.get("tab") or self.tabs[0].name
        if name not in {tab.name for tab in self.tabs}:
            raise Odd(_("This list has no such tab."))
        return name

    def _search(self, args: Mapping[str, str]) -> tuple[str, str]:
        text, token = args.get("q", "").strip(), args.get("x", "")
        if (text or token) and not self.searched:
            raise Odd(_("This list has no search."))
        if len(text) > MAX_TEXT:
            raise Odd(_("Search for at most %(most)s characters.", most=MAX_TEXT))
        return text, token

    def _filters(self, args: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        known = {f"f_{f.name}": f for f in self.filters}
        for name in args:
            if name.startswith("f_") and name not in known:
                raise Odd(_("This list has no such filter."))
        chosen = [(known[name], args[name]) for name in known if args.get(name)]
        found = [(declared, self._value(declared, value)) for declared, value in chosen]
        return tuple((declared.name, value) for declared, value in found if value)

    def _value(self, declared: ListFilter, value: str) -> str:
        """One of the options, or what was typed."""
        if declared.options is None:
            return checked_text(value)
        if value not in {option for option, _label in declared.options()}:
            raise Odd(_("This filter has no such value."))
        return value


def checked_text(text: str) -> str:
    """What was typed into the search box, trimmed; raises Odd when it is no line of text."""
    text = text.strip()
    if _CONTROL.search(text) or len(text) > MAX_TEXT:
        raise Odd(_("Search for at most %(most)s characters.", most=MAX_TEXT))
    return text
