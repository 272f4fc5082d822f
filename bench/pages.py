"""The pages and steps that people meet all day, a bulk attestation, the printed agreement."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment
from sqlalchemy import text

from app.accounts.models import AppUser
from app.core.db import db
from app.signing.invitations.workflow import INVITATIONS
from app.signing.placements.workflow import PLACEMENTS
from app.workflow.actor import Role
from bench import batches, data
from bench.measure import ROUNDS, Counter, Figure, browser, getting, measure, memory
from bench.server import server
from tests import factories as make

ROWS = """SELECT p.id, p.agreement_no, p.state, s.student_no, s.name, c.name, m.name, p.kind, p.employer_name, p.changed_at
  FROM placement p JOIN student s ON s.id = p.student_id JOIN college c ON c.id = p.college_id
  JOIN major m ON m.id = p.major_id WHERE p.school_id = 1 {more} ORDER BY p.changed_at DESC, p.id DESC LIMIT 25"""
TABLE = Environment(autoescape=True).from_string(
    "<table>{% for r in rows %}<tr>{% for v in r %}<td>{{ v }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def floor(app: Flask, more: str, **values: Any) -> Callable[[], int]:
    """The bare SQL of a page and a plain table."""

    def act() -> int:
        with app.app_context():
            rows = db.session.execute(text(ROWS.format(more=more)), values).all()
            size = len(TABLE.render(rows=rows))
            db.session.remove()
            return size

    return act


def people(app: Flask) -> dict[str, int]:
    """One officer, one student with an open letter past its cooling-off."""
    with app.app_context():
        officer = make.make_user(Role.SCHOOL, "bench-officer", school_id=1)
        college = db.session.get_one(make.College, 1)
        firm = make.make_employer(college.school)
        students = [make.make_student(college) for _n in range(ROUNDS + 3)]
        letters = make.invite(firm, *students)
        make.pass_time(hours=2)
        found = {
            "officer": officer.id,
            "student": make.account(students[0]).id,
            "letter": letters[0].id,
        }
        found.update({f"l{n}": letter.id for n, letter in enumerate(letters[1:])})
        db.session.commit()
        return found


def pages(app: Flask, who: dict[str, int], counter: Counter) -> list[tuple[Figure, Figure]]:
    """Each page beside its floor."""
    desk, mine = browser(app, who["officer"]), browser(app, who["student"])
    plain = measure("floor", floor(app, ""), counter)
    state = measure("floor", floor(app, "AND p.state = 'in_force'"), counter)
    name = measure("floor", floor(app, "AND s.name LIKE :n", n="%伟刚%"), counter)
    rows = [
        ("desk, first page", desk, "/desk/list/?tab=all", plain),
        ("desk, filtered", desk, "/desk/list/?tab=in_force", state),
        ("desk, name fragment", desk, "/desk/list/?tab=all&q=伟刚", name),
        ("desk detail", desk, "/desk/show/20", plain),
        ("student home", mine, "/my/", plain),
        ("letter", mine, f"/my/invitations/{who['letter']}", plain),
    ]
    return [(measure(label, getting(c, url), counter), base) for label, c, url, base in rows]


def steps(app: Flask, who: dict[str, int], counter: Counter) -> list[Figure]:
    """Accept and attest, one at a time, as the rules do them."""
    letters = [v for k, v in who.items() if k.startswith("l") and k != "letter"]
    queue = iter(letters)
    accepted: list[int] = []

    def accept() -> int:
        with app.app_context():
            letter = db.session.get_one(INVITATIONS.model, next(queue))
            INVITATIONS.perform("accept", letter.id, make.actor(letter.student), agreed=True)
            accepted.append(make.placement_of(letter.student_id).id)  # type: ignore[union-attr]
            db.session.remove()
        return 0

    def attest() -> int:
        with app.app_context():
            officer = make.actor(db.session.get_one(AppUser, who["officer"]))
            PLACEMENTS.perform("attest", accepted.pop(), officer)
            db.session.remove()
        return 0

    return [
        measure("accept", accept, counter, len(letters) - 1),
        measure("attest one", attest, counter, len(letters) - 2),
    ]


def documents(app: Flask) -> tuple[Figure, int]:
    """200 agreements in this process: CPU of each, and how much memory grew over the last 150."""
    from app.files.documents.render import render
    from app.signing.placements.models import Placement
    from app.signing.placements.printing import AGREEMENT, agreement_data

    with app.app_context():
        placement = db.session.get_one(Placement, 22)
        content = agreement_data(placement, "ABCDEFGHJKMN")
    cpu, early = [], 0
    size = 0
    for n in range(200):
        start = time.process_time()
        size = len(render(AGREEMENT, content))
        cpu.append((time.process_time() - start) * 1000)
        if n == 50:
            early = memory()
    return Figure("PDF", statistics.median(cpu), 0, 0, size), memory() - early


def main() -> None:
    """Build, measure, print."""
    with server() as (url, folder):
        run(url, folder)


def run(url: str, folder: Path) -> None:
    """The bench on that database."""
    app = batches.load(url, folder)
    counter = Counter()
    with app.app_context():
        data.build()
    who = people(app)
    print(f"\n{'':22}{'CPU ms':>8}{'floor':>8}{'ratio':>7}{'wall ms':>9}{'queries':>9}{'KB':>6}")
    for figure, base in pages(app, who, counter):
        print(
            f"{figure.name:22}{figure.cpu:8.1f}{base.cpu:8.1f}{figure.cpu / base.cpu:7.1f}"
            f"{figure.wall:9.1f}{figure.statements:9}{figure.size / 1024:6.0f}"
        )
    for figure in steps(app, who, counter):
        print(f"{figure.name:22}{figure.cpu:8.1f}{'':15}{figure.wall:9.1f}{figure.statements:9}")
    desk = browser(app, who["officer"])
    batches.measure(app, url, folder, who["officer"], getting(desk, "/desk/list/?tab=all"))
    print(f"\nweb process after the pages: {memory() / 1024:.0f} MB")
    figure, grown = documents(app)
    print(
        f"PDF {figure.cpu:.0f} ms CPU, {figure.size / 1024:.0f} KB; memory grew {grown} KB over 150 documents"
    )
