"""就业方案: the rows of the employment plan, read, written, checked and reported. HTTP only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, union_all

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.codes import labels, regions
from app.codes.labels import code_name
from app.core import clock
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.arguments import ListArgs
from app.fab.columns import CHANGED, ListColumn, Panel, fact, groups_panel, same, trace_panel
from app.fab.declared import READ_ONLY, ActionButton, Link, ListFilter, Tab, record_action
from app.fab.interface import Parts, SafeInterface
from app.fab.per_request import once
from app.fab.presentation import chip, chips, dash
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, years
from app.people.students.models import Student
from app.people.students.search_views import COLLEGE, STUDENT, STUDENT_NO, StudentSearch
from app.plan.rows import detail, narrowing
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import counts_as
from app.plan.rows.employers import of_employer
from app.plan.rows.forms import GROUPS, TABLES, EntryForm, version
from app.plan.rows.models import PLAN_CHIPS, PLAN_STATES, SOURCES, PlanEntry
from app.plan.rows.outside import of_plan
from app.plan.rows.outside_views import line_of
from app.plan.rows.queries import by_state, in_tab, open_change, plan_entries_for
from app.plan.rows.workflow import PLAN, edit


def _with_code(field: str) -> Any:
    """Code and name side by side, as people check them, in the edition of the row's year (PLN-11)."""

    def shown(entry: PlanEntry) -> str:
        code = getattr(entry, field)
        return (
            f"{code} {labels.code_text(TABLES[field], code, entry.graduation_year)}"
            if code
            else "–"
        )

    return shown


def _source(source: str | None) -> str:
    return str(SOURCES.get(source, "–"))  # type: ignore[call-overload]


def _mark(own: bool) -> str:
    return chip(_("Written by staff"), "turn") if own else "–"


def _region(code: str | None) -> str:
    return f"{code} {regions.region_name(code)}" if code else "–"


def _tab(name: str, label: Any) -> Tab:
    return Tab(name, label, lambda: in_tab(name))


# the list whose readers may have the columns of `plan_further` (RPT-05)
FURTHER_OF = "Desk"


class PlanView(StepActions, StudentSearch, SafeModelView):
    """One row a graduate, with the codes of the official layout and where they come from."""

    datamodel = SafeInterface(PlanEntry)
    flow = PLAN
    list_template = "plan/rows/list.html"
    show_template = "plan/rows/show.html"
    route_base = "/plan"
    class_permission_name = "Plan"
    include_route_methods = READ_ONLY | {"action", "action_post", "confirm", "write"}
    list_title = _l("Employment plan")
    show_title = _l("Row of the plan")
    columns: tuple[ListColumn, ...] = (
        STUDENT_NO.but(card=""),
        STUDENT.but(label=_l("Name")),
        COLLEGE.but(path="student.college.name", card="none", cut=same),
        ListColumn(
            "destination",
            _l("Destination"),
            dash,
            sorts="destination_code",
            width="middling",
            cut=same,
        ),
        ListColumn("employer_name", _l("Employer"), dash, sorts=True, width="middling"),
        ListColumn(
            "employer_kind", _l("Nature"), of_row=_with_code("employer_kind"), card="none", cut=same
        ),
        ListColumn(
            "industry", _l("Industry"), of_row=_with_code("industry"), card="none", cut=same
        ),
        ListColumn(
            "source",
            _l("Source"),
            _source,
            card="none",
            cut=same,
        ),
        ListColumn(
            "by_staff",
            _l("Mark"),
            _mark,
            width="wrap",
            card="none",
        ),
        CHANGED.but(card="none"),
        ListColumn("state", _l("State"), chips(PLAN_STATES, PLAN_CHIPS), card="status", cut=same),
        fact("student.major.name", _l("Major"), cut=same),
        fact("graduation_year", _l("Graduation year"), cut=same),
        fact("credit_code", _l("Credit code"), dash),
        fact("location", _l("Region"), _region, cut=regions.province),
        fact("position_kind", _l("Kind of position"), of_row=_with_code("position_kind"), cut=same),
        fact("contact_name", _l("Contact"), dash),
        fact("contact_phone", _l("Telephone"), dash),
        fact("address", _l("Address"), dash),
        fact("postcode", _l("Postcode"), dash),
        fact("archive_to", _l("Forward the archive to"), dash),
        fact("archive_address", _l("Forwarding address"), dash),
        fact("archive_postcode", _l("Forwarding postcode"), dash),
        fact("household_address", _l("Household address"), dash),
        fact("student.class_name", _l("Class"), cut=same),
        fact("student.education", _l("Level of education"), code_name("xl"), cut=same),
    )
    panels = (
        Panel(
            _l("Student"),
            "student.name student.student_no student.college.name student.major.name "
            "graduation_year",
        ),
        Panel(_l("Destination"), "destination source by_staff state changed_at"),
        Panel(
            _l("Employer"),
            "employer_name credit_code employer_kind industry location position_kind "
            "contact_name contact_phone address postcode",
        ),
        Panel(_l("Personal archive"), "archive_to archive_address archive_postcode"),
        Panel(_l("Household registration"), "household_address"),
        Panel(
            _l("Rate"), made=lambda e: [(_("Counts as"), counts_label(e))], aside=True, columns=1
        ),
        Panel(_l("Where each value comes from"), made=detail.sources, aside=True, columns=1),
        groups_panel(
            lambda e: [found for find in stores().asides if (found := find(e))],
            aside=True,
            columns=1,
        ),
        trace_panel(lambda entry: detail.trace("plan_entry", entry.id)),
    )
    export_sheet = "plan"
    base_order = ("changed_at", "desc")
    search_hint = _l("Student number, name, employer, credit code, ID number, phone")
    load_columns = ("destination_code", "graduation_year", "sources")
    tabs = (
        _tab("all", _l("All")),
        _tab("filled", _l("Filled")),
        _tab("open", _l("No destination")),
        _tab("staff", _l("Written by staff")),
        _tab("checked", _l("Checked")),
        _tab("reported", _l("Reported")),
    )
    filters: tuple[ListFilter, ...] = (
        ListFilter("college", _l("All colleges"), PlanEntry.college_id, colleges),
        ListFilter("year", _l("All years"), PlanEntry.graduation_year, years),
    )

    def __init__(self, **kwargs: object) -> None:
        for making in stores().makings:
            setattr(self, making.name, self._making(making))
        self.filters = (*type(self).filters, *narrowing.filters(PlanEntry), *stores().plan_filters)
        self.columns = (
            *(c.but(head=stores().plan_heads.get(c.path)) for c in type(self).columns),
            *(c.but(right=("can_list", FURTHER_OF)) for c in stores().plan_further.values()),
        )  # what was agreed on goes out to whoever may see the signings
        super().__init__(**kwargs)

    def scoped(self) -> Select[PlanEntry]:
        return plan_entries_for(actor())

    def parts(self, args: ListArgs) -> Parts | None:
        """What changed last in the whole plan of a school is found by the index of its states."""
        by_change = args.order in ("", "changed_at") and args.tab == "all" and not args.narrowed
        return Parts(by_state(self.scoped())) if by_change else None

    def finds(self, text: str) -> ColumnElement[bool]:
        """Students and employers: a union of index-served parts."""
        mine = self.scoped().with_only_columns(PlanEntry.id)
        return PlanEntry.id.in_(
            union_all(mine.where(super().finds(text)), *of_employer(text, actor()))
        )

    def list_context(self, args: ListArgs) -> dict[str, object]:
        """Who of the year and college that the list shows has no row (PLN-06)."""
        chosen = dict(args.filters)
        columns = {"year": Student.graduation_year, "college": Student.college_id}
        narrowed = [columns[n] == int(value) for n, value in chosen.items() if n in columns]
        asked: dict[str, Any] = {n: chosen[n] for n in columns if n in chosen}
        return {"line": line_of(of_plan(actor(), *narrowed), **asked, row="none")}

    def record_name(self, item: PlanEntry) -> str:
        return str(item.student.name)

    def head_links(self) -> list[Link]:
        manager = self.appbuilder.sm
        found = [
            ("PlanYears", "PlanYearView.index", _("By graduation year")),
            ("PlanChanges", "ChangesView.list", _("Changes to decide on")),
            ("PlanSnapshots", "SnapshotsView.index", _("Snapshots")),
            ("PlanExport", "PlanExportView.begin", _("Official layout")),
        ]
        own = [
            Link(url_for(endpoint), label)
            for view, endpoint, label in found
            if manager.has_access(f"can_{endpoint.partition('.')[2]}", view)
        ]
        before, after = (
            [link for find in finders if (link := find(manager)) is not None]
            for finders in (stores().links_before, stores().links_after)
        )
        return [*before, *own, *after]

    def show_context(self, item: PlanEntry) -> dict[str, Any]:
        change = open_change(item.id)
        offer = PLAN.offer("edit", item, actor(), clock.now())
        return {
            "cautions": self._cautions(item),
            "change_url": url_for("ChangesView.show", pk=change) if change else "",
            "write_url": self.url("write", pk=item.id) if offer and self._writes() else "",
        }

    def related(self, item: PlanEntry) -> list[Link]:
        return [Link(url_for("StudentsView.show", pk=item.student_id), _("To the student"))]

    def _cautions(self, item: PlanEntry) -> list[dict[str, Any]]:
        return once(f"cautions {item.id}", lambda: detail.cautions(item))

    def offers(self, item: PlanEntry) -> list[ActionButton]:
        """Before the report the warnings are read once more (PLN-06)."""
        texts = [caution["text"] for caution in self._cautions(item)]
        said = (
            "".join(
                (self.record_name(item), " — ", _("Please note: %(hints)s", hints=" ".join(texts)))
            )
            if texts
            else ""
        )
        return [
            replace(offer, text=said) if said and offer.name == "report" else offer
            for offer in super().offers(item)
        ]

    def _writes(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_write", self.class_permission_name))

    @expose("/write/<string:pk>", methods=["GET", "POST"])
    @has_access
    def write(self, pk: str) -> ResponseReturnValue:
        """What staff type into a row: each changed field is marked as theirs (PLN-03)."""
        item = self.record(pk)
        form = EntryForm.of(item, posted=request.method == "POST")
        if request.method == "GET":
            return self._write_page(item, form)
        if form.seen.data != version(item):
            sentence = _("Somebody changed this at the same moment. Please look again.")
            show_problems(form, Refused(sentence))
            return self._write_page(item, form), 409
        if not form.validate():
            return self._write_page(item, form), 422
        return self._written(item, form)

    def _written(self, item: PlanEntry, form: EntryForm) -> Any:
        page, name = self.url("show", pk=item.id), self.record_name(item)
        try:
            done = edit(item.id, actor(), form.values(), form.reason.data or "")
        except Invalid as problem:
            show_problems(form, problem)
            return self._write_page(item, form), 422
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(page, 303)
        text = PLAN.step("edit").done if done else _("Nothing was changed.")
        flash(_("%(name)s: %(text)s", name=name, text=text), "success" if done else "info")
        return redirect(page, 303)

    def _write_page(self, item: PlanEntry, form: EntryForm) -> str:
        return self.render_template(
            "plan/rows/write.html",
            name=self.record_name(item),
            form=form,
            groups=[(title, [form[name] for name in names]) for title, names in GROUPS],
            regions_url=url_for("RegionView.find"),
            back=self.url("show", pk=item.id),
        )

    def _making(self, making: detail.Making) -> Any:
        """The action that has the ticked rows made into something."""

        def act(items: list[PlanEntry]) -> Any:
            try:
                return redirect(making.ask(items), 303)
            except Refused as refusal:
                flash(str(refusal), "warning")
                return None

        return record_action(making.name, making.label, single=False)(act)


def counts_label(entry: PlanEntry) -> str:
    """What the row counts as in the rate formula of its year (PLN-11)."""
    return str(PARTS[counts_as(entry.destination_code, entry.graduation_year)])
