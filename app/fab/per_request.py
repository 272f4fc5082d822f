"""What one request asks more than once and need not read twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from flask import g, request

from app.core import clock

T = TypeVar("T")


def once(name: str, ask: Callable[[], T]) -> T:
    """The answer of `ask`, kept until this request ends."""
    kept: dict[str, T] = request.environ.setdefault("qingqian.once", {})
    if name not in kept:
        kept[name] = ask()
    return kept[name]


def now() -> datetime:
    """The moment of this request by the database's clock, read once (signing in has read it)."""
    if "now" not in g:
        g.now = clock.now()
    return g.now  # type: ignore[no-any-return]
