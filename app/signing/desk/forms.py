"""The one form of the review desk: what is missing of the employer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField

from app.codes import labels, regions
from app.codes import queries as codes
from app.core.errors import Invalid
from app.core.forms import show_problems
from app.signing.placements.models import Placement


class FactsForm(FlaskForm):
    """Nature, industry and region; the region's code from the picker or from what was typed."""

    employer_kind = SelectField(_l("Nature"), validate_choice=False)
    employer_industry = SelectField(_l("Industry"), validate_choice=False)
    region = StringField(_l("Region"), description=_l("Type a name, such as Hongshan, or a code."))
    employer_location = HiddenField()

    @classmethod
    def of(cls, placement: Placement) -> FactsForm:
        """The form with what is known."""
        known: dict[str, Any] = {
            "employer_kind": placement.employer_kind,
            "employer_industry": placement.employer_industry,
            "employer_location": placement.employer_location,
            "region": regions.region_name(placement.employer_location),
        }
        form = cls(data=known)
        for field, table in ((form.employer_kind, "dwxz"), (form.employer_industry, "dwhy")):
            field.choices = [
                ("", "—"),
                *labels.choices(codes.names(table, placement.graduation_year), table),
            ]
        return form

    def values(self) -> dict[str, str]:
        """What to write; without the picker the one region that the typed text means."""
        typed = (self.region.data or "").strip()
        code = self.employer_location.data or ""
        if typed and regions.region_name(code) != typed:
            found = [r.code for r in regions.find_regions(typed, 2) if r.level > 1]
            code = found[0] if len(found) == 1 else typed
        return {
            "employer_kind": self.employer_kind.data or "",
            "employer_industry": self.employer_industry.data or "",
            "employer_location": code,
        }

    def show(self, error: Invalid) -> None:
        """Put the problems beside what a person sees: the region's code is hidden."""
        places = {"employer_location": "region"}
        show_problems(self, Invalid([(places.get(p, p), text) for p, text in error.problems]))
