"""The forms of an employer: registration, profile, and as staff keep it."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from app.codes.forms import RegionField, options
from app.core import checks
from app.core.forms import EMAIL, MISSING, ONE_TIME, PHONE, POSTCODE, TEL, Checked, OnlyIf, line
from app.core.named import a_title
from app.core.names import clean_contact, clean_title
from app.core.text import clean_code
from app.people.employers.models import Employer
from app.people.schools.queries import active_schools

# of the official tables: what only a student's own way or the school can mean
# what an employer, and staff for it, say of it
FACTS = ("kind", "industry", "location", "address", "postcode", "contact_name", "contact_phone")
NOT_FOR_EMPLOYERS = {
    "dajs": frozenset({"ADMIT_SCHOOL", "KEEP_SCHOOL", "NOT_HELD"}),
    "hkjs": frozenset({"ADMIT_SCHOOL", "NOT_MOVED_IN"}),
}
NOT_RECEIVED = "NONE"

CREDIT_CODE = Checked(
    checks.is_credit_code,
    _l("This is not a valid credit code: 18 characters, and the last one must fit."),
)

ARCHIVE = OnlyIf("archive_receiver", NOT_RECEIVED)


class CompanyForm(FlaskForm):
    """What a school checks, and whom to ask: for registering and for correcting (ACC-07)."""

    credit_code = line(
        _l("Unified social credit code"),
        18,
        CREDIT_CODE,
        clean=lambda text: clean_code(text)[:40],
        description=_l("18 characters, as on the business licence. You sign in with it."),
        render_kw={"autocapitalize": "characters", "autocomplete": "off"},
    )
    name = line(
        _l("Name of the employer"),
        120,
        a_title,
        clean=clean_title,
        description=_l("The full name as on the business licence"),
    )
    licence = FileField(
        _l("Business licence"),
        description=_l("A scan or photo: JPEG, PNG or PDF, at most 10 MB"),
        render_kw={"accept": ".jpg,.jpeg,.png,.webp,.pdf"},
    )
    school = SelectField(
        _l("School that checks"),
        [DataRequired(MISSING)],
        description=_l("Any one school; once it has approved, you can invite students of all."),
    )
    contact_name = line(
        _l("Signing contact"), 60, clean=clean_contact, render_kw={"autocomplete": "name"}
    )
    contact_phone = line(_l("Telephone"), 20, PHONE, render_kw=TEL)
    email = line(
        _l("E-mail"), 120, EMAIL, render_kw={"autocomplete": "email", "inputmode": "email"}
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.school.choices = [("", _l("Please choose")), *active_schools()]

    def facts(self) -> dict[str, Any]:
        """What stands in the registration; never more than these."""
        names = ("credit_code", "name", "contact_name", "contact_phone", "email")
        return {name: self[name].data for name in names}


class RegisterForm(CompanyForm):
    """A new employer with the password of its account, and the codes that prove its addresses."""

    shared_phone = False  # whether the telephone opens another account
    email_code = StringField(_l("Code from the e-mail"), [Length(max=60)], render_kw=ONE_TIME)
    contact_phone_code = StringField(
        _l("Code from the phone"),
        [Length(max=60)],
        render_kw=ONE_TIME,
        description=_l("A landline needs none."),
    )

    licence = FileField(
        _l("Business licence"),
        [FileRequired(MISSING)],
        description=_l("A scan or photo: JPEG, PNG or PDF, at most 10 MB"),
        render_kw={"accept": ".jpg,.jpeg,.png,.webp,.pdf"},
    )

    password = PasswordField(
        _l("Password"),
        [DataRequired(MISSING), Length(max=128)],
        description=_l("At least 10 characters, with letters and digits"),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("Password again"),
        [DataRequired(MISSING), Length(max=128)],
        render_kw={"autocomplete": "new-password"},
    )


class ProfileForm(FlaskForm):
    """Facts and defaults that the employer keeps itself (ACC-08, ACC-12)."""

    kind = SelectField(_l("Nature"), [DataRequired(MISSING)])
    industry = SelectField(_l("Industry"), [DataRequired(MISSING)])
    location = RegionField(_l("Location"))
    address = line(_l("Postal address"), 200)
    postcode = line(_l("Postcode"), 6, POSTCODE, render_kw={"inputmode": "numeric"})
    contact_name = line(_l("Signing contact"), 60, clean=clean_contact)
    contact_phone = line(_l("Telephone"), 20, PHONE, required=False, render_kw=TEL)
    archive_receiver = SelectField(_l("Archive is received by"), [DataRequired(MISSING)])
    archive_to = line(_l("Forward the archive to"), 120, ARCHIVE, clean=clean_title)
    archive_address = line(_l("Forwarding address"), 200, ARCHIVE)
    archive_postcode = line(
        _l("Forwarding postcode"), 6, ARCHIVE, POSTCODE, render_kw={"inputmode": "numeric"}
    )
    archive_contact = line(_l("Forwarding contact"), 60, ARCHIVE, clean=clean_contact)
    archive_phone = line(_l("Forwarding telephone"), 20, ARCHIVE, PHONE, render_kw=TEL)
    household_kind = SelectField(_l("Household registration moves to"), [DataRequired(MISSING)])
    household_address = line(_l("Household address"), 200, OnlyIf("household_kind", NOT_RECEIVED))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices, self.industry.choices = options("dwxz"), options("dwhy")
        self.archive_receiver.choices = options("dajs", NOT_FOR_EMPLOYERS["dajs"])
        self.household_kind.choices = options("hkjs", NOT_FOR_EMPLOYERS["hkjs"])

    @classmethod
    def of(cls, employer: Employer) -> ProfileForm:
        """The form as the employer last filled it; its telephone stays masked until typed anew."""
        names = [name for name in cls.field_names() if name != "contact_phone"]
        form = cls(data={name: getattr(employer, name) for name in names})
        form.contact_phone.render_kw = {
            **(form.contact_phone.render_kw or {}),
            "placeholder": employer.contact_phone_masked or "",
        }
        form.contact_phone.description = _l("Leave it empty to keep the one on record.")
        return form

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """The names of what it writes."""
        return (
            *FACTS,
            "archive_receiver",
            "archive_to",
            "archive_address",
            "archive_postcode",
            "archive_contact",
            "archive_phone",
            "household_kind",
            "household_address",
        )

    def values(self) -> dict[str, Any]:
        """What is to be written; details that do not count are None."""
        return {name: self[name].data for name in self.field_names()}


def when(field: SelectField) -> str:
    """The values of a field for which its details are asked, as the page's script reads them."""
    wanted = [code for code, _name in field.choices if code not in ("", NOT_RECEIVED)]
    return f"{field.name}={'|'.join(wanted)}"
