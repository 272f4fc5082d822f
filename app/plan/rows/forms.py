"""The forms of the plan: one row as staff write it, a school's year, a snapshot."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, SelectField, StringField
from wtforms.validators import ValidationError

from app.codes import labels, regions
from app.codes import queries as codes
from app.core.checks import is_credit_code
from app.core.forms import line
from app.core.names import clean_title
from app.core.text import clean_code, clean_line
from app.plan.rows.models import DESTINATION_FIELDS, FIELD_LABELS, PlanEntry

MOST = {name: PlanEntry.__table__.c[name].type.length for name in DESTINATION_FIELDS}
TABLES = {
    "destination_code": "byqx",
    "employer_kind": "dwxz",
    "industry": "dwhy",
    "position_kind": "gzzwlb",
}
CLEAN = {
    "employer_name": clean_title,
    **dict.fromkeys(("credit_code", "contact_phone", "postcode", "archive_postcode"), clean_code),
}
GROUPS = (
    (
        _l("Destination"),
        (
            "destination_code",
            "employer_name",
            "credit_code",
            "employer_kind",
            "industry",
            "region",
            "position_kind",
        ),
    ),
    (_l("Contact"), ("contact_name", "contact_phone", "address", "postcode")),
    (_l("Personal archive"), ("archive_to", "archive_address", "archive_postcode")),
    (_l("Household registration"), ("household_address",)),
)


def _line(name: str) -> object:
    clean = CLEAN.get(name, clean_line)
    return line(FIELD_LABELS[name], MOST[name], required=False, clean=clean)


def _codes(name: str) -> object:
    return SelectField(FIELD_LABELS[name], validate_choice=True)


class EntryForm(FlaskForm):
    """The destination part of a row; every code is one of its table's."""

    destination_code = _codes("destination_code")
    employer_name = _line("employer_name")
    credit_code = _line("credit_code")
    employer_kind = _codes("employer_kind")
    industry = _codes("industry")
    region = StringField(_l("Region"), description=_l("Type a name, such as Hongshan, or a code."))
    location = HiddenField()
    position_kind = _codes("position_kind")
    contact_name = _line("contact_name")
    contact_phone = _line("contact_phone")
    address = _line("address")
    postcode = _line("postcode")
    archive_to = _line("archive_to")
    archive_address = _line("archive_address")
    archive_postcode = _line("archive_postcode")
    household_address = _line("household_address")
    reason = line(_l("Reason"), 200, required=False)
    seen = HiddenField()

    @classmethod
    def of(cls, entry: PlanEntry, *, posted: bool) -> EntryForm:
        """The form with what the row has."""
        known = {name: getattr(entry, name) or "" for name in DESTINATION_FIELDS}
        known |= {"region": regions.region_name(entry.location), "seen": version(entry)}
        form = cls(data=known) if posted else cls(formdata=None, data=known)
        for name, table in TABLES.items():
            named = codes.names(table, entry.graduation_year)
            own = getattr(entry, name)
            extra = [(own, own)] if own and own not in named else []
            form[name].choices = [
                ("", "—"),
                *((c, f"{c} {n}") for c, n in labels.choices(named, table)),
                *extra,
            ]
        return form

    def validate_credit_code(self, field: Field) -> None:
        """A wrong checksum is a slip of the pen; numbers of other kinds are not codes of this kind."""
        if field.data and not is_credit_code(field.data):
            raise ValidationError(_("This is no valid credit code."))

    def validate_region(self, field: Field) -> None:
        """The region is one of the table."""
        if field.data and self._location() is None:
            raise ValidationError(_("Choose one region from the list."))

    def _location(self) -> str | None:
        typed, code = (self.region.data or "").strip(), self.location.data or ""
        if not typed:
            return None
        return code if code and regions.region_name(code) == typed else regions.region_code(typed)

    def values(self) -> dict[str, str | None]:
        """What to write, field by field."""
        found = {name: self[name].data or None for name in DESTINATION_FIELDS}
        return found | {"location": self._location()}


def version(entry: PlanEntry) -> str:
    """What tells whether somebody changed the row since the page was made."""
    return entry.changed_at.isoformat()
