"""Which kinds are open to whom, drafts and records, and the loading of the shipped tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import selectinload

from app.codes.queries import edition
from app.core.db import db
from app.core.errors import NotYours
from app.core.text import clean_line
from app.people.students.models import Student
from app.settings.models import DESTINATION_NAMES
from app.settings.queries import settings
from app.signing.destinations.kind_models import (
    DestinationKind,
    DestinationType,
)
from app.signing.destinations.models import Destination, DestinationFile
from app.signing.placements.models import Kind, Placement
from app.signing.placements.queries import placements_for
from app.workflow.actor import Actor, Role

WHOLE = (
    selectinload(DestinationKind.type),
    selectinload(DestinationKind.fields),
    selectinload(DestinationKind.proofs),
)


def module_name(school_id: int) -> str:
    """What a school calls this module on its screens (DST-04)."""
    return str(DESTINATION_NAMES[settings(school_id).destination_name])


def module_open(school_id: int) -> bool:
    """Whether students of the school register destinations here (DST-04)."""
    return settings(school_id).destinations_open


def kind_of(code: str) -> DestinationKind | None:
    """The kind of that code, whatever became of it."""
    wanted = select(DestinationKind).where(DestinationKind.code == clean_line(code)).options(*WHOLE)
    return db.session.scalars(wanted).one_or_none()


def kind_closed(kind: DestinationKind, student: Student) -> str | None:
    """The sentence why a student cannot choose the kind; None where it is open (DST-06)."""
    if not (kind.active and kind.type.active) or not _in_years(kind, student.graduation_year):
        return _("“%(kind)s” is not offered any more. Please choose another.", kind=str(kind))
    if kind.modes and student.training_mode not in kind.modes:
        return _("“%(kind)s” is not open to your training mode.", kind=str(kind))
    if not kind.open_to(student.education):
        return _("“%(kind)s” is not open to your level of education.", kind=str(kind))
    return None


def _in_years(kind: DestinationKind, year: int) -> bool:
    since, until = kind.from_year, kind.to_year
    return (since is None or since <= year) and (until is None or year <= until)


def copy_kind(kind: DestinationKind) -> DestinationKind:
    """The kind once more with its fields and proofs, under a key of its own and not in use. Not committed."""
    taken = set(db.session.scalars(select(DestinationKind.code)))
    code = next(c for n in count(2) if (c := f"{kind.code[:16]}_{n}") not in taken)
    name = _("%(name)s (copy)", name=kind.name[:30])
    made = _copied(kind, code=code, name=name, active=False)
    for part in (*kind.fields, *kind.proofs):
        copy = _copied(part)
        copy.kind = made
    db.session.add(made)
    db.session.flush()
    return made


def _copied(record: Any, **other: Any) -> Any:
    """A new record with the same plain columns, but its key, and what it belongs to, or what is said."""
    own = {c.key: getattr(record, c.key) for c in inspect(type(record)).column_attrs}
    return type(record)(**{n: v for n, v in own.items() if n not in ("id", "kind_id")} | other)


def kinds_for(student: Student) -> dict[DestinationType, list[DestinationKind]]:
    """What the student can choose from: types with their kinds, in the tables' order."""
    wanted = (
        select(DestinationKind)
        .join(DestinationType)
        .where(DestinationKind.active, DestinationType.active)
        .options(selectinload(DestinationKind.type))
        .order_by(
            DestinationType.sort, DestinationType.id, DestinationKind.sort, DestinationKind.id
        )
    )
    found: dict[DestinationType, list[DestinationKind]] = {}
    for kind in db.session.scalars(wanted):
        if kind_closed(kind, student) is None:
            found.setdefault(kind.type, []).append(kind)
    return found


def plan_code(kind: DestinationKind, chosen: str, year: int) -> str:
    """The destination code of the plan in the edition of the graduation year (PLN-11)."""
    own = kind.plan_code_legacy if edition("byqx", year) == "legacy" else kind.plan_code
    return chosen or own


def draft_of(student_id: int) -> Destination | None:
    """What the student has begun and not submitted."""
    wanted = select(Destination).where(
        Destination.student_id == student_id, Destination.placement_id.is_(None)
    )
    return db.session.scalars(wanted).one_or_none()


def submitted_from(student_id: int, draft_id: int) -> Placement | None:
    """The placement that this draft of the student's has become."""
    wanted = select(Destination).where(
        Destination.id == draft_id,
        Destination.student_id == student_id,
        Destination.placement_id.is_not(None),
    )
    found = db.session.scalars(wanted).one_or_none()
    return found.placement if found is not None else None


def of_placement(placement_id: int) -> Destination | None:
    """What was filled in for a placement."""
    wanted = select(Destination).where(Destination.placement_id == placement_id)
    return db.session.scalars(wanted).one_or_none()


def mine(who: Actor) -> Sequence[Placement]:
    """A student's registered destinations, the newest first."""
    if who.role is not Role.STUDENT:
        raise NotYours("destinations")
    wanted = placements_for(who).where(Placement.kind == Kind.DESTINATION)
    return db.session.scalars(wanted.order_by(Placement.id.desc()).limit(50)).all()


def destination_in(who: Actor, placement_id: int) -> Placement:
    """A destination of that key in the person's scope. Raises NotYours."""
    wanted: Select[Any] = placements_for(who).where(
        Placement.id == placement_id, Placement.kind == Kind.DESTINATION
    )
    found: Placement | None = db.session.scalars(wanted).one_or_none()
    if found is None:
        raise NotYours(f"destination {placement_id}")
    return found


def files_of(destination: Destination) -> dict[str, list[DestinationFile]]:
    """The uploaded files of a record by the proof they belong to."""
    found: dict[str, list[DestinationFile]] = {}
    for file in destination.files:
        found.setdefault(file.proof, []).append(file)
    return found
