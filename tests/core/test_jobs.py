"""Jobs and mail: in the transaction of the change, sent once, never lost."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from app.core import jobs, mail
from app.core.db import db
from app.core.registry import stores
from app.signing.placements.tasks import document_of
from tests import factories as make
from tests import real
from tests.cast import Cast
from tests.databases import furnished
from tests.stores import otherwise


@pytest.fixture(scope="module")
def installation(server, tmp_path_factory):
    """A database of its own with real commits; the worker runs in this process."""
    with real.installation(furnished(server, "jobs"), tmp_path_factory.mktemp("jobs")) as app:
        yield app


def waiting(app) -> int:
    with app.app_context():
        return db.session.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        )


@pytest.mark.rule("GRD-06", "NTF-02")
def test_a_job_of_a_rolled_back_change_never_existed(installation):
    before = waiting(installation)
    with installation.app_context():
        mail.post(mail.Outgoing("rolled-back", mail.MAIL, "a@example.com", "Subject", "Body"))
        db.session.rollback()
    assert waiting(installation) == before


@pytest.mark.rule("NTF-02")
def test_a_message_is_sent_once_for_its_key(installation):
    with installation.app_context():
        assert mail.post(mail.Outgoing("once", mail.MAIL, "a@example.com", "Subject", "Body"))
        assert not mail.post(mail.Outgoing("once", mail.MAIL, "a@example.com", "Subject", "Body"))
        db.session.commit()
    jobs.work(installation, once=True)
    with installation.app_context():
        message = db.session.query(mail.Message).filter_by(key="once").one()
        first = message.sent_at
        assert first is not None
        mail.send_message(message.id)
        db.session.expire_all()
        assert (message.sent_at, message.tries) == (first, 1)


@pytest.mark.rule("NTF-02")
def test_a_mail_server_that_is_down_delays_nothing_and_loses_nothing(installation):
    with installation.app_context():
        mail.post(mail.Outgoing("smtp-down", mail.MAIL, "a@example.com", "Subject", "Body"))
        db.session.commit()
    extension = installation.extensions["mailman"]
    real = extension.backend, extension.server, extension.port
    extension.backend, extension.server, extension.port = "smtp", "127.0.0.1", 9  # nobody listens
    try:
        jobs.work(installation, once=True)
    finally:
        extension.backend, extension.server, extension.port = real
    with installation.app_context():
        message = db.session.query(mail.Message).filter_by(key="smtp-down").one()
        assert message.sent_at is None
        assert "refused" in message.problem
        status = text(
            "SELECT status::text, scheduled_at > now() FROM procrastinate_jobs"
            " WHERE args->>'message_id' = :id"
        )
        assert tuple(db.session.execute(status, {"id": str(message.id)}).one()) == ("todo", True)


@pytest.mark.rule("AGR-04", "DOC-01", "GRD-06")
def test_the_pdf_comes_when_the_worker_is_back(installation):
    with installation.app_context():
        cast = Cast.load()
        placement = make.attest(
            make.accept(make.invite(cast.employer, cast.student)[0]), cast.officer
        )
        assert (
            document_of(placement) is None
        )  # killed between commit and PDF: the job is in the database
    jobs.work(installation, once=True)
    with installation.app_context():
        cast = Cast.load()
        from app.core.filestore import read_file
        from app.signing.placements.models import Placement

        document = document_of(
            db.session.query(Placement).filter_by(student_id=cast.student.id).one()
        )
        assert document is not None
        assert read_file(document.file_key).startswith(b"%PDF")


@pytest.mark.rule("GRD-06")
def test_a_job_of_a_dead_worker_is_picked_up_again(installation):
    with installation.app_context():
        mail.post(mail.Outgoing("stalled", mail.MAIL, "a@example.com", "Subject", "Body"))
        db.session.flush()
        db.session.execute(
            text(
                "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 hour') RETURNING id)"
                " UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM w)"
                " WHERE status = 'todo' AND task_name = 'core.send_message'"
            )
        )
        db.session.commit()
        jobs.enqueue(jobs.sweep_stalled, timestamp=0)
        db.session.commit()
    jobs.work(installation, once=True)
    jobs.work(installation, once=True)
    with installation.app_context():
        assert db.session.query(mail.Message).filter_by(key="stalled").one().sent_at is not None


@pytest.mark.rule("GRD-06")
def test_a_failed_job_can_be_tried_again(installation):
    with installation.app_context():
        mail.post(mail.Outgoing("failed", mail.MAIL, "a@example.com", "Subject", "Body"))
        db.session.flush()
        found = db.session.scalar(
            text(
                "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = (SELECT max(id) FROM procrastinate_jobs)"
                " RETURNING id"
            )
        )
        assert jobs.retry(found)
        assert not jobs.retry(0)
        db.session.commit()
    jobs.work(installation, once=True)
    with installation.app_context():
        assert db.session.query(mail.Message).filter_by(key="failed").one().sent_at is not None


@jobs.queue.task(name="tests.writes_a_letter")
def writes_a_letter(key: str) -> None:
    mail.post(mail.Outgoing(key, mail.MAIL, "a@example.com", "Subject", "Body"))
    db.session.commit()


@pytest.mark.rule("GRD-06", "NTF-02")
def test_what_the_worker_does_may_itself_enqueue(installation):
    """Expiry, bulk decisions and reminders tell people from within a job."""
    with installation.app_context():
        jobs.enqueue(writes_a_letter, key="from-a-job")
        db.session.commit()
    for _run in range(2):  # the job, then what it enqueued
        jobs.work(installation, once=True)
    with installation.app_context():
        assert db.session.query(mail.Message).filter_by(key="from-a-job").one().sent_at is not None


BUSY, GO, OUT = threading.Semaphore(0), threading.Event(), threading.Event()


@jobs.queue.task(name="tests.keeps_a_slot", priority=1000)
def keeps_a_slot() -> None:
    BUSY.release()
    assert GO.wait(60)


@pytest.mark.rule("NTF-02", "ACC-05")
def test_s06_a_code_goes_out_while_every_other_slot_is_busy(installation):
    """32 uploads kept a code for 348 s; the slots are kept here until it is out."""
    fate = mail.MessageFate(lambda _message: True, lambda _message, _at: OUT.set())
    general = sum(slot["concurrency"] for slot in jobs.SLOTS if "queues" not in slot)
    with installation.app_context():
        for _n in range(general + 3):
            jobs.enqueue(keeps_a_slot)
        mail.post(mail.Outgoing("busy:1", mail.SMS, "13800000001", "Code", "123456", urgent=True))
        db.session.commit()
    worker = threading.Thread(target=jobs.work, args=(installation,), kwargs={"once": True})
    with otherwise(message_fates={**stores().message_fates, "busy:": fate}):
        worker.start()
        try:
            assert all(BUSY.acquire(timeout=60) for _n in range(general))
            assert OUT.wait(60)
            assert not GO.is_set()
        finally:
            GO.set()
            worker.join(120)
    assert not worker.is_alive()


@pytest.mark.rule("NTF-02")
def test_an_urgent_message_is_tried_again_like_every_other(installation):
    assert mail.send_urgent.retry_strategy is jobs.PATIENT
