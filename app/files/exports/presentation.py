"""What the pages of an export show, as plain values; and the button of every list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import clock
from app.core.limits import LARGEST_IMPORT
from app.core.registry import stores
from app.fab.counting import COUNT_CAP
from app.fab.declared import Link
from app.fab.listing import count_text
from app.fab.presentation import moment
from app.files.exports import rights
from app.files.exports.models import (
    EXPORT_CHIPS,
    EXPORT_STATES,
    FORMATS,
    Export,
    ExportState,
    Format,
)
from app.files.exports.tables import Asked, ExportSource
from app.files.exports.workflow import EXPORTS
from app.workflow import trail
from app.workflow.actor import Actor, Role

MOST_SHOWN = 200


def link(view: Any, query: str, count: int) -> Link | None:
    """«Export 137 rows» beside a list's heading; the exact number beyond 10,000 stands on its page."""
    if not rights.may_export():
        return None
    address = (
        url_for("ExportsView.begin")
        + "?"
        + urlencode({"list": type(view).__name__, "query": query})
    )
    if count > COUNT_CAP:
        return Link(address, _("Export %(count)s rows", count=count_text(count)))
    return Link(address, ngettext("Export %(num)s row", "Export %(num)s rows", count))


def begin_of(source: ExportSource, asked: Asked) -> dict[str, object]:
    """The page that asks: what goes out, and how many rows exactly."""
    rows, name = source.count(asked), source.title(asked)
    return {
        "title": _("Export: %(title)s", title=name),
        "back": source.back(asked),
        "rows": rows,
        "rows_text": _("too many to count now") if rows is None else f"{rows:,}",
        "facts": source.facts(asked),
    }


def page_of(record: Export, who: Actor, *, fresh: bool) -> dict[str, object]:
    """The page of one export."""
    state, form, now = ExportState(record.state), Format(record.format), clock.now()
    ready = EXPORTS.offer(_own(who, "fetch"), record, who, now)
    again = EXPORTS.offer(_own(who, "replace"), record, who, now)
    fetch_url = url_for("ExportsView.fetch", uid=record.uid) if ready and ready.possible else ""
    return {
        "title": _("Export: %(title)s", title=record.title),
        "back": _back(record),
        "record": record,
        "status": (EXPORT_STATES[state], EXPORT_CHIPS[state]),
        "busy": record.busy,
        "done": record.done,
        "total": record.counted or 0,
        "progress": _progress(record),
        "fetch_url": fetch_url,
        "fetch_now": fetch_url if fresh and form.at_once else "",
        "at_once": form.at_once,
        "gone": ready.why_not if ready else "",
        "sentence": record.details.get("sentence", ""),
        "hints": _hints(record),
        "unfit": [_unfit(row) for row in record.details.get("unfit", [])[:MOST_SHOWN]],
        "unfit_text": _unfit_text(record),
        "notes": record.details.get("notes", [])[:MOST_SHOWN],
        "replace": again,
        "replace_url": url_for("ExportsView.take", uid=record.uid, step="replace"),
        "facts": _facts(record, form),
        "trace": trail.shown("export_file", record.id),
    }


def _hints(record: Export) -> list[str]:
    """What is to be known of the file that is there (F-60)."""
    most, found, size = LARGEST_IMPORT >> 20, [], (record.size or 0) >> 20
    if record.details.get("narrow"):
        found.append(
            _(
                "The columns are only as wide as their texts: with the widths of the layout the file would "
                "have more than %(most)s MB, which the import does not take.",
                most=most,
            )
        )
    if (record.size or 0) > LARGEST_IMPORT:
        found.append(
            _(
                "This file has %(size)s MB; the import takes up to %(most)s MB. To bring it back, export it "
                "in parts, by college or year, or as .xlsx.",
                size=size,
                most=most,
            )
        )
    return found


def _back(record: Export) -> tuple[object, str]:
    """The list it came from, where it can still be seen."""
    try:
        return stores().export_sources[record.what].back(record.asked)
    except Exception:  # noqa: BLE001 (the list is gone, or no longer this person's)
        return _("Exports"), url_for("ExportHistoryView.list")


def _facts(record: Export, form: Format) -> list[object]:
    counted = _("not counted") if record.counted is None else f"{record.counted:,}"
    found: list[Any] = [
        (_("Format"), FORMATS[form]),
        (_("Rows when asked for"), counted),
        (_("Rows in the file"), f"{record.done:,}" if record.done else ""),
        (_("Asked for"), moment(record.created_at)),
        (_("Kept until"), moment(record.kept_until) if record.kept_until else ""),
    ]
    if record.clear:
        found.append(
            {"label": _("With whole personal numbers, for"), "value": record.purpose, "wide": True}
        )
    return found


def _progress(record: Export) -> str:
    if not record.done:
        return str(_("Waiting for its turn …"))
    of = f"{record.counted:,}" if record.counted else "?"
    return str(_("%(done)s of %(total)s rows written.", done=f"{record.done:,}", total=of))


def _unfit(found: list[Any]) -> tuple[int, str, str]:
    """One cell that a .dbf file cannot hold, in words."""
    row, label, kind, detail = found
    if kind == "long":
        needed, _slash, width = str(detail).partition("/")
        return (
            row,
            label,
            _("too long: %(needed)s bytes, %(width)s fit", needed=needed, width=width),
        )
    codes = " ".join(f"U+{ord(char):04X}" for char in detail)
    return row, label, _("%(signs)s (%(codes)s) is not in GBK", signs=detail, codes=codes)


def _unfit_text(record: Export) -> str:
    count = int(record.details.get("unfit_count", 0))
    return (
        str(ngettext("%(num)s cell does not fit", "%(num)s cells do not fit", count))
        if count
        else ""
    )


def _own(who: Actor, step: str) -> str:
    return f"{step}_own" if who.role is Role.EMPLOYER else step
