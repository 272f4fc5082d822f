"""Who sees which corrections, and what a field of a record is, as kept and as shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, SQLColumnExpression, select

from app.codes import labels, regions
from app.codes import queries as codes
from app.core import identity, phones
from app.core.crypto import cipher
from app.core.db import db
from app.core.identity import IdKind
from app.core.text import mask_id_number
from app.people.corrections.models import NUMBERS, SECRETS, TABLES, Correction
from app.people.schools.models import Major
from app.people.schools.queries import at_school
from app.people.students import fields
from app.people.students.models import Student
from app.workflow.actor import Actor, Role


def corrections_for(who: Actor) -> Select[Correction]:
    """A student its own; staff those of their students."""
    if who.role is Role.STUDENT:
        return select(Correction).where(Correction.student_id == who.student_id)
    if who.role is Role.COLLEGE:
        mine = Student.college_id == who.college_id
        return select(Correction).join(Student).where(Correction.school_id == who.school_id, mine)
    return select(Correction).where(at_school(who, Correction.school_id))


def in_tab(name: str) -> SQLColumnExpression[bool] | None:
    """The rows of a tab; None: all."""
    still = Correction.is_open
    return {"open": still, "decided": ~still}.get(name)


def own(student_id: int) -> Sequence[Correction]:
    """A student's corrections, the newest first."""
    mine = select(Correction).where(Correction.student_id == student_id)
    return db.session.scalars(mine.order_by(Correction.id.desc())).all()


def kept(student: Student, field: str) -> str:
    """The value of a field as text; empty where nothing is kept."""
    value = getattr(student, field)
    if field == "id_number" and value:
        return document(student.id_kind, student.id_country, value)
    return "" if value is None else str(value)


def document(kind: str, country: str, number: str) -> str:
    """Kind, country and number as one text; an ID number stands alone, as it always did."""
    return number if kind == IdKind.ID_CARD else f"{kind}:{country}:{number}"


def document_of(value: str) -> tuple[str, str, str]:
    """Kind, country and number again."""
    if ":" not in value:
        return IdKind.ID_CARD, "", value
    kind, country, number = value.split(":", 2)
    return kind, country, number


def seen(student: Student, field: str) -> str:
    """What tells whether the field has changed since: it says nothing of the value."""
    return cipher().blind_index(f"seen:{field}", kept(student, field)).hex()


def folded(field: str, value: str) -> str:
    """A proposed value as the record would keep it."""
    if field == "phone":
        return phones.folded(value)
    if field in fields.BY_NAME:
        known = fields.read(field, value)
        return "" if known is None else str(known)
    if field != "id_number" or not value:
        return value
    kind, country, number = document_of(value)
    if kind in identity.NAMES:
        number = identity.canonical(kind, number)
    return document(kind, country if kind == IdKind.PASSPORT else "", number)


def shown(field: str, value: str) -> str:
    """A value as pages show it: codes as names, numbers masked."""
    if not value:
        return "–"
    if field == "id_number":
        kind, country, number = document_of(value)
        return f"{identity.named(kind, country)} {mask_id_number(number)}"
    if field in SECRETS:
        mask = vars(Student)[field].mask
        return str(mask(value))[:120]
    if field in TABLES:
        return codes.name(TABLES[field], value) or value
    if field == "major_id":
        major = db.session.get(Major, int(value))
        return f"{major.college} {major}" if major is not None else value
    return (regions.region_name(value) or value) if field == "origin" else value


def on_page(field: str, value: str) -> str:
    """As `shown`, in the language of the page where a code or a region has a name in it."""
    if value and field in TABLES:
        return labels.code(TABLES[field], value)
    return labels.region(value) if value and field == "origin" else shown(field, value)


def typed(field: str, value: str) -> dict[str, Any]:
    """The text as the record keeps it, by field."""
    if field == "id_number":
        return dict(zip(("id_kind", "id_country", "id_number"), document_of(value), strict=True))
    if field in fields.BY_NAME:
        return {field: fields.read(field, value)}
    return {field: int(value) if field in NUMBERS else _plain(field, value)}


def _plain(field: str, value: str) -> str | None:
    return value or ("" if field in ("sex", "class_name") else None)


def settled(student: Student, field: str) -> str:
    """Why the field is not corrected by itself; empty where it can be (PLN-12)."""
    if field != "birth_date" or not student.id_number:
        return ""
    if not identity.birth_in(student.id_kind, student.id_number):
        return ""
    return _("The birth date is taken from the ID number. Propose that one's correction.")


def overtaken(correction: Correction) -> bool:
    """Whether the field was changed otherwise since it was proposed: by staff or by an import (ADM-09)."""
    student = correction.student
    now = kept(student, correction.field)
    return seen(student, correction.field) != correction.seen and now != correction.wanted
