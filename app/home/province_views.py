"""The start page of the provincial centre: figures of all schools, who has reported, what only it can decide.

Schools stand in the order of their codes and carry no rank (RPT-04). What waits with a school is a figure
here, not a queue: the province decides on no signing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy import func, select

from app.accounts.contact_models import ContactChange
from app.core import clock
from app.core.db import db
from app.fab.per_request import once
from app.home.queries import frame_of
from app.people.contacts.queries import change_tab, changes_for
from app.people.schools.queries import school_choices
from app.plan.reports import flow, queries
from app.plan.reports.detail import Cell, FigureTable, share
from app.plan.reports.queries import Cut, Rate
from app.plan.rows.editions import Formula, formula, formula_of
from app.plan.rows.outside import season
from app.plan.rows.outside_views import line_of
from app.workflow.actor import Actor

REPORTED_WITHIN = timedelta(days=31)  # a snapshot that is older is no report of this month


def province_page(who: Actor) -> dict[str, object]:
    """What its template shows."""
    year = season()
    rate = formula_of(formula(year))
    rates = {found.key: found for found in queries.live(who, Cut(year, "school"))}
    schools = flow.schools(who, year)
    whole = queries.whole(list(rates.values()))
    return {
        "season": year,
        "figures": _figures(who, year, schools, whole, rate),
        "table": _table(who, year, schools, rates, rate),
        "line": line_of(whole.base, year=year),
        "silent": [_name(who, s.id) for s in schools if s.active and not _has_reported(s)],
    }


def _figures(
    who: Actor, year: int, schools: Any, whole: Rate, rate: Formula
) -> list[tuple[Any, ...]]:
    """What waits everywhere, the rate, who has reported; then what the province itself decides."""
    waits, late = sum(s.waits for s in schools), sum(s.late for s in schools)
    active = [s for s in schools if s.active]
    reported = sum(_has_reported(s) for s in active)
    settled = whole.settled(rate)
    counts = once("frame", lambda: frame_of(who)).counts
    disputes, held = counts.get("Disputes", 0), _held(who)
    return [
        (_("Reviews waiting in all schools"), waits, "",
         _("%(count)s longer than 3 days", count=late) if late else "", "waiting" if late else ""),
        (_("Rate of settled destinations"), share(settled, whole.total),
         url_for("ReportsView.rate", by="school", year=year),
         _("%(settled)s of %(total)s graduates", settled=f"{settled:,}", total=f"{whole.total:,}"), ""),
        (_("Schools that have reported"), f"{reported} / {len(active)}",
         url_for("SnapshotsView.index"), _("a snapshot within a month"), ""),
        (_("Disowned, account frozen"), disputes, url_for("DisputesView.list"), "",
         "turn" if disputes else ""),
        (_("Changed sign-ins to confirm"), held, url_for("HeldChangesView.list"), "",
         "turn" if held else ""),
    ]  # fmt: skip


def _held(who: Actor) -> int:
    """Ways in that a school changed and the province has to confirm or take back."""
    open_ones = change_tab("held", clock.now())
    mine = changes_for(who).with_only_columns(ContactChange.id)
    counted = mine.where(open_ones) if open_ones is not None else mine
    return db.session.scalar(select(func.count()).select_from(counted.subquery())) or 0


def _has_reported(school: Any) -> bool:
    return school.day is not None and clock.today() - school.day <= REPORTED_WITHIN


def _name(who: Actor, key: int) -> str:
    return dict(school_choices(who)).get(str(key), str(key))


def _table(
    who: Actor, year: int, schools: Any, rates: dict[Any, Rate], rate: Formula
) -> FigureTable:
    """One line a school, in the order of the codes."""
    heads = [
        _("School"),
        _("Graduates (N)"),
        pgettext("schools", "Settled"),
        _("Reviews waiting"),
        _("Longer than 3 days"),
        _("Hours until decided (median of 7 days)"),
        _("Plan rows reported"),
        _("Last snapshot"),
    ]
    rows: list[list[Cell]] = []
    for school in schools:
        mine = rates.get(school.id, Rate(school.id))
        settled = mine.settled(rate)
        link = url_for("ReportsView.rate", year=year, by="college", school=school.id)
        hours = "–" if school.hours is None else f"{float(school.hours):.1f}"
        rows.append(
            [
                (_name(who, school.id), link if mine.total else "", ""),
                (mine.total, "", ""),
                (settled, "", share(settled, mine.total)),
                (school.waits, url_for("ReportsView.flow", school=school.id), ""),
                (school.late, "", ""),
                (hours, "", ""),
                (school.reported, "", share(school.reported, school.rows)),
                (f"{school.day} {school.note}" if school.day else _("none"), "", ""),
            ]
        )
    return FigureTable(_("Schools, %(year)s", year=year), heads, rows, [])
