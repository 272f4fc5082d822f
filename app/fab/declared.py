"""What a view declares: tabs, filters, buttons; plain values without behaviour of their own."""

from __future__ import annotations

import enum
import inspect
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from flask_appbuilder.actions import action
from flask_babel import gettext as _
from sqlalchemy import BigInteger, ColumnElement, SmallInteger, SQLColumnExpression

Reason = Literal["none", "optional", "required"]
Options = Callable[[], list[tuple[str, str]]]


@dataclass(frozen=True)
class Tab:
    """One tab of a list: the rows for which `where()` holds (None: all), `counted` unless too dear.

    `where` is called for each request, so it may depend on the person; `empty` says why it is so. `keys`
    are the keys of the same rows in the scope, where those are counted with less than the rows are read.
    """

    name: str
    label: Any
    where: Callable[[], SQLColumnExpression[bool] | None] = lambda: None
    counted: bool = True
    empty: Any = ""
    keys: Callable[[], Any] | None = None


@dataclass(frozen=True)
class ListFilter:
    """A drop-down over the list; `options()` gives (value, label) and is the white list of values.

    Without options it is a field to type into. `column` is a column of the model, or a function from the
    chosen value to a condition. `title` is what it is about: it stands before the value on its chip.
    `further` ones stand in a fold.
    """

    name: str
    label: Any
    column: Any
    options: Options | None = None
    title: Any = ""
    further: bool = False

    def shown(self, value: str) -> str:
        """The value in words, as its chip and the export's page say it."""
        text = dict(self.options()).get(value, value) if self.options else value
        return _("%(name)s: %(text)s", name=self.title, text=text) if self.title else str(text)

    def clause(self, value: str) -> ColumnElement[bool]:
        """The condition of one (already checked) value."""
        if inspect.isroutine(self.column):
            return self.column(value)  # type: ignore[no-any-return]
        return self.column == typed(self.column.type, value)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class ActionButton:
    """A button for one record, or for the ticked ones; the dialog of base.html is filled from it.

    `title` and `text` are the dialog's question, `confirm` a second question, `reasons` frequent
    reasons to pick from, `tick` a box that must be ticked, `code` the address that sends a code,
    `key` a shortcut; a non-empty `why_not` greys the button and says why. `onward`: no dialog, the
    ticked rows are sent to a page that asks what it needs. `quick`: done at once, since there is nothing
    to ask and it can be undone.
    """

    name: str
    label: Any
    reason: Reason = "none"
    danger: bool = False
    primary: bool = False
    title: Any = ""
    text: Any = ""
    confirm: Any = ""
    reasons: tuple[Any, ...] = ()
    tick: Any = ""
    code: str = ""
    key: str = ""
    why_not: Any = ""
    onward: bool = False
    quick: bool = False

    @classmethod
    def of_step(cls, step: Any, why_not: Any = "", **more: Any) -> ActionButton:
        """From a step of a workflow: anything with name, label, reason, danger and confirm."""
        reason: Any = str(step.reason)
        return cls(
            step.name,
            step.label,
            reason,
            step.danger,
            confirm=step.confirm,
            why_not=why_not,
            **more,
        )


@dataclass(frozen=True)
class Fit:
    """How an action fits the ticked records.

    `unfit` are names of those that do not wait for it at all: then it is not offered. `able` is how
    many it can be done to now, `alone` has (key, name, sentence) of those to be looked at singly.
    """

    able: int = 0
    alone: tuple[tuple[str, str, str], ...] = ()
    unfit: tuple[str, ...] = ()
    names: tuple[str, ...] = ()  # of those it can be done to


@dataclass(frozen=True)
class Link:
    """A button of the page's head that only leads somewhere."""

    url: str
    label: Any
    primary: bool = False


def record_action(
    name: str,
    text: object,
    question: object = "",
    *,
    reason: Reason = "none",
    danger: bool = False,
    primary: bool = False,
    multiple: bool = True,
    single: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """FAB's ``@action`` (permission and menu) with what our dialog needs."""

    def wrap(method: Callable[..., Any]) -> Callable[..., Any]:
        marked: Any = action(name, text, question, None, multiple, single)(method)
        marked._offer = ActionButton(name, text, reason, danger, primary, question)
        return marked  # type: ignore[no-any-return]

    return wrap


def offer_of(item: Any) -> ActionButton:
    """The button of one of FAB's ActionItems; FAB's plain ``@action`` asks no reason."""
    found = getattr(item.func, "_offer", None)
    return found or ActionButton(item.name, item.text, title=item.confirmation or "")


def typed(kind: Any, text: str) -> Any:
    """A text from an address as the column's Python type; ValueError when it cannot be one."""
    python = _python_type(kind)
    if issubclass(python, enum.Enum):
        return next((m for m in python if text in (m.name, str(m.value))), None) or _bad(text)
    if issubclass(python, bool):
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower())
    if issubclass(python, int):
        return whole_number(text, _bits(kind))
    return uuid.UUID(text) if issubclass(python, uuid.UUID) else text


def _bad(text: str) -> object:
    raise ValueError(text)


def _python_type(kind: Any) -> type:
    """The Python type of a column's type; text where the type does not know."""
    try:
        found: type = getattr(kind, "enum_class", None) or kind.python_type
    except NotImplementedError:
        return str
    return found


def whole_number(text: str, bits: int = 32) -> int:
    """A number as we write it, that a column of so many bits can have; ValueError otherwise (W5).

    ASCII digits without plus or leading zeros: one record has one address.
    """
    if not re.fullmatch(r"0|-?[1-9][0-9]{0,18}", text, re.ASCII):
        raise ValueError(text)
    number = int(text)
    if not -(1 << bits - 1) <= number < 1 << bits - 1:
        raise ValueError(text)
    return number


def _bits(kind: object) -> int:
    if isinstance(kind, SmallInteger):
        return 16
    return 64 if isinstance(kind, BigInteger) else 32


# the routes of a list that nobody writes by
READ_ONLY = {"list", "show", "search", "pick_columns"}
