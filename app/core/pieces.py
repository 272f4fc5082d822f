"""Parts of pages that are the same for many people: rendered once, kept by each process, filled per request.

A kept part is a template of `templates/kept/`. It knows its `facts`, which are all that it depends on and
are its key together with the language and the root the site is served at, and nothing else: no request, no
session, no person. What differs from page to page stands in a `hole("name")`: the token of a form, a name,
a number. Holes are escaped when they are filled, are never kept, and one that nobody fills is empty.

A fact is never personal: two schools, or two people, share a part exactly where all its facts are equal.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from flask import Flask, current_app, request
from markupsafe import Markup, escape

from app.core.templates import language

MOST = 500  # parts that one process keeps
FOLDER = "kept"
_MARK = "\x00"
_FORBIDDEN = (
    "request",
    "session",
    "g",
    "current_user",
    "get_flashed_messages",
)  # of Flask's globals
Filling = Mapping[str, Any]


class Pieces:
    """The parts that one process has rendered: even places are text, odd ones names of holes."""

    def __init__(self) -> None:
        self.made: dict[Hashable, list[str]] = {}

    def part(
        self, name: str, facts: Filling, holes: Filling, more: Filling | None = None
    ) -> Markup:
        """The part of that name with these facts, its holes filled; every fact is hashable."""
        key = (name, language(), request.script_root, *facts.items())
        made = self.made.get(key)
        if made is None:
            if len(self.made) >= MOST:
                self.made.clear()
            made = self.made[key] = _rendered(name, facts)
        if len(made) == 1:
            return Markup(made[0])  # noqa: S704 (a template made it)
        filled = made.copy()
        if more:
            holes = {**holes, **more}
        for n in range(1, len(made), 2):
            value = holes.get(made[n], "")
            filled[n] = escape(value) if value != "" else ""
        return Markup("".join(filled))  # noqa: S704 (what fills a hole is escaped)


def _rendered(name: str, facts: Filling) -> list[str]:
    """Without what a page's context has, and without Flask's globals of the request."""
    closed = dict.fromkeys(_FORBIDDEN)
    page = current_app.jinja_env.get_template(f"{FOLDER}/{name}.html")
    return page.render({**closed, **facts, "hole": hole}).strip().split(_MARK)


def hole(name: str) -> Markup:
    """Where something of the request is put in."""
    return Markup(f"{_MARK}{name}{_MARK}")  # noqa: S704 (a name of ours)


def piece(name: str, facts: Filling, holes: Filling, more: Filling | None = None) -> Markup:
    """The part of that name, as the running application keeps it."""
    pieces: Pieces = current_app.extensions["pieces"]
    return pieces.part(name, facts, holes, more)


def init(app: Flask) -> None:
    """Templates have `piece(name, facts, holes)`."""
    app.extensions["pieces"] = Pieces()
    app.jinja_env.globals["piece"] = piece
