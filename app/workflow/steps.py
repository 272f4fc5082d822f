"""One row of a workflow's table, what it changes, and how it is offered to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from app.workflow.actor import STAFF, Actor, Role
from app.workflow.verdicts import Tone, Verdict

Guard = Callable[[Any, Actor, datetime], "str | None"]
Text = Any  # str or a lazy translation

SECOND_THOUGHTS = timedelta(seconds=30)  # how long a decision can be undone before anybody is told


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
    source: StrEnum | None = None
    kind: str = ""

    @property
    def key(self) -> str:
        """What names this one event: nobody is told of it twice (NTF-02)."""
        return event_key(self.kind, self.record.id, self.step.name, self.now)

    @property
    def held_until(self) -> datetime | None:
        """Until when the decision can be undone: nobody is told before (in bulk: longer)."""
        if not self.step.undoable:
            return None
        return self.now + max(SECOND_THOUGHTS, self.data.get("hold", SECOND_THOUGHTS))


def event_key(kind: str, record_id: int, step: str, at: datetime) -> str:
    """The name of one event in the life of one record."""
    return f"{kind}:{record_id}:{step}:{at.astimezone(UTC).isoformat()}"


Effect = Callable[[Change], None]


@dataclass(frozen=True)
class Step:
    """One row of a workflow's table.

    `to` may be a function of the change where settings decide; `source` is empty for a birth.
    `danger` marks steps that end something; `confirm` is the text of the second question, `tick` the
    sentence of a box to tick first. `fresh` names the roles that prove the act by a fresh code
    (ACC-10); `step_up` asks for the second factor of whoever has one, at most five minutes old
    (CHN-09): always, or for the records of which it is true. `applies` leaves the step out where it
    makes no sense for the record; `inner` steps are only the consequence of another record's step;
    `undoable` decisions can be undone for 30 seconds; `frozen_too` lets a frozen account take it: it
    only stops things (INV-20). A party's step that `binds` nobody stays possible while its way in is
    held (ACC-15). `verdict` says that the step answers what the record waits for, in all its states or
    in those named; who has such a step is whom the record waits for. `quiet` steps say something
    without moving the record: it stays as old as it was. What a `typed` step writes is typed into a form
    of its own, so it is no button. `tone` is how the trace shows it, where
    neither `danger` nor the verdict says so.
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
    tick: Text = ""
    fresh: tuple[Role, ...] = ()
    step_up: bool | Callable[[Any], bool] = False
    applies: Callable[[Any, Actor], bool] = lambda _record, _actor: True
    inner: bool = False
    undoable: bool = False
    frozen_too: bool = False
    binds: bool = True
    verdict: Verdict | Mapping[Any, Verdict] | None = None
    quiet: bool = False
    typed: bool = False
    tone: Tone | None = None
    otherwise: Mapping[str, Text] = field(default_factory=dict)  # its label for records of a kind

    def called(self, kind: str) -> Text:
        """What the step is called for a record of this kind."""
        return self.otherwise.get(kind, self.label)

    def verdict_in(self, state: object) -> Verdict | None:
        """What the step says to a record that waits in this state; None: it answers nothing there."""
        if isinstance(self.verdict, Mapping):
            return self.verdict.get(state)
        return self.verdict if state in self.sources else None

    @property
    def looks(self) -> Tone:
        """How a line of the trace shows it."""
        told = self.verdict.values() if isinstance(self.verdict, Mapping) else (self.verdict,)
        if self.tone is not None:
            return self.tone
        if self.danger or Verdict.REFUSE in told:
            return Tone.REFUSED
        return Tone.DONE if Verdict.APPROVE in told else Tone.TURN

    @property
    def by_button(self) -> bool:
        """Whether a person takes it by a button: neither a birth nor a consequence, nothing to type in."""
        return bool(self.sources) and not self.inner and not self.typed

    @property
    def decides(self) -> Tone | None:
        """How it ends a review, for oneself or in another's place; None for what is no such decision."""
        return self.looks if self.undoable else None

    @property
    def of_staff(self) -> bool:
        """Whether people of an office may take it, whatever the parties may."""
        return bool(set(self.roles) & set(STAFF))

    def steps_up(self, record: object) -> bool:
        """Whether the step asks for the second factor anew on this record."""
        return self.step_up(record) if callable(self.step_up) else self.step_up

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
    verdict: Verdict | None = None  # what it says to what the record waits for now

    @property
    def possible(self) -> bool:
        """Whether the button works."""
        return not self.why_not


FLOWS: dict[str, Any] = {}  # kind of record → its `engine.Workflow`


def deciding(tone: Tone, *flows: Any) -> tuple[str, ...]:
    """The names of the steps that end a review that way, each once: what counts of decisions ask for."""
    return tuple(dict.fromkeys(s.name for flow in flows for s in flow.steps if s.decides is tone))
