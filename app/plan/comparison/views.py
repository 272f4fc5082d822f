"""A plan file beside our plan: what differs, what to take, the differences as a workbook. HTTP only."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.accounts.queries import actor
from app.core.errors import NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.declared import Link
from app.files.imports import queries
from app.files.imports.models import IMPORT_CHIPS, IMPORT_STATES, Import, ImportState
from app.files.imports.pages import buttons
from app.files.imports.presentation import question, tally_of
from app.files.made import requests
from app.files.made.views import asked
from app.plan.comparison import choosing
from app.plan.comparison.sheets import PLAN
from app.plan.rows.models import FIELD_LABELS

SHOWN = 50
_PICKED = re.compile(r"c-([0-9]{1,7})-([a-z_]{1,30})")
_TAB_LABELS = {
    "different": _l("Different"),
    "waiting": _l("Waits for a decision"),
    "ours": _l("Only ours"),
    "theirs": _l("Only in the file"),
}


def _record(uid: str) -> Import:
    record = queries.import_of(actor(), uid)
    if record.sheet != PLAN.name or record.file_key is None or not record.total:
        raise NotYours(f"plan file {uid}")
    return record


class PlanFilesView(SafeView):
    """The plan file of the ministry or province and ours, side by side (PLN-05)."""

    route_base = "/plan/files"
    default_view = "show"
    class_permission_name = "PlanFiles"

    @expose("/<string(length=32):uid>", methods=["GET"])
    @has_access
    def show(self, uid: str) -> ResponseReturnValue:
        record = _record(uid)
        wanted, after = request.args.get("tab", ""), request.args.get("after", "")
        tab = wanted if wanted in choosing.TABS else "different"
        start = int(after) if after.isascii() and after.isdecimal() and len(after) < 8 else 0
        return self.render_template("plan/comparison/beside.html", **_page(record, tab, start))

    @expose("/<string(length=32):uid>", methods=["POST"])
    @has_access
    def choose(self, uid: str) -> ResponseReturnValue:
        """Keep the choices of this page, or one for all differences of a kind."""
        record, form = _record(uid), request.form
        page = url_for("PlanFilesView.show", uid=uid, tab=form.get("tab"), after=form.get("after"))
        try:
            if form.get("do") == "all":
                choosing.choose_all(record.id, form.get("kind", ""), form.get("take", ""))
            else:
                choosing.choose(record.id, _picked(form))
        except Refused as refusal:
            flash(str(refusal), "warning")
        else:
            flash(_("Kept. Nothing is written before you confirm the import."), "success")
        return redirect(page, 303)

    @expose("/<string(length=32):uid>/differences", methods=["POST"])
    @has_access
    def differences(self, uid: str) -> ResponseReturnValue:
        """The worker writes all differences into a workbook."""
        record = _record(uid)
        name = _("Differences of %(file)s", file=record.file_name.rpartition(".")[0]) + ".xlsx"
        wish = {"import": record.id, "uid": uid}
        return asked(
            lambda: requests.ask(actor(), choosing.DIFFERENCES, wish, name),
            url_for("PlanFilesView.show", uid=uid),
        )


def _picked(form: FlaskForm) -> dict[tuple[int, str], str]:
    """(row, field) → choice of what stood on the page."""
    found = ((_PICKED.fullmatch(name), value) for name, value in form.items())
    return {
        (int(match[1]), match[2]): value
        for match, value in found
        if match and value in choosing.CHOICES and match[2] in FIELD_LABELS
    }


def _page(record: Import, tab: str, after: int) -> dict[str, Any]:
    found = choosing.summary(record)
    counts = found.counts
    offers = [(offer, url) for offer, url in buttons(record, actor()) if not offer.step.danger]
    open_now = any(offer.step.name.startswith("write") for offer, _url in offers)
    rows = _rows(record, tab, after)
    return {
        "record": record,
        "status": (
            IMPORT_STATES[ImportState(record.state)],
            IMPORT_CHIPS[ImportState(record.state)],
        ),
        "counts": counts,
        "tally": tally_of(record),
        "percent": _percent(counts),
        "tabs": [
            (
                label,
                url_for("PlanFilesView.show", uid=record.uid, tab=name),
                counts[name],
                name == tab,
            )
            for name, label in _TAB_LABELS.items()
        ],
        "tab": tab,
        "rows": rows,
        "after": after,
        "next_url": _next(record, tab, rows),
        "chooses": open_now,
        "kinds": [(name, FIELD_LABELS[name], n) for name, n in found.kinds] if open_now else [],
        "labels": choosing.choice_labels(),
        "offers": offers,
        "question": question(record),
        "shown": SHOWN,
    }


def _rows(
    record: Import, tab: str, after: int
) -> list[choosing.Different] | list[tuple[str, str, str, str]]:
    if tab == "ours":
        return [
            (row.student_no, row.name, "", url_for("PlanView.show", pk=row.id))
            for row in choosing.only_ours(record, SHOWN)
        ]
    if tab == "theirs":
        return [
            (
                row.student_no or row.other,
                row.name,
                " ".join(text for _field, text in row.problems or []),
                "",
            )
            for row in choosing.only_theirs(record, SHOWN)
        ]
    return choosing.different(record, after, SHOWN, waiting=tab == "waiting")


def _next(record: Import, tab: str, rows: Any) -> str:
    if tab in ("ours", "theirs") or len(rows) < SHOWN:
        return ""
    return url_for("PlanFilesView.show", uid=record.uid, tab=tab, after=rows[-1].row)


def _percent(counts: dict[str, int]) -> int:
    """How much of what either side has is the same; 100 only where all of it is."""
    every = sum(counts[name] for name in ("same", "different", "ours", "theirs", "faulty"))
    return counts["same"] * 100 // every if every else 100


def plan_link(manager: Any) -> Link | None:
    """Files are brought into the plan of one school."""
    may = actor().school_id and manager.has_access(
        "can_choose", PlanFilesView.class_permission_name
    )
    where = url_for("ImportsView.begin", name=PLAN.name)
    return Link(where, _("Bring in or compare a plan file")) if may else None
