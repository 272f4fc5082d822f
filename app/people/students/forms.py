"""The forms of a student's record: its own pages, and those by which staff keep it."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.accounts.queries import actor
from app.codes.forms import OpenRegion, options
from app.core import identity, phones
from app.core.db import db
from app.core.forms import EMAIL, MISSING, TEL, Checked, line
from app.core.identity import IdKind
from app.core.names import clean_name
from app.core.numbers import YEARS, WholeField
from app.core.text import clean_code
from app.people.schools.models import College, Major
from app.people.schools.queries import majors_for
from app.people.students import fields
from app.people.students.fields import Field, Shape
from app.people.students.workflow import mail_is_free


class AddressForm(FlaskForm):
    """The postal address, which a student keeps itself (ACC-12)."""

    address = line(_l("Postal address"), 200, render_kw={"autocomplete": "street-address"})


class VerifyForm(FlaskForm):
    """The first sign-in: how to reach the student, and the code sent to its phone (ACC-04)."""

    email = line(
        _l("E-mail"), 120, EMAIL, render_kw={"inputmode": "email", "autocomplete": "email"}
    )
    address = line(_l("Postal address"), 200, render_kw={"autocomplete": "street-address"})
    code = StringField(
        _l("Verification code"),
        [DataRequired(MISSING), Length(max=60)],
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


class CampusVerifyForm(VerifyForm):
    """The same for who came in by the campus's service, which has proved who it is: without a code too."""

    code = StringField(
        _l("Verification code"),
        [Length(max=60)],
        description=_l("May be left empty: your campus sign-in has shown who you are."),
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )


YEAR = _l("A year between 2000 and 2100.")


def origin_field(field: Field, *, required: bool = False) -> object:
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
        (
            _l("Student"),
            {
                "fields": [
                    "student_no",
                    "name",
                    "id_kind",
                    "id_number",
                    "id_country",
                    "phone",
                    "email",
                    "sex",
                    "nation",
                    "examinee_no",
                    *_group("person"),
                ]
            },
        ),
        (
            _l("Studies"),
            {
                "fields": [
                    "major_id",
                    "class_name",
                    "graduation_year",
                    "education",
                    "training_mode",
                    *_group("studies"),
                ]
            },
        ),
        (_l("Origin and home"), {"fields": ["origin", *_group("home")]}),
    )
    SECRETS = ("id_number", "phone", *fields.SECRETS)

    student_no = line(_l("Student number"), 20, clean=lambda text: clean_code(text)[:40])
    name = line(_l("Name"), 60, clean=clean_name)
    id_kind = SelectField(
        _l("Kind of document"), [DataRequired(MISSING)], default=IdKind.ID_CARD.value
    )
    id_number = line(
        _l("Document number"),
        18,
        required=False,
        clean=lambda text: identity.clean(text)[:40],
        render_kw={"autocapitalize": "characters", "autocomplete": "off"},
    )
    id_country = SelectField(
        _l("Passport issued by"),
        default="",
        description=_l("Of passports only: country or region."),
    )
    phone = line(
        _l("Phone"),
        20,
        required=False,
        clean=phones.folded,
        render_kw=TEL,
        description=_l("Of another country or region with its code, such as +852 9123 4567."),
    )
    email = line(
        _l("E-mail"),
        120,
        EMAIL,
        required=False,
        render_kw={"inputmode": "email", "autocomplete": "off"},
        description=_l("Invitations and decisions are told to it."),
    )
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

    def __init__(self, *args: object, **kwargs: object) -> None:
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
        _l("New phone"),
        20,
        clean=phones.folded,
        render_kw=TEL,
        description=_l("Of another country or region with its code, such as +852 9123 4567."),
    )
    reason = line(
        _l("Reason"),
        200,
        description=_l("Who asked for it and how you made sure. The student reads it."),
    )


class StudentMailForm(FlaskForm):
    """A student's new e-mail, or none, and why."""

    email = line(
        _l("New e-mail"),
        120,
        EMAIL,
        required=False,
        description=_l("Leave it empty to take the address away."),
        render_kw={"inputmode": "email", "autocomplete": "off"},
    )
    reason = line(
        _l("Reason"),
        200,
        description=_l("Who asked for it and how you made sure. The student reads it."),
    )
