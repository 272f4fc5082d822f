"""Two records of one employer become one (ADM-06)."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _

from app.accounts import reach, security_log
from app.accounts.queries import users_of
from app.core import clock
from app.core.errors import Refused
from app.people.employers.models import Employer
from app.people.employers.workflow import EMPLOYERS
from app.people.merging.accounts import close, pairs, tell_both
from app.people.merging.moving import move
from app.people.merging.workflow import locked_pair, nothing_held, remember
from app.people.names.queries import also_called
from app.workflow.actor import Actor
from app.workflow.engine import committed

EMPLOYER_FIELDS = ("name", "kind", "industry", "location", "address", "postcode", "contact_name")
EMPLOYER_CONTACTS = ("email",)


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
    keep, gone = locked_pair(Employer, EMPLOYERS.scope(actor), keep_id, gone_id, actor)
    _one_standing(keep, gone)
    kept, theirs = users_of(employer_id=keep_id), users_of(employer_id=gone_id)
    if theirs and not kept:
        raise Refused(
            _("Only the second one has an account. Merge the other way round: keep that one.")
        )
    nothing_held(kept + theirs)
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
        tell_both(user, keep, gone, actor, also)
        also = []
    move(Employer, keep.id, gone.id)
    remember(keep, gone, gone.credit_code)
    also_called(keep, gone.name)
    EMPLOYERS.apply("correct_employer", keep.id, actor, values=values)
    return keep


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
