"""Ways in changed by a file, and given back when the file is undone: as if staff changed each (ACC-15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts import code_voiding, contacts, security_log, warnings
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import FILE, others
from app.accounts.holds import back_words
from app.accounts.living_sessions import end_all_sessions
from app.accounts.models import AppUser
from app.accounts.one_mail import end_what_was_opened, read_anew, write_mails
from app.accounts.reach import reach_all
from app.core import clock, mail
from app.core.db import db
from app.core.statements import Statements
from app.files.imports import compare
from app.files.imports.models import Import
from app.files.imports.writing import MetAnotherError
from app.people.students.models import Student
from app.people.students.ways_in import mail_words, phone_words
from app.settings.queries import hold_until
from app.workflow import trail
from app.workflow.actor import Actor

SQL = Statements(__file__, "file_ways.sql", into=trail.INTO)
SQL.give(
    lines=trail.lines(
        "student",
        ":step",
        "s.origin_state",
        "s.origin_state",
        trail.BY_ACTOR,
        record="s.id",
        school="s.school_id",
        details=SQL.sql("changed"),
    )
)

Changed = Sequence[tuple[AppUser, Student, str | None]]  # account, student, the way in as it was


def phones_changed_by_file(found: Changed, import_id: int, name: str, who: Actor) -> None:
    """The same follows as when staff change each by hand: told, held, traced (ADM-02, ACC-15)."""
    now, until = clock.now(), {}
    rows, said = {}, {}
    for user, student, old in found:
        student.verified_at = None
        if student.school_id not in until:
            until[student.school_id] = hold_until(student.school_id, now)
        rows[user.id] = contacts.changed(
            user,
            mail.SMS,
            old,
            student.phone,
            FILE,
            who,
            at=now,
            import_id=import_id,
            held_until=until[student.school_id],
        )
    db.session.add_all(rows.values())
    db.session.flush()
    for user, student, _old in found:
        said[user] = (
            f"import:{name}:{student.id}",
            *phone_words(student, rows[user.id]),
            (),
        )
        security_log.note("phone_changed", user=user, who=who, import_id=import_id)
    reach = reach_all(list(said), now)
    for user, student, _old in found:
        rows[user.id].told = others(reach[user.id], student.phone)
    warnings.warn_all(said, who=who)
    _end_what_runs(found)
    _trace(found, "change_phone", import_id, who, now, mail.SMS)


def phones_given_back(found: Changed, import_id: int, name: str, who: Actor) -> None:
    """A file was undone, its phones are back: what was opened through them ends too (ACC-15).

    What was confirmed, or whose time of holding is over, counts as changed anew and is held.
    """
    now = clock.now()
    made = db.session.scalars(
        select(ContactChange).where(
            ContactChange.import_id == import_id,
            ContactChange.channel == mail.SMS,
            ContactChange.source == FILE,
            ContactChange.undone_at.is_(None),
            ContactChange.user_id.in_([user.id for user, _student, _old in found]),
        )
    )
    rows, said = {row.user_id: row for row in made}, {}
    _end_what_runs(
        found
    )  # first: whoever sets a password by a code at this moment has done so then
    read_anew([user.id for user, _student, _old in found])
    for user, student, _old in found:
        row, student.verified_at = rows.get(user.id), None
        if row is None:
            continue
        if row.confirmed_at is None:
            end_what_was_opened(row, user, student)
        if row.confirmed_at is not None or (row.held_until or now) <= now:
            again = contacts.changed(
                user,
                mail.SMS,
                row.new,
                student.phone,
                FILE,
                who,
                at=now,
                held_until=hold_until(student.school_id, now),
            )
            db.session.add(again)
        row.undone_at = now
        said[user] = (f"undo:{name}:{student.id}", *back_words(student), ())
        security_log.note("change_undone", user=user, who=who, import_id=import_id)
    db.session.flush()
    warnings.warn_all(said, who=who)
    _trace(found, "undo_contact_office", import_id, who, now, mail.SMS, undone=True)


def mails_changed_by_file(found: Changed, import_id: int, name: str, who: Actor) -> None:
    """A file wrote e-mails: the accounts follow; a first one of nobody's yet is traced, others are held.

    Raises MetAnotherError where somebody took an address at the same moment: the import begins anew.
    """
    now, rows, said = clock.now(), {}, {}
    for user, student, old in found:
        first = old is None and not contacts.used(user)
        until = None if first else hold_until(student.school_id, now)
        rows[user.id] = contacts.changed(
            user,
            mail.MAIL,
            old,
            student.email,
            FILE,
            who,
            at=now,
            import_id=import_id,
            held_until=until,
        )
        if not first:
            words = mail_words(student, rows[user.id])
            said[user] = (f"import:{name}:mail:{student.id}", *words, ())
        security_log.note(
            "mail_set" if first else "mail_changed", user=user, who=who, import_id=import_id
        )
    db.session.add_all(rows.values())
    _accounts_follow(found)
    reach = reach_all(list(said), now)
    for user, student, _old in found:
        if user in said:
            rows[user.id].told = others(reach[user.id], student.email)
    code_voiding.void(*(f"user:{user.id}" for user in said))
    warnings.warn_all(said, who=who)
    _trace(found, "change_mail_office", import_id, who, now, mail.MAIL)


def mails_given_back(found: Changed, import_id: int, name: str, who: Actor) -> None:
    """A file was undone: the accounts have the e-mails of before; whom the change was told reads that too."""
    now, said = clock.now(), {}
    students = {user.id: student for user, student, _old in found}
    made = db.session.scalars(
        select(ContactChange).where(
            ContactChange.import_id == import_id,
            ContactChange.channel == mail.MAIL,
            ContactChange.source == FILE,
            ContactChange.undone_at.is_(None),
            ContactChange.user_id.in_(students),
        )
    ).all()
    users = {user.id: user for user, _student, _old in found}
    for row in made:
        row.undone_at = now
        if row.held_until is not None:
            said[users[row.user_id]] = (
                f"undo:{name}:mail:{row.user_id}",
                *back_words(students[row.user_id]),
                (),
            )
    warnings.warn_all(said, who=who)  # first: the address that goes is told too
    _accounts_follow(found)
    _trace(found, "undo_contact_office", import_id, who, now, mail.MAIL, undone=True)


def _accounts_follow(found: Changed) -> None:
    try:
        write_mails([(user, student) for user, student, _old in found])
    except IntegrityError as error:
        raise MetAnotherError from error


def _trace(
    found: Changed,
    step: str,
    import_id: int,
    who: Actor,
    now: datetime,
    channel: str,
    *,
    undone: bool = False,
) -> None:
    values = {
        **trail.bound(who),
        "step": step,
        "import": import_id,
        "now": now,
        "undone": undone,
        "channel": channel,
        "field": {mail.SMS: "phone", mail.MAIL: "email"}[channel],
        "ids": [student.id for _user, student, _old in found],
    }
    db.session.flush()
    db.session.execute(SQL["trace"], values)


def _end_what_runs(found: Changed) -> None:
    code_voiding.void(
        *(
            f"{kind}:{row.id}"
            for user, student, _old in found
            for kind, row in (("user", user), ("student", student))
        )
    )
    end_all_sessions(*(user.id for user, _student, _old in found))


def told_by_file(import_id: int, school_id: int | None) -> int:
    """How many students will be told, once the file is applied, that a way in of theirs has changed."""
    values = {"id": import_id, "school": school_id}
    with compare.widely(compare.staged_rows(import_id)):
        return int(db.session.execute(SQL["told"], values).scalar_one())


def look_at_mails(record: Import, taken: str) -> None:
    """An e-mail is one account's; what a student who has signed in keeps itself no file changes (ACC-12)."""
    values = {"id": record.id, "school": record.school_id}
    with compare.widely(compare.staged_rows(record.id)):
        db.session.execute(SQL["same_mail"], values)
        kept = db.session.execute(SQL["own_mail"], values).rowcount  # type: ignore[attr-defined]
    if kept:
        left = record.details.get("left", {})
        record.details = {**record.details, "left": {"email": left.get("email", 0) + kept}}
    compare.mark(record, SQL.sql("mail_taken"), "email", taken, school=record.school_id)
