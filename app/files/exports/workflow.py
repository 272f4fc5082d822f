"""The life of an export; its trail says who took which numbers out, and for what (BLK-01, RPT-05, ADM-07)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.accounts import security_log
from app.accounts.models import AppUser
from app.core.db import db
from app.files.exports.models import EXPORT_STATES, Export, ExportState, Format
from app.files.exports.notices import LETTERS
from app.files.exports.queries import exports_for, take_place
from app.notices.workflow import tell_of
from app.workflow.actor import STAFF, Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Reason, Step

S = ExportState
KEPT = timedelta(days=7)
AT_ONCE = 4  # files written while they are sent, of all people
NOTED = ("notes", "unfit", "unfit_count", "sentence", "narrow")


def still_kept(record: Export, actor: Actor, now: datetime) -> str | None:
    """After seven days nothing is handed out any more (BLK-01)."""
    if record.kept_until is None or now < record.kept_until:
        return None
    return _("This file was kept for %(days)s days and is deleted.", days=KEPT.days)


def purpose_is_said(record: Export, actor: Actor, now: datetime) -> str | None:
    """Whole personal numbers go out only with a purpose that is kept (RPT-05, ADM-07)."""
    if not record.clear or record.purpose:
        return None
    return _("Please say what the personal numbers are needed for.")


def has_place(record: Export, actor: Actor, now: datetime) -> str | None:
    """A file that is written while it is sent holds a thread of the web server to its end (BLK-04)."""
    if not Format(record.format).at_once:
        return None
    if not take_place(record.user_id):
        return _("Another file of yours is still being sent. Please wait until it is there.")
    if not any(take_place(-n) for n in range(1, AT_ONCE + 1)):
        return _("Several large files are being sent just now. Please try again in a minute.")
    return None


def note_what(change: Change) -> None:
    """The trail keeps what goes out."""
    record: Export = change.record
    change.details |= {
        "what": record.what,
        "title": record.title,
        "format": record.format,
        "clear": record.clear,
        "purpose": record.purpose,
        "rows": record.counted,
        "asked": record.asked,
    }
    _log(change, "export")


def note_fetch(change: Change) -> None:
    """The trail keeps each time that the file was fetched."""
    record: Export = change.record
    change.details |= {"clear": record.clear, "purpose": record.purpose, "rows": record.done}
    _log(change, "export_fetched")


def _log(change: Change, event: str) -> None:
    """The security log has who took which numbers out, whole or masked (RPT-05, ADM-07)."""
    record: Export = change.record
    security_log.note(
        event,
        user=db.session.get(AppUser, record.user_id),
        who=change.actor,
        export=record.id,
        title=record.title,
        rows=record.counted,
        clear=record.clear,
        purpose=record.purpose,
    )


def keep_until(change: Change) -> None:
    """From now on it is kept for seven days."""
    change.record.kept_until = change.now + KEPT


def keep_result(change: Change) -> None:
    """What the worker made: the file, or what the format cannot hold, or the sentence why not."""
    record: Export = change.record
    for name in ("file_key", "size", "done"):
        if name in change.data:
            setattr(record, name, change.data[name])
    noted: dict[str, Any] = {n: change.data[n] for n in NOTED if n in change.data}
    record.details = {**record.details, **noted}
    change.details |= {"rows": record.done}


def begin_anew(change: Change) -> None:
    """A run begins with nothing done; what an earlier one left is forgotten."""
    change.record.done = 0
    change.record.details = {
        k: v for k, v in change.record.details.items() if k not in ("notes", "sentence")
    }


def replace_signs(change: Change) -> None:
    """The asker has read the list and takes the signs in their place."""
    change.record.details = {**change.record.details, "replace": True}


def delete_it(change: Change) -> None:
    """No file is named any more; the sweep deletes it."""
    change.record.file_key = None


def tell_asker(change: Change) -> None:
    """Who asked need not watch the page (BLK-04)."""
    record: Export = change.record
    values = {"title": record.title, "uid": record.uid, "rows": f"{record.done:,}"}
    tell_of(change, LETTERS, {"asker": lambda: [record.user]}, values, record.school_id)


def _each(name: str, source: Any, to: S, label: Any, **more: Any) -> tuple[Step, Step]:
    """The same step for staff and, under a name of its own, for a party's own data (ACC-10)."""
    return (
        Step(name, source, to, by=tuple(sorted(STAFF)), label=label, **more),
        Step(f"{name}_own", source, to, by=Role.EMPLOYER, label=label, binds=False, **more),
    )


def in_clear(record: Export) -> bool:
    """Whole personal numbers leave the house: whoever has a second factor proves it anew (CHN-09)."""
    return bool(record.clear)


BORN: dict[str, Any] = {
    "when": (purpose_is_said,),
    "reason": Reason.OPTIONAL,
    "step_up": in_clear,
}
THEN: tuple[Callable[[Change], None], ...] = (tell_asker,)

EXPORTS: Workflow[Export] = Workflow(
    kind="export_file",
    name=_l("Export"),
    model=Export,
    scope=exports_for,
    labels=EXPORT_STATES,
    title=lambda record: record.title,
    steps=(
        *_each("ask", None, S.WAITING, _l("Export"), fill=(note_what,), **BORN),
        *_each("stream", None, S.READY, _l("Export at once"), fill=(note_what, keep_until), **BORN),
        Step("begin", (S.WAITING, S.RUNNING), S.RUNNING, by=Role.SYSTEM, label=lazy_pgettext("file", "Write"),
             fill=(begin_anew,)),
        Step("finish", S.RUNNING, S.READY, by=Role.SYSTEM, label=_l("Finish"),
             fill=(keep_result, keep_until), then=THEN),
        Step("hold", S.RUNNING, S.HELD, by=Role.SYSTEM, label=_l("Ask"),
             fill=(keep_result, keep_until), then=THEN),
        *_each("replace", S.HELD, S.RUNNING, _l("Write with signs in their place"),
               when=(still_kept,), fill=(replace_signs,),
               confirm=_l("Characters that are missing become 〓, what is too long is cut. Write it so?")),
        Step("fail", (S.WAITING, S.RUNNING), S.FAILED, by=Role.SYSTEM, label=_l("Give up"),
             fill=(keep_result,), then=THEN),
        *_each("fetch", S.READY, S.READY, _l("Download"), when=(still_kept, has_place), fill=(note_fetch,),
               step_up=in_clear),
        Step("expire", (S.READY, S.HELD), S.EXPIRED, by=Role.SYSTEM, label=_l("Delete"),
             fill=(delete_it,)),
    ),
)  # fmt: skip
