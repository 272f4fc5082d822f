"""The checks from the shell of the server: `flask --app run check-plans`."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.core.db import db
from app.people.schools.models import School
from app.plan.checks import queries, sync


@click.command("check-plans")
@with_appcontext
def check_plans() -> None:
    """Look at every plan now; checked rows that the checks do not pass are checked no more (PLN-06)."""
    for school_id, year in queries.years_to_check(None, minutes=0):
        name = db.session.get_one(School, school_id).name
        rows, fallen = sync.look(school_id, year)
        click.echo(f"{name} {year}: {rows} rows, {fallen} were checked and do not pass")
