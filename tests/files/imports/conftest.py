"""Bringing a file as an officer or employer and letting the worker do its part at once."""

from contextlib import contextmanager

import pytest

from app.core.db import db
from app.files.imports import requests, tasks
from app.files.imports.answers import Answers, answers_of
from app.files.imports.models import Import
from app.files.imports.row_models import ImportRow
from tests import factories as make


@pytest.fixture
def bring(app, cast):
    """`bring(data)` uploads as the officer and checks; more: name, sheet, user.

    What is asked of words is left open, so that it shows among the problems; with `answer=False` it is
    not answered at all.
    """

    def act(data, name="学生.xlsx", sheet="students", user=None, *, answer=True):
        with app.test_request_context():
            who = make.actor(user or cast.officer)
            record, _fresh = requests.bring(who, requests.sheet_for(who, sheet), data, name)
            tasks.check(record.id)
            db.session.refresh(record)
            if answer and record.state == "mapping" and not record.details["questions"]["missing"]:
                requests.decide(record, who, Answers())
                tasks.check(record.id)
        return db.session.get(Import, record.id, populate_existing=True)

    return act


@pytest.fixture
def decide(app, cast):
    """`decide(record, form)` answers as a page would; the worker checks again."""

    def act(record, form, user=None):
        with app.test_request_context():
            requests.decide(record, make.actor(user or cast.officer), answers_of(form, record))
            tasks.check(record.id)
        return db.session.get(Import, record.id, populate_existing=True)

    return act


@pytest.fixture
def apply(app, cast):
    """`apply(record)` confirms the preview; the worker writes."""

    def act(record, step="write", user=None):
        with app.test_request_context():
            who = make.actor(user or cast.officer)
            if step != "undo" and not record.agreed:
                requests.agree(record, who)
            requests.ask(step, record, who)
            (tasks.take_back if step == "undo" else tasks.write)(record.id)
        return db.session.get(Import, record.id, populate_existing=True)

    return act


@contextmanager
def aside():
    """What is written inside is gone afterwards: for cases of one test that begin with the same."""
    db.session.commit()
    db.engine.exec_driver_sql("SAVEPOINT aside")
    try:
        yield
    finally:
        db.session.rollback()
        db.engine.exec_driver_sql("ROLLBACK TO SAVEPOINT aside")
        db.engine.exec_driver_sql("RELEASE SAVEPOINT aside")
        db.session.expire_all()


def problems(record):
    """{Excel row: [(field, sentence)]}."""
    rows = db.session.query(ImportRow).filter_by(import_id=record.id, status="faulty")
    return {row.line: [tuple(p) for p in row.problems] for row in rows.order_by(ImportRow.row)}


def tally(record):
    return record.new, record.changed, record.same, record.faulty
