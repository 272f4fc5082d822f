"""What the page of an import shows: its rows, its words, its buttons."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.accounts.queries import actor
from app.core import clock
from app.core.registry import stores
from app.files.imports import (
    mapping_presentation,
    mapping_sentences,
    presentation,
    preview,
    row_pages,
    trouble_presentation,
)
from app.files.imports.columns import Context
from app.files.imports.models import IMPORT_CHIPS, IMPORT_STATES, Import, ImportState
from app.files.imports.row_models import RowStatus
from app.files.imports.sheet import Sheet
from app.files.imports.workflow import IMPORTS
from app.workflow import trail
from app.workflow.actor import Actor
from app.workflow.steps import Offer

ASKED = {"write", "write_good", "undo", "discard"}


def take_url(record: Import, step: str) -> str:
    """Where a step is asked for, with the numbers that its dialog says."""
    return url_for("ImportsView.take", uid=record.uid, step=step, seen=record.seen)


def buttons(record: Import, who: Actor) -> list[tuple[Offer, str]]:
    """The steps that have a button of their own, with their address."""
    offers = [
        (offer, offer.step.name.removesuffix("_own"))
        for offer in IMPORTS.offers(record, who, clock.now())
    ]
    return [(offer, take_url(record, name)) for offer, name in offers if name in ASKED]


def page_of(record: Import) -> dict[str, Any]:
    """Everything that the page of an import needs."""
    sheet, who = stores().sheets[record.sheet], actor()
    start = url_for("ImportsView.begin", name=sheet.name)
    mine = record.user_id == who.user_id and record.errors_key is not None and record.counted
    kept = record.total and not record.busy and record.file_key is not None
    context = sheet.prepare(record) if kept or record.waits else None
    return {
        **_words(record, sheet, context if record.waits else None),
        "title": record.file_name,
        "active": sheet.menu,
        "back": (_("Import: %(sheet)s", sheet=sheet.title), start),
        "record": record,
        "status": (
            IMPORT_STATES[ImportState(record.state)],
            IMPORT_CHIPS[ImportState(record.state)],
        ),
        "busy": record.busy,
        "stage": presentation.STAGES.get(record.stage, presentation.STAGES[""])(),
        "way": presentation.way(record),
        "total": record.total if record.counted else 0,
        "tally": presentation.tally_of(record),
        "result": presentation.result(record),
        "sentences": record.details.get("sentences", []),
        "facts": presentation.facts_of(record),
        "taken": mapping_sentences.taken_of(record, sheet, context) if context else [],
        "decided": mapping_sentences.decided_of(record, sheet),
        "said": mapping_sentences.said_of(record) if record.counted else [],
        "changes": row_pages.changes(record, sheet) if kept else [],
        "rows_urls": row_pages.urls(record) if kept else dict.fromkeys(RowStatus, ""),
        "book_url": row_pages.book_url(record) if kept and record.changed else "",
        "mended": presentation.mended_of(record, sheet),
        "parts": preview.parts_of(record, sheet, context) if kept and context else [],
        "offers": buttons(record, who),
        "question": presentation.question(record),
        "beside": sheet.beside(record) if kept else None,
        "errors_url": url_for("ImportsView.errors", uid=record.uid) if mine else "",
        "again_url": "" if record.busy else start,
        "home": presentation.onward(record, sheet),
        "trace": trail.shown("import_file", record.id),
    }


def _words(record: Import, sheet: Sheet, context: Context | None) -> dict[str, object]:
    """What the person may still say of the words of the file; without a context: nothing any more."""
    at: dict[str, Any] = {"uid": record.uid}
    step = mapping_presentation.step_of(record, sheet, context) if context else None
    troubles, more = (
        trouble_presentation.troubles_of(record, sheet, context) if context else ([], 0)
    )
    decided = any(record.details.get("decided", {}).values())
    return {
        "mapping": step if record.asks else None,
        "remap": step if step and not record.asks else None,
        "trouble_items": [(t, row_pages.problem_url(record, t.field, t.why)) for t in troubles],
        "troubles_more": more,
        "concern_lines": mapping_sentences.concerns_of(record, sheet) if record.counted else [],
        "decide_url": url_for("ImportsView.decide", **at),
        "agree_url": url_for("ImportsView.agree", **at) if record.waits else "",
        "anew_url": url_for("ImportsView.decide", **at, anew=1) if decided and context else "",
    }
