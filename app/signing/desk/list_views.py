"""The list of the review desk; its detail and decisions stand in office_views."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.codes import queries as codes
from app.codes.queries import code_name
from app.core import clock
from app.fab.arguments import ListArgs
from app.fab.declared import ListFilter, Tab
from app.fab.export import same
from app.fab.interface import Order, SafeInterface
from app.fab.listing import Cell, Row, TabLink
from app.fab.per_request import now, once
from app.fab.presentation import age, chip, chips, moment, whole
from app.fab.saved_filters import SavedFilters
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, years
from app.people.students.search_views import StudentSearch
from app.signing.desk.queries import found_by, in_tab, with_students
from app.signing.destinations.queries import module_name
from app.signing.placements.models import (
    AGREEMENT_LABELS,
    CHIPS,
    KINDS,
    REVIEW_LABELS,
    Kind,
    Placement,
    review_of,
)
from app.signing.placements.queries import has_agreement, placements_for
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.models import CHIPS as TERMINATION_CHIPS
from app.signing.terminations.models import LABELS as TERMINATION_LABELS
from app.signing.terms.queries import exported
from app.workflow.actor import Role

DECIDERS = (Role.COLLEGE, Role.SCHOOL)
LONG = 3  # days after which a waiting record is marked
WAITING = (
    "mine",
    "termination",
    "form",
    "scan",
    "other",
)  # tabs in which the longest waiting stands first

# what the export has besides: the facts of both sides, and all that was agreed on, pay with its unit (F-59)
FACTS = {
    "graduation_year": _l("Graduation year"), "student.class_name": _l("Class"),
    "student.education": _l("Level of education"), "employer_credit_code": _l("Credit code"),
    "employer_kind": _l("Nature"), "employer_industry": _l("Industry"),
    "employer_location": _l("Region"), "attested_at": _l("Attested"),
}  # fmt: skip
TERMS = exported("terms")

_ENDING = chips(TERMINATION_LABELS, TERMINATION_CHIPS)


def _ending(state: str | None) -> Any:
    """The state of the last termination; most signings have none."""
    return _ENDING(state) if state else ""


def _changed(at: datetime) -> Any:
    """This year's days without their year; the whole moment when pointed at."""
    here = clock.local(at)
    this_year = here.year == clock.local(now()).year
    short = here.strftime("%m-%d %H:%M" if this_year else "%Y-%m-%d")
    return Markup('<span title="%s">%s</span>') % (moment(at), short)


def _state(row: Any) -> str:
    """The state as the list marks it, in words: what time has ended, what rests (INV-20)."""
    lapsed = PLACEMENTS.lapse(row, now())
    state: Any = lapsed[1] if lapsed else row.state
    text = str(REVIEW_LABELS[state])
    return f"{text} {_('Reported as untrue')}" if row.frozen else text


def _waiting(since: datetime | None) -> Any:
    """How long it has waited; marked once that is long."""
    waited = now() - since if since else None
    if waited is None or waited < timedelta():
        return "–"
    if waited < timedelta(days=1):
        return age(since)
    text = _("%(days)s d", days=waited.days)
    return chip(text, "waiting") if waited > timedelta(days=LONG) else text


def kind_names() -> dict[str, str]:
    """The three kinds; destinations by the name the school gave them (DST-04)."""
    return once("kinds", _kind_names)


def _kind_names() -> dict[str, str]:
    names = {kind.value: str(label) for kind, label in KINDS.items()}
    school_id = actor().school_id
    if school_id is not None:
        names[Kind.DESTINATION] = module_name(school_id)
    return names


def _mine() -> str:
    decides = actor().role in DECIDERS
    return _("Awaiting me") if decides else _("Awaiting review")


def _other() -> str:
    college = actor().role is Role.COLLEGE
    return _("Awaiting the school") if college else _("Awaiting the college")


def _tab(name: str, label: Any, empty: Any = "") -> Tab:
    return Tab(name, label, lambda: in_tab(name, actor()), empty=empty)


class DeskList(SavedFilters, StudentSearch, SafeModelView):
    """All placements of the scope (AGR-01)."""

    datamodel = SafeInterface(Placement)
    route_base = "/desk"
    class_permission_name = "Desk"
    list_title = _l("Signings")
    list_columns = ["agreement_no", "agreement", "student.student_no", "student.name",
                    "college.name",
                    "major.name", "kind", "employer_name", "changed_at", "state",
                    "termination.state", "waits_since"]  # fmt: skip
    order_columns = ["agreement_no", "employer_name", "changed_at", "kind"]
    search_columns: list[str] = []
    label_columns = {
        "agreement_no": _l("Agreement number"), "agreement": _l("Agreement"),
        "student.student_no": _l("Student number"), "student.name": _l("Name"),
        "college.name": _l("College"), "major.name": _l("Major"), "kind": _l("Kind"),
        "employer_name": _l("Employer"), "changed_at": _l("Last change"),
        "state": _l("Signing review"), "termination.state": _l("Termination review"),
        "waits_since": _l("Waiting for"),
        **FACTS, **{name: term.label for name, term in TERMS.items()},
    }  # fmt: skip
    formatters_columns = {
        "agreement_no": lambda value: value or _("Preview"),
        "agreement": lambda state: str(AGREEMENT_LABELS[state]),
        "state": chips(REVIEW_LABELS, CHIPS),
        "kind": lambda kind: kind_names()[kind],
        "termination.state": _ending,
        "changed_at": _changed,
        "waits_since": _waiting,
        "employer_name": whole,
        "college.name": whole,
        "major.name": whole,
    }
    export_columns = (*FACTS, *TERMS)
    export_shapes = {
        "changed_at": moment, "agreement_no": str, "student.education": code_name("xl"),
        "employer_kind": code_name("dwxz"), "employer_industry": code_name("dwhy"),
        "employer_location": codes.region_name,
        **{name: term.shape for name, term in TERMS.items() if term.shape},
    }  # fmt: skip
    export_rows = {
        "state": _state,
        **{name: term.text for name, term in TERMS.items() if term.text},
    }
    export_loads = tuple(TERMS)
    export_kinds = {name: term.kind for name, term in TERMS.items()}
    export_cuts = {"college.name": same, "kind": same, "state": same, "employer_kind": same,
                   "employer_industry": same, "employer_location": codes.province,
                   "student.education": same, "terms.position_kind": same,
                   "graduation_year": same}  # fmt: skip
    wide_columns = frozenset({"agreement_no", "agreement", "student.student_no", "college.name",
                              "major.name", "kind"})  # fmt: skip
    cell_classes = {
        "agreement_no": "qq-number", "agreement": "qq-number", "student.student_no": "qq-number",
        "student.name": "qq-card-title", "changed_at": "qq-number", "state": "qq-card-status qq-wrap",
        "waits_since": "qq-number", "termination.state": "qq-wrap",
    }  # fmt: skip
    load_columns = ("state", "student.name", "frozen", "answer_by", "review")
    search_hint = _l("Student or agreement number, name, employer, ID number, phone")
    tabs = (
        _tab("mine", LazyString(_mine), _l("Nothing waits for a decision. All done!")),
        _tab("termination", _l("Terminations"), _l("No termination is under way.")),
        _tab("form", _l("Agreement forms"), _l("No form of a paper signing waits.")),
        _tab("scan", _l("Awaiting the stamped agreement"), _l("Nobody has to hand anything in.")),
        _tab("other", LazyString(_other), _l("Nothing waits there.")),
        _tab("in_force", _l("In force"), _l("No agreement is in force yet.")),
        _tab("refused", _l("Not approved"), _l("No signing was refused.")),
        _tab("ended", _l("Ended"), _l("No signing was terminated.")),
        _tab("all", _l("All"), _l("Nobody has signed yet.")),
        _tab("today", _l("Decided by me today"), _l("You have decided nothing today.")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), Placement.college_id, colleges),
        ListFilter("kind", _l("All kinds"), Placement.kind, lambda: list(
            kind_names().items())),
        ListFilter("year", _l("All years"), Placement.graduation_year, years),
    )  # fmt: skip

    # -- the rows -----------------------------------------------------------------------------

    def _row(self, item: Any, pattern: str, heads: list[Any]) -> Row:
        """What rests until the school has answered says so beside its state (INV-20)."""
        row: Row = super()._row(item, pattern, heads)
        for cell in row.cells:
            self._mark(item, cell)
        if not has_agreement(item):
            row.cells[0].value = "–"  # a destination has nothing to preview
        return row

    def _mark(self, item: Any, cell: Cell) -> None:
        if cell.value == "":  # a phone's card leaves out what is empty
            cell.css = f"{cell.css} qq-wide"
        if "qq-card-status" not in cell.css:
            return
        lapsed = PLACEMENTS.lapse(item, now())
        value = chip(*review_of(item.kind, lapsed[1] if lapsed else item.state))
        frozen = chip(_("Reported as untrue"), "refused") if item.frozen else ""
        cell.value = Markup("%s<br>%s") % (value, frozen) if frozen else value

    def _tabs(self, args: ListArgs, counts: Any, to: Any) -> list[TabLink]:
        """Who decides nothing has no decisions of its own."""
        found = super()._tabs(args, counts, to)
        return [t for t in found if t.name != "today" or actor().role in DECIDERS]

    # -- the list ------------------------------------------------------------------------------

    def scoped(self) -> Select[Any]:
        return placements_for(actor())

    def order_of(self, args: ListArgs) -> Order:
        """What waits longest first; elsewhere the last change."""
        if args.order:
            return super().order_of(args)
        if args.tab in WAITING:
            return Order("waits_since", True)
        return Order("changed_at", False)

    def finds(self, text: str) -> ColumnElement[bool]:
        return found_by(text, actor())

    def first_link(self, item: Any) -> str | None:
        return url_for("AgreementView.show", pk=item.id) if has_agreement(item) else None

    def record_name(self, item: Any) -> str:
        return f"{item.student.name} · {item.employer_name}"

    def records(self, pks: Any) -> Any:
        return with_students(super().records(pks))
