"""The engine of all rules: a table of steps for each kind of record, and the only writer of states.

A step says from which states to which, who may take it, what must hold (guards) and what follows
(effects). The same guards make the button, the greyed button with the sentence why not, and the check.
`Workflow.perform` and `Workflow.start` always run in one order, in the caller's transaction:
role → row in the actor's scope → lock → state → guards → consent → reason → effects → trail → commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from flask_babel import gettext as _
from sqlalchemy import Select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.base import ExecutableOption

from app.core import clock, page
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.workflow import last_done, trail
from app.workflow.actor import SYSTEM, Actor, Role
from app.workflow.consent import Proof, check_consent, checked_reason, of_everybody, party_refusal
from app.workflow.locks import lock_once, lock_row, lock_rows
from app.workflow.steps import Change, Effect, Guard, Offer, Step, Text


class Record(Protocol):
    """What a workflow needs of a record."""

    id: Any
    state: Any


R = TypeVar("R", bound=Record)
Locks = tuple[tuple[Any, int], ...]  # (model, id) of rows, in the order in which they are locked
T = TypeVar("T")
_within: ContextVar[bool] = ContextVar(
    "within", default=False
)  # whether a step has led to this one


@dataclass(eq=False)
class Workflow(Generic[R]):
    """The table of one kind of record.

    `scope` selects the rows an actor may see (ACC-02); `first_locks` are the rows to lock before the
    record itself, so that every change locks in the order student → invitation → placement → counter.
    Of a person whose records all stand under the same rows, `own_locks` knows them beforehand: then
    the record is read once, under its lock, with what `needs` says its steps will read of it.
    `always` must hold for every step that a person takes. `lapse` gives the step that time has
    already decided, and the state it leads to, whether or not a worker has taken it (INV-11).
    What packages above add to a table, `app.wiring` adds; then it is closed and changes no more.
    """

    kind: str
    model: type[R]
    steps: tuple[Step, ...]
    scope: Callable[[Actor], Select[Any]]
    name: Text
    first_locks: Callable[[R], Locks] = lambda _record: ()
    own_locks: Callable[[Actor], Locks] = lambda _actor: ()
    needs: tuple[ExecutableOption, ...] = ()
    labels: Mapping[Any, Text] = field(default_factory=dict)
    after: tuple[Effect, ...] = ()
    always: tuple[Guard, ...] = ()
    lapse: Callable[[R, datetime], tuple[str, StrEnum] | None] = lambda _record, _now: None
    title: Callable[[R], str] = lambda _record: ""
    # step → what is done once, and committed, before people take it on these records
    before: Mapping[str, Callable[[Sequence[int]], None]] = field(default_factory=dict)
    closed: bool = field(default=False, init=False)

    def __setattr__(self, name: str, value: Any) -> None:
        """Raise AttributeError once the table is closed."""
        if getattr(self, "closed", False):
            raise AttributeError(f"the table of {self.kind} is closed: see app/wiring.py")
        super().__setattr__(name, value)

    def extend(
        self,
        *names: str,
        first: Guard | None = None,
        when: Guard | None = None,
        then: Effect | None = None,
        before: Callable[[Sequence[int]], None] | None = None,
    ) -> None:
        """Add to steps of this table, or without a name to all, what a package above knows.

        A guard before or behind the step's own, an effect, what is done before (see `before`).
        """
        for name in names:
            self.step(name)
        if not names:
            self.after = (*self.after, *([then] if then else []))
        self.steps = tuple(
            replace(
                step,
                when=tuple(filter(None, (first, *step.when, when))),
                then=tuple(filter(None, (*step.then, then))),
            )
            if step.name in names
            else step
            for step in self.steps
        )
        if before:
            self.before = {**self.before, **dict.fromkeys(names, before)}

    def close(self) -> None:
        """From now on nobody changes the table."""
        self.before = MappingProxyType(dict(self.before))
        self.closed = True

    def step(self, name: str) -> Step:
        """The step of that name. Raises NotYours where there is none (it came from a URL)."""
        for step in self.steps:
            if step.name == name:
                return step
        raise NotYours(name)

    def state_at(self, record: R, now: datetime) -> object:
        """The state of a record now, whether or not a worker has taken the step of time."""
        lapsed = self.lapse(record, now)
        return lapsed[1] if lapsed else record.state

    def awaits(self, record: R, now: datetime) -> frozenset[Role]:
        """Whose answer the record waits for: the roles that have a verdict on it; empty: nobody's."""
        state = self.state_at(record, now)
        return frozenset(
            role
            for step in self.steps
            if step.verdict_in(state) is not None and not step.inner
            for role in step.roles
            if step.applies(record, Actor(role))
        )

    def offers(self, record: R, actor: Actor, now: datetime) -> list[Offer]:
        """The steps this actor could take from the record's state, greyed where a guard refuses."""
        held = party_refusal(actor, now)  # the same for every step: asked once
        return [
            self._offer(step, record, actor, now, held)
            for step in self.steps
            if self.fits(step, record, actor, now)
        ]

    def offer(self, name: str, record: R, actor: Actor, now: datetime) -> Offer | None:
        """One of them; None where the step is not this actor's to take now."""
        step = self.step(name)
        if not self.fits(step, record, actor, now):
            return None
        return self._offer(step, record, actor, now)

    def _offer(
        self, step: Step, record: R, actor: Actor, now: datetime, held: str | None = None
    ) -> Offer:
        verdict = step.verdict_in(self.state_at(record, now))
        return Offer(step, self.refusal(step, record, actor, now, held=held), verdict)

    def fits(self, step: Step, record: R, actor: Actor, now: datetime) -> bool:
        """Whether a record in its state has this step for this actor, whatever the guards say."""
        mine = actor.role in step.roles and not step.inner
        return mine and self.state_at(record, now) in step.sources and step.applies(record, actor)

    def perform(
        self,
        name: str,
        record_id: int,
        actor: Actor,
        *,
        reason: str = "",
        prove: Proof | None = None,
        **data: Any,
    ) -> R:
        """Take the step on the record and commit.

        Raises NotYours outside the actor's scope, Refused where a rule says no (the sentence),
        Invalid where the reason is missing or too long, or `prove` finds the code wrong. Nothing is
        written then.
        """
        if self.step(name).inner:
            raise NotYours(f"{self.kind}: {name}")
        if name in self.before:
            self.find(record_id, actor)
            self.before[name]([record_id])
        return committed(
            lambda: self.apply(name, record_id, actor, reason=reason, prove=prove, **data)
        )

    def apply(
        self,
        name: str,
        record: R | int,
        actor: Actor,
        *,
        reason: str = "",
        prove: Proof | None = None,
        **data: Any,
    ) -> R:
        """As `perform`, inside the caller's transaction: the caller commits.

        `record`: its id, or itself where `lock_all` has given it, in the actor's scope and locked.
        """
        step = self.step(name)
        key = record if isinstance(record, int) else record.id
        if actor.role not in step.roles:
            raise NotYours(f"{self.kind} {key}: {name}")
        known = self._locked(record, actor) if isinstance(record, int) else record
        now = clock.now()
        self._end_what_lapsed(step, known, now)
        if known.state not in step.sources or not step.applies(known, actor):
            raise Refused(self._overtaken(known, step, actor, data.get("seen")))
        return self._run(Change(known, step, actor, now, reason, data, source=known.state), prove)

    def start(self, name: str, record: R, actor: Actor, *, reason: str = "", **data: Any) -> R:
        """Give birth to a record by a step without source, inside the caller's transaction."""
        step = self.step(name)
        if step.sources or actor.role not in step.roles:
            raise NotYours(f"{self.kind}: {name}")
        self.lock_before(record)
        return self._run(Change(record, step, actor, clock.now(), reason, data))

    def why_not(self, name: str, record: R, actor: Actor, now: datetime) -> str:
        """The sentence why a record cannot be begun by this step; empty if it can."""
        return self.refusal(self.step(name), record, actor, now)

    def _run(self, change: Change, prove: Proof | None = None) -> R:
        """Ask the guards, then the proof, and take the step, at one moment; the record."""
        change.kind = self.kind
        with clock.held(change.now):
            if refusal := self.refusal(
                change.step, change.record, change.actor, change.now, taken=True
            ):
                raise Refused(refusal)
            check_consent(change, prove)
            self._write(change)
        return change.record  # type: ignore[no-any-return]

    def _write(self, change: Change) -> None:
        record, step = change.record, change.step
        typed = not step.inner and change.actor.role is not Role.SYSTEM
        change.reason = checked_reason(step.reason, change.reason, typed=typed)
        record.state = step.to(change) if callable(step.to) else step.to
        if hasattr(record, "changed_at") and not step.quiet:
            record.changed_at = change.now
        for effect in step.fill:
            effect(change)
        db.session.add(record)
        db.session.flush()
        target = record.state  # what follows may lead further, with its own event
        token = _within.set(True)
        try:
            for effect in (*step.then, *self.after):
                effect(change)
        finally:
            _within.reset(token)
        self._trace(change, target)
        if not _within.get():  # lines of steps within a step are written with its own
            db.session.flush()

    def refusal(
        self,
        step: Step,
        record: Any,
        actor: Actor,
        now: datetime,
        *,
        taken: bool = False,
        held: str | None = None,
    ) -> str:
        """The sentence why the step is refused now; empty if it is not.

        `taken`: it is being taken. `held`: `party_refusal`, where it was asked already.
        """
        barred = of_everybody(step, actor, taken)
        if not barred and step.binds:
            barred = party_refusal(actor, now) if held is None else held
        people = () if step.inner or actor.role is Role.SYSTEM else self.always
        guards = () if barred else (*people, *step.when)
        return barred or next((str(no) for ask in guards if (no := ask(record, actor, now))), "")

    def _end_what_lapsed(self, step: Step, record: R, now: datetime) -> None:
        """What time has ended gives way in the transaction that meets it (INV-11)."""
        lapsed = self.lapse(record, now)
        if lapsed and lapsed[0] != step.name and record.state not in step.sources:
            self.apply(lapsed[0], record.id, SYSTEM)

    def lock_all(self, ids: Sequence[int], actor: Actor) -> dict[int, R]:
        """Lock many records with what comes before them, each kind in the order of its ids.

        Who changes many in one transaction does this first: two who meet do not deadlock.
        Gives those in the actor's scope by their ids, fresh.
        """
        found = self.scope(actor).where(self.model.id.in_(ids))
        records: Sequence[R] = db.session.scalars(found).all()
        levels: dict[int, tuple[Any, set[int]]] = {}
        for record in records:
            for level, (model, key) in enumerate(self.first_locks(record)):
                levels.setdefault(level, (model, set()))[1].add(key)
        for _level, (model, keys) in sorted(levels.items(), key=lambda item: item[0]):
            lock_rows(model, keys)
        lock_rows(self.model, {record.id for record in records})
        return {record.id: record for record in records}

    @page.once
    def find(self, record_id: int, actor: Actor) -> R:
        """The record, if it is in the actor's scope. Raises NotYours."""
        return self._one(self.scope(actor).where(self.model.id == record_id))

    def _one(self, wanted: Select[Any]) -> R:
        found: R | None = db.session.execute(wanted).scalar_one_or_none()
        if found is None:
            raise NotYours(self.kind)
        return found

    def _locked(self, record_id: int, actor: Actor) -> R:
        """The record in the actor's scope, fresh, with what comes before it and itself locked."""
        if not (first := self.own_locks(actor)):
            record = self.find(record_id, actor)
            self.lock_before(record)
            lock_row(self.model, record.id)
            return record
        for model, key in first:
            lock_once(model, key)
        found = self._one(
            self.scope(actor)
            .where(self.model.id == record_id)
            .options(*self.needs)
            .with_for_update(key_share=True, of=self.model)
            .execution_options(populate_existing=True)
        )
        assert set(self.first_locks(found)) <= set(first)
        return found

    def lock_before(self, record: R) -> None:
        """Lock what comes before the record itself: the student, the invitation."""
        for model, key in self.first_locks(record):
            lock_once(model, key)

    def _overtaken(self, record: R, step: Step, actor: Actor, seen: datetime | None) -> str:
        """Why the step is not possible in this state; who decided meanwhile, if somebody did (AGR-11).

        `seen`: when the page was made from which it is taken. Only who has led the record out of the
        step's states since then was faster; what did not fit before is nobody's doing.
        """
        state = str(self.labels.get(record.state, record.state))
        row = last_done.led_away(self.kind, record.id, step.sources, seen)
        if row is None or row.actor_role == Role.SYSTEM:
            return _("This is not possible now: the state is “%(state)s”.", state=state)
        said = {"at": clock.local(row.at).strftime("%Y-%m-%d %H:%M"), "state": state}
        if row.actor_id == actor.user_id:
            return _("You have done this already: since %(at)s the state is “%(state)s”.", **said)
        said["who"] = row.actor_name
        if seen is None:
            return _(
                "This is not possible any more: since %(at)s the state is “%(state)s” (%(who)s).",
                **said,
            )
        return _("%(who)s was faster: since %(at)s the state is “%(state)s”.", **said)

    def _trace(self, change: Change, target: Any) -> None:
        record, actor, until = change.record, change.actor, change.held_until
        if until:
            change.details["undo_until"] = until.isoformat()
        trail.write(
            self.kind,
            record.id,
            change.step.name,
            actor,
            change.now,
            school_id=getattr(record, "school_id", None),
            before=change.source,
            after=target,
            factor=actor.factor or (actor.stepped_up if change.step.step_up else ""),
            reason=change.reason,
            details=change.details,
        )


def committed(act: Callable[[], T]) -> T:
    """Do something and commit, or nothing of it; who was a moment too late reads so."""
    try:
        done = act()
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise Refused(_("Somebody changed this at the same moment. Please look again.")) from error
    except BaseException:
        db.session.rollback()
        raise
    return done
