"""Row locks: always taken before a rule is asked, by everybody in the same order."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db, remembered
from app.core.errors import Refused


def lock_rows(model: Any, keys: set[int]) -> None:
    """The same for many rows, in the order of their ids."""
    db.session.execute(
        select(model)
        .where(model.id.in_(keys))
        .order_by(model.id)
        .with_for_update(key_share=True, of=model)
        .execution_options(populate_existing=True)
    ).all()


def lock_row(model: Any, record_id: int) -> None:
    """Lock one row against other writers (not against foreign keys to it) and read it afresh.

    Raises Refused where it is there no more: a second record was merged a moment ago.
    """
    found = db.session.execute(
        select(model)
        .where(model.id == record_id)
        .with_for_update(key_share=True, of=model)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise Refused(_("Somebody changed this at the same moment. Please look again."))


def lock_once(model: object, record_id: int) -> None:
    """As `lock_row`, of a row that the running transaction may have locked already: then it is fresh."""
    remembered(("locked", model, record_id), lambda: lock_row(model, record_id))
