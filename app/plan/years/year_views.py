"""A school's plan of a year: how far it is, compared with the placements, checked, reported. HTTP only."""

from __future__ import annotations

import json
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.batches.queries import ask
from app.core import clock
from app.core.db import db
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.students.models import Student
from app.plan.rows import detail, queries, reconciling
from app.plan.rows.models import PLAN_CHIPS, PLAN_STATES, PlanState
from app.plan.rows.outside import of_plan
from app.plan.rows.outside_views import line_of
from app.plan.rows.workflow import PLAN
from app.plan.years.words import KINDS, changes_asked, rows_written, told
from app.workflow.actor import Actor

SHOWN = 20  # rows of each kind side by side
WHOLE = {"check": PlanState.FILLED, "report": PlanState.CHECKED}  # step → the rows it takes


def _school() -> int:
    return actor().school_id or abort(404)


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        abort(404)
    return int(text)


class PlanYearView(SafeView):
    """One card a graduation year; the dry run and its application (PLN-04, PLN-06)."""

    route_base = "/plan/sync"
    default_view = "index"
    class_permission_name = "PlanYears"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        years = queries.years_of(_school())
        who = actor()
        return self.render_template(
            "plan/years/years.html",
            years=[
                (
                    year,
                    _states(counts, year),
                    queries.waiting_of(who, year),
                    _cautions(year),
                    {step: counts.get(state, 0) for step, state in WHOLE.items()},
                    line_of(of_plan(who, Student.graduation_year == year), row="none", year=year),
                )
                for year, counts in years
            ],
            may=self._may("apply"),
            report=PLAN.step("report"),
        )

    @expose("/<string:year>", methods=["GET"])
    @has_access
    def compare(self, year: str) -> ResponseReturnValue:
        """What would be added, changed, taken back, and what meets a conflict; nothing is written."""
        return self._comparison(_school(), _year(year))

    @expose("/<string:year>", methods=["POST"])
    @has_access
    def apply(self, year: str) -> Any:
        """Write what the dry run showed, in one transaction; if it differs now, show it anew."""
        school, number = _school(), _year(year)
        try:
            done = reconciling.reconcile(
                school, number, clock.now(), _seen(request.form.get("seen", ""))
            )
        except ValueError:
            db.session.rollback()
            flash(_("The differences changed meanwhile. Please look again."), "warning")
            return self._comparison(school, number), 409
        db.session.commit()
        flash(told(done), "success")
        return redirect(url_for("PlanYearView.compare", year=number), 303)

    @expose("/<string:year>/<string:step>", methods=["POST"])
    @has_access
    def whole(self, year: str, step: str) -> ResponseReturnValue:
        """Check or report all rows of the year: the worker takes the step for each (PLN-06)."""
        who, number = actor(), _year(year)
        if step not in WHOLE:
            abort(404)
        rows = _ready(who, number, step)
        if not rows:
            flash(_("No row of %(year)s is ready for this.", year=number), "info")
            return redirect(url_for("PlanYearView.index"), 303)
        if request.args.get("seen") != str(len(rows)):
            flash(
                _(
                    "The numbers changed meanwhile: it is %(count)s rows now. Nothing was done; please "
                    "look again.",
                    count=len(rows),
                ),
                "warning",
            )
            return redirect(url_for("PlanYearView.index"), 303)
        batch = ask(who, "plan_entry", step, rows, back_url=url_for("PlanYearView.index"))
        return redirect(url_for("BatchView.show", uid=batch.uid), 303)

    def _may(self, permission: str) -> bool:
        return bool(self.appbuilder.sm.has_access(f"can_{permission}", self.class_permission_name))

    def _comparison(self, school: int, year: int) -> ResponseReturnValue:
        counts, rows = reconciling.side_by_side(school, year, SHOWN)
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(row.act, []).append(
                (
                    row.name,
                    row.student_no,
                    _row_url(row),
                    [p[1:] for p in detail.pairs(row.changes, year)],
                )
            )
        db.session.rollback()
        kinds = [(KINDS[k], counts[k], found.get(k, [])) for k in KINDS if counts.get(k)]
        return self.render_template(
            "plan/years/compare.html",
            year=year,
            kinds=kinds,
            writes=rows_written(counts),
            asks=changes_asked(counts),
            shown=SHOWN,
            seen=json.dumps(counts, sort_keys=True),
            may=self._may("apply"),
            waiting=queries.waiting_of(actor(), year),
        )


def _ready(who: Actor, year: int, step: str) -> list[tuple[int, str, str]]:
    """The rows of a year that the step would be taken on, after the checks have looked at them (PLN-06)."""
    rows = queries.of_year(who, year, WHOLE[step])
    if rows and step in PLAN.before:
        PLAN.before[step]([key for key, _name in rows])
        rows = queries.of_year(who, year, WHOLE[step])
    return [(key, name, url_for("PlanView.show", pk=key)) for key, name in rows]


def _cautions(year: int) -> list[dict[str, Any]]:
    """What is said of the year before it is reported."""
    return [find(_school(), year) for find in stores().year_cautions]


def _row_url(row: Any) -> str:
    return url_for("PlanView.show", pk=row.entry_id) if row.entry_id else ""


def _seen(text: str) -> dict[str, int]:
    """What the dry run showed. Raises ValueError."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)
    return found


def _states(counts: dict[str, int], year: int) -> list[tuple[Any, str, int, str]]:
    """(state, kind of chip, rows, where they are listed), in the order of the workflow."""
    return [
        (
            PLAN_STATES[s],
            PLAN_CHIPS.get(s, "closed"),
            counts.get(s, 0),
            url_for("PlanView.list", tab=s.value, f_year=year),
        )
        for s in PlanState
    ]
