"""Two records of one person or employer become one: everything moves, or nothing (ADM-02, ADM-06).

No way in moves: the kept record keeps exactly its own phone, mail, account and proof of first sign-in
(ACC-15). Whom two records belong to staff do not decide: `merge_requests` asks the person itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, text, update

from app.accounts import contacts, holds
from app.accounts.models import AppUser
from app.accounts.queries import users_of
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.names import same_name
from app.people.merging.accounts import join_accounts
from app.people.merging.moving import move
from app.people.names.models import Merged
from app.people.names.queries import also_called
from app.people.students import fields
from app.people.students.effects import follow_student
from app.people.students.models import Student
from app.people.students.queries import students_for
from app.people.students.workflow import STUDENTS
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_rows

FIELDS = (
    "student_no",
    "name",
    "sex",
    "nation",
    "examinee_no",
    "major_id",
    "class_name",
    "graduation_year",
    "education",
    "training_mode",
    "origin",
    *fields.PLAIN,
)
SECRETS = ("id_number", "phone")  # shown beside one another, taken never


def merge_students(
    keep_id: int, gone_id: int, take: Collection[str], actor: Actor, reason: str
) -> Student:
    """Merge a second record of a student, of the same ID number, into the first; commit (ADM-02).

    `take` names the fields whose value the second has right. All that refers to the second moves, its
    ways in do not. Where its phone is another one, what the kept account does is held as after a change
    of phone: an ID number is written by staff. Raises NotYours, Refused (nothing is written), Invalid
    for the reason.
    """

    def act() -> Student:
        keep, gone = student_pair(keep_id, gone_id, actor)
        if not same_id_number(keep, gone):
            raise Refused(_("The ID numbers are not the same: the student has to confirm it."))
        return put_students_together(keep, gone, take, actor, reason, proof="id_number")

    return committed(act)


def student_pair(keep_id: int, gone_id: int, actor: Actor) -> tuple[Student, Student]:
    """Both records, locked, if they can be one person's. Raises NotYours, Refused."""
    keep, gone = locked_pair(Student, students_for(actor), keep_id, gone_id, actor)
    if keep.school_id != gone.school_id:
        raise NotYours(f"student {gone_id}")
    if not same_name(keep.name, gone.name) and not same_id_number(keep, gone):
        raise Refused(_("Name and ID number differ both: these are two people."))
    nothing_held(users_of(student_id=keep_id) + users_of(student_id=gone_id))
    return keep, gone


def same_id_number(keep: Student, gone: Student) -> bool:
    """Whether both have one, and the same: of one kind, of passports not of two countries."""
    two = {keep.id_country, gone.id_country} - {""}
    return (
        keep.id_number_index is not None
        and (keep.id_number_index, keep.id_kind) == (gone.id_number_index, gone.id_kind)
        and len(two) < 2
    )


def nothing_held(users: Sequence[AppUser]) -> None:
    """Two changes of a way in are not piled up: who held the first could answer for the second."""
    for user in users:
        row = contacts.hold_of(user, clock.now())
        if row is not None:
            raise Refused(
                _(
                    "A changed sign-in of one of the two is held until %(until)s. Have it confirmed, or undo "
                    "it, before merging.",
                    until=holds.moment(row.held_until),
                )
            )


def put_students_together(
    keep: Student, gone: Student, take: Collection[str], actor: Actor, reason: str, *, proof: str
) -> Student:
    """Inside the caller's transaction, both locked. `proof`: ``id_number``, or ``code`` of the student."""
    STUDENTS.apply("merge", keep.id, actor, reason=reason, gone=_facts(gone), proof=proof)
    lacks = {name for name in fields.PLAIN if getattr(keep, name) is None}
    values = {name: getattr(gone, name) for name in FIELDS if name in lacks.union(take)}
    values |= {"college_id": gone.college_id} if "major_id" in take else {}
    join_accounts(keep, gone, actor, reason, proved=proof != "id_number")
    keep.address = keep.address or gone.address
    for name in fields.SECRETS:
        setattr(keep, name, getattr(keep, name) or getattr(gone, name))
    gone_id = gone.id
    move(Student, keep.id, gone_id)
    # of the two numbers the one that nobody bears from now on
    remember(keep, gone, (keep if "student_no" in take else gone).student_no)
    also_called(keep, gone.name)
    db.session.execute(delete(Student).where(Student.id == gone_id))
    db.session.expunge(gone)
    # the plan follows the placements that have another student now
    db.session.execute(text("SELECT plan_soil(ARRAY[:id])"), {"id": keep.id})
    follow_student("s.id = :id", actor, id=keep.id)
    if values:
        STUDENTS.apply("correct", keep.id, actor, values=values, quiet=True)
    return keep


def locked_pair(
    model: Any, scope: Any, keep_id: int, gone_id: int, actor: Actor
) -> tuple[Any, Any]:
    """Both records, locked in the order of their ids, as they are now. Raises NotYours."""
    if actor.role is not Role.SCHOOL or keep_id == gone_id:
        raise NotYours(f"{model.__tablename__} {gone_id}")
    lock_rows(model, {keep_id, gone_id})
    wanted = scope.where(model.id.in_((keep_id, gone_id))).execution_options(populate_existing=True)
    found = {row.id: row for row in db.session.scalars(wanted)}
    if len(found) != 2:  # not in scope, or merged a moment ago
        raise NotYours(f"{model.__tablename__} {gone_id}")
    return found[keep_id], found[gone_id]


def _facts(gone: Student) -> dict[str, object]:
    """What is kept of the second record, numbers masked."""
    shown = [*FIELDS, "id_kind", *(f"{name}_masked" for name in SECRETS)]
    return {"id": gone.id} | {name: getattr(gone, name) for name in shown}


def remember(keep: Any, gone: Any, number: str) -> None:
    """By its old number the record is still found."""
    db.session.add(
        Merged(
            kind=keep.__tablename__,
            gone_id=gone.id,
            name=gone.name,
            number=number,
            into_id=keep.id,
            school_id=keep.school_id,
        )
    )
    db.session.execute(
        update(Merged)
        .where(Merged.kind == keep.__tablename__, Merged.into_id == gone.id)
        .values(into_id=keep.id)
    )
