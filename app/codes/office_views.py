"""Code tables and regions, to be read by administrators (PLN-11)."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from app.codes.models import Code, Region
from app.codes.queries import TABLES
from app.fab.declared import ListFilter
from app.fab.interface import SafeInterface
from app.fab.shown import dash, yes_no
from app.fab.views import SafeModelView


class CodesView(SafeModelView):
    """Every code of every edition; the same for all schools."""

    datamodel = SafeInterface(Code)
    route_base = "/codes"
    class_permission_name = "Codes"
    include_route_methods = {"list", "search", "columns"}
    list_title = _l("Code tables")
    list_columns = ["code", "name", "table", "edition", "certain", "active"]
    order_columns = ["table", "code", "name"]
    search_columns = ["code", "name"]
    label_columns = {
        "code": _l("Code"), "name": _l("Name"), "table": _l("Table"), "edition": _l("Edition"),
        "certain": _l("Confirmed"), "active": _l("In use"),
    }  # fmt: skip
    formatters_columns = {
        "table": lambda table: f"{TABLES.get(table, '')} {table}".strip(),
        "edition": dash, "certain": yes_no, "active": yes_no,
    }  # fmt: skip
    base_order = ("id", "asc")
    cell_classes = {"name": "qq-full"}
    filters = (
        ListFilter("table", _l("All tables"), Code.table, lambda: [(k, str(v)) for k,
                                                                   v in TABLES.items()]),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return select(Code)


class RegionsView(SafeModelView):
    """Provinces, cities and counties by their six digits."""

    datamodel = SafeInterface(Region)
    route_base = "/regions"
    class_permission_name = "Regions"
    include_route_methods = {"list", "search"}
    list_title = _l("Regions")
    list_columns = ["code", "full_name", "level"]
    order_columns = ["code", "full_name"]
    search_columns = ["code", "full_name"]
    label_columns = {"code": _l("Code"), "full_name": _l("Name"), "level": _l("Level")}
    base_order = ("code", "asc")
    cell_classes = {"full_name": "qq-full"}

    def scoped(self) -> Select[Any]:
        return select(Region)
