"""What a table gives to staff is an action of its list, and a grant: nothing is listed a second time."""

from __future__ import annotations

import pytest

from app.batches.step_views import StepActions
from app.fab.security import manager
from app.roles import GRANTS
from app.signing.desk.workflow import LEVERS
from app.workflow.actor import STAFF


@pytest.fixture
def lists(app):
    """The lists whose actions are steps."""
    views = app.extensions["appbuilder"].baseviews
    return [view for view in views if isinstance(view, StepActions)]


@pytest.mark.rule("AGR-18")
def test_every_step_that_staff_take_by_a_button_is_an_action_of_its_list(lists):
    assert len(lists) > 8
    for view in lists:
        found = {step.name for step in view.flow.steps if step.by_button and step.of_staff}
        assert found <= set(view.actions), type(view).__name__
        for name, step in view.steps.items():
            action = view.actions[name]
            assert action.multiple == step.bulk, name
            assert action.func._offer.reason == str(step.reason), name


@pytest.mark.rule("ACC-02")
def test_whoever_sees_the_list_is_granted_the_steps_that_the_table_gives_and_no_others(lists):
    for view in lists:
        seen = GRANTS[view.class_permission_name]
        for role in set(seen) & STAFF:
            mine = {name for name, step in view.steps.items() if role in step.roles}
            assert set(seen[role]) & set(view.steps) == mine, (type(view).__name__, role)


@pytest.mark.rule("AGR-18")
def test_the_desk_knows_every_button_of_its_three_tables(app):
    named = {(lever.flow.kind, lever.step.name) for lever in LEVERS.values()}
    assert ("termination", "force") in named
    assert {kind for kind, _name in named} == {"objection", "placement", "termination"}
    assert len(named) == len(LEVERS)


def test_a_step_that_is_typed_into_a_form_is_no_button(lists):
    for view in lists:
        assert not {step.name for step in view.flow.steps if step.typed} & set(view.actions)


def test_nobody_outside_the_table_takes_its_steps(app, lists):
    with app.app_context():
        for view in lists:
            for role in STAFF:
                for name, step in view.steps.items():
                    allowed = manager().role_allows(role.value, name, view.class_permission_name)
                    assert not allowed or role in step.roles, (name, role)
