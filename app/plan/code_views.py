"""What each destination code counts as in the rate formula of each edition (PLN-11). HTTP only."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, false, select

from app.accounts.queries import actor
from app.fab.declared import ListFilter
from app.fab.interface import SafeInterface
from app.fab.shown import yes_no
from app.fab.views import SafeModelView
from app.plan.editions import formulas
from app.plan.models import PARTS, CountsAs
from app.workflow.actor import STAFF


class CountsAsView(SafeModelView):
    """Code, name, and the part of the rate that it counts as."""

    datamodel = SafeInterface(CountsAs)
    route_base = "/plan/codes"
    class_permission_name = "PlanCodes"
    include_route_methods = {"list", "search", "columns"}
    list_title = _l("What the codes count as")
    list_columns = ["code", "name", "part", "edition", "certain"]
    order_columns = ["code", "edition"]
    search_columns: list[str] = []
    base_order = ("code", "asc")
    label_columns = {
        "code": _l("Code"), "name": _l("Name of the code"), "part": _l("Counts as"),
        "edition": _l("Edition of the formula"), "certain": _l("Confirmed"),
    }  # fmt: skip
    formatters_columns = {
        "part": lambda part: str(PARTS.get(part, part)), "certain": yes_no,
    }  # fmt: skip
    cell_classes = {"name": "qq-card-title", "code": "qq-number", "part": "qq-card-status"}
    filters = (
        ListFilter("edition", _l("All editions"), CountsAs.edition,
                   lambda: [(e, e) for e in formulas()]),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        rows = select(CountsAs)
        return rows if actor().role in STAFF else rows.where(false())

    def record_name(self, item: Any) -> str:
        return str(item.code)
