"""One termination as pages show it: who applied and why, how far it has come, what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import clock
from app.fab.presentation import moment
from app.settings.models import Review
from app.signing.placements.models import Placement
from app.signing.terminations.chances import chances_left
from app.signing.terminations.models import (
    ANSWERABLE,
    WAYS,
    Termination,
    TerminationState,
    Way,
)
from app.signing.terms.models import BY_NAME
from app.signing.terms.queries import with_unit
from app.workflow.actor import Actor, Role
from app.workflow.states import line_of

S = TerminationState
STANDS = _l("Until it is approved, the signing stays in force.")
NEXT = {
    S.DECLINED: _l("Either side can ask the school to mediate now."),
    S.MEDIATION: _l("The school hears both sides. The party asked can still agree."),
    S.AWAITING_COLLEGE: _l("The college reviews it next."),
    S.AWAITING_SCHOOL: _l("The school reviews it next."),
    S.AWAITING_SECOND: _l("The school considers ending this signing by itself."),
}
ENDED = {
    S.APPROVED: _l("The agreement is void; the student can sign again."),
    S.REFUSED: _l("The signing stays in force, and no chance was used up. The trace says why."),
    S.CLOSED: _l("The signing stays in force. The trace says why."),
}


def asked(termination: Termination | None, who: Actor) -> bool:
    """Whether the other party's application waits for this party's answer."""
    if termination is None or termination.started_by == who.role:
        return False
    return termination.is_answerable


def under_way(termination: Termination | None) -> bool:
    """Whether it has not been decided yet."""
    return termination is not None and termination.is_running


def reply_by(termination: Termination) -> datetime | None:
    """Until when the party asked has to answer; None once it has, or nothing is to be answered."""
    return termination.reply_by if termination.is_requested else None


def way_settled(termination: Termination) -> bool:
    """Whether it is known how it came about: what is disputed is not yet by agreement of both."""
    return termination.way != Way.AGREED or not termination.is_unsettled


def applied(placement: Placement, last: Termination, now: datetime) -> list[object]:
    """Who wants what, why and until when, as items of the office's page (TRM-02, TRM-03, TRM-09)."""
    names = {Role.STUDENT: placement.student.name, Role.EMPLOYER: placement.employer_name}
    terms = placement.terms
    rows: list[Any] = [
        {"label": _("Reason"), "value": last.reason, "strong": True, "wide": True},
        (_("Applied by"), names.get(Role(last.started_by), placement.school.name)),
        (_("Applied on"), moment(last.created_at)),
    ]
    if way_settled(last):
        rows.append((_("Way"), WAYS[Way(last.way)]))
    if last.is_with_parties:
        rows.append((_("To be answered by"), clock.shown_deadline(last.reply_by)))
    if last.approved_at:
        rows.append((_("Terminated on"), moment(last.approved_at)))
    if last.is_running:
        left = chances_left(last.student_id, last.school_id, now)
        rows.append((_("Terminations left this year"), left))
    if terms is not None:
        rows.append(
            (_("Breach penalty"), with_unit(BY_NAME["breach_penalty"], terms.breach_penalty))
        )
    return rows


def next_step(termination: Termination, who: Actor, now: datetime) -> str:
    """What comes next, and who is to do it."""
    state = S(termination.state)
    if state in ENDED:
        return str(ENDED[state])
    said = NEXT.get(state) or _between(termination, who, now)
    return f"{said} {STANDS}"


def _between(termination: Termination, who: Actor, now: datetime) -> str:
    until = clock.shown_deadline(termination.reply_by)
    if now >= termination.reply_by:
        return _(
            "The time to answer ended on %(until)s: either side can ask the school to mediate.",
            until=until,
        )
    if asked(termination, who):
        return _("Please answer by %(until)s.", until=until)
    return _("The other party has until %(until)s to answer; you will be told.", until=until)


def progress(termination: Termination) -> list[tuple[str, str, str]]:
    """The way of a termination as a line of steps: (label, done | now | todo, note) (TRM-08).

    Empty where it ended without an approval: a line that stops says less than the sentence.
    """
    if termination.has_failed:
        return []
    return line_of(_way(termination), termination.state)


def _way(termination: Termination) -> list[tuple[tuple[S, ...], str]]:
    """The states that are one step, and its name."""
    if termination.way == Way.FORCED:
        return [((S.AWAITING_SECOND,), _("Decided by the school")), ((), _("Terminated"))]
    if termination.way in (Way.PROOF, Way.RELEASE):
        return [((), _("Applied")), *_reviews(termination), ((), _("Terminated"))]
    mediated = termination.way == Way.ONE_SIDED or termination.in_mediation
    answer = _("Mediation") if mediated else _("The other party answers")
    asking = (ANSWERABLE, answer)
    return [((), _("Applied")), asking, *_reviews(termination), ((), _("Terminated"))]


def _reviews(termination: Termination) -> list[tuple[tuple[S, ...], str]]:
    way: list[tuple[tuple[S, ...], str]] = []
    if termination.review != Review.SCHOOL:
        way.append(((S.AWAITING_COLLEGE,), _("College")))
    if termination.review != Review.COLLEGE:
        way.append(((S.AWAITING_SCHOOL,), _("School")))
    return way
