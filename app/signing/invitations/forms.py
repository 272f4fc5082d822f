"""The forms of the employer's composer: the four-field search, the letter made from the terms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import DataRequired

from app.core import clock
from app.core.forms import MISSING, line
from app.core.names import clean_name
from app.people.employers.models import Employer
from app.people.names.queries import former_names
from app.people.schools.models import School
from app.people.schools.queries import active_schools
from app.settings.queries import settings
from app.signing.invitations.guards import days_refused
from app.signing.invitations.models import Invitation
from app.signing.terms.forms import TermsPart, fields_of
from app.signing.terms.models import FIELDS, OFFER, Terms


class SearchForm(FlaskForm):
    """The four fields that must all be right (INV-01)."""

    school = SelectField(_l("School"), [DataRequired(MISSING)])
    year = SelectField(_l("Graduation year"), [DataRequired(MISSING)])
    name = line(_l("Name of the student"), 60, clean=clean_name, render_kw={"autocomplete": "off"})
    number = line(
        _l("Document number or phone"),
        30,
        render_kw={"autocomplete": "off"},
        description=_l(
            "ID number, or that of permit or passport; a phone outside the mainland with its code."
        ),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        empty = ("", _("Please choose"))
        self.school.choices = [empty, *active_schools()]
        now = clock.today().year
        self.year.choices = [empty, *((str(y), str(y)) for y in range(now + 5, now - 4, -1))]


class _LetterForm(TermsPart):
    """One letter for one or many students of one position; its fields are the terms' (INV-05)."""

    def posted(self) -> list[tuple[str, str]]:
        """Names and values as the form posted them: for the preview, which sends them again."""
        pairs = []
        for field in self:
            if field.name != "csrf_token" and field.data is not None:
                text = field._value() if hasattr(field, "_value") else field.data
                pairs.append((field.name, text))
                if field.type == "RegionField":
                    pairs.append((f"{field.name}_code", field.data))
        return pairs

    def allowed_by(self, schools: Iterable[School]) -> bool:
        """Whether every school allows the days; what one does not stands at the field (ADM-05)."""
        asked = (days_refused(school, self.reply_days.data) for school in schools)
        problems = [sentence for sentence in asked if sentence]
        self.reply_days.errors = [*self.reply_days.errors, *problems]
        return not problems


class ExtendForm(FlaskForm):
    """The last day to answer, of the later ones that the school allows."""

    days = SelectField(_l("The student may answer until"), coerce=int)

    def __init__(self, invitation: Invitation) -> None:
        super().__init__()
        given, most = invitation.terms.reply_days, settings(invitation.school_id).reply_days_most
        self.days.choices = [
            (days, self._named(invitation, days)) for days in range(given + 1, most + 1)
        ]

    @staticmethod
    def _named(invitation: Invitation, days: int) -> str:
        more = days - invitation.terms.reply_days
        until = clock.shown_deadline(clock.deadline(invitation.sent_at, days))
        return ngettext(
            "%(until)s (%(num)s more day)", "%(until)s (%(num)s more days)", more, until=until
        )


LetterForm: Any = type("LetterForm", (_LetterForm,), fields_of(FIELDS))


def _with_new_name(employer: Employer, found: dict[str, Any]) -> dict[str, str]:
    """The texts of the last letter that name the employer as it was called then, with the name of now."""
    texts = {f.name: found.get(f.name) for f in FIELDS if f.group == OFFER and f.kind == "text"}
    now, new = employer.name, dict[str, str]()
    for old, _until in former_names(employer_id=employer.id):
        new |= {n: t.replace(old, now) for n, t in texts.items() if t and old in t and now not in t}
    return new


def beginning(employer: Employer, last: Terms | None, *, whole: bool = False) -> dict[str, Any]:
    """What a new letter begins with: the employer's profile, over it the last letter (ACC-08).

    Of that one the offer; its archive and household too where it is written once more, `whole`.
    """
    found = {f.name: f.default for f in FIELDS if f.default is not None}
    found |= {f.name: getattr(employer, f.profile) for f in FIELDS if f.profile}
    if last is not None:
        offered = {f.name: getattr(last, f.name) for f in FIELDS if whole or f.group == OFFER}
        found |= {name: value for name, value in offered.items() if value is not None}
        found |= _with_new_name(employer, found)
        if last.report_by < clock.today():
            found.pop("report_by")
    return found
