"""What graduates can be grouped by in reports (RPT-06): columns and names, no pandas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func

from app.codes import labels
from app.people.schools.models import College, Major, School
from app.people.students.models import Student
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOTHING, formula, formula_of, parts_of
from app.plan.rows.models import SOURCES, PlanEntry
from app.signing.terms.models import Terms

PAY, BANDS = "pay", "band"
LABELS: dict[str, Any] = {
    "school": _l("School"),
    "college": _l("College"),
    "major": _l("Major"),
    "class": _l("Class"),
    "year": _l("Graduation year"),
    "level": _l("Level of education"),
    "sex": _l("Sex"),
    "origin": _l("Province of origin"),
    "part": _l("Group of destinations"),
    "destination": _l("Destination"),
    "nature": _l("Nature of the employer"),
    "industry": _l("Industry"),
    "region": _l("Province of the employer"),
    "city": _l("City of the employer"),
    "position": _l("Kind of position"),
    BANDS: _l("Pay band"),
    "source": _l("Source"),
}
UNITS: Mapping[str, Any] = {"school": School, "college": College, "major": Major}
EDGES = (0, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 15_000, 20_000)  # yuan a month


@dataclass(frozen=True)
class Dimension:
    """One way to group graduates: the column that is read, and the group's name for what it holds.

    `name` gets the value and the graduation year; `ordered`: by the value itself, a code or a year.
    """

    column: Any
    name: Callable[[Any, int], str] = lambda value, _year: str(value or "")
    ordered: bool = True


def _code(table: str) -> Callable[[Any, int], str]:
    return lambda code, year: labels.code_text(table, code, year) if code else ""


def part_of(code: str | None, year: int) -> str:
    """What a destination code counts as in the formula of the year (PLN-11)."""
    rate = formula_of(formula(year))
    return rate.part(parts_of(rate.edition).get(code or "", NOTHING))


def part_name(part: str) -> str:
    """A part of the rate, or what is outside it, in words."""
    return _("Unregistered") if part == NOTHING else str(PARTS[part])


def province_name(code: str | None, _year: int = 0) -> str:
    """The province that a region's first two digits mean."""
    return labels.province(code) if code else ""


def city_name(code: str | None, _year: int = 0) -> str:
    """The city that a region's first four digits mean, with its province."""
    if not code:
        return ""
    whole = f"{code[:4]:0<6}"
    found = labels.plain(labels.region(whole))
    return code if found == whole else found


def bands() -> list[str]:
    """The pay bands in words, the lowest first; who has no agreement that says a pay is in none."""
    found = [_("below %(most)s", most=f"{EDGES[1]:,}")]
    found += [f"{low:,}–{high - 1:,}" for low, high in pairwise(EDGES[1:])]
    return [*found, _("%(least)s and more", least=f"{EDGES[-1]:,}")]


def band_name(band: int | None, _year: int = 0) -> str:
    """A pay band by its place."""
    return _("no pay on record") if band is None else bands()[band]


def band_column() -> Any:
    """The place of the band in which the pay of the agreement lies."""
    places = [(Terms.regular_pay < most, place) for place, most in enumerate(EDGES[1:])]
    return case((Terms.regular_pay.is_(None), None), *places, else_=len(EDGES) - 1)


_STUDENT, _ROW = Student, PlanEntry
READ: dict[str, Dimension] = {
    "school": Dimension(School.code, ordered=False),
    "college": Dimension(College.code, ordered=False),
    "major": Dimension(Major.code, ordered=False),
    "class": Dimension(_STUDENT.class_name),
    "year": Dimension(_STUDENT.graduation_year),
    "level": Dimension(_STUDENT.education, _code("xl")),
    "sex": Dimension(_STUDENT.sex, _code("xb")),
    "origin": Dimension(func.left(_STUDENT.origin, 2), province_name),
    "part": Dimension(_ROW.destination_code, lambda code, year: part_name(part_of(code, year))),
    "destination": Dimension(_ROW.destination_code, _code("byqx")),
    "nature": Dimension(_ROW.employer_kind, _code("dwxz")),
    "industry": Dimension(_ROW.industry, _code("dwhy")),
    "region": Dimension(func.left(_ROW.location, 2), province_name),
    "city": Dimension(func.left(_ROW.location, 4), city_name),
    "position": Dimension(_ROW.position_kind, _code("gzzwlb")),
    "source": Dimension(
        _ROW.sources["destination_code"].astext,
        lambda source, _year: str(SOURCES[source]) if source in SOURCES else str(source or ""),
    ),
}
