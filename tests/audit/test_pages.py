"""The public page of the roots, and the administrator's page of the proof."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.audit import roots, seals
from app.audit.models import Root, Run
from app.audit.roots import value_of
from app.core import clock, jobs
from app.core.db import db
from tests.audit.conftest import write


@pytest.fixture
def days(kept):
    """Two ended days, at least."""
    for _day in range(2):
        write(record=21)
        db.session.commit()
        seals.seal_waiting()
        shifted = db.session.scalar(text("SELECT seconds FROM clock_shift"))
        clock.shift(timedelta(seconds=shifted + 86_400))
        db.session.commit()
    write(record=21)
    db.session.commit()
    seals.seal_waiting()
    return roots.published()


@pytest.mark.rule("TRU-05")
def test_anybody_reads_the_roots_and_checks_their_chain_without_a_key(kept, days):
    client = kept.test_client()
    page = client.get("/audit/roots").get_data(as_text=True)
    answer = client.get("/audit/roots.json")
    assert answer.status_code == 200, answer.text
    rows = answer.json["roots"]
    assert all(row["root"] in page and row["day"] in page for row in days)
    previous = ""
    for row in reversed(rows):
        facts = (row["seal"], row["head"], row["trail"], row["events"], row["previous"])
        assert row["previous"] == previous
        assert value_of(date.fromisoformat(row["day"]), *facts) == row["root"]
        previous = row["root"]


@pytest.mark.rule("TRU-05")
def test_the_public_page_has_no_name_of_anybody(kept, days):
    client = kept.test_client()
    told = client.get("/audit/roots").get_data(as_text=True) + client.get("/audit/roots.json").text
    names = db.session.scalars(text("SELECT last_name FROM ab_user")).all()
    names += db.session.scalars(text("SELECT name FROM employer")).all()
    assert not [name for name in names if name in told]
    assert {c.key for c in Root.__table__.columns} == {
        "day",
        "seal_no",
        "head",
        "trail_total",
        "event_total",
        "previous",
        "root",
        "made_at",
    }


@pytest.mark.rule("ADM-07", "TRU-05")
def test_the_administrator_sees_the_chain_and_how_the_last_check_ended(cast, visit, session):
    admin = visit(cast.audit)
    db.session.add(Run(at=clock.now(), seconds=1.5, rows=12, waiting=0, kind="", facts={}))
    facts = {
        "row": 7,
        "source": "trail",
        "place": "placement 3 2",
        "at": "2026-11-01 10:00:00",
        "seal": 4,
        "sealed": "2026-11-01 10:00:20",
    }
    db.session.add(
        Run(at=clock.now(), seconds=1.5, rows=12, waiting=0, kind="altered", facts=facts)
    )
    db.session.commit()
    page = admin.get("/audit/").get_data(as_text=True)
    assert "第 7 行" in page
    assert "第 4 号封印" in page
    english = admin.get("/lang/en", follow_redirects=True)
    assert english.status_code == 200
    assert "Altered: row 7" in admin.get("/audit/").get_data(as_text=True)


@pytest.mark.rule("ADM-07")
def test_a_check_on_demand_is_a_job_of_the_worker(cast, visit, session):
    assert visit(cast.audit).post("/audit/run").status_code == 303
    queued = db.session.execute(
        text("SELECT args FROM procrastinate_jobs WHERE task_name = 'audit.verify_now'")
    ).all()
    assert [row.args for row in queued] == [{"actor_id": cast.audit.id}]


def test_the_sealing_runs_every_twenty_seconds_and_the_walk_every_night():
    crons = {p.task.name: p.cron for p in jobs.queue.periodic_registry.periodic_tasks.values()}
    assert crons["audit.seal"] == "* * * * * */20"
    assert crons["audit.verify"] == "10 20 * * *"


@pytest.mark.rule("ADM-07")
def test_runs_and_roots_are_never_changed(session):
    db.session.add(Run(at=clock.now(), seconds=1, rows=1, waiting=0, kind="altered", facts={}))
    db.session.commit()
    for statement in (
        "UPDATE audit_run SET kind = ''",
        "DELETE FROM audit_run",
        "TRUNCATE trail_root",
    ):
        with pytest.raises(Exception, match="never changed"):
            db.session.execute(text(statement))
        db.session.rollback()
