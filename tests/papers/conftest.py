"""Papers, as the worker makes them at once."""

import pytest

from app.core.db import db
from app.papers import making, tasks
from app.papers.models import Paper


@pytest.fixture
def made(app):
    """`made(paper)` is the paper after the worker."""

    def act(paper):
        tasks.make_paper.func(paper.id)
        db.session.expire_all()
        return db.session.get(Paper, paper.id)

    return act


def result(paper):
    assert paper.problem is None, paper.problem
    return making.result_of(paper)
