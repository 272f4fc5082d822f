"""What the worker does with previews that pages have asked for."""

from __future__ import annotations

from app.core.db import db
from app.files.documents.models import Preview
from app.files.documents.previews import draw
from app.workflow.actor import SYSTEM


def drawn() -> int:
    """Draw all that waits; how many."""
    waiting = db.session.query(Preview).filter(Preview.pdf_sealed.is_(None), Preview.problem == "")
    keys = [row.key.hex() for row in waiting]
    for key in keys:
        draw.func(key)
    return len(keys)


def fetched(browser, url):
    """The preview as the page gets it: it waits first, then it is there."""
    first = browser.get(url)
    if first.status_code != 202:
        return first
    drawn()
    return browser.get(url)


def drawn_for(page, placement):
    """What `page` (the agreement, or its preview) gives once the worker has drawn it."""
    found = page(placement, SYSTEM)
    return found if found is not None or not drawn() else page(placement, SYSTEM)
