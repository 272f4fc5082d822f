"""Commands: release (migrate and seed), worker, docs, doctor. `flask --app run <command>`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade

from app.codes.queries import load_shipped
from app.core import jobs
from app.core.db import db
from app.invitations.workflow import INVITATIONS
from app.people.workflow import EMPLOYERS
from app.placements.workflow import PLACEMENTS
from app.workflow.engine import diagram

WORKFLOWS = (INVITATIONS, PLACEMENTS, EMPLOYERS)
DOCS = Path(__file__).resolve().parent.parent / "docs"


def register(app: Flask) -> None:
    """Add our commands to Flask's."""
    for command in (release, worker, docs):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def release() -> None:
    """Bring the database up to date and load the code tables; may be run again at any time."""
    upgrade()
    written = load_shipped()
    db.session.commit()
    click.echo(f"database at the newest migration, {written} codes known")


@click.command()
@with_appcontext
def worker() -> None:
    """Do the jobs until stopped."""
    jobs.work(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command()
@with_appcontext
def docs() -> None:
    """Write the documents that are made from the tables."""
    (DOCS / "workflows.md").write_text(diagram(WORKFLOWS), encoding="utf-8")
