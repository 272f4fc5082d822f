"""Code tables with their editions, kept by administrators, and regions (PLN-11). HTTP only."""

from __future__ import annotations

from flask import url_for
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select
from wtforms import BooleanField, SelectField
from wtforms.validators import InputRequired, NumberRange

from app.accounts.queries import actor
from app.codes.models import Code
from app.codes.queries import edition_name, editions, forget
from app.codes.shipped import TABLES
from app.codes.workflow import check_code, note_record
from app.core.forms import MISSING, line
from app.core.numbers import WholeField
from app.fab.columns import ListColumn, fact
from app.fab.declared import Link, ListFilter
from app.fab.interface import SafeInterface
from app.fab.presentation import yes_no
from app.fab.views import SafeModelView


def table_label(table: str) -> str:
    return f"{TABLES.get(table, '')} {table}".strip()


def table_labels() -> list[tuple[str, str]]:
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
        self.table.choices = table_labels()
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
        ListColumn("table", _l("Table"), table_label, sorts=True),
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
        ListFilter("table", _l("All tables"), Code.table, table_labels),
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
