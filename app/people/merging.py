"""Two records of one person or employer become one: everything moves, or nothing (ADM-02, ADM-06)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import AppUser, Identifier
from app.accounts.queries import end_all_sessions
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.people.effects import account_of, follow_student, identify_by_records
from app.people.models import Employer, EmployerState, Merged, Student
from app.people.queries import students_for
from app.people.students import STUDENTS
from app.people.workflow import EMPLOYERS
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_rows

FIELDS = ("student_no", "name", "id_number", "phone", "sex", "nation", "examinee_no", "major_id",
          "class_name", "graduation_year", "education", "training_mode", "origin")  # fmt: skip
SECRETS = ("id_number", "phone")
EMPLOYER_FIELDS = ("name", "kind", "industry", "location", "address", "postcode", "contact_name",
                   "email")  # fmt: skip
# of what there can be only one: the sentence by the name of its constraint
ONLY_ONE = {
    "uq_placement_slot": _l("Both have a signing or destination under way or in force."),
    "uq_placement_unsettled": _l("Both have a destination under way."),
    "uq_invitation_open": _l("The same employer has an open invitation to both."),
    "uq_plan_entry_student": _l("Both have a row in the employment plan that staff filled."),
    "uq_destination_draft": _l("Both have a draft of a destination."),
    "offline_entry_student_id_key": _l("Both have a draft of a paper signing."),
    "uq_correction_open": _l("Both wait for the same correction."),
}
# what nobody misses when the other record has it too
_SPARE = {
    Student: (
        """DELETE FROM candidate c USING candidate k WHERE c.student_id = :gone
           AND k.student_id = :keep AND k.employer_id = c.employer_id""",
        """DELETE FROM plan_entry p USING plan_entry k WHERE p.student_id = :gone
           AND k.student_id = :keep AND p.state IN ('open', 'filled') AND NOT p.by_staff
           AND NOT EXISTS (SELECT 1 FROM change_request c WHERE c.entry_id = p.id)""",
        "DELETE FROM plan_dirty WHERE student_id = :gone",
    ),
    Employer: (
        """DELETE FROM candidate c USING candidate k WHERE c.employer_id = :gone
           AND k.employer_id = :keep AND k.student_id = c.student_id""",
    ),
}


def merge_students(
    keep_id: int, gone_id: int, take: Collection[str], actor: Actor, reason: str
) -> Student:
    """Merge a second record of a student into the first, and commit (ADM-02).

    `take` names the fields whose value the second has right. All that refers to the second moves.
    Raises NotYours, Refused (nothing is written), Invalid for the reason.
    """

    def act() -> Student:
        keep, gone = _pair(Student, students_for(actor), keep_id, gone_id, actor)
        if keep.school_id != gone.school_id:
            raise NotYours(f"student {gone_id}")
        if keep.name != gone.name and keep.id_number_index != gone.id_number_index:
            raise Refused(_("Name and ID number differ both: these are two people."))
        STUDENTS.apply("merge", keep.id, actor, reason=reason, gone=_facts(gone))
        values = {name: getattr(gone, name) for name in FIELDS if name in take}
        values |= {"college_id": gone.college_id} if "major_id" in take else {}
        _accounts(keep, gone)
        keep.email, keep.address = keep.email or gone.email, keep.address or gone.address
        _move(Student, keep_id, gone_id)
        # of the two numbers the one that nobody bears from now on
        _remember(keep, gone, (keep if "student_no" in take else gone).student_no)
        db.session.execute(delete(Student).where(Student.id == gone_id))
        db.session.expunge(gone)
        # the plan follows the placements that have another student now
        db.session.execute(text("SELECT plan_soil(ARRAY[:id])"), {"id": keep_id})
        follow_student("s.id = :id", actor, id=keep_id)
        if values:
            STUDENTS.apply("correct", keep.id, actor, values=values, quiet=True)
        return keep

    return committed(act)


def merge_employers(
    keep_id: int, gone_id: int, take: Collection[str], actor: Actor, reason: str
) -> Employer:
    """Merge a second record of an employer into the first, and commit (ADM-06).

    The second stays as a tombstone, so that its credit code is known. Raises as `merge_students`.
    """

    def act() -> Employer:
        keep, gone = _pair(Employer, EMPLOYERS.scope(actor), keep_id, gone_id, actor)
        _one_standing(keep, gone)
        values = {name: getattr(gone, name) for name in EMPLOYER_FIELDS if name in take}
        EMPLOYERS.apply("merge_into", gone_id, actor, reason=reason, into=keep_id)
        db.session.execute(
            update(AppUser).where(AppUser.employer_id == gone_id).values(employer_id=keep_id)
        )
        _move(Employer, keep_id, gone_id)
        _remember(keep, gone, gone.credit_code)
        EMPLOYERS.apply("correct_employer", keep_id, actor, values=values)
        return keep

    return committed(act)


def _pair(model: Any, scope: Any, keep_id: int, gone_id: int, actor: Actor) -> tuple[Any, Any]:
    """Both records, locked in the order of their ids, as they are now. Raises NotYours."""
    if actor.role is not Role.SCHOOL or keep_id == gone_id:
        raise NotYours(f"{model.__tablename__} {gone_id}")
    lock_rows(model, {keep_id, gone_id})
    wanted = scope.where(model.id.in_((keep_id, gone_id))).execution_options(populate_existing=True)
    found = {row.id: row for row in db.session.scalars(wanted)}
    if len(found) != 2:  # not in scope, or merged a moment ago
        raise NotYours(f"{model.__tablename__} {gone_id}")
    return found[keep_id], found[gone_id]


def _one_standing(keep: Employer, gone: Employer) -> None:
    """No account loses its approval by a merge, and no block is lifted by one. Raises Refused."""
    if (keep.state == EmployerState.BLOCKED) != (gone.state == EmployerState.BLOCKED):
        raise Refused(
            _("One of the two is blocked. Block both, or lift the block, before merging.")
        )
    if gone.was_approved and not keep.was_approved:
        raise Refused(
            _("Only the second one is approved. Merge the other way round: keep that one.")
        )


def _facts(gone: Student) -> dict[str, Any]:
    """What is kept of the second record, numbers masked."""
    shown = [f"{name}_masked" if name in SECRETS else name for name in FIELDS]
    return {"id": gone.id} | {name: getattr(gone, name) for name in shown}


def _move(model: Any, keep: int, gone: int) -> None:
    """Every foreign key of the product to the second record leads to the first. Raises Refused."""
    values = {"keep": keep, "gone": gone}
    db.session.flush()
    for statement in _SPARE[model]:
        db.session.execute(text(statement), values)
    for table, column in _references(model):
        changed = table.update().where(column == gone).values({column.name: keep})
        try:
            with db.session.begin_nested():
                db.session.execute(changed)
        except IntegrityError as error:
            raise Refused(_only_one(error)) from error
    db.session.expire_all()


def _only_one(error: IntegrityError) -> str:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    why = ONLY_ONE.get(name, _l("Both have something of which there can be only one."))
    return _("These records cannot be merged: %(why)s End one of them first.", why=why)


def _references(model: Any) -> list[tuple[Any, Any]]:
    """Tables and columns that lead to the model, accounts apart."""
    return [
        (table, key.parent)
        for table in db.metadata.sorted_tables
        if table.name not in ("ab_user", "merged")
        for key in table.foreign_keys
        if key.column.table is model.__table__
    ]


def _accounts(keep: Student, gone: Student) -> None:
    """One account stays: the one that was used; notices go with it."""
    mine, theirs = account_of(keep), account_of(gone)
    if theirs is None:
        return
    if mine is None or (_used(theirs) and not _used(mine)):
        mine, theirs = theirs, mine
    mine.student_id, keep.verified_at = keep.id, keep.verified_at or gone.verified_at
    mine.last_name = keep.name
    if theirs is not None:
        _close(theirs, mine)
    db.session.flush()
    identify_by_records({keep.id: mine.id})


def _close(theirs: AppUser, mine: AppUser) -> None:
    """The other account opens no more."""
    theirs.student_id, theirs.active = None, False
    end_all_sessions(theirs.id)
    db.session.execute(delete(Identifier).where(Identifier.user_id == theirs.id))
    db.session.flush()
    db.session.execute(
        text(
            "UPDATE notice n SET user_id = :mine WHERE user_id = :theirs AND NOT EXISTS"
            " (SELECT 1 FROM notice o WHERE o.user_id = :mine AND o.key = n.key)"
        ),
        {"mine": mine.id, "theirs": theirs.id},
    )


def _used(user: AppUser) -> bool:
    return user.password is not None or user.last_login is not None


def _remember(keep: Any, gone: Any, number: str) -> None:
    """By its old number the record is still found."""
    db.session.add(
        Merged(kind=keep.__tablename__, gone_id=gone.id, name=gone.name, number=number,
               into_id=keep.id, school_id=keep.school_id)
    )  # fmt: skip
    db.session.execute(
        update(Merged)
        .where(Merged.kind == keep.__tablename__, Merged.into_id == gone.id)
        .values(into_id=keep.id)
    )


def merged_into(kind: str, record_id: int) -> list[int]:
    """The ids of the records that were merged into this one."""
    mine = (Merged.kind == kind, Merged.into_id == record_id)
    return list(db.session.scalars(select(Merged.gone_id).where(*mine)))
