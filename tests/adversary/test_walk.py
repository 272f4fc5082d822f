"""A small edition of the adversary's walk; `make check-deep` walks 100,000 steps and hunts every hole."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from app.accounts import passwords
from tests.adversary import walk
from tests.adversary.holes import HOLES
from tests.adversary.judge import Violation
from tests.depth import times

STEPS = times(120, 400)


@pytest.fixture(scope="module")
def prepared(server, tmp_path_factory):
    """Server and folder with the database that every world begins with."""
    folder = tmp_path_factory.mktemp("adversary")
    walk.prepare(server)
    return server, folder


@pytest.fixture(autouse=True)
def _cheap_hashing(monkeypatch):
    monkeypatch.setattr(
        passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    )


@pytest.mark.rule("ACC-10", "ACC-15", "NTF-05", "INV-20", "ACC-02")
@pytest.mark.parametrize("seed", [0, 1])
def test_thieves_act_for_nobody_and_change_no_way_in_without_a_word(prepared, seed):
    here = walk.walk(*prepared, seed=seed, steps=STEPS)
    assert here.requests > 2.5 * STEPS  # they did try
    assert len(here.asked) > STEPS / 5  # routes
    assert here.judge.acts


@pytest.mark.parametrize(
    ("name", "seed"),
    [("any six digits are a code", 0), ("an acceptance is told nobody", 1)],
)
def test_a_planted_hole_is_found(prepared, name, seed):
    """All of them are hunted by `make check-deep`."""
    [hole] = [h for h in HOLES if h.name == name]
    with hole.on(), pytest.raises(Violation):
        for n in range(3):
            walk.walk(*prepared, seed=seed + 5 * n, steps=700)
