"""The engine of all rules: a table of steps for each kind of record, and the only writer of states.

A step says from which states to which, who may take it, what must hold (guards) and what follows
(effects). The same guards make the button, the greyed button with the sentence why not, and the check.
`Workflow.perform` and `Workflow.start` always run in one order, in the caller's transaction:
row in the actor's scope → role → lock → state → guards → reason → effects → trail → commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.text import clean_line
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail


class Record(Protocol):
    """What a workflow needs of a record."""

    id: Any
    state: Any


R = TypeVar("R", bound=Record)
Guard = Callable[[Any, Actor, datetime], "str | None"]
Text = Any  # str or a lazy translation

FLOWS: dict[str, Workflow[Any]] = {}  # kind → its table, for naming the steps of a trace
REASON_LENGTH = 200  # characters, as the manuals have it for every reason


class Reason(StrEnum):
    """Whether a step asks for a reason."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass
class Change:
    """What one step is about to do: given to its effects, then written into the trail."""

    record: Any
    step: Step
    actor: Actor
    now: datetime
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


Effect = Callable[[Change], None]


@dataclass(frozen=True)
class Step:
    """One row of a workflow's table.

    `to` may be a function of the change where settings decide; `source` is empty for a birth.
    `danger` marks steps that end something; `confirm` is the text of the second question.
    """

    name: str
    source: StrEnum | tuple[StrEnum, ...] | None
    to: StrEnum | Callable[[Change], StrEnum]
    by: Role | tuple[Role, ...]
    label: Text
    when: tuple[Guard, ...] = ()
    fill: tuple[Effect, ...] = ()  # set attributes before the row is written
    then: tuple[Effect, ...] = ()  # what follows once it is
    reason: Reason = Reason.NONE
    bulk: bool = False
    danger: bool = False
    targets: tuple[StrEnum, ...] = ()
    confirm: Text = ""
    done: Text = ""

    @property
    def sources(self) -> tuple[StrEnum, ...]:
        """The states from which the step leads away."""
        if self.source is None:
            return ()
        return self.source if isinstance(self.source, tuple) else (self.source,)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may take it."""
        return self.by if isinstance(self.by, tuple) else (self.by,)

    @property
    def reaches(self) -> tuple[StrEnum, ...]:
        """The states it can lead to."""
        return self.targets if callable(self.to) else (self.to,)


@dataclass(frozen=True)
class Offer:
    """A step as a person sees it now: possible, or greyed with the sentence why not (INV-19)."""

    step: Step
    why_not: str = ""

    @property
    def possible(self) -> bool:
        """Whether the button works."""
        return not self.why_not


@dataclass(frozen=True)
class Workflow(Generic[R]):
    """The table of one kind of record.

    `scope` selects the rows an actor may see (ACC-02); `first_lock` is the row to lock before the
    record itself, so that every change locks in the order student → invitation → placement → counter.
    """

    kind: str
    model: type[R]
    steps: tuple[Step, ...]
    scope: Callable[[Actor], Select[Any]]
    name: Text
    first_lock: Callable[[R], tuple[Any, int] | None] = lambda _record: None
    labels: Mapping[Any, Text] = field(default_factory=dict)
    after: tuple[Effect, ...] = ()

    def __post_init__(self) -> None:
        FLOWS[self.kind] = self  # a trace names steps of packages it may not import

    def step(self, name: str) -> Step:
        """The step of that name. Raises NotYours where there is none (it came from a URL)."""
        for step in self.steps:
            if step.name == name:
                return step
        raise NotYours(name)

    def offers(self, record: R, actor: Actor, now: datetime) -> list[Offer]:
        """The steps this actor could take from the record's state, greyed where a guard refuses."""
        return [
            Offer(step, _first_refusal(step, record, actor, now))
            for step in self.steps
            if actor.role in step.roles and record.state in step.sources
        ]

    def perform(
        self, name: str, record_id: int, actor: Actor, *, reason: str = "", **data: Any
    ) -> R:
        """Take the step on the record and commit.

        Raises NotYours outside the actor's scope, Refused where a rule says no (the sentence),
        Invalid where the reason is missing or too long. Nothing is written then.
        """
        try:
            record = self.apply(name, record_id, actor, reason=reason, **data)
            db.session.commit()
        except IntegrityError as error:
            db.session.rollback()
            raise Refused(
                _("Somebody changed this at the same moment. Please look again.")
            ) from error
        except BaseException:
            db.session.rollback()
            raise
        return record

    def apply(self, name: str, record_id: int, actor: Actor, *, reason: str = "", **data: Any) -> R:
        """As `perform`, inside the caller's transaction: the caller commits."""
        step = self.step(name)
        record = self._find(record_id, actor)
        if actor.role not in step.roles:
            raise NotYours(f"{self.kind} {record_id}")
        self._lock(record)
        if record.state not in step.sources:
            raise Refused(self._overtaken(record))
        self._go(Change(record, step, actor, clock.now(), reason, data), record.state)
        return record

    def start(self, name: str, record: R, actor: Actor, *, reason: str = "", **data: Any) -> R:
        """Give birth to a record by a step without source, inside the caller's transaction."""
        step = self.step(name)
        if step.sources or actor.role not in step.roles:
            raise NotYours(f"{self.kind}: {name}")
        self._lock_first(record)
        self._go(Change(record, step, actor, clock.now(), reason, data), None)
        return record

    def _go(self, change: Change, source: StrEnum | None) -> None:
        refusal = _first_refusal(change.step, change.record, change.actor, change.now)
        if refusal:
            raise Refused(refusal)
        change.reason = _checked_reason(change.step, change.reason)
        change.record.state = change.step.to(change) if callable(change.step.to) else change.step.to
        if hasattr(change.record, "changed_at"):
            change.record.changed_at = change.now
        for effect in change.step.fill:
            effect(change)
        db.session.add(change.record)
        db.session.flush()
        for effect in (*change.step.then, *self.after):
            effect(change)
        self._trace(change, source)
        db.session.flush()

    def _find(self, record_id: int, actor: Actor) -> R:
        found: R | None = db.session.execute(
            self.scope(actor).where(self.model.id == record_id)
        ).scalar_one_or_none()
        if found is None:
            raise NotYours(f"{self.kind} {record_id}")
        return found

    def _lock(self, record: R) -> None:
        self._lock_first(record)
        _lock_row(self.model, record.id)

    def _lock_first(self, record: R) -> None:
        first = self.first_lock(record)
        if first is not None:
            _lock_row(*first)

    def _overtaken(self, record: R) -> str:
        """Two decided at once: the second is told who was first and what it is now (AGR-11)."""
        last = db.session.execute(
            select(Trail)
            .where(Trail.kind == self.kind, Trail.record_id == record.id)
            .order_by(Trail.seq.desc())
            .limit(1)
        ).scalar_one_or_none()
        state = self.labels.get(record.state, record.state)
        if last is None:
            return _("This is not possible now: the state is “%(state)s”.", state=state)
        return _(
            "%(who)s was faster: since %(at)s the state is “%(state)s”.",
            who=last.actor_name,
            at=clock.local(last.at).strftime("%Y-%m-%d %H:%M"),
            state=state,
        )

    def _trace(self, change: Change, source: StrEnum | None) -> None:
        record, actor = change.record, change.actor
        db.session.add(
            Trail(
                kind=self.kind,
                record_id=record.id,
                school_id=getattr(record, "school_id", None),
                step=change.step.name,
                from_state=source,
                to_state=record.state,
                actor_id=actor.user_id,
                actor_role=actor.role,
                actor_name=actor.name,
                address=actor.address,
                device=actor.device[:200],
                factor=actor.factor,
                reason=change.reason,
                details=change.details,
                at=change.now,
            )
        )


def _lock_row(model: Any, record_id: int) -> None:
    """Lock one row against other writers (not against foreign keys to it) and read it afresh."""
    db.session.execute(
        select(model)
        .where(model.id == record_id)
        .with_for_update(key_share=True, of=model)
        .execution_options(populate_existing=True)
    ).one()


def _first_refusal(step: Step, record: Any, actor: Actor, now: datetime) -> str:
    for guard in step.when:
        sentence = guard(record, actor, now)
        if sentence:
            return str(sentence)
    return ""


def _checked_reason(step: Step, text: str) -> str:
    text = clean_line(text) if step.reason is not Reason.NONE else ""
    if step.reason is Reason.REQUIRED and not text:
        raise Invalid([("reason", _("Please give a reason: both parties will read it."))])
    if len(text) > REASON_LENGTH:
        too_long = _("A reason has at most %(most)s characters.", most=REASON_LENGTH)
        raise Invalid([("reason", too_long)])
    return text
