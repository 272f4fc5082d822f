"""The administrators' forms of the fields and proofs that a kind asks for."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import (
    BooleanField,
    Field,
    SelectField,
)
from wtforms.validators import DataRequired, ValidationError

from app.codes.queries import names
from app.codes.shipped import TABLES
from app.core.db import db
from app.core.forms import MISSING, line
from app.signing.destinations.field_types import FIELD_TYPES, PLAN, FieldType
from app.signing.destinations.kind_models import (
    DestinationKind,
)
from app.signing.destinations.table_forms import NamedForm, key_field, whole_number


class ProofForm(NamedForm):
    """A proof that a kind asks for."""

    required = BooleanField(_l("Required"), default=True)
    most = whole_number(_l("Most files"), 1, 20, required=True, default=3)


class FieldForm(NamedForm):
    """A field that a kind asks for."""

    type = SelectField(_l("What it asks for"))
    required = BooleanField(_l("Required"), default=True)
    length = whole_number(_l("Most characters"), 1, 500, description=_l("Of texts"))
    low = whole_number(_l("Least"), -999_999_999, 999_999_999, description=_l("Of numbers"))
    high = whole_number(_l("Most"), -999_999_999, 999_999_999, description=_l("Of numbers"))
    table = SelectField(_l("Code table"), description=_l("Of choices"))
    only_text = line(
        _l("Only these codes"),
        200,
        required=False,
        description=_l("Of choices: codes with blanks between them; empty for the whole table"),
    )
    plan_field = SelectField(_l("Fills in the plan row"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.type.choices = list(FIELD_TYPES.items())
        self.table.choices = [("", "–"), *((k, f"{v} {k}") for k, v in TABLES.items())]
        labels = plan_labels()
        self.plan_field.choices = [("", "–"), *((name, labels[name]) for name in PLAN)]

    def validate_table(self, field: Field) -> None:
        """A choice names its table."""
        if self.type.data == FieldType.CODE and not field.data:
            raise ValidationError(_("Choose the table."))

    def validate_plan_field(self, field: Field) -> None:
        """A column of the plan takes only what fits it."""
        types, table, _most = PLAN.get(field.data, ((), "", 0))
        if field.data and (self.type.data not in types or (table and self.table.data != table)):
            raise ValidationError(_("This column takes another sort of value."))

    def validate_only_text(self, field: Field) -> None:
        """Only codes of the table."""
        unknown = [code for code in (field.data or "").split() if not self._has(code)]
        if unknown:
            raise ValidationError(_("The table has no code %(code)s.", code=unknown[0][:20]))

    def validate_high(self, field: Field) -> None:
        """The bounds have something between them."""
        if None not in (field.data, self.low.data) and field.data < self.low.data:
            raise ValidationError(_("The most is less than the least."))

    def _has(self, code: str) -> bool:
        table = self.table.data
        return bool(table) and (code in names(table) or code in names(table, 2020))


class NewPart:
    """Mixin: the kind that a new field or proof belongs to, and the key that stays."""

    kind_id = SelectField(_l("Kind of destination"), [DataRequired(MISSING)], coerce=int)
    key = line(_l("Key"), 30, key_field)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = select(DestinationKind).order_by(DestinationKind.sort, DestinationKind.id)
        self.kind_id.choices = [(k.id, str(k)) for k in db.session.scalars(kinds)]  # type: ignore[attr-defined]


class NewFieldForm(NewPart, FieldForm):
    """A new field."""


class NewProofForm(NewPart, ProofForm):
    """A new proof."""


def plan_labels() -> dict[str, object]:
    """The columns of the plan row in words."""
    return {
        "employer_name": _("Employer"),
        "credit_code": _("Credit code"),
        "employer_kind": _("Nature"),
        "industry": _("Industry"),
        "location": _("Region"),
        "position_kind": _("Kind of position"),
        "contact_name": _("Contact"),
        "contact_phone": _("Telephone"),
        "address": _("Address"),
        "postcode": _("Postcode"),
        "archive_to": _("Forward the archive to"),
        "archive_address": _("Forwarding address"),
        "archive_postcode": _("Forwarding postcode"),
        "household_address": _("Household address"),
        "destination_code": _("Destination"),
    }
