"""The log: no value of a record in it, whoever raises (S-19, V16)."""

from __future__ import annotations

import io
import logging

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app.core import logs
from tests.databases import make_database

SECRET = "somebody@example.com"
MADE = "CREATE TABLE person (mail text CONSTRAINT uq_person_mail UNIQUE, born date, age smallint)"


@pytest.fixture(scope="module")
def engine(server):
    url = make_database(server, "logs").replace("postgresql://", "postgresql+psycopg://")
    found = create_engine(url, hide_parameters=True)
    with found.begin() as connection:
        connection.execute(text(MADE))
        connection.execute(text("INSERT INTO person VALUES (:m)"), {"m": SECRET})
    yield found
    found.dispose()


@pytest.fixture
def written():
    """A logger with our formatter, and what it wrote."""
    logger, out = logging.getLogger("tests.logs"), io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, out
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    ("statement", "values", "kept"),
    [
        ("INSERT INTO person VALUES (:m)", {"m": SECRET}, "uq_person_mail"),
        (
            "INSERT INTO person VALUES ('x', CAST(:m AS text)::date)",
            {"m": SECRET},
            "InvalidDatetimeFormat",
        ),
        ("SELECT CAST(:m AS text)::int", {"m": SECRET}, "InvalidTextRepresentation"),
        (
            "INSERT INTO person (age) VALUES (CAST(:m AS bigint))",
            {"m": 4_000_111_222},
            "NumericValueOutOfRange",
        ),
    ],
)
def test_an_error_of_the_database_is_logged_without_the_values(
    engine, written, statement, values, kept
):
    logger, out = written
    for write in (logger.exception, logger.error):
        with engine.connect() as connection:
            try:
                connection.execute(text(statement), values)
            except DBAPIError as error:
                write("it failed: %s", error)
                outer = RuntimeError("outer")
                outer.__cause__ = error
        logger.error("again", exc_info=outer)
    assert SECRET not in out.getvalue()
    assert "4000111222" not in out.getvalue()
    assert kept in out.getvalue()
    assert "Traceback" in out.getvalue()


def test_other_errors_are_logged_as_they_are(written):
    logger, out = written
    try:
        raise KeyError("school")
    except KeyError:
        logger.exception("bug %s", "ab12")
    assert "bug ab12" in out.getvalue()
    assert "KeyError: 'school'" in out.getvalue()
    assert logs.cleaned(psycopg.OperationalError("x")).startswith("OperationalError")
