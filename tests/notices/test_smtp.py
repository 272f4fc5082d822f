"""Mail servers that are down, break off, or outlive the worker: the change stands, the mail comes once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from app.core import jobs, startup
from app.core.db import db
from app.core.mail import Message
from app.signing.invitations.models import Invitation
from tests import factories as make

ROOT = Path(__file__).resolve().parent.parent.parent


class Mailbox:
    """Keeps what it takes; `then` is done after a mail is in and before the client hears of it.

    `ids` are of the mail to `watched`, the student; `others` of the employer's, whom every letter is told.
    """

    def __init__(self):
        self.ids, self.others, self.watched, self.then = [], [], "", lambda server: None

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        lines = envelope.content.decode("utf-8", "replace").splitlines()
        [message_id] = [line for line in lines if line.startswith("Message-ID")]
        if envelope.rcpt_tos != [self.watched]:
            self.others.append(message_id)
            return "250 taken"
        self.ids.append(message_id)
        return self.then(server) or "250 taken"


@pytest.fixture
def smtp(installation, monkeypatch):
    """A mail server that is not running yet, to which the installation sends from now on."""
    installation.work()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    extension = installation.app.extensions["mailman"]
    for name, value in (("backend", "smtp"), ("server", "127.0.0.1"), ("port", port)):
        monkeypatch.setattr(extension, name, value)
    monkeypatch.setattr(extension, "timeout", 5)
    yield found
    if found._thread is not None:
        found.stop()


def invited(installation, smtp) -> int:
    """The id of the one mail of an invitation to the student; the server watches for it."""
    with installation.inside() as cast:
        make.invite(cast.employer, cast.student)
        [mail] = db.session.query(Message).filter(Message.key.contains(":send:"))
        smtp.handler.watched = mail.address
        return mail.id


def fate(installation, key: int) -> tuple[str, int]:
    with installation.inside():
        message = db.session.get(Message, key)
        return message.fate, message.tries


@pytest.mark.rule("NTF-02", "GRD-06")
def test_while_the_mail_server_is_down_the_change_stands_and_the_mail_comes_once_later(
    installation, smtp
):
    key = invited(installation, smtp)
    for _hour in range(3):
        installation.work()
        installation.pass_time(hours=1)
    assert fate(installation, key) == ("failed", 3)
    with installation.inside():
        assert db.session.query(Invitation).one().state == "open"
    smtp.start()
    for _hour in range(2):
        installation.work()
        installation.pass_time(hours=1)
    assert len(smtp.handler.ids) == len(smtp.handler.others) == 1
    assert fate(installation, key) == ("sent", 4)


@pytest.mark.rule("NTF-02")
def test_a_server_that_breaks_off_before_it_has_answered_gets_the_same_mail_again(
    installation, smtp
):
    def break_off(session):
        session.transport.abort()
        smtp.handler.then = lambda _session: None

    smtp.handler.then = break_off
    smtp.start()
    key = invited(installation, smtp)
    for _hour in range(2):
        installation.work()
        installation.pass_time(hours=1)
    assert fate(installation, key) == ("sent", 2)
    assert len(set(smtp.handler.ids)) == 1  # one Message-ID: mailboxes recognise it
    assert len(smtp.handler.ids) == 2
    assert len(smtp.handler.others) == 1  # nobody else's mail suffers


@pytest.mark.rule("NTF-02")
def test_a_server_that_breaks_off_after_it_has_answered_gets_the_mail_once(installation, smtp):
    class Rude(Mailbox):
        async def handle_QUIT(self, server, session, envelope):  # noqa: N802
            server.transport.abort()
            return "221 gone"

    smtp.handler = Rude()
    smtp.start()
    key = invited(installation, smtp)
    for _hour in range(2):
        installation.work()
        installation.pass_time(hours=1)
    assert fate(installation, key) == ("sent", 1)
    assert len(smtp.handler.ids) == len(smtp.handler.others) == 1


@pytest.mark.rule("NTF-02", "GRD-06")
def test_a_worker_killed_between_the_servers_yes_and_its_own_note_sends_the_same_mail_again(
    installation, smtp
):
    """Documented in docs/operations.md: the one way in which a mail can come twice."""
    key, port = invited(installation, smtp), smtp.port
    config = installation.app.config["QINGQIAN"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("QINGQIAN_")}
    url = startup.address(installation.app.config["SQLALCHEMY_DATABASE_URI"])
    env |= {
        "QINGQIAN_MODE": "test",
        "QINGQIAN_INSTANCE": config.instance,
        "DATABASE_URL": url,
        "QINGQIAN_MAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    killed = []

    def kill(_session):
        killed.append(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)  # the mail is in; nobody hears the answer
        smtp.handler.then = lambda _session: None

    smtp.handler.then = kill
    smtp.start()
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "run", "worker"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        worker.wait(60)
    finally:
        worker.kill()
    assert killed == [worker.pid]
    assert fate(installation, key) == ("waiting", 0)
    with installation.inside():
        db.session.execute(
            text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
        )
        pending = text(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'core.sweep_stalled'"
        )
        swept = () if db.session.scalar(pending) else (jobs.sweep_stalled,)
    installation.work(*swept)
    installation.work()
    assert fate(installation, key) == ("sent", 1)
    assert len(smtp.handler.ids) == 2
    assert len(set(smtp.handler.ids)) == 1
    assert len(smtp.handler.others) == 1
