"""Our commands beside Flask's: `flask --app run <command>`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import force_locale
from flask_migrate import upgrade
from sqlalchemy import select

from app import demo, roles
from app.accounts.models import AppUser
from app.audit import heads, seals
from app.audit.commands import audit, forget
from app.codes.queries import load_shipped
from app.core import filestore, jobs
from app.core.db import db
from app.doctor import BAD, findings
from app.files.documents.commands import documents
from app.people.commands import names
from app.people.staff.commands import first_administrators, staff
from app.people.staff.queries import has_role
from app.plan.checks.commands import check_plans
from app.wiring import WORKFLOWS
from app.workflow.actor import Role
from app.workflow.diagram import diagram
from config import WRONG, BadSettings

DOCS = Path(__file__).resolve().parent.parent / "docs"


def register(app: Flask) -> None:
    """Add our commands to Flask's."""
    for command in (
        release,
        worker,
        seal_files,
        docs,
        greeting,
        audit,
        forget,
        staff,
        documents,
        names,
        check_plans,
        doctor,
    ):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def release() -> None:
    """Bring the database up to date and load what every installation needs; may be run again."""
    with told():
        upgrade()
    written = load_shipped()
    db.session.commit()
    mode = jobs.config().mode
    if mode == "demo":
        demo.make()
    elif mode != "test" and not _has_administrator():
        _first_administrators()
    elif mode != "test" and not has_role(Role.SECURITY):
        click.echo(
            "no security administrator: no account of staff can be opened or changed; "
            "see docs/second-factor.md"
        )
    _seal()
    filestore.begin()
    click.echo(f"database at the newest migration, {written} codes known")


def _seal() -> None:
    """The first time: what was there before there were seals."""
    try:
        seals.seal_waiting()
    except heads.Lost as problem:
        raise click.ClickException(str(problem)) from problem


def _has_administrator() -> bool:
    wanted = select(AppUser.id).where(AppUser.role == Role.ADMIN, AppUser.active).limit(1)
    return db.session.scalar(wanted) is not None


def _first_administrators() -> None:
    """An empty installation gets its three administrators, whose codes are printed once."""
    click.echo("\n  One-time administrator codes: give each to another person.")
    for username, code in first_administrators():
        click.echo(f"  sign in as {username:<9}with  {code}")
    click.echo(
        "  The system administrator asks for accounts, the security administrator confirms them, the"
        "\n  audit administrator reads what was done. One person alone? Find a second one (the head of"
        "\n  the office) for security: until then no account of staff can be opened or changed.\n"
    )


@click.command()
@with_appcontext
def worker() -> None:
    """Do the jobs until stopped."""
    with told():
        jobs.work(current_app._get_current_object())  # type: ignore[attr-defined]


@click.command()
@click.option("--mail", "mail_to", default="", help="Send a test mail to this address.")
@with_appcontext
def doctor(mail_to: str) -> None:
    """Look at everything the installation needs; ends with 1 where something is wrong."""
    bad = False
    for found in findings(mail_to):
        bad = bad or found.how == BAD
        click.echo(f"{found.how:<5}{found.part:<16}{found.sentence}")
    if bad:
        raise SystemExit(1)


@click.command("seal-files")
@with_appcontext
def seal_files() -> None:
    """Seal stored files that lie open, or under an older key; may be stopped and run again."""
    done, ready = filestore.seal_files()
    click.echo(f"{done} files sealed, {ready} were sealed already")


@contextmanager
def told() -> Iterator[None]:
    """A setting that is wrong ends the command with its sentence, and is not tried again."""
    try:
        yield
    except BadSettings as problem:
        error = click.ClickException(str(problem))
        error.exit_code = WRONG
        raise error from None


@click.command()
@with_appcontext
def docs() -> None:
    """Write the documents that are made from the tables."""
    with force_locale("en"):
        (DOCS / "workflows.md").write_text(diagram(WORKFLOWS), encoding="utf-8")
    (DOCS / "roles.md").write_text(roles.as_table(), encoding="utf-8")


@click.command()
@click.argument("address")
@with_appcontext
def greeting(address: str) -> None:
    """Say where the product is and, in the demo, who can sign in."""
    click.echo(f"\nQingqian is at {address}   (Ctrl-C ends it; the data stay)\n")
    if jobs.config().mode == "demo":
        click.echo(demo.table())
