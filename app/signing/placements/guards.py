"""The guards of placements: each a sentence why a step is not possible, or None; one place a rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _

from app.core import clock
from app.files.documents.printing import unprintable
from app.people.employers.register import employer_by_code
from app.signing.placements.checks import missing_facts, named, who_mends
from app.signing.placements.may_sign import blocked_employer, cannot_sign, signing_closed
from app.signing.placements.models import UNDER_WAY, Kind, Placement, PlacementState
from app.signing.placements.printing import printed_facts
from app.signing.placements.queries import (
    attached_since,
    has_agreement,
    placement_of,
    student_of,
    unsettled_of,
)
from app.workflow.actor import Actor

S = PlacementState


def slot_taken(student_id: int) -> str | None:
    """The sentence that another placement is in the way, and what to do; None if the slot is free."""
    other = placement_of(student_id)
    if other is None:
        return None
    if other.kind == Kind.DESTINATION:
        return _destination_in_the_way(other)
    if other.in_force:
        return _(
            "Your signing with %(employer)s is in force. Only one is possible: "
            "it would have to be terminated first.",
            employer=other.employer_name,
        )
    if other.kind == Kind.OFFLINE:
        return _(
            "Your paper signing with %(employer)s is under way. Finish it, or ask to give it up, first.",
            employer=other.employer_name,
        )
    return _(
        "Your signing with %(employer)s is under review. Wait for the decision: "
        "if it is refused, you can answer here again.",
        employer=other.employer_name,
    )


def _destination_in_the_way(other: Placement) -> str:
    if other.in_force:
        return _(
            "Your registered destination “%(name)s” is in force. Apply to leave it first.",
            name=other.employer_name,
        )
    return _(
        "Your destination “%(name)s” is under review. Wait for the decision first.",
        name=other.employer_name,
    )


def slot_free(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A student has at most one placement under way or in force (INV-14, GRD-01)."""
    return slot_taken(placement.student_id)


def no_other_unsettled(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """One unsettled destination is under review at a time; one in force gives way (DST-05)."""
    if not _unsettled_under_way(placement):
        return None
    return _("Another registration of yours is under review. Wait for the decision first.")


def _unsettled_under_way(placement: Placement) -> Sequence[Placement]:
    """What stands in the way of a destination that settles nothing; nothing of one that does."""
    return () if placement.settles else unsettled_of(placement.student_id, UNDER_WAY)


def scan_there(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """The stamped agreement is handed in with its pictures or PDF (OFF-04)."""
    if attached_since(placement):
        return None
    return _("Upload photos or a scan of the stamped agreement first.")


def slot_still_free(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A refusal is taken back only while the student has signed nowhere else (GRD-01)."""
    other = placement_of(placement.student_id)
    if other is None or other.id == placement.id:
        other = next(iter(_unsettled_under_way(placement)), None)
    if other is None:
        return None
    return _(
        "The student has signed or registered with %(employer)s in the meantime.",
        employer=other.employer_name,
    )


def not_frozen(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """What the student reported as untrue rests until the school has answered (INV-20)."""
    if not placement.frozen:
        return None
    return _(
        "This was reported as untrue or as another hand's act. It rests until the school has answered."
    )


def facts_complete(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Nature, industry and region of the employer are known before approval (AGR-03)."""
    missing = missing_facts(placement)
    if not missing:
        return None
    return _("Fill in the employer's %(missing)s first.", missing=_(", ").join(missing))


def can_be_printed(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """What no document can show is neither attested nor numbered: it could never be printed (DOC-07)."""
    if not has_agreement(placement):
        return None
    missing = unprintable(printed_facts(placement))
    if not missing:
        return None
    return _(
        "The agreement could not be printed. %(what)s %(who)s",
        what=named(missing),
        who=who_mends(missing, placement),
    )


def not_reviewed(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Terms are amended after acceptance and before any review (INV-16)."""
    if placement.in_force:
        return _("The signing is in force. To change the terms, terminate it, then sign anew.")
    if placement.reviewed_at is None:
        return None
    return _(
        "A review has begun. To change the terms, ask the school to refuse this signing, "
        "then send a new invitation."
    )


def answer_in_time(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """A proposal that ran out of time is no longer answered (INV-16)."""
    if placement.answer_by is None or now < placement.answer_by:
        return None
    return _(
        "The time to answer ended on %(until)s; the old terms stay.",
        until=clock.shown_deadline(placement.answer_by),
    )


def answer_overdue(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Only an unanswered proposal whose time is over ends by itself (INV-16)."""
    return None if answer_in_time(placement, actor, now) else _("There is still time to answer.")


def may_enter(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """Who may not sign, or not now, enters no paper signing and no destination either (ACC-06, ADM-04)."""
    student = student_of(placement)
    kind = Kind(placement.kind)
    return cannot_sign(student, now, kind) or signing_closed(student, now)


def employer_not_blocked(placement: Placement, actor: Actor, now: datetime) -> str | None:
    """No paper agreement begins with an employer that a school has blocked; what runs goes on (ADM-06)."""
    code = placement.employer_credit_code
    return blocked_employer(employer_by_code(code)) if code else None
