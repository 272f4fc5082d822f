"""The flow of work as tables with their pictures: for the page and for the file (RPT-02).

Reviewers and the service of colleges have no picture: bars beside each other are a ranking (RPT-04).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from app.plan.reports import charts, flow
from app.plan.reports.detail import Cell, FigureTable
from app.plan.reports.flow import FlowSpan
from app.plan.rows.outside import Base
from app.signing.invitations.models import RESPONSE_LABELS
from app.signing.placements.labels import REVIEW_LABELS
from app.signing.terminations.models import LABELS
from app.workflow.actor import Role


def _table(
    title: str, heads: list[str], rows: Sequence[Sequence[Any]], base: Base | None = None
) -> FigureTable:
    cells: list[list[Cell]] = [[("–" if v is None else v, "", "") for v in row] for row in rows]
    return FigureTable(title, heads, cells, [], base)


def _hours(hours: Any) -> str | None:
    return None if hours is None else f"{float(hours):.1f}"


def tables(span: FlowSpan, year: int, base: Base) -> list[FigureTable]:
    """What waits first, then what was done; `base`: which graduates of the year are looked at."""
    return [
        _waiting(span),
        _service(span, year, base),
        _days(span),
        _reviewers(span),
        _invitations(span),
        _terminations(span),
    ]


def _waiting(span: FlowSpan) -> FigureTable:
    heads = [_("Waits for"), _("Under a day"), _("1 to 3 days"), _("3 to 7 days"), _("Longer")]
    labels: dict[str, Any] = {"placement": REVIEW_LABELS, "termination": LABELS}
    rows = [
        (labels[r.kind][r.state], r.fresh, r.days, r.week, r.longer) for r in flow.waiting(span)
    ]
    table = _table(_("How long what waits has waited"), heads, rows)
    table.chart = charts.bars([(row[0], row[1:], sum(row[1:])) for row in rows], heads[1:])
    return table


def _service(span: FlowSpan, year: int, base: Base) -> FigureTable:
    heads = [
        _("College"),
        _("Waiting now"),
        _("Hours until decided (median)"),
        _("Graduates without contact"),
    ]
    rows = [(r.name, r.waits, _hours(r.hours), r.alone) for r in flow.service(span, year)]
    return _table(_("Service of the colleges, %(year)s", year=year), heads, rows, base)


def _days(span: FlowSpan) -> FigureTable:
    heads = [_("Day"), _("Signed"), _("Came into force"), _("Terminated")]
    found = flow.days(span)
    rows = [(r.day.isoformat(), r.begun, r.in_force, r.ended) for r in found]
    table = _table(_("Per day"), heads, rows)
    count = (span.until - span.since).days + 1
    every = [(span.since + timedelta(days=n)).isoformat() for n in range(count)]
    by_day = {row[0]: row[1:] for row in rows}
    lines = {
        head: [by_day.get(day, (0, 0, 0))[n] for day in every] for n, head in enumerate(heads[1:])
    }
    table.chart = charts.curves(every, lines) if rows else None
    return table


def _reviewers(span: FlowSpan) -> FigureTable:
    heads = [
        _("Reviewer"),
        pgettext("decisions", "Approved"),
        pgettext("decisions", "Refused"),
        _("Hours until decided (median)"),
    ]
    rows = [(r.name, r.approved, r.refused, _hours(r.hours)) for r in flow.reviewers(span)]
    return _table(_("Decisions of each reviewer, by name"), heads, rows)


def _invitations(span: FlowSpan) -> FigureTable:
    counts = dict(map(tuple, flow.invitations(span)))
    rows: list[tuple[Any, int]] = [(pgettext("invitations", "Sent"), sum(counts.values()))]
    rows += [(label, counts.get(state.value, 0)) for state, label in RESPONSE_LABELS.items()]
    table = _table(_("Invitations sent in these days"), [_("State"), _("Count")], rows)
    table.chart = charts.bars([(label, [count], count) for label, count in rows])
    return table


def _terminations(span: FlowSpan) -> FigureTable:
    roles = {Role.STUDENT: _("Student"), Role.EMPLOYER: _("Employer")}
    rows = [
        (LABELS[r.state], roles.get(r.started_by, _("School")), r.count)
        for r in flow.terminations(span)
    ]
    heads = [_("State"), _("Applied by"), _("Count")]
    table = _table(_("Terminations begun in these days"), heads, rows)
    table.chart = charts.bars([(f"{row[0]} · {row[1]}", [row[2]], row[2]) for row in rows])
    return table
