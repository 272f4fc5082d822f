"""The declared fields of the origin record in files, and the workbook of what is known of known students."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask_babel import lazy_gettext as _l

from app.core import identity
from app.core.db import db
from app.core.identity import IdKind
from app.core.statements import Statements
from app.files.imports import compare
from app.files.imports.columns import CellKind, Check, Column, Context, Found, Keeper, fits
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet, sealed
from app.people.students import fields
from app.people.students.fields import Field, Shape
from app.people.students.models import Student

KINDS = {
    Shape.CODE: CellKind.CHOICE,
    Shape.DAY: CellKind.DAY,
    Shape.BIRTH: CellKind.DAY,
    Shape.PHONE: CellKind.DIGITS,
    Shape.POSTCODE: CellKind.DIGITS,
    Shape.DIGITS: CellKind.DIGITS,
}
# what the trace of a file shows of sealed fields; other numbers have lines of their own
MASKED = tuple(f"{name}_masked" for name in fields.SECRETS)
_number = sealed(Student.id_number, "Student")
_birth = sealed(vars(Student)["birth_date"], "Student")


def keep_number(number: str, uid: str) -> tuple[Found, Found]:
    """A number of identity, and with it the day of birth and the sex that it says."""
    values, more = _number(number, uid)
    # it was checked before, and whatever has 18 characters is numbered as identity cards are
    if born := identity.birth_in(IdKind.ID_CARD, number):
        index, kept = _birth(born, uid)
        values |= index
        more |= {**kept, "id_sex": identity.sex_in(IdKind.ID_CARD, number)}
    return values, more


def keep_birth(born: str, uid: str) -> tuple[Found, Found]:
    """A typed day of birth, beside what the number says: `take_from_number` compares them."""
    values, more = _birth(born, uid)
    return {}, {f"typed_{name}": value for name, value in {**values, **more}.items()}


def columns() -> tuple[Column, ...]:
    """The columns of the declared fields, by their official names."""
    return tuple(_column(field) for field in fields.FIELDS)


def _column(field: Field) -> Column:
    fold = fields.FOLDS.get(field.shape)
    further = tuple(name for name in (field.official, field.named) if name and name != field.code)
    return Column(
        field.name,
        field.label,
        KINDS.get(field.shape, CellKind.TEXT),
        field.code,
        (*further, *field.heads),
        most=field.most or 60,
        width=field.width,
        sample=field.sample,
        help=field.help,
        secret=_keeper(field),
        checks=_checks(field),
        fold=(lambda value, _context: fold(value)) if fold else None,
        needs=("graduation_year",) if field.table else (),
        end=field.name == "graduates_on",
    )


def _born(day: str, context: Context) -> object:
    return None if fields.may_be_birth(day, context.today) else fields.BORN


def _checks(field: Field) -> tuple[Check, ...]:
    if field.shape is Shape.BIRTH:
        return (_born,)
    return (fits(*fields.CHECKS[field.shape]),) if field.shape in fields.CHECKS else ()


def _keeper(field: Field) -> Keeper | None:
    if field.shape is Shape.BIRTH:
        return keep_birth
    return sealed(vars(Student)[field.name], "Student") if field.mask else None


SQL = Statements(__file__, "origin_sheets.sql")


def take_from_number(record: Import) -> None:
    """The number says sex and day of birth; a file that says another day is asked (PLN-12)."""
    at = {"id": record.id, "school": record.school_id}
    no_sex, typed = db.session.execute(SQL["what"], {"id": record.id}).one()
    if no_sex:
        db.session.execute(SQL["sex"], at)
    if typed:
        compare.mark(
            record, SQL.sql("otherwise"), "birth_date", str(fields.UNLIKE), school=record.school_id
        )
        db.session.execute(SQL["taken"], {"id": record.id})


UNKNOWN = _l("The school has no student of this number.")
CALLED = _l("The student of this number is called otherwise. Compare the row with the record.")
ALONE = _l("Give the number of the document with its kind.")
LEFT_OUT = ("college", "major")  # which of them changes, changes who sees the student


def of_known(students: Sheet) -> Sheet:
    """The same columns for known students: what is filled in changes, nothing is added (CHK-02)."""

    def look(record: Import, context: Context) -> None:
        compare.mark(
            record,
            SQL.sql("unknown"),
            "student_no",
            str(UNKNOWN),
            school=record.school_id,
        )
        compare.mark(
            record,
            SQL.sql("called_otherwise"),
            "name",
            str(CALLED),
            school=record.school_id,
        )
        compare.mark(
            record,
            "r.values ? 'id_kind' AND NOT r.values ? 'id_number_index'",
            "id_kind",
            str(ALONE),
        )
        students.look(record, context)

    return replace(
        students,
        name="facts",
        title=_l("Facts of students"),
        about=_l(
            "Students that the school has are changed where a cell is filled and differs; nobody is "
            "added. Bring any columns that you have: the student number says whose they are."
        ),
        look=look,
        columns=tuple(_of_known(c) for c in students.columns if c.field not in LEFT_OUT),
    )


def _of_known(column: Column) -> Column:
    own: dict[str, Any] = {"required": column.field == "student_no"}
    if column.field == "name":
        own |= {"aside": True, "help": _l("To be sure that it is the right student.")}
    return replace(column, **own)
