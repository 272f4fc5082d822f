"""An employer as staff enter and correct it (ADM-06)."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from app.codes.forms import OpenRegion, options
from app.core.forms import EMAIL, PHONE, POSTCODE, TEL, line
from app.core.named import a_title
from app.core.names import clean_contact, clean_title
from app.core.text import clean_code
from app.people.employers.forms import FACTS


class EmployerForm(DynamicForm):
    """An employer as staff enter and correct it (ADM-06)."""

    FIELDS = (
        "credit_code",
        "name",
        *FACTS,
        "email",
    )

    credit_code = line(
        _l("Unified social credit code"), 18, clean=lambda text: clean_code(text)[:40]
    )
    compared = BooleanField(
        _l("I have compared the code with the licence"),
        description=_l("Only asked where its last character does not fit."),
    )
    name = line(_l("Name of the employer"), 120, a_title, clean=clean_title)
    kind = SelectField(_l("Nature"))
    industry = SelectField(_l("Industry"))
    location = OpenRegion(_l("Location"))
    address = line(_l("Postal address"), 200, required=False)
    postcode = line(_l("Postcode"), 6, POSTCODE, required=False)
    contact_name = line(_l("Signing contact"), 60, required=False, clean=clean_contact)
    contact_phone = line(_l("Telephone"), 20, PHONE, required=False, render_kw=TEL)
    email = line(_l("E-mail"), 120, EMAIL, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices, self.industry.choices = options("dwxz"), options("dwhy")

    @classmethod
    def refresh(cls, obj: Any = None) -> EmployerForm:
        """The form of a record; its telephone stays masked until typed anew."""
        if obj is None:
            return cls()
        plain = [name for name in cls.FIELDS if name != "contact_phone"]
        form = cls(data={name: getattr(obj, name) for name in plain})
        shown = obj.contact_phone_masked or ""
        form.contact_phone.render_kw = {**TEL, "placeholder": shown}
        form.contact_phone.description = _l("Leave it empty to keep the one on record.")
        return form

    def values(self) -> dict[str, Any]:
        """What is to be written; what is open is None."""
        return {name: self[name].data or None for name in self.FIELDS}
