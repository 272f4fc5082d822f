"""Worlds to walk in: each on a fresh copy of one prepared database."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from app import create_app
from app.core.db import db
from app.workflow.steps import Reason
from tests.cast import furnish
from tests.databases import FURNISHED, address, once, settings_for
from tests.model.world import WALKED, World

PREPARED = "model_template"


def prepare(server: str) -> None:
    """The database that every world begins with."""
    once(server, FURNISHED, furnish)
    once(server, PREPARED, World.make, FURNISHED)


@contextmanager
def world(server: str, folder, seed: int):
    """A world of its own, with real commits."""
    name = f"model_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {PREPARED}')
    application = create_app(settings_for(address(server, name), folder))
    with application.app_context():
        try:
            yield World(random.Random(seed), frozenset(pairs()))
        finally:
            db.session.remove()
            db.engine.dispose()
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def walk(server: str, folder, seed: int, steps: int) -> Counter:
    """Take that many steps; what was reached: (kind, step, outcome) → times. Raises Violation."""
    with world(server, folder, seed) as here:
        for _n in range(steps):
            here.step()
        return here.reached


# births of employers, and what staff do to their records: tests/people/test_register.py
KEPT_BY_HAND = {"register", "list", "claim", "correct_employer", "block", "unblock"}


def pairs() -> set[tuple[str, str, str]]:
    """Every step with every outcome that it can have."""
    found = set()
    for flow in WALKED:
        for step in flow.steps:
            if step.inner or step.name in KEPT_BY_HAND:
                continue
            found |= {
                (flow.kind, step.name, outcome) for outcome in ("done", "refused", "not yours")
            }
            if step.reason is Reason.REQUIRED or step.tick or step.fresh:
                found.add((flow.kind, step.name, "invalid"))
    return found - {("invitation", "send", "not yours")}  # an employer sends from its own list only
