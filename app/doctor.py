"""What an installation lacks to work: one line a part, each with what mends it. `flask --app run doctor`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_mailman import EmailMessage
from flask_migrate import Migrate
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import AppUser
from app.audit.models import Run
from app.core import clock, filestore, jobs
from app.core.db import db
from app.files.documents.printing import unprintable
from app.files.documents.render import prepare
from app.people.students.models import Student
from app.workflow.actor import Role

GOOD, LOOK, BAD = "ok", "look", "BAD"
SECONDS_OFF = 5  # between the machine's clock and the database's
ROOM = 1 << 30  # bytes that should be left beside the files
RARE = "黄河水 𠮷㼆 买买提·吾布力"  # what names have
WAITING = timedelta(minutes=10)  # after which a job that could run says that the worker is behind
NIGHTS = timedelta(days=2)  # the trail is proved each night


@dataclass(frozen=True)
class PartFound:
    """One part: its name, how it is, a sentence that says what to do where it is not good."""

    part: str
    how: str
    sentence: str


def findings(mail_to: str = "") -> Iterator[PartFound]:
    """Look at each part in turn; one that cannot be looked at is BAD with the reason, and the next follows.

    With `mail_to` a test mail is sent there.
    """
    for part, look in PARTS.items():
        try:
            state, sentence = look()
        except Exception as error:  # noqa: BLE001 (whatever it is, the person has to know)
            db.session.rollback()
            state, sentence = BAD, f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"
        yield PartFound(part, state, sentence)
        if part == "database" and state == BAD:
            return  # nothing else can be asked
    if mail_to:
        yield _test_mail(mail_to)


def _database() -> tuple[str, str]:
    version = db.session.execute(text("SHOW server_version")).scalar_one()
    context = MigrationContext.configure(db.session.connection())
    migrate: Migrate = current_app.extensions["migrate"].migrate
    newest = ScriptDirectory.from_config(migrate.get_config()).get_current_head()
    now = context.get_current_revision()
    if now != newest:
        return (
            BAD,
            f"it is at migration {now}, the program at {newest}: run `flask --app run release`",
        )
    return GOOD, f"PostgreSQL {version}, at the newest migration"


def _clock() -> tuple[str, str]:
    theirs = db.session.execute(text("SELECT clock_timestamp()")).scalar_one()
    off = abs((clock.machine() - theirs).total_seconds())
    if off > SECONDS_OFF:
        return (
            BAD,
            f"this machine and the database are {off:.0f} s apart: set both by NTP",
        )
    return (
        GOOD,
        f"this machine and the database agree; it is {clock.local(clock.now()):%Y-%m-%d %H:%M} in China",
    )


def _worker() -> tuple[str, str]:
    if not jobs.worker_alive():
        return (
            BAD,
            "no worker gives a sign of life: no mail is sent, no file read; start `flask --app run worker`",
        )
    late = db.session.execute(
        text(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"
            " AND coalesce(scheduled_at, now()) < now() - make_interval(secs => :late)"
        ),
        {"late": WAITING.total_seconds()},
    ).scalar_one()
    failed = db.session.execute(
        text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
    ).scalar_one()
    if late:
        return (
            LOOK,
            f"{late} jobs wait longer than {WAITING.seconds // 60} minutes: start a second worker",
        )
    if failed:
        return (
            LOOK,
            f"{failed} jobs failed: see «Jobs» as system administrator, where each can be tried again",
        )
    return GOOD, "alive, nothing waits too long"


def _files() -> tuple[str, str]:
    name, data = f"doctor-{uuid4().hex}", uuid4().bytes
    filestore.save_named(name, data)
    try:
        if filestore.read_named(name) != data:
            return BAD, "what was written is not what is read"
    finally:
        filestore.delete_named(name)
    folder = jobs.config().folder
    free = shutil.disk_usage(folder if folder.exists() else tempfile.gettempdir()).free
    if free < ROOM:
        return BAD, f"only {free >> 20} MB are left on the disk of {folder.name}/"
    return GOOD, f"written, read and deleted; {free >> 30} GB left"


def _keys() -> tuple[str, str]:
    row = db.session.scalar(select(Student).where(Student.id_number_sealed.is_not(None)).limit(1))
    if row is None:
        return GOOD, "no personal number is kept yet"
    if not row.id_number:
        return BAD, "a kept number cannot be read"
    return GOOD, "kept personal numbers can be read with the keys that are set"


def _documents() -> tuple[str, str]:
    prepare()
    missing = unprintable({"name": RARE})
    if missing:
        return BAD, f"the fonts lack {' '.join(map(str, missing))}: install the program anew"
    return GOOD, "fonts and templates of the documents are there, rare signs too"


def _mail() -> tuple[str, str]:
    if not jobs.config().mail_url:
        state = BAD if jobs.config().production else LOOK
        return (
            state,
            "QINGQIAN_MAIL_URL is not set: mail lies in the mail folder and reaches nobody",
        )
    connection = current_app.extensions["mailman"].get_connection()
    connection.open()
    connection.close()
    return GOOD, "the mail server lets us in; send a test with --mail <address>"


def _texts() -> tuple[str, str]:
    config = jobs.config()
    if config.sms == "console":
        return (
            LOOK,
            "QINGQIAN_SMS is not set: no text message is sent; students without a mail get no code",
        )
    return GOOD, f"by {config.sms}; countries {config.sms_countries}"


def _people() -> tuple[str, str]:
    wanted = select(AppUser.role).where(AppUser.active).distinct()
    there = set(db.session.scalars(wanted))
    missing = [
        str(role.value) for role in (Role.ADMIN, Role.SECURITY, Role.AUDIT) if role not in there
    ]
    if missing:
        return BAD, f"nobody is {', '.join(missing)} administrator: `flask --app run staff --help`"
    return GOOD, "system, security and audit administrator are there"


def _trail() -> tuple[str, str]:
    last = db.session.scalar(select(Run).order_by(Run.id.desc()).limit(1))
    if last is None or clock.now() - last.at > NIGHTS:
        return (
            LOOK,
            "the trail was not proved in the last two nights: `flask --app run audit verify`",
        )
    if last.kind:
        return (
            BAD,
            f"the last proof found something ({last.kind}): `flask --app run audit verify` says where",
        )
    return GOOD, f"proved on {clock.local(last.at):%Y-%m-%d %H:%M}"


def _test_mail(address: str) -> PartFound:
    try:
        EmailMessage(
            "Qingqian: test mail", "Mail from this installation arrives.", to=[address]
        ).send()
    except (OSError, SQLAlchemyError, ValueError) as error:
        return PartFound("test mail", BAD, f"{type(error).__name__}: {error}")
    return PartFound(
        "test mail", GOOD, f"handed to the mail server for {address}: look whether it arrives"
    )


PARTS: dict[str, Callable[[], tuple[str, str]]] = {
    "database": _database,
    "clock": _clock,
    "worker": _worker,
    "files": _files,
    "keys": _keys,
    "documents": _documents,
    "mail": _mail,
    "text messages": _texts,
    "administrators": _people,
    "trail": _trail,
}
