"""What one request asks more than once and need not read twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import request

T = TypeVar("T")


def once(name: str, ask: Callable[[], T]) -> T:
    """The answer of `ask`, kept until this request ends."""
    kept: dict[str, T] = request.environ.setdefault("qingqian.once", {})
    if name not in kept:
        kept[name] = ask()
    return kept[name]
