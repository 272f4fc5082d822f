"""The forms by which staff keep students, colleges, majors and schools."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import DataRequired, InputRequired, NumberRange, Optional

from app.accounts.queries import actor
from app.codes.forms import RegionField, options
from app.core import identity, phones
from app.core.db import db
from app.core.forms import MISSING, Checked, line
from app.core.identity import IdKind
from app.core.named import a_title
from app.core.names import clean_contact, clean_name, clean_title
from app.core.numbers import YEARS, WholeField
from app.core.text import clean_code
from app.people import fields
from app.people.fields import Field, Shape
from app.people.forms import EMAIL, PHONE, POSTCODE, TEL
from app.people.models import College, Major
from app.people.queries import colleges_for, majors_for
from app.people.students import mail_is_free

YEAR = _l("A year between 2000 and 2100.")


class OpenRegion(RegionField):
    """A region that may be left open; what is typed must be known."""

    validators: Any

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        [known] = self.validators
        self.validators = [lambda form, field: known(form, field) if field.typed else None]
        self.flags.required = False


def origin_field(field: Field, *, required: bool = False) -> Any:
    """The form's field for a declared one: its list, a day, a line that is folded as files are."""
    first = DataRequired(MISSING) if required else Optional()
    if field.table:
        return SelectField(field.label, [first], description=field.help)
    if field.shape in (Shape.DAY, Shape.BIRTH):
        return DateField(field.label, [first], description=field.help)
    check, sentence = fields.CHECKS.get(field.shape, (None, ""))
    more = {"clean": fields.FOLDS[field.shape]} if field.shape in fields.FOLDS else {}
    checks = [Checked(check, sentence)] if check else []
    return line(field.label, field.most, *checks, required=required, description=field.help, **more)


def _group(name: str) -> list[str]:
    return [field.name for field in fields.of_group(name)]


OriginPart: Any = type("OriginPart", (), {f.name: origin_field(f) for f in fields.FIELDS})


class StudentForm(OriginPart, DynamicForm):
    """The origin record as the school enters and corrects it (ADM-02); the rules check it again."""

    GROUPS = (
        (_l("Student"), {"fields": ["student_no", "name", "id_kind", "id_number", "id_country",
                                    "phone", "email", "sex", "nation", "examinee_no",
                                    *_group("person")]}),
        (_l("Studies"), {"fields": ["major_id", "class_name", "graduation_year", "education",
                                    "training_mode", *_group("studies")]}),
        (_l("Origin and home"), {"fields": ["origin", *_group("home")]}),
    )  # fmt: skip
    SECRETS = ("id_number", "phone", *fields.SECRETS)

    student_no = line(_l("Student number"), 20, clean=lambda text: clean_code(text)[:40])
    name = line(_l("Name"), 60, clean=clean_name)
    id_kind = SelectField(
        _l("Kind of document"), [DataRequired(MISSING)], default=IdKind.ID_CARD.value
    )
    id_number = line(
        _l("Document number"), 18, required=False, clean=lambda text: identity.clean(text)[:40],
        render_kw={"autocapitalize": "characters", "autocomplete": "off"},
    )  # fmt: skip
    id_country = SelectField(
        _l("Passport issued by"),
        default="",
        description=_l("Of passports only: country or region."),
    )
    phone = line(
        _l("Phone"), 20, required=False, clean=phones.folded, render_kw=TEL,
        description=_l("Of another country or region with its code, such as +852 9123 4567."),
    )  # fmt: skip
    email = line(
        _l("E-mail"), 120, EMAIL, required=False,
        render_kw={"inputmode": "email", "autocomplete": "off"},
        description=_l("Invitations and decisions are told to it."),
    )  # fmt: skip
    sex = SelectField(_l("Sex"))
    nation = SelectField(_l("Nationality"))
    examinee_no = line(_l("Examinee number"), 14, required=False, clean=clean_code)
    major_id = SelectField(_l("Major"), [DataRequired(MISSING)], coerce=int)
    class_name = line(_l("Class"), 40, required=False)
    graduation_year = WholeField(
        _l("Graduation year"), [InputRequired(MISSING), NumberRange(2000, 2100, YEAR)], YEARS
    )
    education = SelectField(_l("Level of education"), [DataRequired(MISSING)])
    training_mode = SelectField(_l("Training mode"), [DataRequired(MISSING)])
    origin = OpenRegion(_l("Place of origin"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        year = self.graduation_year.data
        for name, table in fields.TABLES.items():
            self[name].choices = options(table, years=[year] if year else ())
        self.major_id.choices = [(0, _l("Please choose")), *_majors()]
        self.id_kind.choices = list(identity.NAMES.items())
        self.id_country.choices = country_choices()

    @classmethod
    def refresh(cls, obj: Any = None) -> StudentForm:
        """The form of a record; its numbers stay masked until typed anew, its phone has a page of its own."""
        if obj is None:
            form = cls()
            form.id_number.validators = [DataRequired(MISSING), *form.id_number.validators[1:]]
            form.id_number.flags.required = True
            return form
        plain = [name for name in cls.field_names() if name not in cls.SECRETS]
        form = cls(data={name: getattr(obj, name) for name in plain})
        for name in cls.SECRETS:
            shown = getattr(obj, f"{name}_masked") or ""
            form[name].render_kw = {**(form[name].render_kw or {}), "placeholder": shown}
            if name in fields.SECRETS and shown:
                form[name].description = _(
                    "On record: %(shown)s. Left empty, it stays.", shown=shown
                )
            elif name not in fields.SECRETS:
                form[name].description = _l("Leave it empty to keep the one on record.")
        form.phone.render_kw |= {"readonly": True}
        form.phone.description = _l("It is changed on a page of its own, with a reason.")
        if not mail_is_free(obj):
            form.email.render_kw = {**(form.email.render_kw or {}), "readonly": True}
            form.email.description = _l("It is changed on a page of its own, with a reason.")
            form.keeps_mail = True
        form.correcting = True
        return form

    correcting = keeps_mail = False

    @classmethod
    def field_names(cls) -> list[str]:
        """What it writes."""
        return [name for _label, group in cls.GROUPS for name in group["fields"]]

    def values(self) -> dict[str, Any]:
        """What is to be written; what is open is None."""
        found = {name: self[name].data for name in self.field_names()}
        found["birth_date"] = self.birth_date.data and self.birth_date.data.isoformat()
        open_ones = ("nation", "examinee_no", "origin", "email", *fields.NAMES)
        found |= {name: found[name] or None for name in open_ones}
        if self.correcting:
            del found["phone"]
        if self.keeps_mail:
            del found["email"]
        return found


def _majors() -> list[tuple[int, str]]:
    """The majors of the scope with their colleges."""
    rows = majors_for(actor()).join(College, Major.college_id == College.id)
    wanted = rows.order_by(College.code, Major.code)
    found = db.session.execute(wanted.with_only_columns(Major.id, College.name, Major.name))
    return [(key, f"{college} {name}") for key, college, name in found.tuples()]


def country_choices() -> list[tuple[str, str]]:
    """Who issues passports, by name; none for other documents."""
    # the national code set has its common characters in the order of their readings
    names = sorted(identity.countries().items(), key=lambda pair: pair[1].encode("gb18030"))
    return [("", "—"), *names]


class PhoneForm(FlaskForm):
    """A student's new phone and why."""

    phone = line(
        _l("New phone"), 20, clean=phones.folded, render_kw=TEL,
        description=_l("Of another country or region with its code, such as +852 9123 4567."),
    )  # fmt: skip
    reason = line(
        _l("Reason"),
        200,
        description=_l("Who asked for it and how you made sure. The student reads it."),
    )


class StudentMailForm(FlaskForm):
    """A student's new e-mail, or none, and why."""

    email = line(
        _l("New e-mail"), 120, EMAIL, required=False,
        description=_l("Leave it empty to take the address away."),
        render_kw={"inputmode": "email", "autocomplete": "off"},
    )  # fmt: skip
    reason = line(
        _l("Reason"),
        200,
        description=_l("Who asked for it and how you made sure. The student reads it."),
    )


class CollegeForm(DynamicForm):
    """A college: its code within the school, and its name."""

    code = line(_l("Code"), 20, clean=clean_code)
    name = line(_l("College name"), 60)

    def values(self) -> dict[str, Any]:
        """What is to be written."""
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}


class MajorForm(CollegeForm):
    """A major of a college."""

    code = line(_l("Code"), 10, clean=clean_code)
    name = line(_l("Major name"), 60)
    college_id = SelectField(_l("College"), [DataRequired(MISSING)], coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = db.session.scalars(colleges_for(actor()).order_by(College.code))
        self.college_id.choices = [(0, _l("Please choose")), *((c.id, c.name) for c in rows)]


class SchoolForm(CollegeForm):
    """A school: the official code stands in every agreement's number."""

    code = line(
        _l("Code"),
        6,
        Checked(lambda text: text.isdecimal() and len(text) in (5, 6), _l("Five or six digits.")),
        clean=clean_code,
    )
    name = line(_l("School name"), 60)
    contact = line(_l("Contact"), 120, required=False)
    active = BooleanField(_l("Takes part"), default=True)


class EmployerForm(DynamicForm):
    """An employer as staff enter and correct it (ADM-06)."""

    FIELDS = ("credit_code", "name", "kind", "industry", "location", "address", "postcode",
              "contact_name", "contact_phone", "email")  # fmt: skip

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
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
