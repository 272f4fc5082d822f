"""What the worker does with an import: check, write, take back; and what is deleted after a while."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask_babel import force_locale, gettext
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import OperationalError

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.registry import stores
from app.files.imports import changes, compare, errors_book, intake, writing
from app.files.imports.effects import NotAsShownError, compared
from app.files.imports.headers import normal
from app.files.imports.models import FILES, OPEN, Import, ImportState
from app.files.imports.row_models import ImportRow
from app.files.imports.sheet import Sheet
from app.files.imports.workflow import IMPORTS
from app.files.imports.writing import MetAnotherError
from app.workflow.actor import SYSTEM

_: Callable[..., str] = gettext
log = logging.getLogger(__name__)

KEPT = timedelta(days=7)  # a file that nobody applied
KEPT_APPLIED = timedelta(days=30)  # how long an import can be undone
S = ImportState


@jobs.queue.task(name="bulk.check", retry=jobs.BRIEF, queue="bulk", priority=20)
def check(import_id: int) -> None:
    """Read, check and compare the file; a killed worker's run begins anew."""
    _work(import_id, _check, "fail")


@jobs.queue.task(name="bulk.write", retry=jobs.BRIEF, queue="bulk", priority=20)
def write(import_id: int) -> None:
    """Write the rows, all of them in one transaction (BLK-03); what is not written is checked again.

    A job that comes twice does the second check, too: a worker may have been killed just before it.
    """
    _work(import_id, _write, "recheck")
    if db.session.get_one(Import, import_id).is_uploaded:
        check(import_id)


@jobs.queue.task(name="bulk.take_back", retry=jobs.BRIEF, queue="bulk", priority=20)
def take_back(import_id: int) -> None:
    """Undo an import while nothing depends on it."""
    _work(import_id, lambda r: IMPORTS.perform("revert", r.id, SYSTEM), "keep")


def _work(import_id: int, act: Callable[[Import], Any], otherwise: str) -> None:
    """Do it in the person's language; what a rule refuses becomes the sentence of the other step.

    That step leads away from the state that waits for the work: elsewhere it was done before, and
    the job has come twice.
    """
    record = db.session.get_one(Import, import_id, populate_existing=True)
    if not _waits(record, otherwise):
        return
    with force_locale(record.user.locale or "zh"):
        try:
            act(record)
        except (Refused, Invalid) as refusal:
            _give_up(import_id, otherwise, _sentences(refusal))
        except (OperationalError, MetAnotherError):
            raise  # the database was away, somebody wrote meanwhile: the job is tried again
        except Exception as error:  # noqa: BLE001 (strangers' files may find any bug of ours)
            where = "".join(traceback.format_tb(error.__traceback__))  # no message: it has values
            log.error("import %s: %s\n%s", import_id, type(error).__name__, where)
            sentence = _("Something went wrong on our side. Please try again.")
            _give_up(import_id, otherwise, [sentence])


def _waits(record: Import, step: str) -> bool:
    return IMPORTS.fits(IMPORTS.step(step), record, SYSTEM, clock.now())


def _give_up(import_id: int, step: str, sentences: list[str]) -> None:
    """Take the other step, unless the same job, come twice, was faster."""
    db.session.rollback()
    if _waits(db.session.get_one(Import, import_id, populate_existing=True), step):
        IMPORTS.perform(step, import_id, SYSTEM, sentences=sentences)


def _sentences(refusal: Refused | Invalid) -> list[str]:
    if isinstance(refusal, Invalid):
        return [text for _place, text in refusal.problems]
    return [str(refusal)]


def _write(record: Import) -> None:
    _stage(record, "writing")
    target = stores().sheets[record.sheet].target
    writing.count_anew(target, record.total, staged_too=True)
    try:
        IMPORTS.perform("apply", record.id, SYSTEM)
    except NotAsShownError:
        raise Refused(
            _("The data changed after the check, so nothing was applied. Look at the rows again.")
        ) from None
    writing.count_anew(target, record.new)


def _check(record: Import) -> None:
    """Read it; ask what is meant where that is not sure (BLK-06); else check and compare."""
    from app.files.imports import (  # with pandas, which only the worker has
        checking,
        mapping,
        staging,
    )

    sheet = stores().sheets[record.sheet]
    _stage(record, "reading")
    data = FILES.read(record.file_key, record.uid)
    reading = intake.read(data, record.file_name, sheet, mapping.heads_known(record))
    _refuse_size(len(reading.frame), sheet.most_rows)
    context = sheet.prepare(record)
    mapped = mapping.words_for(record, sheet, reading, context)
    if mapped.asks:
        IMPORTS.perform("ask", record.id, SYSTEM, details=_read(reading, mapped))
        return
    if not record.details.get("admitted"):
        sheet.admit(record, len(reading.frame))
        record.details = {**record.details, "admitted": True}
    record.details = {**record.details, "sheets": reading.sheets}
    _stage(record, "checking")
    writing.count_anew(sheet.target, len(reading.frame))
    findings = checking.check(sheet, reading, mapped.words, context)
    staging.stage(record, findings)
    compare.first(sheet, record, context)
    found = compare.counts(record.id)
    if not found["total"]:
        raise Refused(_("There is no row below the headers."))
    errors = errors_book.make(record, reading, findings)
    noted = _noted(record, sheet, found, findings, mapped)
    details = {**_read(reading, mapped), **noted}
    stops = changes.improbable(record, sheet, found)
    counts: dict[str, Any] = {**found}
    IMPORTS.perform(
        "check",
        record.id,
        SYSTEM,
        **counts,
        errors_key=FILES.keep(errors, record.uid) if errors else None,
        details={**details, "concerns": changes.concerns(details, stops)},
    )


def _read(reading: intake.FileReading, mapped: Any) -> dict[str, Any]:
    """What was read, and how its words were understood."""
    return {
        "sheets": reading.sheets,
        "kind": reading.kind,
        "encoding": reading.encoding,
        "unread": reading.left,
        "questions": mapped.questions,
        "taken": mapped.taken,
        "hidden_out": mapped.hidden_out,
        "out_by_value": mapped.out_by_value,
    }


def _noted(
    record: Import, sheet: Sheet, found: dict[str, int], findings: Any, mapped: Any
) -> dict[str, object]:
    """What the checks have found beside the rows."""
    return {
        "ignored": findings.ignored,
        "examples": findings.examples,
        "columns": [column.field for column in findings.columns.values()],
        "mended": dict(findings.mended),
        "masked": findings.masked,
        "listed": findings.listed,
        **compared(sheet, record),
        "messages": sheet.messages(record) if found["new"] + found["changed"] else 0,
        "unknown": [head for head in findings.ignored if normal(head) not in mapped.words.heads],
        **{name: record.details[name] for name in ("hidden", "left") if name in record.details},
    }


def _refuse_size(rows: int, most: int) -> None:
    if rows > most:
        raise Refused(_("At most %(most)s rows are taken at once. Split the file.", most=most))


def _stage(record: Import, name: str) -> None:
    """Say how far it has come; whoever looks at the page sees it."""
    record.stage = name
    db.session.commit()


@jobs.queue.periodic(cron="20 3 * * *")
@jobs.queue.task(name="bulk.forget", queueing_lock="bulk.forget")
def forget(timestamp: int = 0) -> int:
    """Delete the rows and files of what is over; the history stays. How many imports."""
    now = clock.now()
    old = or_(
        Import.changed_at < now - KEPT_APPLIED,
        and_(Import.changed_at < now - KEPT, Import.state != S.APPLIED),
    )
    over = Import.state.in_((*OPEN, S.FAILED, S.UNDONE, S.APPLIED)) & Import.file_key.is_not(None)
    records = db.session.scalars(select(Import).where(old, over).with_for_update()).all()
    ids = [record.id for record in records]
    db.session.execute(delete(ImportRow).where(ImportRow.import_id.in_(ids)))
    done = FILES.forget(records)
    FILES.sweep()
    return done
