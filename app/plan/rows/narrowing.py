"""What lists of graduates can be narrowed by besides college and year, and the search by employers (F-58).

Each condition is on plan rows or on students; `filters` turns it into one on the list's own model. They
combine, stand in the address, and go with the list into its export.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, true

from app.accounts.queries import actor
from app.codes import labels
from app.codes import queries as codes
from app.core.named import name_has
from app.core.text import clean_code, clean_line
from app.fab.declared import ListFilter
from app.people.schools.models import Major
from app.people.schools.queries import majors_for
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOTHING, formulas, parts_of
from app.plan.rows.employers import Condition, has_employer, in_region
from app.plan.rows.models import SOURCES, PlanEntry
from app.plan.rows.queries import plan_entries_for


def counting_as(part: str) -> Condition:
    """The plan rows whose code counts as that part in the formula of their year (PLN-11)."""
    year, found = PlanEntry.graduation_year, []
    until = 10_000
    for rate in formulas().values():
        known = [c for c, of in parts_of(rate.edition).items() if rate.part(of) == part]
        found.append((year >= rate.since) & (year < until) & PlanEntry.destination_code.in_(known))
        until = rate.since
    return or_(*found)


def in_class(typed: str) -> Condition:
    """The students whose class has that in its name, whatever its case; index ix_student_class_grams."""
    named = name_has(Student.class_name, typed, clean_line)
    return named if clean_line(typed) else true()


def of_major(typed: str) -> Condition:
    """The students of the majors that are called so, or have that code, in the person's scope."""
    name = clean_line(typed)
    called = Major.name.icontains(name, autoescape=True) | (Major.code == clean_code(typed))
    return Student.major_id.in_(majors_for(actor()).where(called).with_only_columns(Major.id))


def _parts() -> list[tuple[str, str]]:
    return [(part, str(label)) for part, label in PARTS.items() if part != NOTHING]


def _named(table: str) -> Callable[[], list[tuple[str, str]]]:
    """All codes of a table in any edition, also ended ones, each with its name."""

    def options() -> list[tuple[str, str]]:
        found: dict[str, str] = {}
        for since, _edition in codes.editions(table):
            found |= {
                c: labels.text(table, n)
                for c, n in codes.names(table, max(since, 1), ended=True).items()
                if c not in found
            }
        return [(code, f"{code} {name}") for code, name in sorted(found.items())]

    return options


def _sources() -> list[tuple[str, str]]:
    return [(source.value, str(label)) for source, label in SOURCES.items()]


def _entry(
    name: str, title: Any, label: Any, condition: Any, options: Any = None
) -> tuple[Any, ...]:
    return name, title, label, condition, options, True


def _student(
    name: str, title: object, label: object, condition: object, options: object = None
) -> tuple[Any, ...]:
    return name, title, label, condition, options, False


DECLARED = (
    _entry(
        "part", _l("Group of destinations"), _l("All groups of destinations"), counting_as, _parts
    ),
    _entry(
        "destination",
        _l("Destination"),
        _l("All destinations"),
        lambda code: PlanEntry.destination_code == code,
        _named("byqx"),
    ),
    _entry(
        "employer", _l("Employer"), _l("Employer: part of its name, or credit code"), has_employer
    ),
    _entry(
        "nature",
        _l("Nature"),
        _l("All natures"),
        lambda code: PlanEntry.employer_kind == code,
        _named("dwxz"),
    ),
    _entry(
        "industry",
        _l("Industry"),
        _l("All industries"),
        lambda code: PlanEntry.industry == code,
        _named("dwhy"),
    ),
    _entry("region", _l("Region"), _l("Region: province, city, district or code"), in_region),
    _student("major", _l("Major"), _l("Major: part of its name, or code"), of_major),
    _student("class_", _l("Class"), _l("Class: part of its name"), in_class),
    _student(
        "level",
        _l("Level of education"),
        _l("All levels"),
        lambda code: Student.education == code,
        _named("xl"),
    ),
    _entry(
        "source",
        _l("Source"),
        _l("All sources"),
        lambda source: PlanEntry.sources["destination_code"].astext == source,
        _sources,
    ),
)


def filters(model: Any) -> tuple[ListFilter, ...]:
    """All of them for a list of plan rows or of students."""
    return tuple(
        ListFilter(name, label, _on(model, condition, of_entry), options, title, further=True)
        for name, title, label, condition, options, of_entry in DECLARED
    )


def _on(
    model: Any, condition: Callable[[str], Condition], of_entry: bool
) -> Callable[[str], Condition]:
    """The condition as one on the model of the list."""
    if of_entry is (model is PlanEntry):
        return condition

    def across(value: str) -> Condition:
        if of_entry:
            wanted = plan_entries_for(actor()).with_only_columns(PlanEntry.student_id)
            found: Condition = model.id.in_(wanted.where(condition(value)))
        else:
            mine = students_for(actor()).with_only_columns(Student.id)
            found = PlanEntry.student_id.in_(mine.where(condition(value)))
        return found

    return across
