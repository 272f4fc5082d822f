"""What the worker does: write a workbook or DBF file as the person who asked; delete what is over."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import current_app, g
from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app.accounts.models import AppUser
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.fab.presentation import moment
from app.files.exports import dbf_out
from app.files.exports.models import FILES, Export, ExportState, Format
from app.files.exports.rights import table_of
from app.files.exports.workflow import EXPORTS
from app.files.exports.writing import write_rows
from app.workflow.actor import SYSTEM

_: Callable[..., str] = gettext
log = logging.getLogger(__name__)
S = ExportState
MOST_NOTES = 200


class HeldError(Exception):
    """The format cannot hold everything: the asker decides."""

    def __init__(self, unfit: dbf_out.Unfit, rows: int) -> None:
        super().__init__()
        self.unfit, self.rows = unfit, rows


@jobs.queue.task(name="exports.make", retry=jobs.BRIEF, queue="exports", priority=10)
def make(export_id: int) -> None:
    """Write the file; a killed worker's run begins anew, and no half file is ever named."""
    record = db.session.get_one(Export, export_id, populate_existing=True)
    if not record.busy:
        return  # done before: the job came twice
    EXPORTS.perform("begin", export_id, SYSTEM)
    user_id, uid = record.user_id, record.uid
    with force_locale(record.user.locale or "zh"), _folder(uid) as folder:
        try:
            step, found = "finish", _made(export_id, user_id, folder)
        except HeldError as held:
            listed = held.unfit.listed
            step, found = (
                "hold",
                {"unfit": listed, "unfit_count": held.unfit.count, "done": held.rows},
            )
        except OperationalError:
            raise  # the database was away: the job is tried again
        except Exception as error:  # noqa: BLE001 (whatever breaks, the asker reads a sentence)
            step, found = "fail", {"sentence": _sentence(error, export_id)}
        db.session.rollback()
        _end(step, export_id, found)


def _end(step: str, export_id: int, found: dict[str, Any]) -> None:
    """Take the step, unless the same job, come twice, was faster: its file is the one."""
    try:
        EXPORTS.perform(step, export_id, SYSTEM, **found)
    except Refused:
        FILES.discard(found.get("file_key"))


def _sentence(error: Exception, export_id: int) -> str:
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, Invalid):
        return " ".join(text for _place, text in error.problems)
    if isinstance(error, NotYours):
        return _("You may not see this list any more.")
    if isinstance(error, dbf_out.TooLargeError):
        return _("A .dbf file holds at most 2 GB. Choose .csv, which has no limit.")
    if isinstance(error, HTTPException) and error.description:
        return str(error.description)
    where = "".join(traceback.format_tb(error.__traceback__))  # no message: it may have values
    log.error("export %s: %s\n%s", export_id, type(error).__name__, where)
    return _("Something went wrong on our side. Please try again.")


def _made(export_id: int, user_id: int, folder: Path) -> dict[str, object]:
    """Write the file as that person sees the rows, and keep it encrypted."""
    with as_person(user_id):
        record = db.session.get_one(Export, export_id)
        form, uid = Format(record.format), record.uid
        replace = bool(record.details.get("replace"))
        table = table_of(record)
        path = folder / f"export.{form.ending}"
        narrow = form is Format.DBF and dbf_out.too_wide(table.columns, record.counted)
        rows, notes, unfit = write_rows(form, path, table, export_id, _said(record), narrow)
    if unfit is not None and unfit.count and not replace:
        raise HeldError(unfit, rows)
    with path.open("rb") as file:
        key = FILES.keep(file, uid)
    found = {
        "file_key": key,
        "size": path.stat().st_size,
        "done": rows,
        "notes": notes[:MOST_NOTES],
    }
    return {**found, "narrow": True} if narrow else found


def _said(record: Export) -> list[tuple[object, str]]:
    """What an analysis workbook says of itself, above its pivots."""
    facts = stores().export_sources[record.what].facts(record.asked)
    return [(_("Export"), record.title), *facts, (_("Made"), moment(clock.now()))]


@contextlib.contextmanager
def as_person(user_id: int) -> Iterator[None]:
    """A request as that person: scope, filters and rights are asked exactly as the list's page asks."""
    with current_app.test_request_context("/"):
        before = set(g)
        user = db.session.get_one(AppUser, user_id, populate_existing=True)
        g.user = g._login_user = user
        try:
            yield
        finally:
            for name in set(g) - before:
                g.pop(name)


@contextlib.contextmanager
def _folder(uid: str) -> Iterator[Path]:
    """A folder for the unfinished file; what a killed run left of it goes first."""
    root = jobs.config().folder.resolve() / "exports"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in root.glob(f"{uid}-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=f"{uid}-", dir=root, ignore_cleanup_errors=True
    ) as made:
        yield Path(made)


@jobs.queue.periodic(cron="40 3 * * *")
@jobs.queue.task(name="exports.forget", queueing_lock="exports.forget")
def forget(timestamp: int = 0) -> int:
    """Delete what was kept long enough; the history stays. How many exports."""
    over = (Export.state.in_((S.READY, S.HELD)), Export.kept_until < clock.now())
    ids = db.session.scalars(select(Export.id).where(*over).order_by(Export.id)).all()
    done = 0
    for key in ids:
        file_key = db.session.get_one(Export, key).file_key
        with contextlib.suppress(Refused):
            EXPORTS.perform("expire", key, SYSTEM)
            FILES.discard(file_key)
            done += 1
    FILES.sweep()
    return done
