"""Papers, as the worker makes them at once."""

import pytest

from app.core.db import db
from app.files.made import making, tasks
from app.files.made.models import MadeFile


@pytest.fixture
def made(app):
    """`made(paper)` is the paper after the worker."""

    def act(paper):
        tasks.make_paper.func(paper.id)
        db.session.expire_all()
        return db.session.get(MadeFile, paper.id)

    return act


def result(paper):
    assert paper.problem is None, paper.problem
    return making.result_of(paper)
