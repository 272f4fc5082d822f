"""Letters and courier sheets of a year, a college or ticked rows: asked for. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.accounts.queries import actor
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import FormPage
from app.files.documents.editions import Edition, may_have_full, note
from app.files.documents.editions import named as edition_named
from app.files.made import making as made
from app.files.made import requests
from app.files.made.views import asked, named
from app.people.schools.office_views import colleges, years
from app.plan.letters import letters, workbook
from app.plan.rows.detail import Making
from app.plan.rows.models import PlanEntry

KINDS = (letters.LETTERS, letters.COURIER, letters.BESIDE)
SHOWN = 50  # graduates of the comparison with the plan


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
            fields=workbook.field_labels(),
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
        for kind, label in workbook.difference_labels().items()
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


MAKING = Making("letters", _l("Forwarding letters"), _of_ticked)
