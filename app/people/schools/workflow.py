"""The rules of a school's parts: colleges, majors, and the school itself (ADM-01)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.people.schools.models import College, Major, School
from app.workflow import trail
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row

CODE_TAKEN = _l("Another one here has this code.")
NAME_TAKEN = _l("Another college of your school has this name.")


def keep_college(college: College | None, values: Mapping[str, Any], actor: Actor) -> College:
    """Write a college of the actor's school, new where None, and commit. Raises Invalid, NotYours."""
    school_id = _my_school(actor, college.school_id if college else None)
    _code_free(College, College.school_id == school_id, values["code"], college)
    same = (College.school_id == school_id, College.name == values["name"])
    if db.session.scalar(
        select(College.id).where(*same, College.id != (college.id if college else 0))
    ):
        raise Invalid([("name", str(NAME_TAKEN))])  # files name colleges by their names
    return _kept(college or College(school_id=school_id), values, actor)


def keep_major(major: Major | None, values: Mapping[str, Any], actor: Actor) -> Major:
    """Write a major of the actor's school, new where None, and commit. Raises Invalid, NotYours.

    A major with students stays with its college: theirs would no longer fit.
    """
    school_id = _my_school(actor, major.school_id if major else None)
    college = db.session.get(College, values["college_id"] or 0)
    if college is None or college.school_id != school_id:
        raise Invalid([("college_id", _("Please choose"))])
    if major is not None and college.id != major.college_id and stores().studied(major.id):
        raise Invalid([("college_id", _("Students study it already: it stays with its college."))])
    _code_free(Major, Major.college_id == college.id, values["code"], major)
    return _kept(major or Major(school_id=school_id), values, actor)


def keep_school(school: School | None, values: Mapping[str, object], actor: Actor) -> School:
    """Write a school, new where None, and commit: an administrator's (ADM-01). Raises Invalid."""
    if actor.role is not Role.ADMIN:
        raise NotYours("school")
    for name in ("code", "name"):
        same = getattr(School, name) == values[name]
        if db.session.scalar(
            select(School.id).where(same, School.id != (school.id if school else 0))
        ):
            raise Invalid([(name, _("Another school has this."))])
    return _kept(school or School(), values, actor)


def remove(part: College | Major, actor: Actor) -> None:
    """Delete a college or major that nothing refers to, and commit. Raises Refused, NotYours."""
    _my_school(actor, part.school_id)

    def act() -> None:
        lock_row(type(part), part.id)
        if _referred(part):
            raise Refused(_("Something refers to %(name)s still, so it stays.", name=part.name))
        _trace(part, "remove", actor, {"code": part.code, "name": part.name})
        db.session.delete(part)

    committed(act)


def _referred(part: Any) -> bool:
    """Whether any foreign key of the product leads to the row, or something without one names it."""
    if stores().names_part(part):
        return True
    table = part.__table__
    for other in db.metadata.tables.values():
        for key in other.foreign_keys:
            if (
                key.column.table is table
                and db.session.execute(
                    select(key.parent).where(key.parent == part.id).limit(1)
                ).first()
            ):
                return True
    return False


def _my_school(actor: Actor, school_id: int | None) -> int:
    if actor.role is not Role.SCHOOL or actor.school_id is None:
        raise NotYours("part of a school")
    if school_id not in (None, actor.school_id):
        raise NotYours(f"school {school_id}")
    return actor.school_id


def _code_free(model: Any, within: ColumnElement[bool], code: str, mine: Any) -> None:
    same = select(model.id).where(within, model.code == code, model.id != (mine.id if mine else 0))
    if db.session.scalar(same.limit(1)) is not None:
        raise Invalid([("code", str(CODE_TAKEN))])


def _kept(part: Any, values: Mapping[str, object], actor: Actor) -> Any:
    def act() -> None:
        with db.session.no_autoflush:
            changed = {
                name: [getattr(part, name), value]
                for name, value in values.items()
                if getattr(part, name) != value
            }
            for name, value in values.items():
                setattr(part, name, value)
        new = part.id is None
        db.session.add(part)
        db.session.flush()
        if isinstance(part, School) and not new and "code" in changed:
            stores().school_recoded(part)
        _trace(part, "enter" if new else "correct", actor, {"changed": changed})

    committed(act)
    return part


def _trace(part: Any, step: str, actor: Actor, details: Mapping[str, object]) -> None:
    """Who changed a part of a school leaves its row (ADM-07)."""
    kind = part.__tablename__
    school_id = part.id if kind == "school" else part.school_id
    trail.write(
        kind, part.id, step, actor, clock.now(), school_id=school_id, after="kept", details=details
    )
