"""A page that only reads asks nothing twice: what one request was told once, and at what moment.

A page begins when a signed-in person asks for one (GET) and ends with the request. Within it `once` gives
the first answer again; whatever is written in the meantime makes it forget. A form that is sent (POST), a
job and a command have none: there every question goes to the database.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import has_request_context, request

T = TypeVar("T")
P = ParamSpec("P")
_KEY = "qingqian.page"


class Page:
    """What a request that reads was told so far; `moment`: when it was asked for, by the database's clock."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.answers: dict[Hashable, Any] = {}


def begin(moment: datetime) -> Page | None:
    """From now on this request asks nothing twice; None where it may write."""
    if request.method not in ("GET", "HEAD"):
        return None
    page: Page = request.environ.setdefault(_KEY, Page(moment))
    return page


def current() -> Page | None:
    """The page of this request, if it is one."""
    return request.environ.get(_KEY) if has_request_context() else None


def forget() -> None:
    """Something was written: whatever was told may be otherwise now."""
    if (page := current()) is not None:
        page.answers.clear()


def told(key: Hashable, ask: Callable[[], T]) -> T:
    """The answer of `ask`, which a page that only reads gets once."""
    page = current()
    if page is None:
        return ask()
    if key not in page.answers:
        page.answers[key] = ask()
    answer: T = page.answers[key]
    return answer


def once(ask: Callable[P, T]) -> Callable[P, T]:
    """Decorator: a question that a page asks with the same arguments once, however often it is put."""

    @wraps(ask)
    def asked(*args: P.args, **more: P.kwargs) -> T:
        page = current()
        if page is None:
            return ask(*args, **more)
        key = (ask, args, tuple(more.items()))
        with suppress(KeyError):
            known: T = page.answers[key]
            return known
        answer = page.answers[key] = ask(*args, **more)
        return answer

    return asked
