"""What must be known before a placement comes into force (AGR-03), and what can be printed (DOC-07)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.codes.models import Region
from app.core.db import db
from app.core.errors import Invalid
from app.core.printable import sentence
from app.core.text import clean_code
from app.files.documents.models import Failure
from app.signing.placements.models import Kind, Placement
from app.signing.terms.models import FIELDS
from app.signing.terms.models import PARTS as TERM_PARTS

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


NAMED = 3  # characters that one sentence names
PARTS = {
    "school": _l("School"),
    "student": _l("Student"),
    "employer": _l("Employer"),
    "terms": _l("Signing terms"),
    "archive": _l("Personal archive"),
    "household": _l("Household registration"),
}
_FIELDS = {
    "name": _l("Name"),
    "student_no": _l("Student number"),
    "college": _l("College"),
    "major": _l("Major"),
    "class_name": _l("Class"),
    "email": _l("E-mail"),
    "address": _l("Postal address"),
    "contact_name": _l("Signing contact"),
    "contact_phone": _l("Telephone"),
    "code": _l("Code"),
}
_WHOLE = {"employer.name": _l("Name of the employer"), "school.name": _l("School name")}
AGREED = (*TERM_PARTS.values(), "position")


def place_name(place: str) -> str:
    """What a place of the printed data is called: ``student.name`` → Student · Name."""
    if place in _WHOLE:
        return str(_WHOLE[place])
    part, _dot, name = place.partition(".")
    term = next((f for f in FIELDS if place in (f.place, f.name)), None)
    label: Any = term.label if term else _FIELDS.get(name, name)
    whole = PARTS.get(part, PARTS["terms"])
    return f"{whole} · {label}" if label else str(whole)


def named(missing: Sequence[Sequence[str]]) -> str:
    """Which characters of which fields cannot be printed, and what to write instead."""
    said = [
        _("%(field)s: %(text)s", field=place_name(place), text=sentence(char))
        for place, char in missing[:NAMED]
    ]
    return " ".join(said)


def who_mends(missing: Sequence[Sequence[str]], placement: Placement) -> str:
    """Who can change what cannot be printed, as things stand; empty where it is over."""
    parts = {place.partition(".")[0] for place, _char in missing}
    if parts <= {"student", "school"}:
        return _("The school corrects it in the student's record.")
    if not placement.stands:
        return ""
    if placement.in_force:
        return _(
            "The school withdraws its review and refuses the signing with this reason; then it is signed"
            " anew with another wording."
        )
    if parts <= set(AGREED) and placement.kind == Kind.ONLINE and placement.reviewed_at is None:
        return _("The employer proposes other terms.")
    return _(
        "The school refuses it with this reason; then it is entered anew with another wording."
    )


def not_made(failure: Failure | None, placement: Placement) -> list[str]:
    """Why a document of the placement could not be made and who can act; empty where nothing failed."""
    if failure is None:
        return []
    if not failure.missing:
        return [
            _("The document could not be made: laying it out failed."),
            _("The system administrator finds it among the failed jobs and has it made again."),
        ]
    who = who_mends(failure.missing, placement)
    return [
        _("The document could not be made: it has characters that cannot be printed."),
        named(failure.missing),
        *([who, _("Once that is done, it is made by itself within ten minutes.")] if who else []),
    ]
