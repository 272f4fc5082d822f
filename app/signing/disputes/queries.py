"""Which disputes a person may see; whose hands were on an account."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, Select, false, or_, select

from app.accounts.contact_models import ContactChange
from app.accounts.contacts import SELF
from app.accounts.models import AppUser
from app.accounts.reach import REMEMBERED
from app.accounts.warning_models import AccountWarning
from app.core import clock, mail
from app.core.db import db
from app.core.names import spellings
from app.core.registry import stores
from app.people.employers.models import Employer
from app.signing.disputes.models import FREEZES, Dispute, DisputeState
from app.workflow.actor import PARTIES, STAFF, Actor, Role
from app.workflow.models import Trail

MOMENT = timedelta(minutes=1)  # between a change and the message of it
OF_SCHOOL = (Role.SCHOOL, Role.COLLEGE, Role.DATA)


def disputes_for(who: Actor) -> Select[Dispute]:
    """A school those of its students and employers, the province all, the administrators those of staff."""
    parties = Dispute.role.in_(sorted(PARTIES))
    if who.role is Role.SCHOOL:
        return select(Dispute).where(parties, Dispute.school_id == who.school_id)
    if who.role is Role.PROVINCE:
        return select(Dispute).where(parties)
    if who.role in (Role.ADMIN, Role.SECURITY):
        return select(Dispute).where(Dispute.role.in_(sorted(STAFF)))
    return select(Dispute) if who.role is Role.SYSTEM else select(Dispute).where(false())


def frozen_now(who: Actor) -> Select[Dispute]:
    """The disputes of the scope whose account is frozen."""
    return disputes_for(who).where(Dispute.state.in_(FREEZES))


def dispute_of(user_id: int) -> Dispute | None:
    """The dispute that keeps this account frozen."""
    wanted = select(Dispute).where(Dispute.user_id == user_id, Dispute.state.in_(FREEZES))
    return db.session.scalars(wanted).first()


def subject_of(row: Trail) -> str:
    """What the person disowned, where its line gives no reason."""
    return "" if row.reason else str(row.details.get("subject", ""))


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the list; None: all."""
    tabs = {
        "frozen": Dispute.state.in_(FREEZES),
        "cleared": Dispute.state == DisputeState.CLEARED,
    }
    return tabs.get(name)


def finds(text: str) -> ColumnElement[bool]:
    """The disputes of accounts whose name has the text."""
    return or_(*(Dispute.name.icontains(name, autoescape=True) for name in spellings(text)))


def school_of(user: AppUser) -> int | None:
    """Whose staff speaks to the person: of an employer the school that checks it."""
    if user.employer_id is not None:
        return db.session.scalar(select(Employer.school_id).where(Employer.id == user.employer_id))
    return user.school_id


def hands_on(user_id: int) -> list[tuple[int, str]]:
    """Staff who changed a way into the account within 90 days: (id of the account, role)."""
    since, staff = clock.now() - REMEMBERED, sorted(STAFF)
    changed = select(ContactChange.actor_id, ContactChange.actor_role).where(
        ContactChange.user_id == user_id,
        ContactChange.at > since,
        ContactChange.actor_role.in_(staff),
        ContactChange.actor_id.is_not(None),
    )
    told = select(AccountWarning.actor_id, AccountWarning.actor_role).where(
        AccountWarning.user_id == user_id,
        AccountWarning.at > since,
        AccountWarning.actor_role.in_(staff),
        AccountWarning.record_kind == "",
        AccountWarning.key.not_like("dispute:%"),
    )
    return [(row[0], row[1]) for row in db.session.execute(changed.union(told)) if row[0]]


def school_had_a_hand(user_id: int) -> bool:
    """Whether staff of a school changed a way into the account: then it does not judge alone."""
    return any(role in OF_SCHOOL for _key, role in hands_on(user_id))


def by_another(user_id: int) -> list[ContactChange]:
    """The disputed changes that can be another's hand, oldest first.

    What the person itself changed before anything that it disowns, and before staff touched a way in,
    is its own.
    """
    rows = db.session.scalars(
        select(ContactChange)
        .where(ContactChange.user_id == user_id, ContactChange.disputed_at.is_not(None))
        .order_by(ContactChange.id)
    ).all()
    frozen = db.session.get_one(AppUser, user_id).frozen_at or clock.now()
    disowned = select(AccountWarning.at).where(
        AccountWarning.user_id == user_id, AccountWarning.used_at >= frozen - MOMENT
    )
    begun = [row.at for row in rows if row.source != SELF] + list(db.session.scalars(disowned))
    return [row for row in rows if not begun or row.at >= min(begun) - MOMENT]


def mails_by_another(user: AppUser) -> list[ContactChange]:
    """Of them the mails that were set on a student's own page: nobody in the office can change these."""
    if user.role != Role.STUDENT:
        return []
    rows = by_another(user.id)
    return [row for row in rows if row.channel == mail.MAIL and row.source == SELF]


def disputed_phone_stays(user_id: int) -> bool:
    """Whether the phone or address that was said to be another's is the account's still."""
    user = db.session.get_one(AppUser, user_id)
    phone = stores().phones.get(user.role or "", lambda _user: None)(user)
    given_back = mails_by_another(user)
    rows = [row for row in by_another(user_id) if row not in given_back]
    return any(row.new is not None and row.new in (phone, user.email) for row in rows)
