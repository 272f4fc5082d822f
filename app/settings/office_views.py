"""设置: what a school sets, its signing calendar, its working days, and who changed what. HTTP only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.settings import queries
from app.settings.calendar import (
    calendar_days,
    forget_day,
    public_year,
    set_day,
    set_window,
    windows,
    working_deadline,
)
from app.settings.detail import spans
from app.settings.forms import GROUPS, DayForm, SettingsForm, WindowForm
from app.settings.models import Window
from app.settings.words import (
    change_line,
    named_day,
    window_line,
    window_saved,
    with_default,
    with_unit,
)
from app.workflow.actor import ask_anew

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
    def index(self) -> ResponseReturnValue:
        school = _school()
        if request.method == "GET":
            return self._form(school)
        self._may_change()
        ask_anew(actor(), clock.now(), _("Change the settings"))  # codes, seals, reviews: CHN-09
        form = SettingsForm()
        if not form.validate():
            return self._page(form), 422
        values, seen = form.values(), form.seen_before()
        try:
            changed = queries.save(school, values, seen, g.user.id)
        except Refused as refusal:
            return self._overtaken(school, values, seen, refusal), 409
        if changed:
            flash(_("Saved: %(names)s.", names=_(", ").join(changed)), "success")
        else:
            flash(_("Nothing was changed."), "info")
        return redirect(url_for("SettingsView.index"), 303)

    @expose("/history", methods=["GET"])
    @has_access
    def history(self) -> ResponseReturnValue:
        rows = [change_line(*row) for row in queries.history(_school())]
        return self.render_template("settings/history.html", rows=rows, tabs=_tabs("history"))

    # -- the calendar --------------------------------------------------------------------------

    @expose("/calendar", methods=["GET"])
    @has_access
    def calendar(self) -> ResponseReturnValue:
        """The form begins with the year that the address asks for."""
        school, year = _school(), request.args.get("year", "")
        return self._calendar(WindowForm.of(year, windows(school)), DayForm(formdata=None))

    @expose("/calendar/window", methods=["POST"])
    @has_access
    def window(self) -> Any:
        school, form = _school(), WindowForm()
        if not form.validate():
            return self._calendar(form, DayForm(formdata=None)), 422
        year = int(form.year.data)
        found = Window(form.opens.data, form.closes.data) if form.opens.data else None
        changed = set_window(school, year, found, g.user.id)
        db.session.commit()
        if changed:
            flash(window_saved(year, found, clock.today()), "success")
        else:
            flash(_("Nothing was changed."), "info")
        return redirect(url_for("SettingsView.calendar"), 303)

    @expose("/calendar/day", methods=["POST"])
    @has_access
    def day(self) -> Any:
        school, form = _school(), DayForm()
        if not form.validate():
            return self._calendar(WindowForm.of("", windows(school)), form), 422
        works, day = form.works.data == "1", form.day.data
        set_day(school, day, works, form.note.data, g.user.id)
        db.session.commit()
        words = _("a working day") if works else _("a free day")
        flash(_("Saved: %(day)s is %(kind)s.", day=named_day(day), kind=words), "success")
        return redirect(url_for("SettingsView.calendar"), 303)

    @expose(f"/calendar/day/<int(max={LARGEST_KEY}):pk>/forget", methods=["POST"])
    @has_access
    def forget(self, pk: int) -> ResponseReturnValue:
        day = forget_day(_school(), pk, g.user.id)
        db.session.commit()
        flash(_("The public calendar decides about %(day)s again.", day=named_day(day)), "success")
        return redirect(url_for("SettingsView.calendar"), 303)

    # -- pages ---------------------------------------------------------------------------------

    def _may(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_window", self.class_permission_name))

    def _may_change(self) -> None:
        if not self._may():
            abort(403)

    def _form(self, school: int) -> Any:
        return self._page(SettingsForm.of(queries.settings(school), queries.newest(school)))

    def _overtaken(self, school: int, typed: dict[str, Any], seen: int, refusal: Refused) -> Any:
        """What a colleague saved meanwhile is marked; what this person changed is kept beside it."""
        known, fresh = queries.settings(school, seen), queries.settings(school)
        mine = {name: value for name, value in typed.items() if value != getattr(known, name)}
        form = SettingsForm.of(replace(fresh, **mine), queries.newest(school))
        show_problems(form, refusal)
        for name, (value, who) in queries.changed_since(school, seen).items():
            sentence = _(
                "%(who)s set this to “%(value)s” meanwhile.",
                who=who or _("System"),
                value=with_unit(name, value),
            )
            form[name].errors = [*form[name].errors, sentence]
        return self._page(form)

    def _page(self, form: SettingsForm) -> Any:
        groups = [(title, [with_default(form, name) for name in names]) for title, names in GROUPS]
        return self.render_template(
            "settings/index.html", form=form, groups=groups, may=self._may(), tabs=_tabs("index")
        )

    def _calendar(self, window: WindowForm, day: DayForm) -> ResponseReturnValue:
        school, today = _school(), clock.today()
        days = queries.settings(school).termination_days
        until = working_deadline(clock.now(), days, school)
        own = calendar_days(school)
        return self.render_template(
            "settings/calendar.html",
            window_form=window,
            day_form=day,
            windows=[window_line(year, found, today) for year, found in windows(school).items()],
            days=[(row, named_day(row.day)) for row in own],
            spans=spans(today, {row.day: row.works for row in own}),
            unannounced=[y for y in (today.year, today.year + 1) if not public_year(y)[1]],
            example=_(
                "An application for termination made today can be answered until %(until)s "
                "(%(days)s working days).",
                until=clock.shown_deadline(until),
                days=days,
            ),
            may=self._may(),
            tabs=_tabs("calendar"),
        )
