"""Web processes are forked from one that has the application: none uses the connections of another."""

from __future__ import annotations

import multiprocessing
import os

import pytest
from sqlalchemy import text

from app.core.db import db

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="no processes are forked on Windows"
)
WHO = text("SELECT pg_backend_pid()")


def test_a_forked_process_has_connections_of_its_own_and_the_first_keeps_its_own(app):
    with app.app_context():
        before = db.session.scalar(WHO)
        db.session.remove()  # back to the pool, where a forked process would find it
        context = multiprocessing.get_context("fork")
        found = context.SimpleQueue()

        def ask() -> None:
            with app.app_context():
                found.put(db.session.scalar(WHO))

        child = context.Process(target=ask)
        child.start()
        child.join(60)
        assert child.exitcode == 0
        other = found.get()
        assert other != before
        assert db.session.scalar(WHO) == before
        db.session.remove()
