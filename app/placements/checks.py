"""What the school must know of an employer before a placement comes into force (AGR-03)."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.codes.models import Region
from app.core.db import db
from app.core.errors import Invalid
from app.core.text import clean_code
from app.placements.models import Kind, Placement

MUST_KNOW = (
    ("employer_kind", _l("nature")),
    ("employer_industry", _l("industry")),
    ("employer_location", _l("region")),
)
TABLES = {"employer_kind": "dwxz", "employer_industry": "dwhy"}
_UNKNOWN = {
    "employer_kind": _l("Choose the employer's nature from the list."),
    "employer_industry": _l("Choose the employer's industry from the list."),
    "employer_location": _l("Choose the city or county from the list."),
}


def known_in(year: int, facts: Mapping[str, str | None]) -> dict[str, str | None]:
    """The facts that an employer keeps, without codes that the year's edition does not have (PLN-11)."""
    return {
        name: value
        for name, value in facts.items()
        if name not in TABLES or value in codes.names(TABLES[name], year)
    }


def missing_facts(placement: Placement) -> list[str]:
    """The names of the facts that are not known yet; a destination has them by its own fields."""
    if placement.kind == Kind.DESTINATION:
        return []
    return [str(label) for name, label in MUST_KNOW if not getattr(placement, name)]


def checked_facts(values: dict[str, str], year: int) -> dict[str, str]:
    """The facts as codes of their tables in the year's edition. Raises Invalid beside the field."""
    known = {name: clean_code(values.get(name) or "") for name, _label in MUST_KNOW}
    problems = [
        (name, str(_UNKNOWN[name])) for name in known if not _known(name, known[name], year)
    ]
    if problems:
        raise Invalid(problems)
    return known


def _known(name: str, code: str, year: int) -> bool:
    if name == "employer_location":
        region = db.session.get(Region, code) if code else None
        return region is not None and region.level > 1
    return code in codes.names(TABLES[name], year)
