"""Two records of one person or employer become one: everything moves, or nothing (ADM-02, ADM-06).

No way in moves: the kept record keeps exactly its own phone, mail, account and proof of first sign-in
(ACC-15). Whom two records belong to staff do not decide: `merge_requests` asks the person itself.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, text, update
from sqlalchemy.exc import IntegrityError

from app.accounts import code_voiding, contacts, holds, reach, security_log, warnings
from app.accounts.living_sessions import end_all_sessions
from app.accounts.models import AppUser, Identifier
from app.accounts.queries import users_of
from app.core import clock, mail, sms
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.names import same_name
from app.core.registry import stores
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.names.models import Merged
from app.people.names.queries import also_called
from app.people.students import fields
from app.people.students.effects import follow_student, identify_by_records, open_accounts
from app.people.students.models import Student
from app.people.students.queries import account_of, students_for
from app.people.students.workflow import STUDENTS
from app.settings.queries import hold_until
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
EMPLOYER_FIELDS = ("name", "kind", "industry", "location", "address", "postcode", "contact_name")
EMPLOYER_CONTACTS = ("email",)
# what nobody misses when the other record has it too
_SPARE = {
    Student: (
        """DELETE FROM former_name c USING former_name k WHERE c.student_id = :gone
           AND k.student_id = :keep AND lower(k.name) = lower(c.name)""",
    ),
    Employer: (
        """DELETE FROM former_name c USING former_name k WHERE c.employer_id = :gone
           AND k.employer_id = :keep AND lower(k.name) = lower(c.name)""",
    ),
}


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
    keep, gone = _pair(Student, students_for(actor), keep_id, gone_id, actor)
    if keep.school_id != gone.school_id:
        raise NotYours(f"student {gone_id}")
    if not same_name(keep.name, gone.name) and not same_id_number(keep, gone):
        raise Refused(_("Name and ID number differ both: these are two people."))
    _nothing_held(users_of(student_id=keep_id) + users_of(student_id=gone_id))
    return keep, gone


def same_id_number(keep: Student, gone: Student) -> bool:
    """Whether both have one, and the same: of one kind, of passports not of two countries."""
    two = {keep.id_country, gone.id_country} - {""}
    return (
        keep.id_number_index is not None
        and (keep.id_number_index, keep.id_kind) == (gone.id_number_index, gone.id_kind)
        and len(two) < 2
    )


def _nothing_held(users: Sequence[AppUser]) -> None:
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
    _student_accounts(keep, gone, actor, reason, proved=proof != "id_number")
    keep.address = keep.address or gone.address
    for name in fields.SECRETS:
        setattr(keep, name, getattr(keep, name) or getattr(gone, name))
    gone_id = gone.id
    _move(Student, keep.id, gone_id)
    # of the two numbers the one that nobody bears from now on
    _remember(keep, gone, (keep if "student_no" in take else gone).student_no)
    also_called(keep, gone.name)
    db.session.execute(delete(Student).where(Student.id == gone_id))
    db.session.expunge(gone)
    # the plan follows the placements that have another student now
    db.session.execute(text("SELECT plan_soil(ARRAY[:id])"), {"id": keep.id})
    follow_student("s.id = :id", actor, id=keep.id)
    if values:
        STUDENTS.apply("correct", keep.id, actor, values=values, quiet=True)
    return keep


def merge_employers(
    keep_id: int, gone_id: int, take: Collection[str], actor: Actor, reason: str
) -> Employer:
    """Merge two records of which neither has an account, and commit (ADM-06).

    The second stays as a tombstone, so that its credit code is known. Raises as `merge_students`.
    """

    def act() -> Employer:
        keep, gone = employer_pair(keep_id, gone_id, actor)
        if users_of(employer_id=keep_id) or users_of(employer_id=gone_id):
            raise Refused(_("The employer has an account: it has to confirm that both are one."))
        return put_employers_together(keep, gone, take, actor, reason)

    return committed(act)


def employer_pair(keep_id: int, gone_id: int, actor: Actor) -> tuple[Employer, Employer]:
    """Both records, locked, if they may become one. Raises NotYours, Refused."""
    keep, gone = _pair(Employer, EMPLOYERS.scope(actor), keep_id, gone_id, actor)
    _one_standing(keep, gone)
    kept, theirs = users_of(employer_id=keep_id), users_of(employer_id=gone_id)
    if theirs and not kept:
        raise Refused(
            _("Only the second one has an account. Merge the other way round: keep that one.")
        )
    _nothing_held(kept + theirs)
    return keep, gone


def put_employers_together(
    keep: Employer, gone: Employer, take: Collection[str], actor: Actor, reason: str
) -> Employer:
    """Inside the caller's transaction, both locked. The second one's accounts are closed, and told."""
    values = {name: getattr(gone, name) for name in EMPLOYER_FIELDS if name in take}
    EMPLOYERS.apply("merge_into", gone.id, actor, reason=reason, into=keep.id)
    theirs = users_of(employer_id=gone.id)
    also = [pair for user in theirs for pair in reach.reach(user, clock.now())]
    if not theirs:
        also = pairs(gone.contact_phone, gone.email)
    for user in theirs:
        close(user)
        security_log.note("merged", user=user, who=actor, into=keep.id)
    for user in users_of(employer_id=keep.id):
        _tell(user, keep, gone, actor, also)
        also = []
    _move(Employer, keep.id, gone.id)
    _remember(keep, gone, gone.credit_code)
    also_called(keep, gone.name)
    EMPLOYERS.apply("correct_employer", keep.id, actor, values=values)
    return keep


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
    if keep.is_blocked != gone.is_blocked:
        raise Refused(
            _("One of the two is blocked. Block both, or lift the block, before merging.")
        )
    if gone.was_approved and not keep.was_approved:
        raise Refused(
            _("Only the second one is approved. Merge the other way round: keep that one.")
        )


def _facts(gone: Student) -> dict[str, object]:
    """What is kept of the second record, numbers masked."""
    shown = [*FIELDS, "id_kind", *(f"{name}_masked" for name in SECRETS)]
    return {"id": gone.id} | {name: getattr(gone, name) for name in shown}


def _move(model: Any, keep: int, gone: int) -> None:
    """Every foreign key of the product to the second record leads to the first. Raises Refused."""
    values = {"keep": keep, "gone": gone}
    db.session.flush()
    for statement in (*stores().spare.get(model, ()), *_SPARE[model]):
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
    why = stores().only_one.get(name, _l("Both have something of which there can be only one."))
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


def _student_accounts(
    keep: Student, gone: Student, actor: Actor, reason: str, *, proved: bool
) -> None:
    """The kept record's own account stays, with its own ways in; the other is closed; both are told.

    Unless the student proved to be both, the kept account is held where the other phone is not its own:
    for whoever had the second record this is a change of phone.
    """
    open_accounts("s.id = :id", id=keep.id)
    mine, theirs = account_of(keep), account_of(gone)
    assert mine is not None
    now = clock.now()
    old = reach.reach(theirs, now) if theirs is not None else pairs(gone.phone, gone.email)
    if theirs is not None:
        close(theirs)
        theirs.student_id = None
        _hand_over_notices(theirs, mine)
    db.session.flush()
    identify_by_records({keep.id: mine.id})
    one_phone = gone.phone is not None and gone.phone == keep.phone
    until = None if proved or one_phone else hold_until(keep.school_id, now)
    if not one_phone:
        contacts.note_change(
            contacts.changed(
                mine,
                mail.SMS,
                gone.phone,
                keep.phone,
                contacts.MERGE,
                actor,
                reason=reason,
                held_until=until,
            )
        )
    for channel, address in old:
        if channel == mail.MAIL and address != mine.email:
            contacts.note_change(
                contacts.changed(mine, mail.MAIL, address, mine.email, contacts.MERGE, actor)
            )
    security_log.note("merged", user=mine, who=actor, gone=gone.id)
    _tell(mine, keep, gone, actor, old, until)


def pairs(phone: str | None, email: str | None) -> list[tuple[str, str]]:
    """What a record without an account says of how it is reached: (channel, address)."""
    text = phone if phone and sms.reaches(phone) else ""
    found = [(mail.SMS, text), (mail.MAIL, email or "")]
    return [(channel, address) for channel, address in found if address]


def _tell(
    user: AppUser,
    keep: Any,
    gone: Any,
    actor: Actor,
    also: Sequence[tuple[str, str]],
    until: datetime | None = None,
) -> None:
    """Both sides' phones and mails are told."""
    held = (
        _(" Until %(until)s nothing can be signed with it.", until=holds.moment(until))
        if until
        else ""
    )
    body = _(
        "%(who)s of %(school)s has merged two records of %(name)s: the account of the record %(gone)s is "
        "closed, that of %(kept)s goes on with the contacts it had. If these are not one and the "
        "same, call the employment office at once.",
        who=actor.name,
        school=keep.school.name,
        name=keep.name,
        gone=_number(gone),
        kept=_number(keep),
    )
    key = f"merge:{keep.__tablename__}:{gone.id}:{keep.id}"
    warnings.warn(user, key, _("Two records became one"), body + held, also=also, who=actor)


def _number(record: Any) -> str:
    return str(record.student_no if isinstance(record, Student) else record.credit_code)


def close(user: AppUser) -> None:
    """The account opens no more, by nothing. Not committed."""
    user.active = False
    end_all_sessions(user.id)
    code_voiding.void(f"user:{user.id}", f"student:{user.student_id}")
    db.session.execute(delete(Identifier).where(Identifier.user_id == user.id))
    db.session.flush()


def _hand_over_notices(theirs: AppUser, mine: AppUser) -> None:
    db.session.execute(
        text(
            "UPDATE notice n SET user_id = :mine WHERE user_id = :theirs AND NOT EXISTS"
            " (SELECT 1 FROM notice o WHERE o.user_id = :mine AND o.key = n.key)"
        ),
        {"mine": mine.id, "theirs": theirs.id},
    )


def _remember(keep: Any, gone: Any, number: str) -> None:
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
