"""Two records joined by staff: at once, or once the person behind both has said so (ACC-15)."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _

from app.accounts import security_log, warnings
from app.accounts.resetting import contact_of
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.people.merging import employers
from app.people.merging import workflow as merging
from app.people.merging.models import MergeRequest
from app.people.merging.requests import (
    EMPLOYER,
    STUDENT,
    WITHDRAWN,
    accounts_of,
    contact_reached,
    end_request,
    number_of,
    pair_of,
    waiting,
)
from app.people.students.models import Student
from app.workflow.actor import Actor
from app.workflow.consent import checked_reason
from app.workflow.engine import committed
from app.workflow.steps import Reason


def join(
    kind: str, keep_id: int, gone_id: int, take: Collection[str], actor: Actor, reason: str
) -> MergeRequest | None:
    """Merge at once where no way in is touched or the ID number is the same; else ask the person. Commits.

    Gives the request that waits now, or None where it is done. Raises as `merging.merge_students`.
    """
    if (
        kind == EMPLOYER
        and not accounts_of(EMPLOYER, keep_id)
        and not accounts_of(EMPLOYER, gone_id)
    ):
        employers.merge_employers(keep_id, gone_id, take, actor, reason)
        return None
    if kind == STUDENT and _same_number(keep_id, gone_id):
        merging.merge_students(keep_id, gone_id, take, actor, reason)
        return None
    return committed(lambda: _ask(kind, keep_id, gone_id, take, actor, reason))


def _same_number(keep_id: int, gone_id: int) -> bool:
    keep, gone = db.session.get(Student, keep_id), db.session.get(Student, gone_id)
    return keep is not None and gone is not None and merging.same_id_number(keep, gone)


def _ask(
    kind: str, keep_id: int, gone_id: int, take: Collection[str], actor: Actor, reason: str
) -> MergeRequest:
    keep, gone = pair_of(kind, keep_id, gone_id, actor)
    reason = checked_reason(Reason.REQUIRED, reason)
    mine = accounts_of(kind, keep_id)
    if (
        not mine
        or contact_of(mine[0]) is None
        or (kind == STUDENT and not contact_reached(kind, gone))
    ):
        raise Refused(
            _(
                "No code can reach both sides. Enter the ID number of both records: if it is the "
                "same they can be merged."
            )
        )
    if waiting(kind, keep_id, gone_id) is not None:
        raise Refused(_("You have asked already; it waits for the other side's answer."))
    found = MergeRequest(
        kind=kind,
        keep_id=keep_id,
        gone_id=gone_id,
        take=sorted(take),
        reason=reason,
        asked_by=actor.user_id,
        asked_at=clock.now(),
    )
    db.session.add(found)
    db.session.flush()
    security_log.note("merge_asked", user=mine[0], who=actor, gone=gone_id)
    said = _(
        "%(who)s of %(school)s asks whether the record %(gone)s is yours, too: %(reason)s Sign in and "
        "answer on the page “My sign-in”. If it is not yours, say so there.",
        who=actor.name,
        school=keep.school.name,
        gone=number_of(gone),
        reason=reason,
    )
    for user in [*mine, *accounts_of(kind, gone_id)]:
        warnings.warn(
            user, f"ask-merge:{found.uid}", _("Are these records both yours?"), said, who=actor
        )
    return found


def withdraw(found: MergeRequest, actor: Actor) -> None:
    """Staff ask no longer; commit."""
    end_request(found, WITHDRAWN)
    security_log.note("merge_withdrawn", who=actor, keep=found.keep_id, gone=found.gone_id)
    db.session.commit()
