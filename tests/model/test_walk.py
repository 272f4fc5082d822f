"""A random walk over all tables, roles and the clock: whatever is tried, the invariants hold."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.depth import times
from tests.model import walk
from tests.model.mutations import MUTATIONS
from tests.model.world import Violation

STEPS, MOST = times(300, 3_000), 30_000


@pytest.fixture(scope="module")
def prepared(server, tmp_path_factory):
    """Server and folder with the database that every world begins with."""
    folder = tmp_path_factory.mktemp("model")
    walk.prepare(server)
    return server, folder


@pytest.mark.rule(
    "GRD-01",
    "GRD-02",
    "GRD-03",
    "GRD-04",
    "GRD-05",
    "GRD-06",
    "INV-10",
    "INV-11",
    "INV-16",
    "INV-20",
    "TRM-01",
    "TRM-05",
    "PLN-01",
    "PLN-02",
    "ACC-10",
    "AGR-06",
    "AGR-13",
)
def test_random_steps_break_nothing_and_reach_every_step_and_outcome(prepared):
    # every seed meets all goals, this one early: 20 seconds instead of ten minutes
    with walk.world(*prepared, seed=7) as here:
        while here.steps < STEPS or (here.goals - set(here.reached) and here.steps < MOST):
            here.step()
    assert here.goals <= set(here.reached), sorted(here.goals - set(here.reached))


def test_what_hypothesis_chooses_breaks_nothing_either(prepared):
    server, folder = prepared

    class Life(RuleBasedStateMachine):
        """Hypothesis throws the walker's dice, and shrinks what it finds."""

        def __init__(self) -> None:
            super().__init__()
            self.context = walk.world(server, folder, seed=0)
            self.here = self.context.__enter__()

        @rule(random=st.randoms(use_true_random=False))
        def step(self, random) -> None:
            self.here.dice = random
            self.here.step()

        def teardown(self) -> None:
            self.context.__exit__(None, None, None)

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=times(4, 10),
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize(
    "name", ["invitation.accept without cooled_off", "placement.end without go_out_of_force"]
)
def test_a_planted_bug_is_found(prepared, name):
    """All of them are hunted by `make check-deep`."""
    [mutation] = [m for m in MUTATIONS if m.name == name]
    with pytest.raises(Violation), mutation.on(), walk.world(*prepared, seed=5) as here:
        for _n in range(MOST):
            here.step()
