"""What the rules say of one record, in words: beside a decision of the desk, and on a plan row (AGR-12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.codes import queries as codes
from app.core.registry import stores
from app.fab.presentation import moment
from app.plan.checks import queries
from app.plan.checks.models import CheckRun, Finding, Severity
from app.plan.checks.rules import BY_NAME, HINTS
from app.plan.checks.sentences import filled, sentence
from app.plan.checks.sync import Answer, ask_placement
from app.plan.rows.models import PlanEntry
from app.signing.placements.models import Placement
from app.workflow.models import Trail


@dataclass(frozen=True)
class Check:
    """One rule on one record; where it is not good, its name goes into the trace of the approval."""

    name: str
    label: str  # the whole sentence
    short: str  # as a chip
    good: bool
    asks: str = ""  # of a sign of surrogate signing: what to ask the person


def checks(placement: Placement) -> list[Check]:
    """The rules that need only this record: what is wrong, and the good of those that say so (AGR-12)."""
    values = placement.plan_values or {}
    if not values and (extra := stores().plan_values.get(placement.kind)):
        values = extra(placement)
    answers = ask_placement(placement, values)
    year = placement.graduation_year
    return [_check(answer, year) for answer in answers if answer.bad or answer.rule.fine]


def _check(answer: Answer, year: int) -> Check:
    rule = answer.rule
    label = filled(rule.sentence if answer.bad else rule.fine, rule, answer.facts, year)
    short = str(rule.title) if answer.bad and rule.severity is not Severity.HINT else label
    return Check(rule.name, label, short, not answer.bad, str(rule.asks))


def hints(placement: Placement) -> list[str]:
    """The names of what is not good: approving stays possible, the trace keeps them."""
    return [found.name for found in checks(placement) if not found.good]


def of_entry(entry: PlanEntry) -> list[dict[str, object]]:
    """What is to be mended in a row of the plan."""
    return [
        {
            "text": sentence(found),
            "url": url_for("FindingsView.show", pk=found.id),
            "kind": "danger" if found.severity == Severity.ERROR else "warn",
        }
        for found in queries.open_of(entry.student_id)
    ]


def of_year(school_id: int, year: int) -> dict[str, object]:
    """How many errors and warnings are open in a school's year, with the way to them."""
    found = queries.count_open(school_id, year)
    errors, warnings = (found.get(s, 0) for s in (Severity.ERROR, Severity.WARNING))
    if errors or warnings:
        text = _(
            "The checks: %(errors)s errors bar the report, %(warnings)s warnings.",
            errors=errors,
            warnings=warnings,
        )
    elif queries.has_run(school_id, year):
        text = _("The checks found nothing to mend at their last run.")
    else:
        text = _("The checks have not run yet.")
    kind = "danger" if errors else "warn" if warnings else ""
    return {"text": text, "kind": kind, "url": url_for("ChecksView.index")}


def link(found: Finding, pages: dict[str, str]) -> tuple[str, str]:
    """Where a finding is mended: the student's record for the person's part, else the plan row."""
    person = (
        "id_",
        "examinee_",
        "phone_",
        "student_",
        "origin",
        "study_",
        "graduation_",
        "committed",
        "gaps",
    )
    if found.student_id is None:
        return url_for("PlanView.list", f_college=found.college_id), _("To the plan of the college")
    if found.rule.startswith(person) or "plan" not in pages:
        return url_for("StudentsView.show", pk=found.student_id), _("To the student")
    return pages["plan"], _("To the row of the plan")


def last_run(run: CheckRun | None) -> str:
    """When the checks last ran, over how many rows, how long."""
    if run is None or run.ran_at is None:
        return _("The checks have not run yet.")
    return ngettext(
        "Last run %(at)s: %(num)s row in %(seconds)s s",
        "Last run %(at)s: %(num)s rows in %(seconds)s s",
        run.rows,
        at=moment(run.ran_at),
        seconds=f"{run.took / 1000:.1f}",
    )


def facts(found: Finding) -> list[tuple[Any, str]]:
    """Rule, sentence and edition of one finding."""
    rule = BY_NAME.get(found.rule)
    return [
        (_("Rule"), str(rule.title) if rule else found.rule),
        (_("What is wrong"), sentence(found)),
        (
            _("Edition of the codes"),
            codes.edition_name(codes.edition("byqx", found.graduation_year)),
        ),
    ]


def in_spite(row: Trail) -> str:
    """The hints in spite of which somebody approved or reported."""
    known = _(", ").join(str(HINTS.get(name, name)) for name in row.details.get("hints", ()))
    return _("In spite of a hint: %(hints)s", hints=known) if known else ""
