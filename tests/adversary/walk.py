"""Worlds in which thieves and honest people move by turns, and a judge looks after every move."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from flask import request, request_started

from app import create_app
from app.core.db import db
from tests.adversary import offices
from tests.adversary.hands import Honest, Thieves
from tests.adversary.judge import Judge, Violation
from tests.adversary.world import THIEVES, World
from tests.cast import furnish
from tests.databases import FURNISHED, address, once, settings_for

PREPARED = "adversary_template"
GANGS = (
    ("officer", "fake"),
    ("admin",),
    ("officer", "college", "fake"),
    ("admin", "data"),
    ("officer", "admin", "fake"),
)


def prepare(server: str) -> None:
    """The database that every world begins with."""
    once(server, FURNISHED, furnish)
    once(server, PREPARED, World.make, FURNISHED)


@contextmanager
def installation(server: str, folder):
    """An application on a copy of the prepared database."""
    name = f"adversary_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {PREPARED}')
    application = create_app(settings_for(address(server, name), folder))
    application.config["WTF_CSRF_ENABLED"] = False
    try:
        yield application
    finally:
        with application.app_context():
            db.session.remove()
            db.engine.dispose()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Walk:
    """One world, its people and its judge."""

    def __init__(self, app, seed: int, chains: float = 0.6) -> None:
        self.rng = random.Random(seed)
        self.world = World(app, self.rng, GANGS[seed % len(GANGS)])
        self.world.turn = THIEVES
        self.thieves = Thieves(self.world, chains)
        self.people = [Honest(self.world, hand) for hand in self.world.honest()]
        self.judge = Judge(self.world)
        self.taken: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()  # endpoint → requests of the thieves
        self.requests = 0
        request_started.connect(self._count, app)

    def _count(self, _app, **_more) -> None:
        self.requests += 1
        if self.world.turn == THIEVES:
            self.asked[request.endpoint or "-"] += 1

    def step(self) -> None:
        """A move of somebody, and the judge's look at it. Raises Violation."""
        draw = self.rng.random()
        if draw < 0.75:
            self._move(THIEVES, self.thieves.step)
        elif draw < 0.95:
            person = self.rng.choice(self.people)
            self._move(person.hand.name, person.step)
        else:  # everybody reads what came within half a day
            for person in self.people:
                self._move(person.hand.name, person.read)
            self._move("offices", lambda: offices.answer(self.world))
            self.world.pass_time(hours=self.rng.choice((0.02, 0.1, 1, 3, 11)))
            self.taken["time"] += 1

    def _move(self, name: str, move) -> None:
        self.world.turn = name
        self.taken[name.partition(" ")[0]] += 1
        move()
        self.judge.look()


def walk(server: str, folder, seed: int, steps: int, chains: float = 0.6) -> Walk:
    """Take that many steps in a world of its own. Raises Violation with the step's number.

    `chains` is the share of the thieves' moves that follow a plan; the others take any route.
    """
    with installation(server, folder) as app, app.app_context():
        here = Walk(app, seed, chains)
        for number in range(steps):
            try:
                here.step()
            except Violation as violation:
                raise Violation(f"seed {seed}, step {number}: {violation}") from violation
        return here
