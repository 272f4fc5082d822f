"""Planted bugs: guards and effects taken out of the tables one at a time; the walker has to find each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from unittest.mock import patch

from app.people.students.workflow import RESTRICTIONS
from app.signing.invitations.workflow import INVITATIONS
from app.signing.objections.workflow import OBJECTIONS
from app.signing.placements.models import PlacementState
from app.signing.placements.workflow import PLACEMENTS
from app.signing.terminations.workflow import TERMINATIONS
from app.workflow.actor import Role
from app.workflow.engine import Workflow
from app.workflow.steps import Step


@dataclass(frozen=True)
class Mutation:
    """A bug with its name and the way to switch it on."""

    name: str
    on: Callable[[], object]


@contextmanager
def changed(
    flow: Workflow, *edits: tuple[str, Callable[[Step], Step]], always=None
) -> Iterator[None]:
    """The table with some of its steps replaced."""
    steps, kept = flow.steps, flow.always
    table = {step.name: step for step in steps}
    for name, edit in edits:
        table[name] = edit(table[name])
        assert table[name] != {s.name: s for s in steps}[name], f"{name}: nothing was changed"
    vars(flow).update(steps=tuple(table.values()), always=kept if always is None else always)
    try:
        yield
    finally:
        vars(flow).update(steps=steps, always=kept)


def without(*names: str) -> Callable[[Step], Step]:
    """The step without these guards and effects."""

    def edit(step: Step) -> Step:
        def left(functions):
            return tuple(f for f in functions if f.__name__ not in names)

        return replace(step, when=left(step.when), fill=left(step.fill), then=left(step.then))

    return edit


def having(**values) -> Callable[[Step], Step]:
    """The step with other values."""
    return lambda step: replace(step, **values)


def drop(flow: Workflow, step: str, *names: str) -> Mutation:
    """One step without some of its guards or effects."""
    return Mutation(
        f"{flow.kind}.{step} without {', '.join(names)}",
        lambda: changed(flow, (step, without(*names))),
    )


def shifted(flow: Workflow, step: str, **values) -> Mutation:
    """One step with other values."""
    names = ", ".join(values)
    return Mutation(
        f"{flow.kind}.{step} with another {names}", lambda: changed(flow, (step, having(**values)))
    )


def _long_second_thoughts():
    return patch("app.workflow.steps.SECOND_THOUGHTS", timedelta(hours=5))


MUTATIONS = (
    drop(INVITATIONS, "accept", "cooled_off"),
    drop(INVITATIONS, "accept", "in_time"),
    drop(INVITATIONS, "accept", "window_open"),
    drop(INVITATIONS, "accept", "i_may_sign"),
    drop(INVITATIONS, "accept", "form_placement"),
    drop(INVITATIONS, "send", "no_other_open"),
    drop(INVITATIONS, "expire", "overdue"),
    shifted(INVITATIONS, "accept", fresh=()),
    Mutation("invitations without not_frozen", lambda: changed(INVITATIONS, always=())),
    drop(INVITATIONS, "accept", "slot_free"),
    drop(PLACEMENTS, "attest", "come_into_force"),
    drop(PLACEMENTS, "attest", "facts_complete"),
    drop(PLACEMENTS, "attest_college", "mark_reviewed"),
    drop(PLACEMENTS, "reopen", "no_termination"),
    drop(PLACEMENTS, "reopen", "go_out_of_force"),
    drop(PLACEMENTS, "end", "go_out_of_force"),
    drop(PLACEMENTS, "undo", "still_undoable"),
    drop(PLACEMENTS, "undo", "untell_decision"),
    drop(PLACEMENTS, "propose_terms", "not_reviewed"),
    drop(PLACEMENTS, "agree_terms", "answer_in_time"),
    drop(PLACEMENTS, "agree_terms", "take_proposal"),
    drop(PLACEMENTS, "decline_terms", "drop_proposal"),
    Mutation("placements without not_frozen", lambda: changed(PLACEMENTS, always=())),
    shifted(PLACEMENTS, "refuse", reason="none"),
    drop(TERMINATIONS, "request", "in_force"),
    drop(TERMINATIONS, "request", "none_running"),
    drop(TERMINATIONS, "approve", "end_placement"),
    drop(TERMINATIONS, "ask_mediation", "no_answer"),
    drop(TERMINATIONS, "review_one_sided", "evidence_there"),
    drop(TERMINATIONS, "force", "may_be_forced"),
    drop(TERMINATIONS, "confirm_force", "another_person"),
    drop(TERMINATIONS, "undo", "revive_placement"),
    shifted(TERMINATIONS, "agree", applies=lambda _record, _actor: True),
    Mutation(
        "terminations without chance_left",
        lambda: changed(
            TERMINATIONS,
            *((name, without("chance_left")) for name in ("request", "approve", "approve_college")),
        ),
    ),
    # paper signings and destinations
    drop(PLACEMENTS, "generate", "slot_free"),
    drop(PLACEMENTS, "generate", "may_enter"),
    drop(PLACEMENTS, "submit", "slot_free"),
    drop(PLACEMENTS, "submit", "may_enter"),
    drop(PLACEMENTS, "submit", "no_other_unsettled"),
    drop(PLACEMENTS, "approve_form", "number"),
    drop(PLACEMENTS, "hand_in", "scan_there"),
    drop(PLACEMENTS, "attest", "give_way"),
    drop(PLACEMENTS, "give_way", "go_out_of_force"),
    drop(PLACEMENTS, "give_way", "close_with_it"),
    shifted(PLACEMENTS, "refuse", to=PlacementState.REFUSED),
    shifted(PLACEMENTS, "ask_give_up", reason="none"),
    shifted(PLACEMENTS, "give_up", by=(Role.SCHOOL, Role.STUDENT)),
    shifted(PLACEMENTS, "give_up", to=PlacementState.TERMINATED),
    drop(TERMINATIONS, "apply_with_proof", "not_online"),
    drop(TERMINATIONS, "apply_with_proof", "in_force"),
    drop(TERMINATIONS, "apply_with_proof", "none_running"),
    drop(TERMINATIONS, "apply_with_proof", "keep_proofs"),
    drop(OBJECTIONS, "report", "freeze"),
    drop(OBJECTIONS, "dismiss", "thaw"),
    drop(OBJECTIONS, "report", "not_reported"),
    shifted(RESTRICTIONS, "release", reason="none"),
    Mutation("decisions undone for hours", _long_second_thoughts),
)
