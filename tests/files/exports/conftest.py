"""Asking for a file as a person, letting the worker do its part at once, reading the file back."""

import io

import pytest

from app.core.db import db
from app.files.exports import requests, tasks
from app.files.exports.models import FILES, Export, Format
from tests import factories as make


@pytest.fixture
def ask(app, cast):
    """`ask(format)` asks for the students' list as the officer and lets the worker write; more as named."""

    def act(form="xlsx", view="StudentsView", query="", columns=None, user=None, work=True, **more):
        user = user or cast.officer
        asked = {"view": view, "query": query, "columns": columns}
        with tasks.as_person(user.id):
            record = requests.ask(make.actor(user), "list", asked, Format(form), **more)
        if work and not Format(form).at_once:
            tasks.make(record.id)
        return db.session.get(Export, record.id, populate_existing=True)

    return act


@pytest.fixture
def content(visit, cast):
    """`content(record)` fetches the file as its asker."""

    def act(record, user=None):
        answer = visit(user or cast.officer).get(f"/exports/file/{record.uid}/fetch")
        assert answer.status_code == 200, answer.status_code
        return answer.data

    return act


def kept(record) -> io.BytesIO:
    """The kept file, decrypted."""
    return io.BytesIO(FILES.read(record.file_key, record.uid))
