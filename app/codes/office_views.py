"""Code tables with their editions, kept by administrators, and regions (PLN-11). HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select, select
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, NumberRange

from app.accounts.queries import actor
from app.codes.models import Code, CodeChange, CodeEdition, Region
from app.codes.queries import TABLES, edition_name, editions, forget
from app.codes.workflow import YEARS, check_code, copy_edition, note_record
from app.core.db import db
from app.core.errors import Invalid
from app.core.forms import MISSING, line
from app.core.numbers import WholeField
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.columns import ListColumn, fact
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import moment, yes_no
from app.fab.views import SafeModelView

SHOWN = 200  # changes on the page of editions


def _table(table: str) -> str:
    return f"{TABLES.get(table, '')} {table}".strip()


def _tables() -> list[tuple[str, str]]:
    return [(key, f"{label} {key}") for key, label in TABLES.items()]


def _editions() -> list[tuple[str, str]]:
    found = {kept for table in TABLES for _since, kept in editions(table) if kept}
    return [(kept, edition_name(kept)) for kept in sorted(found)]


class CodeEntryForm(DynamicForm):
    """What may change of a code: its key never does, and it is never deleted."""

    name = line(_l("Name of the code"), 80)
    sort = WholeField(
        _l("Place in the list"), [InputRequired(MISSING), NumberRange(0, 9999)], default=500
    )
    certain = BooleanField(
        _l("Confirmed"),
        default=True,
        description=_l("Unticked: it stands with a mark until its official source is known."),
    )
    active = BooleanField(
        _l("In use"),
        default=True,
        description=_l("Unticked: it has ended and is not offered; rows that have it keep it."),
    )


class NewCodeForm(CodeEntryForm):
    """A code that is added to an edition."""

    table = SelectField(_l("Table"))
    edition = SelectField(_l("Edition"))
    code = line(_l("Code"), 16)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.table.choices = _tables()
        self.edition.choices = [("", "–"), *_editions()]


class CodesView(SafeModelView):
    """Every code of every edition; the same for all schools."""

    datamodel = SafeInterface(Code)
    route_base = "/codes"
    class_permission_name = "Codes"
    include_route_methods = {"list", "search", "pick_columns", "add", "edit"}
    list_title, add_title, edit_title = _l("Code tables"), _l("New code"), _l("Edit the code")
    columns = (
        ListColumn("code", _l("Code"), sorts=True),
        ListColumn("name", _l("Name of the code"), sorts=True, width="full"),
        ListColumn("table", _l("Table"), _table, sorts=True),
        ListColumn("edition", _l("Edition"), edition_name),
        ListColumn("certain", _l("Confirmed"), yes_no),
        ListColumn("active", _l("In use"), yes_no),
        fact("sort", _l("Place in the list"), out=False),
    )
    search_columns = ("code", "name")
    base_order = ("id", "asc")
    add_form, edit_form = NewCodeForm, CodeEntryForm
    edit_columns = ["name", "sort", "certain", "active"]
    add_columns = ["table", "edition", "code", *edit_columns]
    filters = (
        ListFilter("table", _l("All tables"), Code.table, _tables),
        ListFilter("edition", _l("All editions"), Code.edition, _editions),
    )

    def scoped(self) -> Select[tuple[Code]]:
        return select(Code)

    def head_links(self) -> list[Link]:
        return [
            Link(self.url("add"), _("New code")),
            Link(url_for("CodeEditionsView.index"), _("Editions and changes")),
        ]

    def first_link(self, item: Code) -> str | None:
        return self.url("edit", pk=item.id)

    def record_name(self, item: Code) -> str:
        place = [str(TABLES.get(item.table, item.table)), item.code, item.name]
        return " ".join([*place, *([edition_name(item.edition)] if item.edition else [])])

    def pre_add(self, item: Code) -> None:
        check_code(item)
        note_record(actor(), (item.table, item.edition, item.code), item)

    def pre_update(self, item: Code) -> None:
        note_record(actor(), (item.table, item.edition, item.code), item)

    def post_add(self, _item: Code) -> None:
        forget()

    post_update = post_add


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
            tables=_tables(),
            shown=SHOWN,
            typed=request.form,
            editions=[
                [
                    (
                        _table(e.table),
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
        filter(None, (_table(row.table), row.edition and edition_name(row.edition), row.code))
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
