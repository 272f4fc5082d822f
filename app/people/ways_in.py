"""Ways in of students and employers: changed by staff or a file, by the person itself, taken back (ACC-15).

Whatever staff change is told to old and new at once and held; `accounts.holds` says who lifts the hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, text

from app.accounts import contacts, holds, one_time, security_log, warnings
from app.accounts.contacts import FILE, RESET, SELF, STAFF
from app.accounts.models import AppUser, ContactChange
from app.accounts.queries import actor_of, end_all_sessions, identify, identify_if_free
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Refused
from app.people.models import Employer, Student
from app.settings.queries import most_since
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row
from app.workflow.steps import Change

LOOSENED = timedelta(days=7)  # a hold that the school shortened counts from so much later


def hold_until(school_id: int, now: datetime) -> datetime:
    """Until when a way in that staff change now proves no act: the school's setting, never 0 (ACC-15)."""
    hours = most_since(school_id, "contact_hold_hours", now - LOOSENED)
    return now + timedelta(hours=max(1, hours))


# -- guards ----------------------------------------------------------------------------------------


def no_change_held(student: Student, _actor: Actor, now: datetime) -> str | None:
    """A sign-in is never reset in the same breath as a way in was changed (ACC-15)."""
    return _held(student, now, reset=False)


def no_reset_held(student: Student, _actor: Actor, now: datetime) -> str | None:
    """A phone is never changed in the same breath as the sign-in was reset (ACC-15)."""
    return _held(student, now, reset=True)


def _held(student: Student, now: datetime, *, reset: bool) -> str | None:
    user = account_of(student)
    for row in contacts.holds_of(user.id, now) if user is not None else ():
        if (row.channel == RESET) == reset:
            return _(
                "%(who)s changed this student's way in a short time ago. Until %(until)s, or until it "
                "is confirmed or undone, nothing else of the sign-in can be changed.",
                who=row.actor_name, until=holds.moment(row.held_until),
            )  # fmt: skip
    return None


def account_of(student: Student) -> AppUser | None:
    """The account of a student; the younger one would be a mistake."""
    mine = select(AppUser).where(AppUser.student_id == student.id).order_by(AppUser.id)
    return db.session.scalars(mine.limit(1)).first()


def accounts_of(employer: Employer) -> Sequence[AppUser]:
    """The accounts that act for an employer."""
    mine = select(AppUser).where(AppUser.employer_id == employer.id, AppUser.active)
    return db.session.scalars(mine.order_by(AppUser.id)).all()


# -- changed by staff ------------------------------------------------------------------------------


def phone_changed(change: Change, user: AppUser, student: Student, old: str | None) -> None:
    """Codes and sessions end, the new phone is to be confirmed and held, old and new are told."""
    identify_if_free(user, "phone", student.phone or "")
    one_time.void(f"user:{user.id}", f"student:{student.id}")
    end_all_sessions(user.id)
    student.verified_at = None
    row = contacts.note_change(
        user, mail.SMS, old, student.phone, STAFF, change.actor,
        reason=change.reason, held_until=hold_until(student.school_id, change.now),
    )  # fmt: skip
    change.details["held_until"] = row.held_until.isoformat() if row.held_until else ""
    security_log.note("phone_changed", user=user, who=change.actor, phone=student.phone_masked)
    row.told = _others(contacts.reach(user, change.now), student.phone)
    warnings.warn(user, change.key, *_phone_words(student, row), who=change.actor)


def _others(addresses: Sequence[tuple[str, str]], new: str | None) -> int:
    """How many of the contacts that are told did not come with the change."""
    return sum(address != new for _channel, address in addresses)


def _phone_words(student: Student, row: ContactChange) -> tuple[str, str]:
    return _("The phone of your account was changed"), _(
        "%(school)s changed the phone on record of %(name)s to %(phone)s. If you did not ask for it, "
        "call the employment office at once. Until %(until)s the new phone can sign nothing.",
        school=student.school.name, name=student.name, phone=student.phone_masked or "–",
        until=holds.moment(row.held_until),
    )  # fmt: skip


def first_sign_in_reset(change: Change, user: AppUser, student: Student) -> None:
    """No password, session or code is left; all contacts are told, and what follows is held.

    An account that nobody has used loses nothing: it is not held.
    """
    used = user.password is not None or student.verified_at is not None
    if used:
        contacts.note_change(
            user, RESET, None, None, STAFF, change.actor, reason=change.reason,
            held_until=hold_until(student.school_id, change.now),
        )  # fmt: skip
    one_time.void(f"user:{user.id}", f"student:{student.id}")
    end_all_sessions(user.id)
    student.verified_at, user.password = None, None
    security_log.note("first_sign_in_reset", user=user, who=change.actor)
    said = _(
        "%(school)s has reset the sign-in of %(name)s: the password is void, and a new one is set by a "
        "code to the phone or e-mail on record. If you did not ask for it, call the employment office at "
        "once.",
        school=student.school.name, name=student.name,
    )  # fmt: skip
    warnings.warn(user, change.key, _("Your sign-in was reset"), said, who=change.actor)


def employer_phone_changed(change: Change, employer: Employer, old: str | None) -> None:
    """The contact's telephone of an employer that has accounts: told, and held."""
    for user in accounts_of(employer):
        row = contacts.note_change(
            user, mail.SMS, old, employer.contact_phone, STAFF, change.actor, reason=change.reason,
            held_until=hold_until(employer.school_id, change.now),
        )  # fmt: skip
        security_log.note("phone_changed", user=user, who=change.actor)
        subject = _("The phone of your account was changed")
        row.told = _others(contacts.reach(user, change.now), employer.contact_phone)
        warnings.warn(user, change.key, subject, _(
            "%(school)s changed the telephone of %(employer)s to %(phone)s. If you did not ask for it, "
            "call the employment office at once. Until %(until)s nothing can be sent or agreed to.",
            school=employer.school.name, employer=employer.name,
            phone=employer.contact_phone_masked or "–", until=holds.moment(row.held_until),
        ), who=change.actor)  # fmt: skip


# -- changed by a file -----------------------------------------------------------------------------

_TRACE = """
INSERT INTO trail (kind, record_id, school_id, step, from_state, to_state, actor_id, actor_role,
    actor_name, address, device, device_id, factor, reason, details, at)
  SELECT 'student', s.id, s.school_id, :step, s.origin_state, s.origin_state, :user, :role, :name,
    :address, :device, :device_id, '', '', jsonb_build_object('import', :import ::int, 'changed',
      jsonb_build_object('phone', jsonb_build_array(CASE WHEN :undone THEN c.new_masked
        ELSE c.old_masked END, s.phone_masked))), :now
  FROM student s JOIN ab_user u ON u.student_id = s.id
    JOIN LATERAL (SELECT old_masked, new_masked FROM contact_change c WHERE c.user_id = u.id
      AND c.import_id = :import AND c.channel = 'sms' ORDER BY c.id LIMIT 1) c ON true
  WHERE s.id = ANY(:ids) ORDER BY s.id"""

Changed = Sequence[tuple[AppUser, Student, str | None]]  # account, student, the phone as it was


def phones_changed_by_file(found: Changed, import_id: int, name: str, who: Actor) -> None:
    """The same follows as when staff change each by hand: told, held, traced (ADM-02, ACC-15)."""
    now, until = clock.now(), {}
    rows, said = {}, {}
    for user, student, old in found:
        student.verified_at = None
        if student.school_id not in until:
            until[student.school_id] = hold_until(student.school_id, now)
        rows[user.id] = contacts.changed(
            user, mail.SMS, old, student.phone, FILE, who, at=now, import_id=import_id,
            held_until=until[student.school_id],
        )  # fmt: skip
    db.session.add_all(rows.values())
    db.session.flush()
    for user, student, _old in found:
        said[user] = (f"import:{name}:{student.id}", *_phone_words(student, rows[user.id]), ())
        security_log.note("phone_changed", user=user, who=who, import_id=import_id)
    reach = contacts.reach_all(list(said), now)
    for user, student, _old in found:
        rows[user.id].told = _others(reach[user.id], student.phone)
    warnings.warn_all(said, who=who)
    _end_what_runs(found)
    _trace(found, "change_phone", import_id, who, now, undone=False)


def phones_given_back(found: Changed, import_id: int, name: str, who: Actor) -> None:
    """A file was undone, its phones are back: what was opened through them ends too (ACC-15).

    What was confirmed, or whose time of holding is over, counts as changed anew and is held.
    """
    now = clock.now()
    made = db.session.scalars(
        select(ContactChange).where(
            ContactChange.import_id == import_id, ContactChange.channel == mail.SMS,
            ContactChange.source == FILE, ContactChange.undone_at.is_(None),
            ContactChange.user_id.in_([user.id for user, _student, _old in found]),
        )
    )  # fmt: skip
    rows, said = {row.user_id: row for row in made}, {}
    _end_what_runs(
        found
    )  # first: whoever sets a password by a code at this moment has done so then
    _read_anew([user.id for user, _student, _old in found])
    for user, student, _old in found:
        row, student.verified_at = rows.get(user.id), None
        if row is None:
            continue
        if row.confirmed_at is None:
            _end_what_was_opened(row, user, student)
        if row.confirmed_at is not None or (row.held_until or now) <= now:
            again = contacts.changed(user, mail.SMS, row.new, student.phone, FILE, who, at=now,
                                     held_until=hold_until(student.school_id, now))  # fmt: skip
            db.session.add(again)
        row.undone_at = now
        said[user] = (f"undo:{name}:{student.id}", *_back_words(student), ())
        security_log.note("change_undone", user=user, who=who, import_id=import_id)
    db.session.flush()
    warnings.warn_all(said, who=who)
    _trace(found, "undo_contact_office", import_id, who, now, undone=True)


def _trace(
    found: Changed, step: str, import_id: int, who: Actor, now: datetime, *, undone: bool
) -> None:
    values = {
        "step": step, "user": who.user_id, "role": str(who.role), "name": who.name,
        "address": who.address, "device": who.device[:200], "device_id": who.device_id,
        "import": import_id, "now": now, "undone": undone,
        "ids": [student.id for _user, student, _old in found],
    }  # fmt: skip
    db.session.flush()
    db.session.execute(text(_TRACE), values)


def _end_what_runs(found: Changed) -> None:
    one_time.void(*(f"{kind}:{row.id}" for user, student, _old in found
                    for kind, row in (("user", user), ("student", student))))  # fmt: skip
    end_all_sessions(*(user.id for user, _student, _old in found))


def _read_anew(users: Sequence[int]) -> None:
    """The accounts as they are behind the locks, for changing them."""
    wanted = select(AppUser).where(AppUser.id.in_(users)).order_by(AppUser.id)
    again = wanted.with_for_update(key_share=True, of=AppUser)
    db.session.scalars(again.execution_options(populate_existing=True)).all()


# -- taken back ------------------------------------------------------------------------------------


def undo(row: ContactChange, who: Actor, reason: str) -> None:
    """Take a held change back, with all that was opened through it, and commit (ACC-15).

    Raises NotYours, Refused where it is held no longer or another came after it, Invalid for the reason.
    """

    def act() -> None:
        user = db.session.get_one(AppUser, row.user_id)
        flow, key = holds.record_of(user)
        flow.find(key, who)
        lock_row(flow.model, key)
        _give_back(row, user, who, reason)

    committed(act)


def undo_by_code(user: AppUser, uid: str, name: str, code: str) -> None:
    """The old phone, or the mail of before, says no: the change is taken back; commit (ACC-15)."""

    def act() -> None:
        row = holds.prove(user, uid, name, code)
        who = actor_of(user, factor="mail" if name == holds.MAIL else "sms")
        _give_back(row, user, who, "")

    committed(act)


def _give_back(row: ContactChange, user: AppUser, who: Actor, reason: str) -> None:
    flow, key = holds.record_of(user)
    record = db.session.get_one(flow.model, key)
    db.session.refresh(row)
    holds.held(user, row.uid, clock.now())
    if row.source == contacts.MERGE:
        raise Refused(_("Merged records cannot be taken apart. Restrict the student, and call it."))
    own = who.user_id == user.id
    flow.apply("undo_contact" if own else "undo_contact_office", key, who, reason=reason)
    # the codes first: whoever sets a password by one at this moment has done so before it is looked at
    one_time.void(f"user:{user.id}", f"student:{user.student_id}")
    end_all_sessions(user.id)
    _read_anew([user.id])
    if row.channel == mail.SMS:
        _phone_back(row, user, record)
    row.undone_at = clock.now()
    _end_what_was_opened(row, user, record)
    security_log.note("change_undone", user=user, who=who)
    db.session.flush()
    warnings.warn(user, f"undo:{row.uid}", *_back_words(record), who=who)


def _phone_back(row: ContactChange, user: AppUser, record: Any) -> None:
    """The former phone is on record again. Raises Refused where that is not possible any more."""
    field = "phone" if isinstance(record, Student) else "contact_phone"
    if getattr(record, field) != row.new:
        raise Refused(_("The phone was changed again since. Undo the later change first."))
    if isinstance(record, Student) and row.old:
        same = (Student.school_id == record.school_id, Student.id != record.id,
                Student.phone_index == Student.phone.index(row.old))  # fmt: skip
        if db.session.scalar(select(Student.id).where(*same).limit(1)) is not None:
            raise Refused(_("Another student of this school has the former phone by now."))
    setattr(record, field, row.old)
    if isinstance(record, Student):
        identify_if_free(user, "phone", row.old or "")


def _end_what_was_opened(row: ContactChange, user: AppUser, record: Any) -> None:
    """A password, a first sign-in, a mail that came since the change are none."""
    if contacts.password_digest(user) != row.password_digest:
        user.password = None
    if isinstance(record, Student):
        record.verified_at = None
    later = db.session.scalars(
        select(ContactChange)
        .where(
            ContactChange.user_id == user.id, ContactChange.channel == mail.MAIL,
            ContactChange.source == SELF, ContactChange.at >= row.at,
            ContactChange.undone_at.is_(None),
        )
        .order_by(ContactChange.id)
    ).all()  # fmt: skip
    for change in later:
        change.undone_at = clock.now()
    if later:
        write_mail(user, record, later[0].old)


def _back_words(record: Any) -> tuple[str, str]:
    return _("A change of your sign-in was taken back"), _(
        "The changed way in of %(name)s was taken back: the former one counts again, and what was set "
        "through the changed one is void. If you have no password now, set one by code.",
        name=record.name,
    )  # fmt: skip


def write_mail(user: AppUser, record: Any, email: str | None) -> None:
    """Account, record and sign-in have the same address; without one the account has its placeholder."""
    user.email = email or f"{record.uid}@invalid"
    record.email = email if isinstance(record, Student) else email or ""
    write: Callable[..., None] = identify if user.role == Role.STUDENT else identify_if_free
    write(user, "email", email or "")
