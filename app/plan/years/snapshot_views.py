"""Snapshots of the plan: made, looked at, compared. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.codes.queries import edition_name
from app.core.db import db
from app.core.errors import Invalid
from app.fab.access import has_access
from app.fab.builder import FormPage
from app.fab.presentation import moment
from app.files.made import requests
from app.files.made.views import asked
from app.people.schools.office_views import years
from app.plan.rows.edition_models import PARTS
from app.plan.rows.outside import REASONS, Why
from app.plan.rows.outside_views import OutsideLine, line_of
from app.plan.years import snapshots
from app.plan.years.comparison_sheets import (
    COMPARED,
    KINDS,
    both_counts,
    changed_rows,
    row_line,
    title_of,
)
from app.plan.years.models import Snapshot

LARGEST_KEY = 2**31 - 1
SHOWN = 100  # rows of a part that a page lists
LISTED = 200  # snapshots
LABELS = {**PARTS, **REASONS}


class SnapshotsView(FormPage):
    """The plan as it was on each reporting date (PLN-08)."""

    route_base = "/plan/snapshots"
    class_permission_name = "PlanSnapshots"

    @expose("/", methods=["POST"])
    @has_access
    def make(self) -> ResponseReturnValue:
        """Keep the plan of a year as it is now."""
        year = request.form.get("year", "")
        number = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else 0
        try:
            made = snapshots.take(actor(), number, request.form.get("note", ""))
        except Invalid as problem:
            return self._index(problem.problems), 422
        flash(_("The snapshot is kept: %(count)s rows.", count=made.total), "success")
        return redirect(url_for("SnapshotsView.show", pk=made.id), 303)

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        snapshot, part = snapshots.snapshot_of(actor(), pk), request.args.get("part", "")
        rows = snapshots.rows_of(snapshot, part, SHOWN) if part in LABELS else []
        return self.render_template(
            "plan/years/snapshot.html",
            snapshot=snapshot,
            facts=_facts(snapshot),
            parts=_parts(snapshot),
            part=LABELS.get(part),
            line=_line(snapshot),
            rows=[row_line(row.row, snapshot) for row in rows],
            shown=SHOWN,
            others=[
                (title_of(s), url_for("SnapshotsView.compare", pk=s.id, new=snapshot.id))
                for s in _others(snapshot)
            ],
        )

    @expose(f"/<int(max={LARGEST_KEY}):pk>/to/<int(max={LARGEST_KEY}):new>", methods=["GET"])
    @has_access
    def compare(self, pk: int, new: int) -> ResponseReturnValue:
        """What is different between two snapshots of one year."""
        old_one, new_one = _pair(pk, new)
        found = snapshots.compare(old_one, new_one, SHOWN)
        kinds = [
            (
                KINDS[k],
                found.counts[k],
                [changed_rows(r, old_one, new_one) for r in found.rows if r.kind == k],
            )
            for k in KINDS
            if found.counts.get(k)
        ]
        return self.render_template(
            "plan/years/snapshots_compared.html",
            old=title_of(old_one),
            new=title_of(new_one),
            kinds=kinds,
            counts=both_counts(old_one, new_one),
            lines=[(title_of(s), _line(s)) for s in (old_one, new_one)],
            back=url_for("SnapshotsView.show", pk=new_one.id),
            shown=SHOWN,
            file_url=self._may("differences")
            and url_for("SnapshotsView.differences", pk=pk, new=new),
        )

    @expose(f"/<int(max={LARGEST_KEY}):pk>/to/<int(max={LARGEST_KEY}):new>", methods=["POST"])
    @has_access
    def differences(self, pk: int, new: int) -> ResponseReturnValue:
        """The worker writes everything that is different into a workbook."""
        old_one, new_one = _pair(pk, new)
        name = (
            _("%(old)s compared with %(new)s", old=title_of(old_one), new=title_of(new_one))
            + ".xlsx"
        )
        wish = {"old": old_one.id, "new": new_one.id}
        return asked(
            lambda: requests.ask(actor(), COMPARED, wish, name),
            url_for("SnapshotsView.compare", pk=pk, new=new),
        )

    def _may(self, permission: str) -> bool:
        return bool(self.appbuilder.sm.has_access(f"can_{permission}", self.class_permission_name))

    def _index(self, problems: Any = ()) -> Any:
        wanted = snapshots.snapshots_for(actor()).order_by(Snapshot.id.desc()).limit(LISTED)
        return self.render_template(
            "plan/years/snapshots.html",
            rows=[
                (s, url_for("SnapshotsView.show", pk=s.id), moment(s.made_at), _parts(s))
                for s in db.session.scalars(wanted)
            ],
            years=years(),
            problems=list(problems),
            year=request.form.get("year", ""),
            note=request.form.get("note", "")[:100],
            may=self._may("make"),
        )


def _pair(one: int, other: int) -> tuple[Snapshot, Snapshot]:
    """Two snapshots of one school and year, the older first. Raises NotYours."""
    old, new = sorted(
        (snapshots.snapshot_of(actor(), key) for key in (one, other)), key=lambda s: s.id
    )
    if (old.school_id, old.graduation_year) != (new.school_id, new.graduation_year):
        abort(404)
    return old, new


def outside_urls(snapshot: Snapshot) -> dict[str, str]:
    """Why → the graduates whom the snapshot keeps outside its figures."""
    pages = ((w, url_for("SnapshotsView.show", pk=snapshot.id, part=w)) for w in Why)
    return {w: url for w, url in pages if (snapshot.outside or {}).get(w)}


def _line(snapshot: Snapshot) -> OutsideLine | None:
    base = snapshots.base_of(snapshot)
    return line_of(base, outside_urls(snapshot)) if base else None


def _others(snapshot: Snapshot) -> list[Snapshot]:
    wanted = snapshots.snapshots_for(actor()).where(
        Snapshot.school_id == snapshot.school_id,
        Snapshot.id != snapshot.id,
        Snapshot.graduation_year == snapshot.graduation_year,
    )
    return list(db.session.scalars(wanted.order_by(Snapshot.id.desc()).limit(LISTED)))


def _facts(snapshot: Snapshot) -> list[tuple[object, object]]:
    return [
        (_("Graduation year"), snapshot.graduation_year),
        (_("Reporting date"), snapshot.day),
        (_("Graduates"), snapshot.total),
        (_("Edition of the codes"), edition_name(snapshot.code_edition)),
        (_("Edition of the formula"), edition_name(snapshot.formula_edition)),
        (_("Made by"), f"{snapshot.made_by_name} {moment(snapshot.made_at)}"),
    ]


def _parts(snapshot: Snapshot) -> list[tuple[Any, int, str]]:
    return [
        (label, snapshot.counts[name], url_for("SnapshotsView.show", pk=snapshot.id, part=name))
        for name, label in PARTS.items()
        if snapshot.counts.get(name)
    ]
