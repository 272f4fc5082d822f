"""Archive forwarding letters: the list, and what is made of them. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Select

from app.accounts.queries import actor
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import FormPage
from app.fab.columns import ListColumn, Panel, fact
from app.fab.declared import READ_ONLY, Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import dash, moment
from app.fab.views import SafeModelView
from app.files.documents.editions import Edition, may_have_full, note
from app.files.documents.editions import named as edition_named
from app.files.made import making as made
from app.files.made import requests
from app.files.made.views import asked, named
from app.people.schools.office_views import colleges, years
from app.people.students.search_views import COLLEGE, STUDENT, STUDENT_NO, StudentSearch
from app.plan.letters import letters
from app.plan.letters.models import ForwardingLetter
from app.plan.letters.sheets import COURIER
from app.plan.rows.detail import Making
from app.plan.rows.models import PlanEntry

KINDS = (letters.LETTERS, letters.COURIER, letters.BESIDE)
SHOWN = 50  # graduates of the comparison with the plan


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: letters.in_tab(name), empty=empty)


class LettersView(StudentSearch, SafeModelView):
    """The letters that were numbered, with receiver and tracking number (PLN-10)."""

    datamodel = SafeInterface(ForwardingLetter)
    route_base = "/plan/letters"
    class_permission_name = "PlanLetters"
    include_route_methods = READ_ONLY
    list_title, show_title = _l("Forwarding letters"), _l("Forwarding letter")
    columns = (
        ListColumn(
            "number",
            _l("Letter number"),
            sorts=True,
            width="number",
            card="status",
            head=COURIER.head("number"),
        ),
        STUDENT.but(head=COURIER.head("student")),
        STUDENT_NO,
        COLLEGE.but(card="none"),
        ListColumn("archive_to", _l("Receiver"), width="roomy"),
        ListColumn(
            "tracking_number",
            _l("Tracking number"),
            dash,
            width="number",
            head=COURIER.head("tracking_number"),
        ),
        ListColumn("courier", _l("Courier"), dash, card="none", head=COURIER.head("courier")),
        ListColumn("sent_on", _l("Posted on"), dash, card="none", head=COURIER.head("sent_on")),
        ListColumn("made_at", _l("Made"), moment, sorts=True, width="number", card="none"),
        fact("graduation_year", _l("Graduation year")),
        fact("archive_address", _l("Forwarding address"), dash),
        fact("archive_postcode", _l("Forwarding postcode"), dash),
        fact("contact", _l("Forwarding contact"), dash),
        fact("phone", _l("Forwarding telephone"), dash),
    )
    panels = (
        Panel(_l("Student"), "student.name student.student_no college.name graduation_year"),
        Panel(
            _l("Forwarding letter"),
            "number made_at archive_to archive_address archive_postcode contact phone",
        ),
        Panel(_l("Posting"), "courier tracking_number sent_on"),
    )
    export_sheet = COURIER.name
    base_order = ("made_at", "desc")
    search_hint = _l("Student number, name, letter or tracking number")
    tabs = (
        Tab("all", _l("All"), empty=_l("No forwarding letter has been made yet.")),
        _tab("waiting", _l("Not posted"), _l("No letter waits to be sent.")),
        _tab("sent", _l("Posted"), _l("No tracking number has come back yet.")),
        _tab("void", _l("Void"), _l("No letter was replaced by another.")),
    )
    filters = (
        ListFilter("college", _l("All colleges"), ForwardingLetter.college_id, colleges),
        ListFilter("year", _l("All years"), ForwardingLetter.graduation_year, years),
    )

    def scoped(self) -> Select[ForwardingLetter]:
        return letters.letters_for(actor())

    def finds(self, text: str) -> ColumnElement[bool]:
        return super().finds(text) | letters.numbered(text)

    def record_name(self, item: ForwardingLetter) -> str:
        return f"{item.number} {item.student.name}"

    def head_back(self) -> Link:
        return Link(url_for("PlanView.list"), _("Employment plan"))

    def head_links(self) -> list[Link]:
        manager = self.appbuilder.sm
        found = []
        if manager.has_access("can_index", "PlanLetterWork"):
            found.append(
                Link(url_for("LetterWorkView.index"), _("Make letters and courier sheets"))
            )
            found.append(Link(url_for("ImportsView.begin", name="courier"), _("Tracking numbers")))
        return found


class LetterWorkView(FormPage):
    """Letters and courier sheet of a year, a college, or ticked rows: the worker makes them."""

    route_base = "/plan/letters/make"
    class_permission_name = "PlanLetterWork"

    @expose("/", methods=["POST"])
    @has_access
    def make(self) -> ResponseReturnValue:
        form = request.form
        wish, kind = _wish(form), form.get("kind", "")
        if kind not in KINDS or wish is None:
            return self._index(_("Please choose a graduation year.")), 422
        full = form.get("edition") != Edition.MASKED
        return asked(lambda: ask(actor(), kind, wish, full=full), url_for("LetterWorkView.index"))

    def _index(self, problem: str = "") -> Any:
        who = actor()
        school, wish = made.may_ask(who), _wish(request.values)
        beside = letters.beside(school, wish) if wish else None
        return self.render_template(
            "plan/letters/make.html",
            years=years(),
            colleges=colleges(),
            year=request.values.get("year", ""),
            college=request.values.get("college", ""),
            found=letters.ready(school, wish) if wish else None,
            kinds=_kinds(beside),
            fields=letters.field_labels(),
            lines=beside.lines(("posted", "void"), SHOWN) if beside else [],
            shown=SHOWN,
            problem=problem,
            may_full=may_have_full(who, school),
            latest=named(made.latest(who, KINDS)),
        )


def _kinds(beside: Any) -> list[tuple[str, int, str]]:
    """What differs from the plan: label, graduates, and how it is shown."""
    counts = beside.counts() if beside else {}
    return [
        (label, counts[kind], "refused" if kind == "posted" else "waiting")
        for kind, label in letters.difference_labels().items()
        if counts.get(kind)
    ]


def ask(who: Any, kind: str, wish: dict[str, Any], *, full: bool = True) -> Any:
    """Ask the worker for letters or a courier sheet.

    A letter goes to the archive office, so its edition is the full one for whom the school lets have it;
    the log keeps that (DOC-08, RPT-05).
    """
    title = str(stores().makers[kind].title)
    name = f"{title} {wish.get('year') or ''}".strip()
    if kind != letters.LETTERS:
        return requests.ask(who, kind, wish, f"{name}.xlsx")
    school = made.may_ask(who)
    full = full and may_have_full(who, school)
    file_name = edition_named(f"{name}.pdf", Edition.FULL if full else Edition.MASKED)
    if full:
        note(
            who, file_name, _("Forwarding of the personal archive"), letters.ready(school, wish)[0]
        )
    return requests.ask(who, kind, {**wish, "full": full}, file_name)


def _wish(form: FlaskForm) -> dict[str, object] | None:
    """Year and college that were chosen; None where no year was."""
    year, college = form.get("year", ""), form.get("college", "")
    known = {value for value, _label in years()}
    mine = {value for value, _label in colleges()}
    if year not in known or (college and college not in mine):
        return None
    return {"year": int(year), "college": int(college) if college else None}


def _of_ticked(entries: list[PlanEntry]) -> str:
    """One PDF with the letters of these rows (PLN-10)."""
    paper = ask(actor(), letters.LETTERS, {"entries": [entry.id for entry in entries]})
    return url_for("PapersView.show", uid=paper.uid)


def plan_link(manager: Any) -> Link | None:
    may = manager.has_access("can_list", LettersView.class_permission_name)
    return Link(url_for("LettersView.list"), _("Forwarding letters")) if may else None


MAKING = Making("letters", _l("Forwarding letters"), _of_ticked)
