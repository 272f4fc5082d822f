"""The flow of work as tables: for the page and for the file (RPT-02, RPT-04)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from app.plan.reports import flow
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
    return _table(_("How long what waits has waited"), heads, rows)


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
    rows = [(r.day.isoformat(), r.begun, r.in_force, r.ended) for r in flow.days(span)]
    return _table(_("Per day"), heads, rows)


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
    return _table(_("Invitations sent in these days"), [_("State"), _("Count")], rows)


def _terminations(span: FlowSpan) -> FigureTable:
    roles = {Role.STUDENT: _("Student"), Role.EMPLOYER: _("Employer")}
    rows = [
        (LABELS[r.state], roles.get(r.started_by, _("School")), r.count)
        for r in flow.terminations(span)
    ]
    heads = [_("State"), _("Applied by"), _("Count")]
    return _table(_("Terminations begun in these days"), heads, rows)
