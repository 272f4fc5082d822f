"""A database that commits: marks are made where a transaction ends."""

from __future__ import annotations

import pytest
from flask import g
from sqlalchemy import text

from app import create_app
from app.accounts import security_log
from app.audit import heads, seals
from app.core.db import db
from app.workflow.actor import Actor, Role
from app.workflow.models import Trail
from tests.conftest import Browser
from tests.databases import furnished, settings_for

GUARDED = ("trail", "security_event", "trail_seal", "trail_root", "audit_run")


@pytest.fixture(scope="module")
def kept_app(server, tmp_path_factory):
    """The application on a database of its own, with the cast and all of it sealed."""
    url = furnished(server, "audit")
    folder = tmp_path_factory.mktemp("audit")
    mails = "keeper@example.com, second@example.com"
    application = create_app(settings_for(url, folder, audit_mails=mails))
    application.test_client_class = Browser
    with application.app_context():
        seals.seal_waiting()
        db.session.remove()
    return application


@pytest.fixture
def kept(kept_app):
    """Inside its context; whatever a test tampers with is put back by `tampered`."""
    with kept_app.app_context():
        yield kept_app
        for name in list(g):
            g.pop(name)
        db.session.remove()


def write(kind: str = "account", record: int = 1, n: int = 1, **more) -> None:
    """Rows of the trail as the engine writes them, without their record."""
    for _n in range(n):
        db.session.add(
            Trail(
                kind=kind,
                record_id=record,
                step=more.get("step", "change"),
                to_state="active",
                actor_id=7,
                actor_role=Role.ADMIN,
                actor_name="管理员",
                reason=more.get("reason", ""),
                at=db.session.scalar(text("SELECT app_now()")),
            )
        )
        db.session.flush()


def note(event: str = "sign_in") -> None:
    security_log.note(event, who=Actor(Role.ADMIN, 7, "管理员"))


def as_superuser(*statements: str) -> None:
    """What somebody with the database's password does: no trigger stops it."""
    with db.engine.begin() as connection:
        raw = connection.connection.driver_connection
        raw.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            raw.execute(statement)


def head() -> bytes | None:
    from app.core import filestore

    return filestore.read_named(heads.NAME)
