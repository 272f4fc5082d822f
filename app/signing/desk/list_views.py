"""The list of the review desk; its detail and decisions stand in office_views."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.codes import regions
from app.codes.labels import code_name
from app.core import clock
from app.core.site import keyed_url
from app.fab.arguments import ListArgs
from app.fab.columns import CHANGED, ListColumn, fact, same
from app.fab.declared import ListFilter, Tab
from app.fab.interface import Order, Parts, SafeInterface
from app.fab.listing import TabLink
from app.fab.per_request import now, once
from app.fab.presentation import age, chip, chips, moment
from app.fab.saved_filters import SavedFilters
from app.fab.views import SafeModelView
from app.people.schools.office_views import colleges, years
from app.people.students.search_views import COLLEGE, STUDENT, STUDENT_NO, StudentSearch
from app.signing.desk import models  # noqa: F401 (gives placements their waits_since)
from app.signing.desk.queries import by_wait, found_by, in_tab, keys_of_tab, with_students
from app.signing.destinations.queries import module_name
from app.signing.placements.labels import AGREEMENT_LABELS, REVIEW_LABELS, review_of
from app.signing.placements.models import KINDS, Kind, Placement
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

TERMS = exported("terms")  # all that was agreed on, pay with its unit (F-59)
_POSITION = "terms.position_kind"
_ENDING = chips(TERMINATION_LABELS, TERMINATION_CHIPS)


def _ending(state: str | None) -> str:
    """The state of the last termination; most signings have none."""
    return _ENDING(state) if state else ""


def _changed(at: datetime) -> str:
    """A moment of this year without its year; of another its day, the whole moment when pointed at."""
    here = clock.local(at)
    if here.year == once("year", _year):
        return here.strftime("%m-%d %H:%M")
    return Markup(here.strftime('<span title="%Y-%m-%d %H:%M">%Y-%m-%d</span>'))  # noqa: S704 (digits)


def _year() -> int:
    return clock.local(now()).year


def _state(row: Any) -> str:
    """The state as the list marks it, in words: what time has ended, what rests (INV-20)."""
    lapsed = PLACEMENTS.lapse(row, now())
    state: Any = lapsed[1] if lapsed else row.state
    text = str(REVIEW_LABELS[state])
    return f"{text} {_('Reported as untrue')}" if row.frozen else text


def _number(row: Any) -> Any:
    """The number of its agreement, or where to preview it; a destination has nothing to preview."""
    return (row.agreement_no or _("Preview")) if has_agreement(row) else "–"


def _agreement(state: object) -> str:
    return str(AGREEMENT_LABELS[state])


def _kind(kind: str) -> str:
    return kind_names()[kind]


def _review(row: Any) -> str:
    """The state of the review; what rests until the school has answered says so beside it (INV-20)."""
    lapsed = PLACEMENTS.lapse(row, now())
    value = chip(*review_of(row.kind, lapsed[1] if lapsed else row.state))
    frozen = chip(_("Reported as untrue"), "refused") if row.frozen else ""
    return Markup("%s<br>%s") % (value, frozen) if frozen else value


def _waiting(since: datetime | None) -> str:
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
    return Tab(
        name,
        label,
        lambda: in_tab(name, actor()),
        empty=empty,
        keys=lambda: keys_of_tab(name, actor()),
    )


class DeskList(SavedFilters, StudentSearch, SafeModelView):
    """All placements of the scope (AGR-01)."""

    datamodel = SafeInterface(Placement)
    route_base = "/desk"
    class_permission_name = "Desk"
    list_title = _l("Signings")
    columns = (
        ListColumn(
            "agreement_no",
            _l("Agreement number"),
            of_row=_number,
            sorts=True,
            width="number",
            card="none",
            out_shape=str,
        ),
        ListColumn("agreement", _l("Agreement"), _agreement, width="number", card="none"),
        STUDENT_NO,
        STUDENT.but(label=_l("Name")),
        COLLEGE.but(card="none", cut=same),
        ListColumn("major.name", _l("Major"), card="none"),
        ListColumn("kind", _l("Kind"), _kind, sorts=True, card="none", cut=same),
        ListColumn("employer_name", _l("Employer"), sorts=True),
        CHANGED.but(shape=_changed, out_shape=moment),
        ListColumn(
            "state",
            _l("Signing review"),
            of_row=_review,
            card="status",
            width="wrap",
            out_row=_state,
            cut=same,
        ),
        ListColumn("termination.state", _l("Termination review"), _ending, width="wrap"),
        ListColumn("waits_since", _l("Waiting for"), _waiting, width="number"),
        fact("graduation_year", _l("Graduation year"), cut=same),
        fact("student.class_name", _l("Class")),
        fact("student.education", _l("Level of education"), code_name("xl"), cut=same),
        fact("employer_credit_code", _l("Credit code")),
        fact("employer_kind", _l("Nature"), code_name("dwxz"), cut=same),
        fact("employer_industry", _l("Industry"), code_name("dwhy"), cut=same),
        fact("employer_location", _l("Region"), regions.region_name, cut=regions.province),
        fact("attested_at", _l("Attested")),
        *(TERMS | {_POSITION: TERMS[_POSITION].but(cut=same)}).values(),
    )
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
    constant_tabs = True
    split_tabs = frozenset(("mine", "termination", "form", "scan", "other"))
    filters = (
        ListFilter("college", _l("All colleges"), Placement.college_id, colleges),
        ListFilter("kind", _l("All kinds"), Placement.kind, lambda: list(kind_names().items())),
        ListFilter("year", _l("All years"), Placement.graduation_year, years),
    )

    def _tabs(self, args: ListArgs, counts: Any, to: Any) -> list[TabLink]:
        """Who decides nothing has no decisions of its own."""
        found = super()._tabs(args, counts, to)
        return [t for t in found if t.name != "today" or actor().role in DECIDERS]

    # -- the list ------------------------------------------------------------------------------

    def scoped(self) -> Select[Placement]:
        return placements_for(actor())

    def order_of(self, args: ListArgs) -> Order:
        """What waits longest first; elsewhere the last change."""
        if args.order:
            return super().order_of(args)
        if args.tab in WAITING:
            return Order("waits_since", True)
        return Order("changed_at", False)

    def parts(self, args: ListArgs) -> Parts | None:
        """What waits longest is found by the indexes of the states: the time itself stands in none."""
        if args.text or args.token or self.order_of(args).column != "waits_since":
            return None
        chosen = dict(args.filters)
        clauses = [f.clause(chosen[f.name]) for f in self.filters if f.name in chosen]
        found = by_wait(args.tab, actor(), self.scoped().where(*clauses))
        return Parts(found) if found else None

    def finds(self, text: str) -> ColumnElement[bool]:
        return found_by(text, actor())

    def first_link(self, item: Placement) -> str | None:
        return keyed_url("AgreementView.show", item.id) if has_agreement(item) else None

    def record_name(self, item: Placement) -> str:
        return f"{item.student.name} · {item.employer_name}"

    def records(self, pks: Any) -> Any:
        return with_students(super().records(pks))
