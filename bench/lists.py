"""The desk's list beside a bare page, as ratios of CPU. Run with `python -m bench lists [placements]`.

The floor: another Flask application in the same process, nobody signed in, the same rows by one
statement, a count that stops at 10,001, one table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, render_template_string
from sqlalchemy import text

from app.core.db import db
from app.workflow.actor import Role
from bench import batches, data
from bench.measure import Counter, Figure, browser, getting, measure
from bench.server import server
from tests import factories as make

PLACEMENTS, BIGGEST, DEEP = 1_000_000, 200_000, 1_000
NAME = "伟刚"
FROM = "FROM placement p JOIN student s ON s.id = p.student_id WHERE p.school_id = 1"
WANTED = """SELECT p.id, p.agreement_no, p.state, s.student_no, s.name, c.name, m.name, p.kind, p.employer_name,
    p.changed_at, p.created_at FROM placement p JOIN student s ON s.id = p.student_id
    JOIN college c ON c.id = p.college_id JOIN major m ON m.id = p.major_id
  WHERE p.id = ANY(%(ids)s) ORDER BY p.changed_at DESC, p.id DESC"""
PAGE = """<!doctype html><title>{{ count }}</title><p>{{ count }}</p><table>
{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>"""


def bare(url: str) -> Flask:
    """The floor: `/?more=…&skip=…`."""
    app = Flask("floor")
    connection = psycopg.connect(url, autocommit=True)
    wheres = {
        "all": "",
        "in_force": "AND p.state = 'in_force'",
        "waiting": "AND p.state = 'awaiting_school'",
        "name": "AND grams(lower(s.name)) @> ARRAY[%(name)s] AND lower(s.name) LIKE '%%' || %(name)s || '%%'",
    }

    @app.get("/<which>/<int:skip>")
    def page(which: str, skip: int) -> str:
        source, values = f"{FROM} {wheres[which]}", {"name": NAME, "skip": skip}
        if which != "name":
            source = source.replace("JOIN student s ON s.id = p.student_id", "")
        ids = connection.execute(
            f"SELECT p.id {source} ORDER BY p.changed_at DESC, p.id DESC LIMIT 25 OFFSET %(skip)s",
            values,
        ).fetchall()
        rows = connection.execute(WANTED, {"ids": [key for (key,) in ids]}).fetchall()
        counted = f"SELECT count(*) FROM (SELECT 1 {source} LIMIT 10001) x"
        [(count,)] = connection.execute(counted, values).fetchall()
        return render_template_string(PAGE, rows=rows, count=count)

    return app


def deep(client: Any) -> str:
    """The address of the desk's page 1,000, reached by «next»."""
    address = "/desk/list/?tab=all&psize_DeskView=200"
    for _n in range(DEEP * 25 // 200):
        address = next_page(client.get(address).text)
    return address.replace("psize_DeskView=200", "psize_DeskView=25")


def next_page(page: str) -> str:
    """The address behind «next» of a list; raises LookupError on the last page."""
    found = re.search(r'href="([^"]*[?&;]after=[^"]*)"', page)
    if found is None:
        raise LookupError("no next page")
    return found[1].replace("&amp;", "&")


def run(url: str, folder: Path, placements: int) -> None:
    """Build, measure, print."""
    counter, (desk, floor, rows) = Counter(), prepared(url, folder, placements)
    print(
        f"\n{'':20}{'CPU ms':>8}{'floor':>8}{'ratio':>7}{'wall ms':>9}{'floor':>8}{'ratio':>7}{'queries':>9}"
    )
    for label, ours, theirs in rows:
        show(label, *beside(counter, getting(desk, ours), getting(floor, theirs)))


def prepared(
    url: str, folder: Path, placements: int
) -> tuple[Any, Any, list[tuple[str, str, str]]]:
    """An officer's browser, one at the floor, and the pages: label, our address, the floor's."""
    data.PLACEMENTS, data.BIGGEST = placements, min(BIGGEST, placements // 5)
    app = batches.load(url, folder)
    with app.app_context():
        data.build()
        officer = make.make_user(Role.SCHOOL, "bench-officer", school_id=1).id
        number = db.session.scalar(text("SELECT min(student_no) FROM student WHERE school_id = 1"))
        db.session.commit()
    desk = browser(app, officer)
    pages = [
        ("first page", "/desk/list/?tab=all", "/all/0"),
        ("page 1,000", deep(desk), f"/all/{DEEP * 25 - 25}"),
        ("filtered by state", "/desk/list/?tab=in_force", "/in_force/0"),
        ("to do", "/desk/list/?tab=mine", "/waiting/0"),
        ("name fragment", f"/desk/list/?tab=all&q={NAME}", "/name/0"),
        ("student number", f"/desk/list/?tab=all&q={number}", "/all/0"),
    ]
    return desk, bare(url).test_client(), pages


def beside(
    counter: Counter, ours: Callable[[], int], theirs: Callable[[], int]
) -> tuple[Figure, Figure]:
    """Both, one after the other."""
    return measure("ours", ours, counter), measure("floor", theirs, counter)


def show(label: str, mine: Figure, base: Figure) -> None:
    """One line of the table."""
    print(
        f"{label:20}{mine.cpu:8.1f}{base.cpu:8.1f}{mine.cpu / base.cpu:7.1f}"
        f"{mine.wall:9.1f}{base.wall:8.1f}{mine.wall / base.wall:7.1f}{mine.statements:9}",
        flush=True,
    )


def main(placements: int = PLACEMENTS) -> None:
    """On an embedded PostgreSQL of its own."""
    with server() as (url, folder):
        run(url, folder, placements)
