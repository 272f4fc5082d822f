"""How a bench measures: CPU and wall time of an act, its statements, the memory of this process."""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.accounts import living_sessions
from app.accounts.models import AppUser
from app.core.db import db

ROUNDS = 30


@dataclass
class Figure:
    """Medians of one thing measured: CPU and wall in ms, statements, bytes."""

    name: str
    cpu: float
    wall: float
    statements: int = 0
    size: int = 0


class Counter:
    """Counts the statements of this process."""

    def __init__(self) -> None:
        self.n = 0
        event.listen(Engine, "before_cursor_execute", self._note)

    def _note(self, *_args: Any) -> None:
        self.n += 1


def measure(name: str, act: Callable[[], int], counter: Counter, rounds: int = ROUNDS) -> Figure:
    """Median CPU (of this process) and wall time of an act that returns a size in bytes."""
    act()
    gc.collect()
    cpu, wall = [], []
    size = 0
    for _n in range(rounds):
        counter.n, c, w = 0, time.process_time(), time.perf_counter()
        size = act()
        cpu.append((time.process_time() - c) * 1000)
        wall.append((time.perf_counter() - w) * 1000)
    return Figure(name, statistics.median(cpu), statistics.median(wall), counter.n, size)


def browser(app: Flask, user_id: int) -> Any:
    """A signed-in test client."""
    client = app.test_client()
    with app.test_request_context():
        user = db.session.get_one(AppUser, user_id)
        secret = living_sessions.open_session(user)
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie.update(secret=secret, _user_id=str(user_id), _fresh=True)
    return client


def getting(client: Any, url: str) -> Callable[[], int]:
    """Fetch a page, which must answer 200."""

    def act() -> int:
        page = client.get(url)
        assert page.status_code == 200, (url, page.status_code)
        return len(page.data)

    return act


def memory() -> int:
    """Peak resident memory of this process in KB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak
