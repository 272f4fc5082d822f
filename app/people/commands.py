"""`flask --app run names …`: what stands as a name and is none."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from flask_babel import force_locale
from sqlalchemy import select

from app.core.db import db
from app.core.names import name_problem, title_problem
from app.people.employers.models import Employer
from app.people.schools.models import School
from app.people.students.models import Student

names = AppGroup("names", help="Names of people and employers.")
PORTION = 5_000


@names.command("problems")
def problems() -> None:
    """List the names on record that no form would take: lost characters, digits, brackets.

    They were kept before this was asked. The school corrects them on the record's page.
    """
    found = 0
    with force_locale("zh"):
        for model, number, check in (
            (Student, Student.student_no, name_problem),
            (Employer, Employer.credit_code, title_problem),
        ):
            wanted = (
                select(School.code, number, model.name)
                .join(School, School.id == model.school_id)
                .order_by(School.code, number)
            )
            for code, own, name in db.session.execute(wanted.execution_options(yield_per=PORTION)):
                sentence = check(name)
                if sentence:
                    click.echo(f"{code}\t{own}\t{name}\t{sentence}")
                    found += 1
    click.echo(f"{found} names", err=True)
