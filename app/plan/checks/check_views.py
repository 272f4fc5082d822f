"""The checks of a year by college: how much is to be mended, and their runs. HTTP only."""

from __future__ import annotations

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core import jobs
from app.core.db import db
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.plan.checks import detail, queries, tasks
from app.plan.checks.office_views import TABS


class ChecksView(SafeView):
    """By graduation year and college: how much is to be mended; the checks run anew (CHK-01)."""

    route_base = "/checks"
    default_view = "index"
    class_permission_name = "Checks"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        who = actor()
        school = who.school_id or abort(404)
        runs, counts = queries.runs_of(school), queries.by_college(who, school)
        cards = [
            {
                "year": year,
                "run": detail.last_run(runs.get(year)),
                "ran": year in runs and runs[year].ran_at is not None,
                "share": runs[year].done if year in runs and runs[year].running else None,
                "colleges": [_line(year, *row) for row in counts.get(year, [])],
            }
            for year in queries.years_of(school)
        ]
        return self.render_template(
            "plan/checks/index.html",
            cards=cards,
            may=self._may("run"),
            heads=[_("College"), *(label for tab_count, label in TABS[:3])],
            running=any(card["share"] is not None for card in cards),
        )

    @expose("/<int(min=1990, max=2100):year>", methods=["POST"])
    @has_access
    def run(self, year: int) -> ResponseReturnValue:
        """Ask the worker for a run over the year."""
        school = actor().school_id or abort(404)
        if year not in queries.years_of(school):
            abort(404)
        queries.ask_run(school, year)
        jobs.enqueue(tasks.run, school_id=school, year=year)
        db.session.commit()
        flash(_("The checks of %(year)s run now; you may leave this page.", year=year), "info")
        return redirect(url_for("ChecksView.index"), 303)

    def _may(self, permission: str) -> bool:
        return bool(self.appbuilder.sm.has_access(f"can_{permission}", self.class_permission_name))


def _line(year: int, college: tuple[int, str], counts: dict[str, int]) -> list[object]:
    """A college with (count, address of the list, "") of each tab."""
    key, name = college
    return [(name, "", "")] + [
        (counts[tab], url_for("FindingsView.list", tab=tab, f_college=key, f_year=year), "")
        if counts.get(tab)
        else ("–", "", "")
        for tab, _label in TABS[:3]
    ]
