"""Settings, their changes, windows and days in words."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _

from app.fab.presentation import moment
from app.settings import queries
from app.settings.forms import SettingsForm
from app.settings.models import DAY, LISTS, SETTINGS, WINDOW, Window


def named_day(day: date) -> str:
    """A day with its day of the week."""
    return f"{day} {format_date(day, 'EEE')}"


def with_default(form: SettingsForm, name: str) -> tuple[Any, Any, str]:
    """Field, unit and the default in words."""
    about = SETTINGS[name].metadata
    return form[name], about["unit"], _("Default: %(value)s.", value=_default(name))


def _default(name: str) -> object:
    return with_unit(name, SETTINGS[name].default)


def with_unit(name: str, value: Any) -> object:
    """A value as people read it: the name of a choice, or with its unit."""
    about = SETTINGS[name].metadata
    if about["lines"]:
        return "；".join(value.splitlines()) or "–"
    return about["choices"][value] if about["choices"] else f"{value} {about['unit']}".strip()


def window_line(year: int, window: Window, today: date) -> tuple[int, str, str, Any, str]:
    """Year, from, to, and whether it is open today."""
    opens, closes = window.opens.isoformat(), window.closes.isoformat()
    if today < window.opens:
        return year, opens, closes, _("not open yet"), "waiting"
    if today <= window.closes:
        return year, opens, closes, _("open now"), "done"
    return year, opens, closes, _("closed"), "closed"


def window_saved(year: int, window: Window | None, today: date) -> str:
    """What the window just saved means for the students."""
    if window is None:
        return _("Graduates of %(year)s can sign at any time.", year=year)
    found = _(
        "Graduates of %(year)s can sign from %(opens)s to %(closes)s, both days included.",
        year=year,
        opens=window.opens,
        closes=window.closes,
    )
    if window.opens <= today <= window.closes:
        return found
    return f"{found} {_('Today signing is closed for them.')}"


def change_line(row: Any, before: Any, who: str) -> dict[str, object]:
    """One line of the history."""
    return {
        "when": moment(row.set_at),
        "who": who or _("System"),
        "what": _name(row.key),
        "old": _words(row.key, before),
        "new": _words(row.key, row.value),
    }


def _name(key: str) -> object:
    if key.startswith(WINDOW):
        return _("Signing window of %(year)s", year=key.removeprefix(WINDOW))
    if key.startswith(LISTS):
        return _("Shared lists")
    if key.startswith(DAY):
        return _("Working day %(day)s", day=key.removeprefix(DAY))
    return SETTINGS[key].metadata["label"] if key in SETTINGS else key


def _words(key: str, value: Any) -> Any:
    if key.startswith(WINDOW):
        return f"{value['opens']} – {value['closes']}" if value else _("open at any time")
    if key.startswith(DAY):
        return _day_words(value)
    if key.startswith(LISTS):
        return "；".join(one["name"] for one in value or ()) or "–"
    return with_unit(key, queries.typed(key, value)) if key in SETTINGS else value


def _day_words(value: Any) -> str:
    if not value:
        return _("as in the public calendar")
    words = _("a working day") if value["works"] else _("a free day")
    return f"{words} ({value['note']})" if value["note"] else words
