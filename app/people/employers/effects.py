"""What follows when an employer is corrected; its telephone changed by staff or itself (ACC-12, ACC-15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts import contacts, holds, reach, security_log, warnings
from app.accounts.contacts import SELF, STAFF, others
from app.accounts.identifiers import identify, identify_if_free
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Refused
from app.core.text import mask_phone
from app.people.employers.models import Employer
from app.settings.queries import hold_until
from app.workflow.steps import Change


def accounts_of(employer: Employer) -> Sequence[AppUser]:
    """The accounts that act for an employer."""
    mine = select(AppUser).where(AppUser.employer_id == employer.id, AppUser.active)
    return db.session.scalars(mine.order_by(AppUser.id)).all()


def employer_phone_changed(change: Change, employer: Employer, old: str | None) -> None:
    """The contact's telephone of an employer that has accounts: told, and held."""
    for user in accounts_of(employer):
        row = contacts.note_change(
            contacts.changed(
                user,
                mail.SMS,
                old,
                employer.contact_phone,
                STAFF,
                change.actor,
                reason=change.reason,
                held_until=hold_until(employer.school_id, change.now),
            )
        )
        security_log.note("phone_changed", user=user, who=change.actor)
        subject = _("The phone of your account was changed")
        row.told = others(reach.reach(user, change.now), employer.contact_phone)
        warnings.warn(
            user,
            change.key,
            subject,
            _(
                "%(school)s changed the telephone of %(employer)s to %(phone)s. If you did not ask for it, "
                "call the employment office at once. Until %(until)s nothing can be sent or agreed to.",
                school=employer.school.name,
                employer=employer.name,
                phone=employer.contact_phone_masked or "–",
                until=holds.moment(row.held_until),
            ),
            who=change.actor,
        )


def own_phone(user: AppUser, employer: Employer, phone: str) -> None:
    """An employer writes another telephone of its own; old and new are told. Not committed.

    Raises Refused while a way in is held.
    """
    refusal = holds.not_held(actor_of(user), clock.now())
    if refusal:
        raise Refused(refusal)
    old, employer.contact_phone = employer.contact_phone, phone
    identify_if_free(user, "phone", phone)
    if old is None:
        return
    row = contacts.note_change(contacts.changed(user, mail.SMS, old, phone, SELF, actor_of(user)))
    security_log.note("phone_changed", user=user, who=actor_of(user))
    warnings.warn(
        user,
        f"phone:{row.uid}",
        _("The phone of your account was changed"),
        _(
            "The telephone of %(name)s was changed on its own page to %(phone)s. If it was not you, call the "
            "employment office of your school at once.",
            name=employer.name,
            phone=employer.contact_phone_masked or "–",
        ),
    )


def write_employer(change: Change) -> None:
    """Write what differs into an employer's facts, old and new in the trail; the sign-in follows."""
    employer: Employer = change.record
    changed: dict[str, list[Any]] = {}
    for name, value in change.data.get("values", {}).items():
        old = getattr(employer, name)
        if (old or None) == (value or None):
            continue
        setattr(employer, name, value)
        secret = name == "contact_phone"
        if secret:
            employer_phone_changed(change, employer, old)
        shown = [mask_phone(old or ""), employer.contact_phone_masked]
        changed[name] = shown if secret else [old, value]
    change.details["changed"] = changed | _name_follows(employer, changed)
    db.session.flush()
    mine = select(AppUser).where(AppUser.employer_id == employer.id).order_by(AppUser.id)
    user = db.session.scalars(mine.limit(1)).first()
    if user is None:
        return
    user.last_name = employer.name[:60]
    if "credit_code" in changed:
        identify(user, "credit_code", employer.credit_code)


NAMING = ("archive_to", "household_address")  # where the employer's own name may stand


def _name_follows(employer: Employer, changed: Mapping[str, Any]) -> dict[str, Any]:
    """What letters begin with has the new name where it had the old one."""
    old, new = changed.get("name", ("", ""))
    found: dict[str, Any] = {}
    for field in NAMING if old else ():
        before = getattr(employer, field) or ""
        after = before if new in before else before.replace(old, new)
        if after != before and len(after) <= Employer.__table__.c[field].type.length:
            setattr(employer, field, after)
            found[field] = [before, after]
    return found


CHECKED_FACTS = ("credit_code", "name", "contact_name", "email")


def take_corrections(change: Change) -> None:
    """A corrected registration replaces what was rejected; the trail has both."""
    values = change.data.get("values", {})
    change.details["changed"] = {
        name: [getattr(change.record, name), values[name]]
        for name in CHECKED_FACTS
        if name in values and getattr(change.record, name) != values[name]
    }
    for name, value in values.items():
        setattr(change.record, name, value)


def note_target(change: Change) -> None:
    """The trail of the tombstone says where everything went."""
    change.details["into"] = change.data["into"]
