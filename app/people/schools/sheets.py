"""The workbooks of a school's colleges and majors (ADM-01, BLK-01)."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.files.imports import compare
from app.files.imports.columns import CellKind, Column, Context, ValueList
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet, Target
from app.people.schools.models import College, Major
from app.people.schools.workflow import NAME_TAKEN
from app.workflow.actor import Role

EMPTY = _l("An empty cell changes nothing.")


def prepare_colleges(_record: Import) -> Context:
    """Nothing to choose from."""
    return Context(clock.today())


def prepare_majors(record: Import) -> Context:
    """The colleges of the school."""
    school = Import.school_id if record is None else record.school_id
    wanted = select(College.id, College.code, College.name).where(College.school_id == school)
    rows = db.session.execute(wanted.order_by(College.code)).tuples().all()
    return Context(clock.today(), {"college": ValueList(list(rows))})


def _school(record: Import) -> dict[str, object]:
    return {"school_id": record.school_id}


def look_for_names(record: Import, _context: Context) -> None:
    """Files name colleges by their names: two of the same could not be told apart.

    A college that the file itself renames does not keep its name from another.
    """
    compare.mark(
        record,
        compare.taken_by_another(COLLEGES.target, "name"),
        "name",
        str(NAME_TAKEN),
        school=record.school_id,
    )


COLLEGES = Sheet(
    name="colleges",
    title=_l("Colleges"),
    about=_l(
        "New colleges are added; those whose code the school has already get the name of the file."
    ),
    notes=(_l("A college is known by its code within the school."), EMPTY),
    roles=(Role.SCHOOL,),
    menu="Colleges",
    home=lambda: (_l("Colleges"), url_for("CollegesView.list")),
    prepare=prepare_colleges,
    look=look_for_names,
    unique=(("code", "code"), ("name", "name")),
    most_rows=1_000,
    target=Target(
        model=College,
        key=("school_id", "code"),
        common=("school_id",),
        fixed=_school,
        fields=("name",),
    ),
    columns=(
        Column(
            "code",
            _l("College code"),
            CellKind.CODE,
            "YXDM",
            ("院系代码", "代码"),
            required=True,
            most=20,
            sample="01",
        ),
        Column(
            "name",
            _l("College name"),
            CellKind.TEXT,
            "YXMC",
            ("院系名称", "学院", "院系", "名称"),
            required=True,
            width=28,
            sample="计算机学院",
        ),
    ),
)

MAJORS = Sheet(
    name="majors",
    title=_l("Majors"),
    about=_l(
        "New majors are added; those whose code the college has already get the name of the file."
    ),
    notes=(
        _l("A major is known by its code within the college; the college must be there already."),
        EMPTY,
    ),
    roles=(Role.SCHOOL,),
    menu="Majors",
    home=lambda: (_l("Majors"), url_for("MajorsView.list")),
    prepare=prepare_majors,
    most_rows=5_000,
    unique=(("code", "code", "college_id"),),
    target=Target(
        model=Major,
        key=("college_id", "code"),
        common=("school_id",),
        fixed=_school,
        fields=("name",),
    ),
    columns=(
        Column(
            "college",
            _l("College"),
            CellKind.CHOICE,
            "",
            ("院系", "学院", "院系名称", "学院名称"),
            required=True,
            into="college_id",
            width=24,
            sample="计算机学院",
        ),
        Column(
            "code",
            _l("Major code"),
            CellKind.CODE,
            "ZYDM",
            ("代码",),
            required=True,
            most=10,
            sample="080901",
        ),
        Column(
            "name",
            _l("Major name"),
            CellKind.TEXT,
            "ZYMC",
            ("专业", "名称"),
            required=True,
            width=28,
            sample="计算机科学与技术",
        ),
    ),
)
