"""What a process keeps beside its database, so that no test finds what another left.

What modules of the product remember for themselves, in private tables and behind `functools.cache` of what
they ask the database or the clock, is forgotten before each test. All else that outlives a test is compared
before and after it: whoever leaves it otherwise fails, whatever the order.
"""

from __future__ import annotations

import locale
import os
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

from flask import Flask

TABLES = (dict, set, list, deque, OrderedDict)
CACHED = type(cache(len))
CLIENT = "client of the application"
ASKS = {"db", "clock"}
# running servers and children: they are the process's own, and end with it
RUNNING = {"app.core.postgres", "app.core.children"}
# what Flask-Talisman adds its defaults to when such a page is first opened
COMPLETED = {"app.files.documents.file_views.OPTIONS"}
ONCE = {"app.files.documents.fonts.DEFAULT_FONT"}  # given to a library for the life of the process

_looked = [0]  # how many modules there were
_modules: dict[str, ModuleType] = {}
_remembered: list[tuple[Any, Any]] = []  # a private table of a module, and what stood in it
_caches: list[Callable[[], None]] = []
_declared: list[tuple[str, Any]] = []


def _look() -> None:
    """At the modules that have come since: what is in their tables now was there from the beginning."""
    if _looked[0] == len(sys.modules):
        return
    _looked[0] = len(sys.modules)
    known = {id(table) for _name, table in _declared} | {id(table) for table, _was in _remembered}
    for name, module in [*sys.modules.items()]:
        if name.startswith("app.") and name not in _modules:
            _modules[name] = module
            for key, value in [*vars(module).items()] * (name not in RUNNING):
                _note(f"{name}.{key}", key, value, known)


def _note(where: str, key: str, value: Any, known: set[int]) -> None:
    if type(value) is CACHED:
        if ASKS & {*value.__wrapped__.__code__.co_names}:
            _caches.append(value.cache_clear)
    elif where in ONCE:
        return
    elif type(value) in TABLES and id(value) not in known and not key.startswith("__"):
        known.add(id(value))
        if key.startswith("_") or where in COMPLETED:
            _remembered.append((value, value.copy()))
        else:
            _declared.append((where, value))


def forget() -> None:
    """What the product's modules remembered in a test before is not there."""
    _look()
    for table, was in _remembered:
        if len(table) != len(was):
            table.clear()
            table.extend(was) if isinstance(table, list | deque) else table.update(was)
    for clear in _caches:
        clear()


def state(app: Flask | None) -> dict[str, Any]:
    """What no test may leave otherwise than it was."""
    _look()
    found = dict(_places())
    found |= {name: len(table) for name, table in _declared}
    if app is not None:
        found |= {f"config of the application: {name}": value for name, value in app.config.items()}
        for kind in ("filters", "globals", "tests"):
            named = getattr(app.jinja_env, kind)
            found |= {f"{kind} of templates: {name}": value for name, value in named.items()}
        found[CLIENT] = app.test_client_class
    return found


def _places() -> Iterator[tuple[str, Any]]:
    yield "folder", os.getcwd()
    yield "locale", locale.setlocale(locale.LC_ALL)
    yield "path of imports", tuple(sys.path)
    for name, value in os.environ.items():
        if name != "PYTEST_CURRENT_TEST":
            yield f"environment: {name}", value


def compared(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What is there otherwise than before; what came with an application or a module is no change."""
    gone = object()
    new = ("environment", *["config", "filters"] * (CLIENT in before))
    return [
        name
        for name, value in before.items()
        if (there := now.get(name, gone)) is not value and (there is gone or there != value)
    ] + [name for name in now.keys() - before.keys() if name.startswith(new)]
