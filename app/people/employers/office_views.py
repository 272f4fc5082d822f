"""Employers as staff see them: list, detail, qualification review."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.accounts.told import frozen_since, told_of
from app.batches.step_views import StepActions
from app.codes import queries as codes
from app.codes.queries import code_name
from app.fab.declared import READ_ONLY, Link, Tab, record_action
from app.fab.editing import RuledForms
from app.fab.export import same
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment
from app.fab.views import SafeModelView
from app.people.employers import queries
from app.people.employers.detail import employer_trace
from app.people.employers.forms import EmployerForm
from app.people.employers.models import EMPLOYER_CHIPS, EMPLOYER_STATES, Employer
from app.people.employers.register import correct_employer, list_employer
from app.people.employers.sheets import EMPLOYER_LIST
from app.people.employers.workflow import EMPLOYERS
from app.people.names.queries import called_before


class EmployersView(RuledForms, StepActions, SafeModelView):
    """Employers: qualification review by the school they chose (ACC-07, ADM-06)."""

    flow = EMPLOYERS
    frequent_reasons = (
        _l("The scan cannot be read."),
        _l("Name and credit code do not match the licence."),
        _l("The contact cannot be reached."),
    )
    datamodel = SafeInterface(Employer)
    route_base = "/employers"
    class_permission_name = "Employers"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm", "add", "edit"}
    add_form = edit_form = EmployerForm
    add_title, edit_title = _l("Add to the register"), _l("Correct the facts")
    add_columns = edit_columns = ["credit_code", "compared", *EmployerForm.FIELDS[1:]]
    add_row_message = EMPLOYERS.step("list").done
    edit_row_message = EMPLOYERS.step("correct_employer").done
    list_title = _l("Employers")
    show_title = _l("Employer")
    show_template = "people/employers/office_employer.html"
    list_columns = ["name", "credit_code", "kind", "industry", "school.name", "changed_at", "state"]
    order_columns = ["name", "credit_code", "changed_at"]
    search_columns: list[str] = []
    show_fieldsets = [
        (_l("Employer"), {"fields": ["name", "credit_code", "state", "school.name", "kind",
                                     "industry",
                                     "location", "address", "postcode"]}),
        (_l("Contact"), {"fields": ["contact_name", "contact_phone_masked", "email"]}),
        (_l("Personal archive"), {"fields": ["archive_receiver", "archive_to", "archive_address",
                                             "archive_postcode", "archive_contact",
                                             "archive_phone"]}),
        (_l("Household registration"), {"fields": ["household_kind", "household_address"]}),
    ]  # fmt: skip
    label_columns = {
        "name": _l("Name of the employer"), "credit_code": _l("Credit code"), "kind": _l("Nature"),
        "industry": _l("Industry"), "school.name": _l("Checking school"),
        "changed_at": _l("Last change"), "state": _l("Review"), "location": _l("Region"),
        "address": _l("Address"), "postcode": _l("Postcode"), "contact_name": _l("Contact"),
        "contact_phone_masked": _l("Phone"), "email": _l("E-mail"),
        "archive_receiver": _l("Archive is received by"),
        "archive_to": _l("Forward the archive to"),
        "archive_address": _l("Forwarding address"), "archive_postcode": _l("Forwarding postcode"),
        "archive_contact": _l("Forwarding contact"), "archive_phone": _l("Forwarding telephone"),
        "household_kind": _l("Household registration moves to"),
        "household_address": _l("Household address"),
    }  # fmt: skip
    formatters_columns = {
        "kind": code_name("dwxz"), "industry": code_name("dwhy"), "state": chips(EMPLOYER_STATES,
                                                                         EMPLOYER_CHIPS),
        "changed_at": moment, "location": lambda code: codes.region_name(code) or "–",
        "archive_receiver": code_name("dajs"), "household_kind": code_name("hkjs"),
    } | dict.fromkeys(("address", "postcode", "archive_to", "archive_address", "archive_postcode",
                       "archive_contact", "archive_phone", "household_address"), dash)  # fmt: skip
    export_sheet = EMPLOYER_LIST.name
    export_heads = EMPLOYER_LIST.heads({
        name: name for name in ("credit_code", "name", "kind", "industry", "location", "address",
                                "postcode", "contact_name", "email")})  # fmt: skip
    export_cuts = {"kind": same, "industry": same, "location": codes.province, "school.name": same,
                   "state": same}  # fmt: skip
    base_order = ("changed_at", "desc")
    wide_columns = frozenset({"kind", "industry", "changed_at"})
    cell_classes = {"name": "qq-roomy qq-card-title", "credit_code": "qq-number",
                    "changed_at": "qq-number",
                    "state": "qq-card-status"}  # fmt: skip
    search_hint = _l("Name or credit code")
    tabs = (
        Tab("awaiting", _l("Awaiting review"), lambda: queries.employer_tab("awaiting"),
            empty=_l("No employer waits for your check.")),
        Tab("approved", _l("Approved"), lambda: queries.employer_tab("approved")),
        Tab("rejected", _l("Rejected"), lambda: queries.employer_tab("rejected")),
        Tab("listed", _l("On the register"), lambda: queries.employer_tab("listed"),
            empty=_l("Staff have put no employer on the register.")),
        Tab("blocked", _l("Blocked"), lambda: queries.employer_tab("blocked"),
            empty=_l("No employer is blocked.")),
        Tab("all", _l("All")),
    )  # fmt: skip

    def scoped(self) -> Select[Any]:
        return queries.employers_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.finds_employer(text)

    def show_context(self, item: Any) -> dict[str, Any]:
        key = queries.account_spoken_to(item, actor())
        return {
            "told": told_of(key) if key else None,
            "frozen_since": frozen_since(key),
            "licence": queries.licence_of(item),
            "merge_url": url_for("MergeEmployersView.merge", pk=item.id)
            if self.appbuilder.sm.has_access("can_merge", "MergeEmployers") else "",
            "trace": employer_trace(item.id),
            "former": called_before(employer_id=item.id),
        }  # fmt: skip

    def head_links(self) -> list[Link]:
        if not self.appbuilder.sm.has_access("can_add", "Employers"):
            return []
        return [
            Link(self.url("add"), _("Add to the register")),
            Link(url_for("ImportsView.begin", name="employers"), _("Import")),
            Link(url_for("OfferedEmployersView.list"), _("From paper signings")),
        ]

    def record_name(self, item: Any) -> str:
        return str(item.name)

    def written(self, kind: str, item: Any, form: Any) -> Any:
        values, compared = form.values(), bool(form.compared.data)
        if kind == "edit":
            return correct_employer(item, values, actor(), compared=compared)
        return list_employer(values, actor(), compared=compared)

    @record_action("block", _l("Block"), reason="required", danger=True)
    def block(self, items: list[Any]) -> Any:
        return self.take("block", items)

    @record_action("unblock", _l("Unblock"), reason="required", multiple=False)
    def unblock(self, items: list[Any]) -> Any:
        return self.take("unblock", items)

    @record_action("approve", _l("Approve"), primary=True)
    def approve(self, items: list[Any]) -> Any:
        return self.take("approve", items)

    @record_action("reject", _l("Reject"), reason="required", danger=True)
    def reject(self, items: list[Any]) -> Any:
        return self.take("reject", items)
