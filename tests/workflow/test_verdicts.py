"""A verdict is declared with the step: of each state a role has one way to approve and one to refuse."""

from __future__ import annotations

from collections import Counter

import pytest

from app.workflow.actor import STAFF, Role
from app.workflow.steps import Reason
from app.workflow.verdicts import Verdict
from tests.test_architecture import WORKFLOWS

# what a state of each table waits for: the step of A and the step of R, by whom
ANSWERS = {
    ("placement", "form_college", Role.COLLEGE): ("approve_form_college", "refuse_form_college"),
    ("placement", "form_school", Role.SCHOOL): ("approve_form", "refuse_form"),
    ("placement", "awaiting_college", Role.COLLEGE): ("attest_college", "refuse_college"),
    ("placement", "awaiting_school", Role.SCHOOL): ("attest", "refuse"),
    ("placement", "giving_up", Role.SCHOOL): ("give_up", "keep"),
    ("termination", "mediation", Role.SCHOOL): ("review_one_sided", "close"),
    ("termination", "awaiting_college", Role.COLLEGE): ("approve_college", "refuse_college"),
    ("termination", "awaiting_school", Role.SCHOOL): ("approve", "refuse"),
    ("termination", "awaiting_second", Role.SCHOOL): ("confirm_force", "drop_force"),
    ("objection", "open", Role.SCHOOL): ("uphold", "dismiss"),
    ("employer", "awaiting", Role.SCHOOL): ("approve", "reject"),
    ("student", "entered", Role.SCHOOL): ("approve_record", "reject_record"),
    ("correction", "proposed", Role.SCHOOL): ("accept", "refuse"),
    ("change_request", "open", Role.SCHOOL): ("apply", "drop"),
    ("change_request", "open", Role.DATA): ("apply", "drop"),
    ("staff_request", "open", Role.SECURITY): ("confirm", "refuse"),
    **{
        ("dispute", "open", role): ("uphold", "clear")
        for role in (Role.SCHOOL, Role.PROVINCE, Role.ADMIN, Role.SECURITY)
    },
}


def verdicts(flow, state, role, verdict):
    return [s.name for s in flow.steps if role in s.roles and s.verdict_in(state) is verdict]


def states(flow):
    return {state for step in flow.steps for state in step.sources}


@pytest.mark.rule("AGR-18")
@pytest.mark.parametrize("flow", WORKFLOWS, ids=lambda flow: flow.kind)
def test_every_state_in_which_staff_has_steps_has_at_most_one_approval_and_one_refusal(flow):
    for role in STAFF:
        for state in states(flow):
            for verdict in Verdict:
                assert len(verdicts(flow, state, role, verdict)) <= 1, (flow.kind, state, role)


@pytest.mark.rule("AGR-18")
def test_the_keys_mean_exactly_what_the_states_wait_for():
    found = {}
    for flow in WORKFLOWS:
        for role in STAFF:
            for state in states(flow):
                pair = tuple(verdicts(flow, state, role, verdict) for verdict in Verdict)
                if any(pair):
                    found[flow.kind, str(state), role] = tuple(p[0] if p else "" for p in pair)
    assert found == ANSWERS


@pytest.mark.rule("AGR-18", "AGR-05")
def test_who_can_approve_can_refuse_and_says_why():
    for flow in WORKFLOWS:
        for step in flow.steps:
            if step.verdict is Verdict.REFUSE and set(step.roles) & STAFF:
                assert step.reason is Reason.REQUIRED, f"{flow.kind}: {step.name}"


@pytest.mark.rule("AGR-18")
def test_a_verdict_is_of_a_state_and_never_of_a_birth_or_of_what_follows_by_itself():
    for flow in WORKFLOWS:
        for step in flow.steps:
            if step.verdict is not None:
                assert step.sources, f"{flow.kind}: {step.name}"
                assert not step.inner, f"{flow.kind}: {step.name}"
                assert not step.quiet, f"{flow.kind}: {step.name}"


@pytest.mark.rule("AGR-17", "AGR-18")
def test_what_is_done_in_anothers_place_has_no_key():
    counted = Counter(
        step.verdict
        for flow in WORKFLOWS
        for step in flow.steps
        if step.name.endswith("_for_college")
    )
    assert counted == {None: 6}
