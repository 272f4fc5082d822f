"""Asking for an export: checked, counted, kept, and queued unless it is written while it is fetched."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.limits import Limit
from app.core.registry import stores
from app.core.text import clean_line
from app.files.exports import tasks, xlsx_out
from app.files.exports.models import Export, Format
from app.files.exports.tables import Asked, ExportSource
from app.files.exports.workflow import EXPORTS
from app.workflow.actor import Actor, Role

EXPORTED = Limit("exports", 120, timedelta(hours=1))  # of one person
_UID = re.compile(r"[0-9a-f]{32}")


def source(name: str) -> ExportSource:
    """The source of that name. Raises NotYours."""
    if name not in stores().export_sources:
        raise NotYours(f"source {name}")
    return stores().export_sources[name]


def ask(
    who: Actor, what: str, asked: Asked, form: Format, *, uid: str = "", clear: bool = False,
    purpose: str = "",
) -> Export:  # fmt: skip
    """Begin an export as the person of this request, and commit. The same form asks once (`uid`).

    Raises Refused where there is nothing to export, too much for the format, or too often; Invalid
    where the purpose is missing.
    """
    if uid and not _UID.fullmatch(uid):
        raise NotYours("uid")
    known = _known(who, uid)
    if known is not None:
        return known
    found = source(what)
    record = Export(
        uid=uid or uuid4().hex,
        what=what,
        title=clean_line(found.title(asked))[:120],
        asked=dict(asked),
        format=form,
        clear=clear,
        purpose=clean_line(purpose)[:200],
        user_id=who.user_id or 0,
        school_id=who.school_id,
        employer_id=who.employer_id,
        counted=found.count(asked),
        done=0,
        details={},
        created_at=clock.now(),
    )
    if clear and not record.purpose:
        raise Invalid([("purpose", _("Please say what the personal numbers are needed for."))])
    _refuse_size(record, form, len(found.table(asked, clear).columns))
    if not EXPORTED.take(who.user_id):
        raise Refused(_("You have asked for very many files. Please wait an hour, then go on."))
    try:
        _begin(record, who, form)
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        twin = _known(who, uid)
        if twin is None:
            raise NotYours(f"export {uid}") from None
        return twin
    return record


def _begin(record: Export, who: Actor, form: Format) -> None:
    step = own(who, "stream" if form.at_once else "ask")
    EXPORTS.start(step, record, who, reason=record.purpose)
    if not form.at_once:
        jobs.enqueue(tasks.make, export_id=record.id)


def _known(who: Actor, uid: str) -> Export | None:
    """What this form asked for before. Raises NotYours where it was somebody else's."""
    if not uid:
        return None
    found = db.session.scalars(select(Export).where(Export.uid == uid)).one_or_none()
    if found is not None and found.user_id != who.user_id:
        raise NotYours(f"export {uid}")
    return found


def _refuse_size(record: Export, form: Format, columns: int) -> None:
    if record.counted == 0:
        raise Refused(_("There is nothing to export: the list is empty."))
    if form is Format.XLSX and (record.counted or 0) > xlsx_out.MOST_ROWS:
        raise Refused(xlsx_out.too_long())
    if form is Format.ANALYSIS and (record.counted or 0) > xlsx_out.most_analysed(columns):
        raise Refused(xlsx_out.too_long_to_analyse(columns))


def take(step: str, record: Export, who: Actor) -> object:
    """`replace`: the asker takes signs in place of what the format cannot hold; commits."""
    done = EXPORTS.apply(own(who, step), record.id, who)
    jobs.enqueue(tasks.make, export_id=done.id)
    db.session.commit()
    return done


def own(who: Actor, step: str) -> str:
    """The step's name for this person."""
    return f"{step}_own" if who.role is Role.EMPLOYER else step
