"""What is put back as rows equals what the real way leaves (tests/kept.py)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, text

from app.core import clock
from app.core.db import db
from app.signing.terminations.workflow import TERMINATIONS
from tests import factories as make
from tests import kept
from tests.cast import Cast

# what differs from one real way to the next: numbers of rows, moments, secrets, what is derived from them
PASSING = re.compile(
    r"(^|_)(id|ids|at|by|uid|key|batch|code|codes|sealed|digest|hash|previous|txid|xid|url|opens|from|mark|args"
    r"|seconds|since|sha256|details|number|lock|body|expires|body_sealed|code_sealed)(_|$)"
)


def signed():
    cast = Cast.load()
    return make.attest(make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer)


def ended():
    return make.terminate(signed())


def on_paper():
    return make.paper(Cast.load().student)


def gone_elsewhere():
    return make.destination(Cast.load().student)


@pytest.fixture
def rounds(session, monkeypatch):
    """`rounds(way, look)`: what `look` sees after each of three rounds, each on the furnished database."""
    connection = session.connection()
    monkeypatch.setattr(kept, "_known", {})
    monkeypatch.setattr(kept, "_seen", set())

    def act(way, look):
        found = []
        for _round in range(3):
            db.session.remove()
            point = connection.begin_nested()
            kept.begin()
            found.append(look(way()))
            db.session.remove()
            point.rollback()
        return found

    return act


def tables() -> list[str]:
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('region', 'reading')"
    return list(db.session.scalars(text(names)))


def rows_of(name: str) -> list[dict]:
    return [dict(row) for row in db.session.execute(text(f'SELECT * FROM "{name}"')).mappings()]


def lasting(row: dict) -> str:
    return repr(sorted((k, repr(v)) for k, v in row.items() if not PASSING.search(k)))


@pytest.mark.parametrize("way", [signed, ended, on_paper, gone_elsewhere])
def test_what_is_put_back_has_the_rows_of_the_real_way(rounds, way):
    def look(_record):
        return {name: rows_of(name) for name in tables()}

    real, read_out, put_back = rounds(way, look)
    for name in real:
        assert sorted(map(lasting, put_back[name])) == sorted(map(lasting, real[name])), name
        exact = [
            sorted(
                repr({k: v for k, v in row.items() if k not in ("txid", "seconds")})
                for row in found[name]
            )
            for found in (read_out, put_back)
        ]
        assert exact[0] == exact[1], name


@pytest.mark.parametrize("way", [signed, ended, on_paper, gone_elsewhere])
def test_the_way_is_put_back_with_hardly_a_question_and_the_clock_goes_on(rounds, way, session):
    asked, moments = [], []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *seen: asked.append(seen[2]))

    def look(record):
        moments.append(clock.now())
        n = len(asked)
        asked.clear()
        return n, record.state, type(record)

    real, read_out, put_back = rounds(way, look)
    assert real[1:] == read_out[1:] == put_back[1:]
    assert put_back[0] < real[0] / 2
    assert abs((moments[2] - moments[1]).total_seconds()) < 60


def test_life_goes_on_from_what_was_put_back(rounds):
    def look(termination):
        cast = Cast.load()
        TERMINATIONS.perform("agree", termination.id, make.actor(cast.employer), agreed=True)
        TERMINATIONS.perform("approve", termination.id, make.actor(cast.officer))
        broken = db.session.scalar(text("SELECT count(*) FROM trail t WHERE hash <> trail_hash(t)"))
        steps = text("SELECT kind, step, seq FROM trail ORDER BY at, id")
        return broken, [tuple(row) for row in db.session.execute(steps)]

    real, read_out, put_back = rounds(ended, look)
    assert real == read_out == put_back
    assert put_back[0] == 0


def test_whoever_wrote_anything_before_gets_the_real_way(rounds):
    def way():
        cast = Cast.load()
        cast.student.class_name = "9班"
        return make.invite(cast.employer, cast.student)[0]

    assert len(set(rounds(way, lambda invitation: invitation.id))) == 3
    assert len(set(rounds(signed, lambda placement: placement.invitation_id))) == 2
