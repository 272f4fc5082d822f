"""What goes into the log: never a value of a record (V16). The database's own sentences carry some.

A unique index that refuses says «Key (email)=(somebody@…) already exists»; a date that is none is quoted.
Only what the server says of itself stays: the kind of error, the name of the constraint, the statement.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from typing import Any

import psycopg

HARMLESS = (
    "08",
    "23",
    "40",
    "42",
    "53",
    "55",
    "57",
    "P0",
)  # classes whose first line quotes no value


class Formatter(logging.Formatter):
    """As the standard one; errors of the database are cleaned, also inside other errors."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (its name there)
        """The traceback without values."""
        text = super().formatException(ei)
        for error in _errors(ei[1]):
            text = text.replace(str(error), cleaned(error))
        return text

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line; an error that was put into it is cleaned too."""
        text = super().formatMessage(record)
        errors = [record.exc_info[1] if record.exc_info else None]
        errors += [a for a in _arguments(record) if isinstance(a, BaseException)]
        for error in (inner for outer in errors for inner in _errors(outer)):
            text = text.replace(str(error), cleaned(error))
        return text


def cleaned(error: psycopg.Error) -> str:
    """What may be said of an error of the database."""
    state = error.sqlstate or ""
    primary = error.diag.message_primary
    if primary and state.startswith(HARMLESS):
        return f"{primary} [{state}]"
    return (
        f"{type(error).__name__} [{state or 'client'}]; its text is left out: it may quote values"
    )


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    if isinstance(record.args, tuple):
        return record.args
    return tuple(record.args.values()) if record.args else ()


def _errors(error: BaseException | None) -> Iterator[psycopg.Error]:
    """The database's errors among an error, its causes, and what SQLAlchemy wrapped."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, psycopg.Error) and str(found):
            yield found
        waiting += [found.__cause__, found.__context__]
        inner = getattr(found, "orig", None)
        waiting.append(inner if isinstance(inner, BaseException) else None)


def init() -> None:
    """One handler on the root for every process of ours, unless the host has set its own."""
    root = logging.getLogger()
    if root.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
