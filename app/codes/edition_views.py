"""Which edition of a code table counts from which graduation year, and regions. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select, select

from app.accounts.queries import actor
from app.codes.models import CodeChange, CodeEdition, Region
from app.codes.office_views import table_label, table_labels
from app.codes.queries import edition_name
from app.codes.workflow import YEARS, copy_edition
from app.core.db import db
from app.core.errors import Invalid
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.columns import ListColumn
from app.fab.interface import SafeInterface
from app.fab.presentation import moment, yes_no
from app.fab.views import SafeModelView

SHOWN = 200  # changes on the page of editions


class CodeEditionsView(SafeView):
    """Which edition counts from which graduation year, a new one by copying, and all changes."""

    route_base = "/codes/editions"
    default_view = "index"
    class_permission_name = "CodeEditions"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return self._page()

    @expose("/", methods=["POST"])
    @has_access
    def make(self) -> ResponseReturnValue:
        """A new edition with the codes of the one before it."""
        year = request.form.get("since", "")
        since = int(year) if year.isascii() and year.isdecimal() and len(year) == 4 else 0
        table, name = request.form.get("table", ""), request.form.get("edition", "").strip()
        try:
            copy_edition(actor(), table, name, since)
        except Invalid as problem:
            db.session.rollback()
            return self._page(problem.problems), 422
        db.session.commit()
        flash(_("The new edition has the codes of the one before it. Change them now."), "success")
        return redirect(url_for("CodesView.list", f_table=table, f_edition=name), 303)

    def _page(self, problems: Any = ()) -> Any:
        kept = db.session.scalars(
            select(CodeEdition).order_by(CodeEdition.table, CodeEdition.since.desc())
        )
        changes = db.session.scalars(select(CodeChange).order_by(CodeChange.id.desc()).limit(SHOWN))
        return self.render_template(
            "codes/editions.html",
            problems=[text for _place, text in problems],
            years=YEARS,
            tables=table_labels(),
            shown=SHOWN,
            typed=request.form,
            editions=[
                [
                    (
                        table_label(e.table),
                        url_for("CodesView.list", f_table=e.table, f_edition=e.edition)
                        if e.edition
                        else url_for("CodesView.list", f_table=e.table),
                        "",
                    ),
                    (edition_name(e.edition), "", ""),
                    (e.since or _("from the beginning"), "", ""),
                ]
                for e in kept
            ],
            changes=[_change(row) for row in changes],
        )


LABELS = {
    "name": lazy_pgettext("code", "Name"),
    "sort": _l("Place in the list"),
    "certain": _l("Confirmed"),
    "active": _l("In use"),
    "part": _l("Counts as"),
    "needs": _l("Needs these fields"),
    "since": _l("From graduation year"),
    "copied": _l("Copied from"),
    "settled": _l("Parts of the rate"),
    "left_out": _l("Not in N"),
    "note": _l("Note"),
    "code": _l("Code"),
}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return yes_no(value)
    return _(", ").join(map(str, value)) if isinstance(value, list) else str(value)


def _change(row: CodeChange) -> dict[str, object]:
    """One line of the trail."""
    fields = [
        f"{LABELS[name]}：{_value(row.old[name])} → {_value(new)}"
        if name in row.old
        else f"{LABELS[name]}：{_value(new)}"
        for name, new in row.new.items()
        if name in LABELS
    ]
    place = " · ".join(
        filter(None, (table_label(row.table), row.edition and edition_name(row.edition), row.code))
    )
    return {"who": row.by_name, "when": moment(row.at), "what": place, "note": "；".join(fields)}


class RegionsView(SafeModelView):
    """Provinces, cities and counties by their six digits."""

    datamodel = SafeInterface(Region)
    route_base = "/regions"
    class_permission_name = "Regions"
    include_route_methods = {"list", "search"}
    list_title = _l("Regions")
    columns = (
        ListColumn("code", _l("Code"), sorts=True),
        ListColumn("full_name", lazy_pgettext("code", "Name"), sorts=True, width="full"),
        ListColumn("level", _l("Level")),
    )
    search_columns = ("code", "full_name")
    base_order = ("code", "asc")

    def scoped(self) -> Select[tuple[Region]]:
        return select(Region)
