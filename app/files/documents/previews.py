"""Previews of documents: drawn by the worker, never by a request, kept by their content for a day (S-11).

Whoever asks for content that was drawn before gets it at once; anything new waits for the worker, and
an account may ask for so much new content an hour. What is kept is sealed and belongs to no record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Refused
from app.core.limits import Limit
from app.core.vault import Vault, forget_rows
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.limits import render_safely
from app.files.documents.models import Preview

KEPT = timedelta(days=1)
OF_PARTY = Limit("preview", 10, timedelta(hours=1))  # new content an account asks to be drawn
OF_STAFF = Limit("preview-staff", 300, timedelta(hours=1))
DRAWN = Vault("preview")  # in its row, for whoever asks for this very content
PASSING = ("printed_at",)  # what changes without anybody changing anything
AGAIN = timedelta(minutes=5)  # after which a preview that was never drawn is asked for anew


def preview(
    kind: str,
    data: Mapping[str, object],
    watermark: str,
    user_id: int | None,
    *,
    staff: bool = False,
) -> bytes | None:
    """The PDF of this content; None while the worker draws it. Commits where it asks the worker.

    Raises Refused where the account has asked for too much new content this hour, Unprintable or
    RenderError where it could not be drawn.
    """
    key = _key(kind, data, watermark)
    found = db.session.get(Preview, key)
    if found is None or (found.pdf_sealed is None and found.asked_at < clock.now() - AGAIN):
        _ask(key, kind, data, watermark, user_id, OF_STAFF if staff else OF_PARTY)
        return None
    if found.problem == "unprintable":
        raise Unprintable([])
    if found.problem:
        raise RenderError(found.problem)
    return DRAWN.unseal(found.pdf_sealed, key.hex()) if found.pdf_sealed else None


def _ask(
    key: bytes,
    kind: str,
    data: Mapping[str, object],
    watermark: str,
    user_id: int | None,
    limit: Limit,
) -> None:
    if not limit.take(user_id):
        raise Refused(
            _("You have asked for many previews. Look at what you have, or try again in an hour.")
        )
    wish = json.dumps({"kind": kind, "data": data, "watermark": watermark}, default=str)
    values = {
        "wish_sealed": DRAWN.seal(wish.encode(), key.hex()),
        "asked_at": clock.now(),
        "pdf_sealed": None,
        "problem": "",
    }
    put = insert(Preview).values(key=key, **values)
    db.session.execute(put.on_conflict_do_update(index_elements=["key"], set_=values))
    jobs.enqueue(draw, key=key.hex())
    db.session.commit()


@jobs.queue.task(name="documents.draw_preview", retry=jobs.BRIEF, queue="documents", priority=8)
def draw(key: str) -> None:
    """Draw one preview; once, however many asked for it."""
    found = db.session.get(Preview, bytes.fromhex(key))
    if found is None or found.pdf_sealed is not None:
        return
    wish = json.loads(DRAWN.unseal(found.wish_sealed, key))
    try:
        pdf = render_safely(wish["kind"], wish["data"], watermark=wish["watermark"])
        found.pdf_sealed = DRAWN.seal(pdf, key)
    except Unprintable:
        found.problem = "unprintable"
    except RenderError as error:
        found.problem = str(error)[:120] or "failed"
    db.session.commit()


@jobs.queue.periodic(cron="23 * * * *")
@jobs.queue.task(name="documents.forget_previews", queueing_lock="documents.forget_previews")
def forget(timestamp: int = 0) -> int:  # noqa: ARG001 (procrastinate gives it)
    """Delete what was asked for more than a day ago; how many."""
    return forget_rows(Preview.asked_at, KEPT)


def _key(kind: str, data: Mapping[str, object], watermark: str) -> bytes:
    """The digest of what is drawn: same content, same preview, whoever asks."""
    lasting = {name: value for name, value in data.items() if name not in PASSING}
    content = json.dumps([kind, watermark, lasting], sort_keys=True, default=str)
    return hashlib.sha256(content.encode()).digest()
