"""`flask --app run doctor` says what an installation lacks, and ends with 1 where something is wrong (ADM-01)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app import doctor
from app.accounts.models import AppUser
from app.audit.models import Run
from app.core import clock, jobs
from app.core.db import db
from app.people.students.models import Student
from app.workflow.actor import Role


def states() -> dict[str, tuple[str, str]]:
    return {found.part: (found.how, found.sentence) for found in doctor.findings()}


def test_every_part_is_said_once_and_a_worker_that_is_not_there_is_bad(app, cast):
    answer = app.test_cli_runner().invoke(args=["doctor"])
    lines = [
        line
        for line in answer.output.splitlines()
        if line.startswith((doctor.GOOD, doctor.LOOK, doctor.BAD))
    ]
    assert [line[5:21].strip() for line in lines] == list(doctor.PARTS)
    assert answer.exit_code == 1
    assert "BAD  worker" in answer.output
    assert states()["database"][0] == doctor.GOOD
    assert states()["files"][0] == doctor.GOOD
    assert states()["documents"][0] == doctor.GOOD


def test_with_a_worker_and_a_proved_trail_nothing_is_bad(app, cast, monkeypatch):
    monkeypatch.setattr(jobs, "worker_alive", lambda: True)
    db.session.add(Run(at=clock.now(), seconds=1, rows=1, waiting=0))
    db.session.commit()
    answer = app.test_cli_runner().invoke(args=["doctor"])
    assert answer.exit_code == 0, answer.output
    assert states()["trail"][0] == doctor.GOOD


def test_an_older_database_a_missing_administrator_and_a_finding_are_named(cast):
    db.session.execute(text("UPDATE alembic_version SET version_num = '0001_base'"))
    assert states() == {"database": (doctor.BAD, states()["database"][1])}
    assert "0001_base" in states()["database"][1]
    db.session.rollback()
    db.session.query(AppUser).filter_by(role=Role.SECURITY).update({"active": False})
    db.session.add(Run(at=clock.now(), seconds=1, rows=1, waiting=0, kind="row_changed"))
    db.session.flush()
    found = states()
    assert found["administrators"][0] == doctor.BAD
    assert "security" in found["administrators"][1]
    assert "row_changed" in found["trail"][1]


def test_a_key_that_opens_nothing_is_said_and_the_next_part_is_looked_at(cast):
    db.session.query(Student).update({"id_number_sealed": b"kx|not sealed by us"})
    db.session.flush()
    found = states()
    assert found["keys"][0] == doctor.BAD
    assert "mail" in found


@pytest.mark.rule("NTF-05")
def test_a_test_mail_is_handed_over_and_says_so(app, cast):
    answer = app.test_cli_runner().invoke(args=["doctor", "--mail", "office@example.com"])
    assert "test mail" in answer.output
    assert "office@example.com" in answer.output
