"""设置: what a school sets, its signing calendar, its working days, and who changed what. HTTP only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.shown import moment
from app.settings import queries
from app.settings.forms import GROUPS, DayForm, SettingsForm, WindowForm
from app.settings.models import SETTINGS, WINDOW, Window

AHEAD = 120  # days of the working calendar that the page shows
LARGEST_KEY = 2**31 - 1


def _school() -> int:
    """The school of the person asking; nobody else has settings of its own."""
    return actor().school_id or abort(404)


def _tabs(here: str) -> list[tuple[str, str, None, bool]]:
    pages = (("index", _("Settings")), ("calendar", _("Calendar")), ("history", _("Changes")))
    return [(label, url_for(f"SettingsView.{name}"), None, name == here) for name, label in pages]


class SettingsView(SafeView):
    """Rules that schools differ on (ADM-05), with the calendar (ADM-04)."""

    route_base = "/settings"
    default_view = "index"
    class_permission_name = "Settings"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def index(self) -> Any:
        school = _school()
        if request.method == "GET":
            return self._form(school)
        self._may_change()
        form = SettingsForm()
        if not form.validate():
            return self._page(form), 422
        seen = int(form.seen.data) if str(form.seen.data).isdecimal() else 0
        try:
            changed = queries.save(school, form.values(), seen, g.user.id)
        except Refused as refusal:
            fresh = self._fresh(school)
            show_problems(fresh, refusal)
            return self._page(fresh), 409
        if changed:
            flash(_("Saved: %(names)s.", names=_(", ").join(changed)), "success")
        else:
            flash(_("Nothing was changed."), "info")
        return redirect(url_for("SettingsView.index"), 303)

    @expose("/history", methods=["GET"])
    @has_access
    def history(self) -> Any:
        rows = [_change(*row) for row in queries.history(_school())]
        return self.render_template("settings/history.html", rows=rows, tabs=_tabs("history"))

    # -- the calendar --------------------------------------------------------------------------

    @expose("/calendar", methods=["GET"])
    @has_access
    def calendar(self) -> Any:
        return self._calendar(WindowForm(formdata=None), DayForm(formdata=None))

    @expose("/calendar/window", methods=["POST"])
    @has_access
    def window(self) -> Any:
        form = WindowForm()
        if not form.validate():
            return self._calendar(form, DayForm(formdata=None)), 422
        found = Window(form.opens.data, form.closes.data) if form.opens.data else None
        queries.set_window(_school(), form.year.data, found, g.user.id)
        db.session.commit()
        flash(_("The window of %(year)s is saved.", year=form.year.data), "success")
        return redirect(url_for("SettingsView.calendar"), 303)

    @expose("/calendar/day", methods=["POST"])
    @has_access
    def day(self) -> Any:
        form = DayForm()
        if not form.validate():
            return self._calendar(WindowForm(formdata=None), form), 422
        works = form.works.data == "1"
        queries.set_day(_school(), form.day.data, works, form.note.data, g.user.id)
        db.session.commit()
        flash(_("The day is saved."), "success")
        return redirect(url_for("SettingsView.calendar"), 303)

    @expose(f"/calendar/day/<int(max={LARGEST_KEY}):pk>/forget", methods=["POST"])
    @has_access
    def forget(self, pk: int) -> Any:
        queries.forget_day(_school(), pk)
        db.session.commit()
        flash(_("The public calendar decides about this day again."), "success")
        return redirect(url_for("SettingsView.calendar"), 303)

    # -- pages ---------------------------------------------------------------------------------

    def _may(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_window", self.class_permission_name))

    def _may_change(self) -> None:
        if not self._may():
            abort(403)

    def _fresh(self, school: int) -> SettingsForm:
        current, seen = queries.settings(school), queries.newest(school)
        form = SettingsForm.of(current, seen)
        if form.is_submitted():  # what a colleague saved meanwhile replaces what was typed
            form.seen.data = str(seen)
        return form

    def _form(self, school: int) -> Any:
        return self._page(self._fresh(school))

    def _page(self, form: SettingsForm) -> Any:
        groups = [(title, [_shown(form, name) for name in names]) for title, names in GROUPS]
        return self.render_template(
            "settings/index.html", form=form, groups=groups, may=self._may(), tabs=_tabs("index")
        )

    def _calendar(self, window: WindowForm, day: DayForm) -> Any:
        school, today = _school(), clock.today()
        days = queries.settings(school).termination_days
        until = queries.working_deadline(clock.now(), days, school)
        return self.render_template(
            "settings/calendar.html",
            window_form=window,
            day_form=day,
            windows=_windows(school, today),
            days=[(row, row.day.isoformat()) for row in queries.calendar_days(school)],
            irregular=_irregular(today),
            example=_(
                "An application for termination made today can be answered until %(until)s "
                "(%(days)s working days).", until=clock.shown_deadline(until), days=days,
            ),
            may=self._may(),
            tabs=_tabs("calendar"),
        )  # fmt: skip


def _shown(form: SettingsForm, name: str) -> tuple[Any, Any, str]:
    """Field, unit and the default in words."""
    about = SETTINGS[name].metadata
    default = SETTINGS[name].default
    words = about["choices"][default] if about["choices"] else default
    return form[name], about["unit"], _("Default: %(value)s.", value=words)


def _windows(school: int, today: date) -> list[tuple[int, str, str, Any, str]]:
    """Year, from, to, and whether it is open today."""
    found = []
    for year, window in queries.windows(school).items():
        opens, closes = window.opens.isoformat(), window.closes.isoformat()
        if today < window.opens:
            state = (_("not open yet"), "waiting")
        elif today <= window.closes:
            state = (_("open now"), "done")
        else:
            state = (_("closed"), "closed")
        found.append((year, opens, closes, *state))
    return found


def _irregular(today: date) -> list[tuple[str, Any]]:
    """The next weekdays that are free and weekend days that are worked, by the public calendar."""
    found = []
    for n in range(AHEAD):
        day = today + timedelta(days=n)
        works = queries.public_working_day(day)
        if works != (day.weekday() < queries.SATURDAY):
            words = _("worked, though a weekend") if works else _("free, though a weekday")
            found.append((day.isoformat(), words))
    return found


def _change(row: Any, before: Any, who: str) -> dict[str, Any]:
    return {
        "when": moment(row.set_at),
        "who": who or _("System"),
        "what": _name(row.key),
        "old": _words(row.key, before),
        "new": _words(row.key, row.value),
    }


def _name(key: str) -> Any:
    if key.startswith(WINDOW):
        return _("Signing window of %(year)s", year=key.removeprefix(WINDOW))
    return SETTINGS[key].metadata["label"] if key in SETTINGS else key


def _words(key: str, value: Any) -> Any:
    if key.startswith(WINDOW):
        return f"{value['opens']} – {value['closes']}" if value else _("open at any time")
    choices = SETTINGS[key].metadata["choices"] if key in SETTINGS else None
    return choices[queries.typed(key, value)] if choices else value
