"""Commands: release (migrate and seed), worker, docs, greeting. `flask --app run <command>`."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_babel import force_locale
from flask_migrate import upgrade
from sqlalchemy import select, text, true

from app import demo, roles
from app.accounts.models import AppUser
from app.bulk import tasks as bulk_tasks
from app.bulk.workflow import IMPORTS
from app.checks import tasks as check_tasks
from app.checks.workflow import FINDINGS
from app.codes.queries import load_shipped
from app.core import jobs
from app.core.db import db
from app.desk import tasks as desk_tasks
from app.documents import tasks as document_tasks
from app.exports import tasks as export_tasks
from app.exports.workflow import EXPORTS
from app.invitations import tasks as invitation_tasks
from app.invitations.workflow import INVITATIONS
from app.objections.workflow import OBJECTIONS
from app.origin.workflow import CORRECTIONS
from app.papers import tasks as paper_tasks
from app.people import tasks as people_tasks
from app.people.students import STUDENTS
from app.people.workflow import EMPLOYERS, RESTRICTIONS
from app.placements.workflow import PLACEMENTS
from app.plan import tasks as plan_tasks
from app.plan.workflow import CHANGES, PLAN
from app.staff import tasks as staff_tasks
from app.staff.commands import first_administrators, staff
from app.staff.queries import has_role
from app.staff.workflow import STAFF_REQUESTS
from app.termination.workflow import TERMINATIONS
from app.workflow.actor import Role
from app.workflow.diagram import diagram

PERIODIC = (
    bulk_tasks,
    check_tasks,
    desk_tasks,
    document_tasks,
    export_tasks,
    invitation_tasks,
    paper_tasks,
    people_tasks,
    plan_tasks,
    staff_tasks,
)  # what the worker does by the clock is known to it
WORKFLOWS = (
    INVITATIONS, PLACEMENTS, TERMINATIONS, OBJECTIONS, EMPLOYERS, STUDENTS, RESTRICTIONS, IMPORTS,
    PLAN, CHANGES, CORRECTIONS, EXPORTS, FINDINGS, STAFF_REQUESTS,
)  # fmt: skip
DOCS = Path(__file__).resolve().parent.parent / "docs"


def register(app: Flask) -> None:
    """Add our commands to Flask's."""
    for command in (release, worker, docs, greeting, staff):
        app.cli.add_command(command)


@click.command()
@with_appcontext
def release() -> None:
    """Bring the database up to date and load what every installation needs; may be run again."""
    upgrade()
    written = load_shipped()
    db.session.commit()
    mode = jobs.config().mode
    if mode == "demo":
        demo.make()
    elif mode != "test" and not _has_administrator():
        _first_administrators()
    elif mode != "test" and not has_role(Role.SECURITY):
        click.echo("no security administrator: no account of staff can be opened or changed; "
                   "see docs/second-factor.md")  # fmt: skip
    _refuse_unsafe()
    click.echo(f"database at the newest migration, {written} codes known")


def _refuse_unsafe() -> None:
    """A production installation has no demo accounts and no shifted clock."""
    if not jobs.config().production:
        return
    if db.session.scalar(select(AppUser.id).where(AppUser.demo == true()).limit(1)):
        raise click.ClickException(
            "this database has demo accounts: production does not start on it"
        )
    if db.session.scalar(text("SELECT seconds FROM clock_shift")):
        raise click.ClickException(
            "the clock of this database was shifted: it is no production database"
        )


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
    jobs.work(current_app._get_current_object())  # type: ignore[attr-defined]


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
