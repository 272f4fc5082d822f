"""Employers as staff see them: list, detail, qualification review."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.accounts.told import frozen_note, told_panel
from app.batches.step_views import StepActions
from app.codes import regions
from app.codes.labels import code_name, region_name
from app.fab.columns import CHANGED, ListColumn, Panel, fact, notes_panel, same, trace_panel
from app.fab.declared import READ_ONLY, Link, Tab
from app.fab.editing import RuledForms
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash
from app.fab.views import SafeModelView
from app.people.employers import queries
from app.people.employers.detail import employer_trace
from app.people.employers.models import EMPLOYER_CHIPS, EMPLOYER_STATES, Employer
from app.people.employers.register import correct_employer, list_employer
from app.people.employers.register_forms import EmployerForm
from app.people.employers.sheets import EMPLOYER_LIST
from app.people.employers.workflow import EMPLOYERS
from app.people.names.queries import called_before, former_names
from app.people.reveals.detail import beside
from app.people.reveals.workflow import PHONE

_head = EMPLOYER_LIST.head  # of a column that the sheet of employers takes back


def open_account(employer: Employer) -> int | None:
    return queries.account_spoken_to(employer, actor())


def _phone(employer: Employer) -> Any:
    return beside("employer", employer.id, PHONE, employer.contact_phone_masked)


def _licence(employer: Employer) -> tuple[Any]:
    """Its scan, None where none was uploaded."""
    return (queries.licence_of(employer),)


def _to_be_known(employer: Employer) -> list[tuple[str, str]]:
    former = called_before(former_names(employer_id=employer.id))
    return [*frozen_note(open_account(employer)), *([(former, "info")] if former else [])]


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
    columns = (
        ListColumn(
            "name",
            _l("Name of the employer"),
            sorts=True,
            width="roomy",
            card="title",
            head=_head("name"),
        ),
        ListColumn(
            "credit_code", _l("Credit code"), sorts=True, width="number", head=_head("credit_code")
        ),
        ListColumn(
            "kind", _l("Nature"), code_name("dwxz"), card="none", cut=same, head=_head("kind")
        ),
        ListColumn(
            "industry",
            _l("Industry"),
            code_name("dwhy"),
            card="none",
            cut=same,
            head=_head("industry"),
        ),
        ListColumn("school.name", _l("Checking school"), cut=same),
        CHANGED.but(card="none"),
        ListColumn(
            "state",
            lazy_pgettext("record", "Review"),
            chips(EMPLOYER_STATES, EMPLOYER_CHIPS),
            card="status",
            cut=same,
        ),
        fact("location", _l("Region"), region_name, cut=regions.province, head=_head("location")),
        fact("address", _l("Address"), dash, head=_head("address")),
        fact("postcode", _l("Postcode"), dash, head=_head("postcode")),
        fact("contact_name", _l("Contact"), head=_head("contact_name")),
        fact("contact_phone_masked", _l("Phone"), of_row=_phone, out_shape=dash),
        fact("email", _l("E-mail"), head=_head("email")),
        fact("archive_receiver", _l("Archive is received by"), code_name("dajs")),
        fact("archive_to", _l("Forward the archive to"), dash),
        fact("archive_address", _l("Forwarding address"), dash),
        fact("archive_postcode", _l("Forwarding postcode"), dash),
        fact("archive_contact", _l("Forwarding contact"), dash),
        fact("archive_phone", _l("Forwarding telephone"), dash),
        fact("household_kind", _l("Household registration moves to"), code_name("hkjs")),
        fact("household_address", _l("Household address"), dash),
    )
    panels = (
        notes_panel(_to_be_known),
        Panel(
            _l("Employer"),
            "name credit_code state school.name kind industry location address postcode",
        ),
        Panel(_l("Contact"), "contact_name contact_phone_masked email"),
        Panel(
            _l("Personal archive"),
            "archive_receiver archive_to archive_address archive_postcode archive_contact "
            "archive_phone",
        ),
        Panel(_l("Household registration"), "household_kind household_address"),
        Panel(_l("Licence"), made=_licence, template="people/licence.html", aside=True),
        told_panel(open_account),
        trace_panel(lambda employer: employer_trace(employer.id)),
    )
    export_sheet = EMPLOYER_LIST.name
    base_order = ("changed_at", "desc")
    search_hint = _l("Name or credit code")
    tabs = (
        Tab(
            "awaiting",
            _l("Awaiting review"),
            lambda: queries.employer_tab("awaiting"),
            empty=_l("No employer waits for your check."),
        ),
        Tab("approved", _l("Approved"), lambda: queries.employer_tab("approved")),
        Tab("rejected", _l("Rejected"), lambda: queries.employer_tab("rejected")),
        Tab(
            "listed",
            _l("On the register"),
            lambda: queries.employer_tab("listed"),
            empty=_l("Staff have put no employer on the register."),
        ),
        Tab(
            "blocked",
            _l("Blocked"),
            lambda: queries.employer_tab("blocked"),
            empty=_l("No employer is blocked."),
        ),
        Tab("all", _l("All")),
    )

    def scoped(self) -> Select[Employer]:
        return queries.employers_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return queries.finds_employer(text)

    def related(self, item: Employer) -> list[Link]:
        if not self.appbuilder.sm.has_access("can_merge", "MergeEmployers"):
            return []
        return [Link(url_for("MergeEmployersView.merge", pk=item.id), _("Merge a second record"))]

    def head_links(self) -> list[Link]:
        if not self.appbuilder.sm.has_access("can_add", "Employers"):
            return []
        return [
            Link(self.url("add"), _("Add to the register")),
            Link(url_for("ImportsView.begin", name="employers"), _("Import")),
            Link(url_for("OfferedEmployersView.list"), _("From paper signings")),
        ]

    def record_name(self, item: Employer) -> str:
        return str(item.name)

    def written(self, kind: str, item: Employer, form: FlaskForm) -> Any:
        values, compared = form.values(), bool(form.compared.data)
        if kind == "edit":
            return correct_employer(item, values, actor(), compared=compared)
        return list_employer(values, actor(), compared=compared)
