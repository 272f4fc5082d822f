"""Schools and their parts: which a person sees, and what lists are narrowed by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, select, true

from app.accounts.models import AppUser
from app.core import steady
from app.core.db import db
from app.people.schools.models import College, Major, School
from app.workflow.actor import Actor, Role

EVERYWHERE = (Role.PROVINCE,)


def at_school(who: Actor, school: Any, college: Any = None) -> ColumnElement[bool]:
    """The staff's condition on a model's school and college columns; nobody else sees a row.

    No administrator does: accounts and codes are their work, not the people (S-12).
    """
    if who.role in EVERYWHERE or (who.role is Role.DATA and who.school_id is None):
        return true()
    if who.role in (Role.SCHOOL, Role.DATA):
        return school == who.school_id
    if who.role is Role.COLLEGE and college is not None:
        return (school == who.school_id) & (college == who.college_id)
    return false()


def _parts(who: Actor, school: Any, college: Any = None) -> ColumnElement[bool]:
    """Schools, colleges and majors hold no person: who keeps the accounts sees all of them."""
    return true() if who.role is Role.ADMIN else at_school(who, school, college)


def schools_for(who: Actor) -> Select[School]:
    """A school sees itself, the province all."""
    if who.role is Role.COLLEGE:
        return select(School).where(School.id == who.school_id)
    return select(School).where(_parts(who, School.id))


def colleges_for(who: Actor) -> Select[College]:
    """The colleges of the asking staff's scope."""
    return select(College).where(_parts(who, College.school_id, College.id))


def majors_for(who: Actor) -> Select[Major]:
    """The majors of the asking staff's scope."""
    return select(Major).where(_parts(who, Major.school_id, Major.college_id))


def staff_of(school_id: int, college_id: int | None = None) -> list[AppUser]:
    """The reviewers of a college, or of the school's employment office."""
    mine = AppUser.role == Role.SCHOOL if college_id is None else AppUser.college_id == college_id
    here = (AppUser.school_id == school_id, AppUser.active == true(), mine)
    return list(db.session.scalars(select(AppUser).where(*here)))


def provincial_staff() -> list[AppUser]:
    """The people of the provincial centre."""
    here = (AppUser.role == Role.PROVINCE, AppUser.active == true())
    return list(db.session.scalars(select(AppUser).where(*here)))


@steady.kept(steady.SCHOOLS)
def active_schools() -> list[tuple[str, str]]:
    """Code and name of every school that takes part, for select fields."""
    wanted = select(School.code, School.name).where(School.active == true())
    rows = db.session.execute(wanted.order_by(School.code))
    return [(row.code, row.name) for row in rows]


@steady.kept(steady.SCHOOLS)
def school_ids() -> dict[str, int]:
    """Code → id of every school that takes part."""
    wanted = select(School.code, School.id).where(School.active == true())
    return dict(db.session.execute(wanted).tuples().all())


def school_by_code(code: str) -> School | None:
    """The school of that code that takes part."""
    return db.session.scalars(
        select(School).where(School.code == code, School.active == true())
    ).first()


def scope_of(who: Actor) -> tuple[Role, int | None, int | None]:
    """What decides which schools and parts a person sees, to remember them by."""
    return who.role, who.school_id, who.college_id


def college_choices(who: Actor) -> list[tuple[str, str]]:
    """The colleges of the scope for a filter, with the school's name where there are several."""
    return _college_choices(*scope_of(who))


@steady.kept(steady.SCHOOLS)
def _college_choices(
    role: Role, school_id: int | None, college_id: int | None
) -> list[tuple[str, str]]:
    who = Actor(role, school_id=school_id, college_id=college_id)
    rows = db.session.execute(
        colleges_for(who)
        .join(School, College.school_id == School.id)
        .order_by(School.code, College.code)
        .with_only_columns(College.id, College.name, College.school_id, School.name)
    ).all()
    several = len({row[2] for row in rows}) > 1
    return [(str(row[0]), f"{row[3]} {row[1]}" if several else row[1]) for row in rows]


def major_choices(who: Actor, asked: int | None = None) -> list[tuple[str, str]]:
    """The majors of the scope, for a list: as many as one can choose from, and the one asked for."""
    return _major_choices(*scope_of(who), asked)


@steady.kept(steady.SCHOOLS)
def _major_choices(
    role: Role, school_id: int | None, college_id: int | None, asked: int | None
) -> list[tuple[str, str]]:
    who = Actor(role, school_id=school_id, college_id=college_id)
    rows = majors_for(who).with_only_columns(Major.id, Major.name).order_by(Major.id)
    found = dict(db.session.execute(rows.limit(1000)).tuples().all())
    if asked is not None and asked not in found:
        found |= dict(db.session.execute(rows.where(Major.id == asked)).tuples().all())
    return [(str(key), name) for key, name in found.items()]


def school_choices(who: Actor) -> list[tuple[str, str]]:
    """The schools of the scope for a filter."""
    return _school_choices(*scope_of(who))


@steady.kept(steady.SCHOOLS)
def _school_choices(
    role: Role, school_id: int | None, college_id: int | None
) -> list[tuple[str, str]]:
    who = Actor(role, school_id=school_id, college_id=college_id)
    wanted = schools_for(who).order_by(School.code).with_only_columns(School.id, School.name)
    return [(str(key), name) for key, name in db.session.execute(wanted)]


@steady.kept(steady.SCHOOLS)
def all_schools() -> list[tuple[str, str]]:
    """Id and name of every school, for the administrator's list of accounts."""
    rows = db.session.execute(select(School.id, School.name).order_by(School.code))
    return [(str(key), name) for key, name in rows]


@steady.kept(steady.SCHOOLS)
def all_colleges() -> list[tuple[int, int, str]]:
    """School, id and name of every college, for the administrator's forms of accounts."""
    known = select(College.school_id, College.id, College.name)
    return list(db.session.execute(known.order_by(College.school_id, College.code)).tuples())
