"""The menu around every page: made once for a role and a language, its counts and «here» put in per page.

FAB builds its menu on each page, asks for a right and a translation for each entry, and so did we for each
icon and link. Roles stand in the code, so a menu changes with the process, or with what its key says.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from markupsafe import Markup

from app.core.templates import language

MOST_SHOWN = 999


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu; `base` is the address under which its pages lie (without FAB's /list/)."""

    name: str
    label: str = ""
    icon: str = ""
    url: str = ""
    childs: tuple[MenuEntry, ...] = ()

    @property
    def base(self) -> str:
        """The address below which a page belongs to it."""
        return self.url.partition("?")[0].partition("/list/")[0].rstrip("/")


@dataclass(frozen=True)
class Menu:
    """The entries of one key: menus are the same where the key is."""

    key: Hashable
    entries: tuple[MenuEntry, ...] = field(compare=False)
    links: tuple[tuple[str, str], ...] = field(
        compare=False
    )  # name and base of what leads somewhere

    def here(self, active: str, path: str) -> str:
        """The entry that leads to the page: the one named, else that with the longest fitting address."""
        if active:
            return active
        found, size, path = "", 0, path.rstrip("/")
        for name, base in self.links:
            fits = path == base or (base and path.startswith(f"{base}/"))
            if fits and len(base) >= size:
                found, size = name, len(base)
        return found

    def filling(self, active: str, counts: Mapping[str, int]) -> dict[str, Markup]:
        """What a page puts into the kept menu: which entry is shown, and what waits where."""
        here, made = self.here(active, request.path), {}
        made[f"here {here}"] = Markup(' aria-current="page"')
        for entry in self.entries:
            inside = sum(counts.get(child.name, 0) for child in entry.childs)
            if any(child.name == here for child in entry.childs):
                made[f"open {entry.name}"] = Markup(' class="is-active"')
            for child in entry.childs:
                made[f"count {child.name}"] = badge(counts.get(child.name, 0))
            made[f"count {entry.name}"] = badge(counts.get(entry.name, 0) or inside)
        return made


EMPTY = Menu("", (), ())


class Menus:
    """The menus that a process has made."""

    def __init__(self) -> None:
        self.made: dict[Hashable, Menu] = {}

    def of(self, role: str, labels: Mapping[str, str] | None = None) -> Menu:
        """The menu of the person asking, whose role that is.

        `labels` gives entries another label than the code's; an empty one leaves the entry out.
        """
        labels = labels or {}
        key = (role, language(), request.script_root, *labels.items())
        found = self.made.get(key)
        if found is None:
            entries = tuple(_entries(current_app.extensions["appbuilder"].menu.get_data(), labels))
            links = tuple(
                (line.name, line.base) for entry in entries for line in entry.childs or (entry,)
            )
            found = self.made[key] = Menu(key, entries, links)
        return found


def _entries(tree: list[Any], labels: Mapping[str, str]) -> Iterator[MenuEntry]:
    """FAB's dictionaries as entries; a separator is one of its sign."""
    for item in tree:
        if isinstance(item, str):
            yield MenuEntry(item)
            continue
        label = labels.get(item["name"], item["label"])
        childs = tuple(_entries(item.get("childs", ()), labels))
        if label:
            yield MenuEntry(item["name"], label, item["icon"], item.get("url", ""), childs)


def badge(number: int) -> Markup:
    """What waits behind an entry, for eyes and for screen readers; nothing for none."""
    if not number:
        return Markup()
    shown = "999+" if number > MOST_SHOWN else str(number)
    text = _("%(count)s waiting", count=number)
    seen = Markup('<span class="qq-badge" aria-hidden="true">{}</span>').format(shown)
    return seen + Markup('<span class="sr-only"> {}</span>').format(text)
