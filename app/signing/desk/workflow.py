"""The levers of the desk: what staff may do with one record, over all tables that know it.

Signings, terminations and reports of untruth have tables of their own whose steps share names; here
each step has one name of its own, which is also its permission word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy.orm.attributes import set_committed_value

from app.core import clock
from app.core.errors import Refused
from app.signing.desk import effects  # noqa: F401 (approvals keep the hints from here on)
from app.signing.objections.queries import open_objection
from app.signing.objections.workflow import OBJECTIONS
from app.signing.placements.models import Placement, PlacementState
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.applying import force, why_not
from app.signing.terminations.models import TerminationState
from app.signing.terminations.queries import latest, latest_of
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Offer, Step

FORCE = "force"
FLOWS = (OBJECTIONS, TERMINATIONS, PLACEMENTS)  # in this order one of them waits
PREFIX = {TERMINATIONS.kind: "termination_"}  # signings and terminations share names of steps


@dataclass(frozen=True)
class Lever:
    """One action of the desk: a step of one of the tables."""

    name: str
    flow: Workflow[Any]
    step: Step

    def called(self, kind: str = "") -> Any:
        """The step's own words; where a signing's step has the same, it says that it is the termination's."""
        if self.flow is not TERMINATIONS or self.step.name not in ALIKE:
            return self.step.called(kind)
        return LazyString(lambda: _("Termination: %(step)s", step=self.step.label))


def _levers(flow: Workflow[Any]) -> dict[str, Lever]:
    """What staff take by a button in that table."""
    prefix = PREFIX.get(flow.kind, "")
    mine = [step for step in flow.steps if step.by_button and step.of_staff]
    return {prefix + step.name: Lever(prefix + step.name, flow, step) for step in mine}


# steps of both tables with the same words
_words = {step.name: step.label for step in PLACEMENTS.steps}
ALIKE = frozenset(s.name for s in TERMINATIONS.steps if s.label == _words.get(s.name))
LEVERS = {
    **{name: lever for flow in FLOWS for name, lever in _levers(flow).items()},
    FORCE: Lever(FORCE, TERMINATIONS, TERMINATIONS.step(FORCE)),
}
# steps of staff that answer what a record waits for: buttons of the first row, two a table
MAIN = frozenset(name for name, lever in LEVERS.items() if lever.step.verdict is not None)


@dataclass(frozen=True)
class Pull:
    """A lever as a person finds it: its record, whether it moves, and why not."""

    lever: Lever
    record: Any
    offer: Offer

    @property
    def seen(self) -> str:
        """The record as it stands on the page; another one is not decided by this page."""
        return stamp(self.record)


def stamp(record: Any) -> str:
    """A record and its last change, for recognising it."""
    return f"{record.id}-{int(record.changed_at.timestamp() * 1_000_000)}"


def records(placement: Placement) -> dict[str, Any]:
    """The records of the three tables on one placement; None where there is none."""
    return {
        OBJECTIONS.kind: open_objection(placement_id=placement.id),
        TERMINATIONS.kind: latest(placement.id),
        PLACEMENTS.kind: placement,
    }


def waiting(placement: Placement, now: datetime) -> tuple[str, frozenset[Role]]:
    """The kind of what waits, and for whom: a report before a termination before the signing itself."""
    found = records(placement)
    for flow in FLOWS:
        record = found[flow.kind]
        roles = flow.awaits(record, now) if record is not None else frozenset()
        if roles:
            return flow.kind, roles
    return "", frozenset()


def moment(seen: str) -> datetime | None:
    """The last change of a record that a stamp names; None for what is none."""
    ticks = seen.rpartition("-")[2]
    return datetime.fromtimestamp(int(ticks) / 1_000_000, UTC) if ticks.isdecimal() else None


def pulls(placement: Placement, who: Actor, now: datetime) -> list[Pull]:
    """The levers that this person finds on the record, greyed ones with the sentence why not."""
    found = records(placement)
    offered = {
        (flow.kind, offer.step.name): offer
        for flow in FLOWS
        if found[flow.kind] is not None
        for offer in flow.offers(found[flow.kind], who, now)
    }
    mine = [
        Pull(lever, found[lever.flow.kind], offered[lever.flow.kind, lever.step.name])
        for lever in LEVERS.values()
        if (lever.flow.kind, lever.step.name) in offered
    ]
    return mine + _forcing(placement, found[TERMINATIONS.kind], who, now)


def _forcing(placement: Placement, last: Any, who: Actor, now: datetime) -> list[Pull]:
    """The school's own act on what is in force, unless one waits for a second person (AGR-09)."""
    lever = LEVERS[FORCE]
    waits = last is not None and last.state == TerminationState.AWAITING_SECOND
    if who.role not in lever.step.roles or placement.state != PlacementState.IN_FORCE or waits:
        return []
    return [Pull(lever, placement, Offer(lever.step, why_not(FORCE, placement, who, now)))]


def pull(name: str, placement: Placement, who: Actor, reason: str, seen: str = "") -> Any:
    """Pull a lever on the record and commit; returns the record that it moved.

    `seen` is the stamp on the page: what changed meanwhile is looked at first.
    Raises NotYours, Refused, Invalid.
    """
    lever = LEVERS[name]
    if name == FORCE:
        _still(placement, placement, lever, seen)
        return force(placement.id, who, reason)
    record = _subject(lever, placement)
    if record is None:
        raise Refused(nothing(lever))
    _still(placement, record, lever, seen)
    return lever.flow.perform(lever.step.name, record.id, who, reason=reason, seen=moment(seen))


def nothing(lever: Lever) -> str:
    """Why a lever finds nothing to move."""
    if lever.flow is TERMINATIONS:
        return _("Nobody has applied for a termination of this signing.")
    return _("The student contests nothing here.")


def subjects(lever: Lever, placements: Sequence[Placement]) -> dict[int, Any]:
    """Placement → the record that the lever moves, for many by one query."""
    if lever.flow is TERMINATIONS:
        last = latest_of(p.id for p in placements)
        for placement in placements:
            if placement.id in last:
                set_committed_value(last[placement.id], "placement", placement)
        return dict(last)
    return {placement.id: placement for placement in placements}


def _subject(lever: Lever, placement: Placement) -> Any:
    if lever.flow is TERMINATIONS:
        return latest(placement.id)
    if lever.flow is OBJECTIONS:
        return open_objection(placement_id=placement.id)
    return placement


def _still(placement: Placement, record: Any, lever: Lever, seen: str) -> None:
    """Nobody decides what he has not seen; who came second is told by the table itself (AGR-11)."""
    lapsed = PLACEMENTS.lapse(placement, clock.now())
    movable = lever.name == FORCE or lapsed or record.state in lever.step.sources
    if seen and movable and seen != stamp(record):
        raise Refused(_("This has changed since you opened it. Please look again, then decide."))
