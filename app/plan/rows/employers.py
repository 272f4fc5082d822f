"""Rows of the plan by their employer, as a typed text means it, and by its region."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select, text, union_all

from app.accounts.queries import actor
from app.codes import regions
from app.core.checks import is_credit_code
from app.core.named import title_has
from app.core.registry import stores
from app.core.text import clean_code, clean_line
from app.people.employers.models import Employer
from app.people.employers.queries import renamed_employers
from app.plan.rows.models import PlanEntry
from app.plan.rows.queries import plan_entries_for
from app.workflow.actor import Actor

Condition = ColumnElement[bool]
MOST_REGIONS = 200

# the names that no placement's index knows: typed, from a file, of a destination; index ix_plan_entry_grams
NAMED_HERE = text(
    "(plan_entry.employer_name IS NOT NULL AND (plan_entry.placement_id IS NULL"
    " OR coalesce(plan_entry.sources ->> 'employer_name', '') <> 'signing'))"
)


def of_employer(typed: str, who: Actor) -> list[Select[Any]]:
    """Selects of the ids of the plan rows whose employer a typed text means: each is served by an index.

    A credit code, or a part of the present or a former name.
    """
    mine = plan_entries_for(who).with_only_columns(PlanEntry.id)
    code = clean_code(typed).upper()
    if is_credit_code(code):
        return [mine.where(PlanEntry.credit_code == code)]
    if not clean_line(typed) or code.isdecimal():
        return []
    renamed = select(Employer.credit_code).where(Employer.id.in_(renamed_employers(typed)))
    return [
        mine.where(title_has(PlanEntry.employer_name, typed), NAMED_HERE),
        mine.where(PlanEntry.credit_code.in_(renamed)),
        mine.where(PlanEntry.placement_id.in_(stores().placements_named(typed))),
    ]


def has_employer(typed: str) -> Condition:
    """The plan rows of the person's scope with such an employer."""
    parts = of_employer(typed, actor())
    return PlanEntry.id.in_(union_all(*parts)) if parts else false()


def students_of_employer(typed: str, who: Actor) -> list[Select[Any]]:
    """The same as ids of students, for the search of their list."""
    parts = of_employer(typed, who)
    return (
        [select(PlanEntry.student_id).where(PlanEntry.id.in_(union_all(*parts)))] if parts else []
    )


def in_region(typed: str) -> Condition:
    """The plan rows whose employer is in the region of that code, or in one that is called so."""
    codes_ = regions.regions_called(typed, MOST_REGIONS)
    return or_(false(), *(PlanEntry.location.startswith(code) for code in codes_))
