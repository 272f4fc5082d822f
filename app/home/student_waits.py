"""Everything of a student that waits, whose turn it is and until when: asked with the session (INV-22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    DateTime,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.accounts import beside
from app.core import clock
from app.people.corrections.models import FIELDS, LABELS, Correction, CorrectionState
from app.people.corrections.queries import corrections_for
from app.signing.destinations.detail import next_step as after_destination
from app.signing.objections.models import Objection
from app.signing.objections.queries import objections_for
from app.signing.offline.detail import next_step as after_paper
from app.signing.placements.models import UNDER_WAY, Kind, Placement, PlacementState
from app.signing.placements.notices import PAGES
from app.signing.placements.queries import placements_for
from app.signing.terminations.detail import asked, next_step, reply_by
from app.signing.terminations.models import Termination, TerminationState
from app.signing.terminations.queries import terminations_for
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail

NEWS = timedelta(days=7)  # as long a decision on a correction stands on the page
Lines = Select[Any]
MOST = 20  # a person has a handful
FAR = datetime.max.replace(tzinfo=UTC)
ATTESTS = {
    PlacementState.AWAITING_COLLEGE: _l("The college reviews it next."),
    PlacementState.AWAITING_SCHOOL: _l("The school reviews it next."),
}
RESTS = _l("It was reported as untrue. It rests until the school has answered.")


@dataclass(frozen=True)
class StudentWait:
    """One thing that waits: its title, where it leads, what comes next, and until when."""

    title: str
    url: str
    link: str
    next: str
    mine: bool = False  # the student is to act
    until: datetime | None = None
    since: datetime | None = None
    reason: str = ""  # why it was sent back
    placement_id: int | None = None
    ends: bool = False  # it would end that placement
    is_asked: bool = False  # the other side's application waits for the student's answer

    @property
    def day(self) -> str:
        """Since when it waits."""
        return f"{clock.local(self.since):%Y-%m-%d}" if self.since else ""


@dataclass(frozen=True)
class _Row:
    kind: str
    key: int
    page: str  # the kind of its placement
    name: str
    state: str
    by: str  # the role that began it
    reason: str
    until: datetime | None
    since: datetime | None
    frozen: bool

    @classmethod
    def of(cls, row: Sequence[Any]) -> _Row:
        """A line of the statement's answer, whose moments are texts."""
        kind, key, page, name, state, by, reason, until, since, frozen = row
        ends, began = (datetime.fromisoformat(at) if at else None for at in (until, since))
        return cls(kind, key, page, name, state, by, reason, ends, began, frozen)


def student_waits(who: Actor) -> ScalarSelect[list[list[object]]]:
    """The lines of what waits for or with a student, as `beside` asks it."""
    parts = (_terminations(who), _placements(who), _objections(who), _corrections(who))
    lines = union_all(*(part.limit(MOST).subquery().select() for part in parts)).subquery()
    return select(
        func.jsonb_agg(func.jsonb_build_array(*lines.c, type_=JSONB), type_=JSONB)
    ).scalar_subquery()


def _line(
    kind: str,
    key: Any,
    page: Any,
    name: Any,
    state: Any,
    since: Any,
    by: Any = "",
    reason: Any = "",
    until: Any = None,
    frozen: Any = None,
) -> tuple[Any, ...]:
    """The columns of `_Row`; nothing of it is read as the column that it is."""
    texts = [cast(part, String) for part in (page, name, state, by, reason)]
    when = [cast(null() if at is None else at, DateTime(timezone=True)) for at in (until, since)]
    named = enumerate([literal(kind), key, *texts, *when, false() if frozen is None else frozen])
    return tuple(column.label(f"c{n}") for n, column in named)


def _terminations(who: Actor) -> Lines:
    lines = _line(
        "termination", Placement.id, Placement.kind, Placement.employer_name, Termination.state,
        Termination.changed_at, by=Termination.started_by, until=Termination.reply_by,
        frozen=Placement.frozen,
    )  # fmt: skip
    mine = terminations_for(who).join(Placement, Placement.id == Termination.placement_id)
    return mine.where(Termination.is_running).with_only_columns(*lines)


def _placements(who: Actor) -> Lines:
    """What is under way, and what came back and is the student's newest."""
    newer, slot = aliased(Placement), aliased(Placement)
    last = (
        select(Trail.step, Trail.reason)
        .where(
            Trail.kind == "placement",
            Trail.record_id == Placement.id,
            Trail.from_state != Trail.to_state,
            or_(Placement.awaits_scan, Placement.was_refused),
        )
        .order_by(Trail.seq.desc())
        .limit(1)
        .lateral()
    )
    refused = func.coalesce(last.c.step, "").startswith("refuse")
    is_newest = ~select(newer.id).where(
        newer.student_id == Placement.student_id, newer.id > Placement.id
    ).exists()  # fmt: skip
    is_free = ~select(slot.id).where(
        slot.student_id == Placement.student_id, slot.settles, slot.stands
    ).exists()  # fmt: skip
    sent_back = and_(
        Placement.was_refused, Placement.kind != Kind.ONLINE, refused, is_newest, is_free
    )
    lines = _line(
        "placement", Placement.id, Placement.kind, Placement.employer_name, Placement.state,
        Placement.changed_at, reason=func.left(func.nullif(last.c.reason, ""), 200),
        by=func.coalesce(last.c.step, ""), until=Placement.answer_by, frozen=Placement.frozen,
    )  # fmt: skip
    return (
        placements_for(who)
        .outerjoin(last, true())
        .where(or_(Placement.state.in_(UNDER_WAY), sent_back))
        .with_only_columns(*lines)
    )


def _objections(who: Actor) -> Lines:
    key = func.coalesce(Objection.placement_id, Objection.invitation_id)
    lines = _line(
        "objection", key, func.coalesce(Placement.kind, ""), Objection.employer_name,
        Objection.state, Objection.created_at,
        by=Objection.reporter,
    )  # fmt: skip
    mine = objections_for(who).outerjoin(Placement, Placement.id == Objection.placement_id)
    return mine.where(Objection.is_open).with_only_columns(*lines)


def _corrections(who: Actor) -> Lines:
    decided = Correction.state.in_((CorrectionState.ACCEPTED, CorrectionState.REFUSED))
    lately = and_(decided, Correction.changed_at > clock.app_now() - NEWS)
    lines = _line(
        "correction", Correction.id, "", Correction.field, Correction.state,
        Correction.changed_at, reason=Correction.answer,
    )  # fmt: skip
    mine = corrections_for(who).where(or_(Correction.is_open, lately))
    return mine.with_only_columns(*lines)


def waits(who: Actor, now: datetime) -> list[StudentWait]:
    """What waits with the student asking: first what is its own turn, the soonest first."""
    rows = [_Row.of(row) for row in beside.ask("student_waits") or ()]
    found = [_SHOWN[row.kind](row, who, now) for row in rows]
    return sorted(found, key=lambda it: (not it.mine, it.until or FAR, it.since or FAR))


def _page(row: _Row) -> str:
    return f"/my/{PAGES[Kind(row.page)]}/{row.key}"


def _termination(row: _Row, who: Actor, now: datetime) -> StudentWait:
    probe = Termination(state=TerminationState(row.state), started_by=row.by, reply_by=row.until)
    is_asked, waits_for = asked(probe, who), reply_by(probe)
    late = waits_for is not None and waits_for <= now
    # once there was a no, or no answer in time, whoever applied may ask the school
    mine = is_asked or late if probe.is_requested else probe.is_with_parties and not is_asked
    leaving = row.page == Kind.DESTINATION
    return StudentWait(
        title=_title(row, leaving),
        url=_page(row) if leaving else url_for("MyTerminationsView.show", pk=row.key),
        link=_("Read the application") if is_asked else _("See the progress"),
        next=next_step(probe, who, now),
        mine=mine and not row.frozen,
        until=None if late else waits_for,
        since=row.since,
        placement_id=row.key,
        ends=True,
        is_asked=is_asked and probe.is_requested,
    )


def _title(row: _Row, leaving: bool) -> str:
    if leaving:
        return _("You leave “%(name)s”", name=row.name)
    return {
        Role.STUDENT: _("You apply for termination: %(employer)s", employer=row.name),
        Role.EMPLOYER: _("%(employer)s applies for termination", employer=row.name),
    }.get(Role(row.by)) or _("Termination under way: %(employer)s", employer=row.name)


def _placement(row: _Row, _who: Actor, now: datetime) -> StudentWait:
    probe = Placement(kind=row.page, state=PlacementState(row.state), settles=True)
    amending = probe.is_amending and row.until is not None and row.until > now
    shown = StudentWait(
        title=row.name,
        url=_page(row),
        link=_("See the progress"),
        next=_after(probe),
        since=row.since,
        reason=row.reason if row.by.startswith("refuse") else "",
        placement_id=row.key,
    )
    if row.frozen:
        return replace(shown, next=str(RESTS))
    if amending:
        title = _("%(employer)s proposes other terms", employer=row.name)
        return replace(
            shown, title=title, link=_("Compare old and new"), mine=True, until=row.until
        )
    if probe.awaits_scan:
        return replace(shown, title=_scan(row, shown.reason), link=_("Go on"), mine=True)
    if probe.was_refused:
        title = _("%(name)s was not approved", name=row.name)
        return replace(shown, title=title, link=_("Correct it"), mine=True)
    return shown


def _scan(row: _Row, reason: str) -> str:
    if reason:
        return _("Upload the stamped agreement again: %(employer)s", employer=row.name)
    return _("Have the agreement stamped and upload it: %(employer)s", employer=row.name)


def _after(placement: Placement) -> str:
    """What comes next and who is to do it, in the words of the record's own page."""
    if placement.is_amending:
        return _("The review goes on once the new terms are answered.")
    if placement.kind == Kind.ONLINE:
        return str(ATTESTS.get(PlacementState(placement.state), ""))
    return (after_paper if placement.kind == Kind.OFFLINE else after_destination)(placement)


def _objection(row: _Row, _who: Actor, _now: datetime) -> StudentWait:
    mine = row.by == Role.STUDENT
    title = _("You reported as untrue: %(name)s", name=row.name)
    return StudentWait(
        title=title if mine else _("%(employer)s disowns its act", employer=row.name),
        url=_page(row) if row.page else url_for("MyInvitationsView.show", pk=row.key),
        link=_("See the details"),
        next=_("Your school answers next; until then it rests."),
        since=row.since,
    )


def _correction(row: _Row, _who: Actor, _now: datetime) -> StudentWait:
    state = CorrectionState(row.state)
    return StudentWait(
        title=_("Correction of %(field)s", field=FIELDS.get(row.name, row.name)),
        url=url_for("MyOriginView.show", pk=row.key),
        link=_("See the details"),
        next=str(LABELS[state]),
        since=row.since,
        reason=row.reason,
    )


_SHOWN = {
    "termination": _termination,
    "placement": _placement,
    "objection": _objection,
    "correction": _correction,
}
