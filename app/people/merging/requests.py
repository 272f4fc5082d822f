"""The person behind two records says that both are its own: asked by staff, confirmed on its page (ACC-15).

A code goes to the contact of each record; both are entered by whoever is signed in as the kept one. So
neither staff nor whoever has only one of the two can put them together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from app.accounts import beside, one_time, reach, security_log
from app.accounts.contact_models import ContactChange
from app.accounts.models import AppUser
from app.accounts.queries import actor_of, users_of
from app.accounts.resetting import contact_of
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.people.employers.models import Employer
from app.people.merging import accounts, employers
from app.people.merging import workflow as merging
from app.people.merging.models import MergeRequest
from app.people.students.models import Student
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

LIFE = timedelta(days=14)  # so long a request waits for its answer
STUDENT, EMPLOYER = "student", "employer"
MERGED, WITHDRAWN, REFUSED = "merged", "withdrawn", "refused"


def pair_of(kind: str, keep_id: int, gone_id: int, actor: Actor) -> tuple[Any, Any]:
    """Both records, locked, if they may become one. Raises NotYours, Refused."""
    pair = merging.student_pair if kind == STUDENT else employers.employer_pair
    return pair(keep_id, gone_id, actor)


def accounts_of(kind: str, key: int) -> list[AppUser]:
    """The accounts of a record."""
    return users_of(student_id=key) if kind == STUDENT else users_of(employer_id=key)


def number_of(record: Any) -> str:
    """How people name the record: student number or credit code."""
    return str(record.student_no if isinstance(record, Student) else record.credit_code)


def contact_reached(kind: str, record: Any) -> tuple[str, str] | None:
    """Where a code reaches whoever has this record: (channel, address)."""
    users = accounts_of(kind, record.id)
    if users:
        return contact_of(users[0]) or next(iter(reach.present(users[0])), None)
    return next(iter(accounts.pairs(record.phone, record.email)), None) if kind == STUDENT else None


def waiting(kind: str, keep_id: int, gone_id: int) -> MergeRequest | None:
    """The request for these two that is not answered yet."""
    mine = (
        MergeRequest.kind == kind,
        MergeRequest.keep_id == keep_id,
        MergeRequest.gone_id == gone_id,
        MergeRequest.ended_at.is_(None),
    )
    return db.session.scalars(select(MergeRequest).where(*mine)).one_or_none()


def end_request(found: MergeRequest, outcome: str) -> None:
    """It is answered, or nobody asks any longer. Not committed."""
    found.ended_at, found.outcome = clock.now(), outcome


@dataclass(frozen=True)
class Side:
    """One of the two records as the page shows it, with where its code goes (masked)."""

    name: str  # keep or gone
    number: str
    channel: str
    address: str
    shown: str


def asked_of(user: AppUser) -> list[MergeRequest]:
    """The open requests to keep this account's record."""
    if beside.of_asker(user.id) and not beside.ask("merges"):
        return []
    mine = _open_for(*_own(user))
    return list(db.session.scalars(select(MergeRequest).where(*mine).order_by(MergeRequest.id)))


def _open_for(kind: str, key: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        MergeRequest.kind == kind,
        MergeRequest.keep_id == key,
        MergeRequest.ended_at.is_(None),
        MergeRequest.asked_at > clock.app_now() - LIFE,
    )


def is_asked(who: Actor) -> Any:
    """Whether the person asking is asked for its consent, as `beside` asks it."""
    mine = (STUDENT, who.student_id) if who.role is Role.STUDENT else (EMPLOYER, who.employer_id)
    return select(MergeRequest.id).where(*_open_for(*mine)).exists()


def _own(user: AppUser) -> tuple[str, int]:
    student = user.role == Role.STUDENT
    return (STUDENT, user.student_id or 0) if student else (EMPLOYER, user.employer_id or 0)


def asked(user: AppUser, uid: str) -> MergeRequest:
    """One of them. Raises NotYours."""
    for found in asked_of(user):
        if found.uid == uid:
            return found
    raise NotYours(f"merge request {uid}")


def sides(found: MergeRequest) -> list[Side]:
    """The codes that are needed: one of each record, one only where both have the same contact."""
    model: Any = Student if found.kind == STUDENT else Employer
    made: list[Side] = []
    mask = vars(ContactChange)["old"].mask
    for name, key in (("keep", found.keep_id), ("gone", found.gone_id)):
        record = db.session.get(model, key)
        where = contact_reached(found.kind, record) if record is not None else None
        if where is not None and where not in [(side.channel, side.address) for side in made]:
            made.append(Side(name, number_of(record), *where, mask(where[1])))
    return made


def send_code(user: AppUser, uid: str, name: str) -> tuple[str, str]:
    """Send the code of one side, and commit; the contact it went to. Raises NotYours, Refused."""
    found = asked(user, uid)
    for side in sides(found):
        if side.name == name:
            said = _("To confirm that both records of %(name)s are yours", name=user.display_name)
            one_time.send(
                f"user:{user.id}", _purpose(found, name), side.channel, side.address, act=said
            )
            return side.channel, side.address
    raise NotYours(f"merge request {uid}: {name}")


def _purpose(found: MergeRequest, name: str) -> str:
    return f"merge:{found.id}:{name}"


def confirm(user: AppUser, uid: str, codes: dict[str, str]) -> None:
    """Both codes are right: the two records become one, as staff had asked; commit.

    Raises NotYours, Refused (nothing is written), Invalid for the code.
    """

    def act() -> None:
        found = asked(user, uid)
        officer = _asker(found)
        keep, gone = pair_of(found.kind, found.keep_id, found.gone_id, officer)
        needed = sides(found)
        if not needed or (found.kind == STUDENT and not contact_reached(STUDENT, gone)):
            raise Refused(_("No code can reach both sides any more. Ask the employment office."))
        for side in reversed(needed):
            one_time.check(f"user:{user.id}", _purpose(found, side.name), codes.get(side.name, ""))
        end_request(found, MERGED)
        security_log.note("merge_confirmed", user=user, who=actor_of(user), gone=found.gone_id)
        if found.kind == STUDENT:
            merging.put_students_together(
                keep, gone, found.take, officer, found.reason, proof="code"
            )
        else:
            employers.put_employers_together(keep, gone, found.take, officer, found.reason)

    committed(act)


def _asker(found: MergeRequest) -> Actor:
    """The member of staff who asked, if still in office. Raises Refused."""
    user = db.session.get(AppUser, found.asked_by)
    if user is None or not user.active or user.role != Role.SCHOOL:
        raise Refused(
            _("Whoever asked is no longer in office. Ask the employment office to ask again.")
        )
    return replace(actor_of(user), address="", device="", device_id="")


def refuse(user: AppUser, uid: str) -> None:
    """The second record is not this person's; commit."""
    found = asked(user, uid)
    end_request(found, REFUSED)
    security_log.note("merge_refused", user=user, who=actor_of(user), gone=found.gone_id)
    db.session.commit()
