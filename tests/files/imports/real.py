"""Imports over real connections, as tests of several sheets need them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from flask import Flask

from app.core.db import db
from app.files.imports import requests, tasks
from app.files.imports.models import Import
from tests import factories as make
from tests.cast import Cast
from tests.real import installation


@contextmanager
def uploading(url: str, folder: Path) -> Iterator[Flask]:
    """An installation in which nobody is told that it uploads too often."""
    often = patch.object(requests, "UPLOADS", replace(requests.UPLOADS, most=10_000))
    with often, installation(url, folder) as app:
        yield app


def checked(app: Flask, sheet: str, data: bytes, name: str) -> int:
    """The id of the officer's import that waits for its confirmation."""
    with app.test_request_context():
        who = make.actor(Cast.load().officer)
        record, _fresh = requests.bring(who, requests.sheet_for(who, sheet), data, name)
        tasks.check(record.id)
        db.session.refresh(record)
        assert record.state == "checked", record.details
        return record.id


def confirm(app: Flask, record_id: int, step: str = "write") -> None:
    """The officer confirms it, or has it taken back."""
    with app.test_request_context():
        record, who = db.session.get(Import, record_id), make.actor(Cast.load().officer)
        if step != "undo" and not record.agreed:
            requests.agree(record, who)
        requests.ask(step, record, who)
