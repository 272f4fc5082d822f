"""The administrators' forms of what codes count as, and of the formulas (PLN-11)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, SelectField
from wtforms.validators import InputRequired, NumberRange, ValidationError

from app.codes.queries import edition_name, names
from app.core.forms import MISSING, Ticks, line
from app.core.numbers import YEARS, WholeField
from app.plan.rows.edition_models import PARTS
from app.plan.rows.editions import NOT_NOW, SEEKING, formula_of, formulas
from app.plan.rows.models import DESTINATION_FIELDS, FIELD_LABELS

OUTSIDE = (SEEKING, NOT_NOW, "none")


def _part_choices(parts: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(part, str(PARTS[part])) for part in (*parts, SEEKING, NOT_NOW)]


class CountsAsForm(DynamicForm):
    """What a code counts as, and the fields that it needs."""

    part = SelectField(_l("Counts as"))
    needed = Ticks(
        _l("Needs these fields"),
        description=_l("The checks report a row that lacks one of them."),
    )
    certain = BooleanField(_l("Confirmed"), default=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = kwargs.get("obj")
        self.needed.choices = [(n, FIELD_LABELS[n]) for n in DESTINATION_FIELDS[1:]]
        every = tuple(dict.fromkeys(p for f in formulas().values() for p in f.settled))
        self.part.choices = _part_choices(formula_of(own.edition).settled if own else every)


class NewCountsAsForm(CountsAsForm):
    """A code that an edition did not count before."""

    edition = SelectField(_l("Edition of the formula"))
    code = line(_l("Code"), 3)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.edition.choices = [(edition, edition_name(edition)) for edition in formulas()]


class FormulaForm(DynamicForm):
    """The parts of the rate, and who is outside N."""

    settled = Ticks(_l("Parts of the rate"))
    left_out = Ticks(_l("Not in N"), description=_l("Levels of education without completion"))
    certain = BooleanField(_l("Confirmed"), default=True)
    note = line(_l("Note"), 200, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.settled.choices = [(p, str(label)) for p, label in PARTS.items() if p not in OUTSIDE]
        self.left_out.choices = [(code, f"{code} {name}") for code, name in names("xl").items()]

    def validate_settled(self, field: Field) -> None:
        """A rate has parts."""
        if not field.data:
            raise ValidationError(_("Choose at least one part."))


class NewFormulaForm(FormulaForm):
    """A formula from a graduation year on; its codes are copied from the one before."""

    edition = line(_l("Edition of the formula"), 12)
    since = WholeField(
        _l("From graduation year"), [InputRequired(MISSING), NumberRange(1990, 2100)], YEARS
    )
