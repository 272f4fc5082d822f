"""Two snapshots compared: the totals and who differs, for page and workbook."""

from __future__ import annotations

import io
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.db import db
from app.core.errors import NotYours
from app.files.made import making
from app.files.made.models import MadeFile
from app.plan.rows.detail import shown
from app.plan.rows.edition_models import PARTS
from app.plan.rows.models import DESTINATION_FIELDS, FIELD_LABELS
from app.plan.years import snapshots
from app.plan.years.models import Snapshot

KINDS = {
    "added": _l("Added graduates"),
    "left": _l("Graduates who left"),
    "settled": _l("Got a destination"),
    "ended": _l("Lost the destination"),
    "changed": _l("Changed"),
}


def title_of(snapshot: Snapshot) -> str:
    """A snapshot as people name it: its day and note."""
    return f"{snapshot.day} {snapshot.note}"


def both_counts(old: Snapshot, new: Snapshot) -> list[tuple[Any, int, int]]:
    """(what it counts as, before, after), the total last."""
    return [
        (label, old.counts.get(name, 0), new.counts.get(name, 0))
        for name, label in PARTS.items()
        if name in {*old.counts, *new.counts}
    ] + [(_("Graduates"), old.total, new.total)]


def row_line(row: dict[str, Any], snapshot: Snapshot) -> dict[str, str]:
    """Who it is, and the destination as that snapshot had it."""
    code = row.get("destination_code")
    name = snapshot.codes.get(code or "", ["", ""])[0]
    return {
        "name": row["name"],
        "student_no": row["student_no"],
        "destination": f"{code} {name}" if code else "",
        "employer": row.get("employer_name", ""),
    }


def changed_rows(row: Any, old: Snapshot, new: Snapshot) -> dict[str, Any]:
    """Who it is, and the fields that differ."""
    was, now = row.old or {}, row.new or {}
    year = new.graduation_year
    return {
        **row_line(now or was, new if now else old),
        "changes": [
            (FIELD_LABELS[name], shown(name, was.get(name), year), shown(name, now.get(name), year))
            for name in DESTINATION_FIELDS
            if was.get(name) != now.get(name)
        ],
    }


COMPARED = "snapshots"  # the kind of paper
MOST_LISTED = 100_000


def _workbook(paper: MadeFile) -> bytes:
    """The totals, and every graduate with what is different."""
    old, new = (db.session.get_one(Snapshot, paper.wish[name]) for name in ("old", "new"))
    if paper.school_id != old.school_id or paper.school_id != new.school_id:
        raise NotYours(f"snapshots {old.id}, {new.id}")
    heads = [
        (_("What it is"), 18),
        (_("Student number"), 18),
        (_("Name"), 14),
        (_("Field"), 20),
        (title_of(old), 36),
        (title_of(new), 36),
    ]
    out = io.BytesIO()
    with making.book_of(out, _("Differences"), heads) as put:
        for label, before, after in both_counts(old, new):
            put([_("Total"), "", "", str(label), str(before), str(after)])
        for row in snapshots.compare(old, new, MOST_LISTED).rows:
            who = changed_rows(row, old, new)
            for label, before, after in who["changes"] or [("", "", "")]:
                put(
                    [
                        str(KINDS[row.kind]),
                        who["student_no"],
                        who["name"],
                        str(label),
                        before,
                        after,
                    ]
                )
    return out.getvalue()


def _back(paper: MadeFile) -> tuple[str, str]:
    keys = {"pk": paper.wish["old"], "new": paper.wish["new"]}
    return _("Two snapshots compared"), url_for("SnapshotsView.compare", **keys)


MAKER = making.Maker(_l("Differences of two snapshots"), _workbook, _back, menu="Plan")
