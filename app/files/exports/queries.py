"""Which exports a person may see: only the own ones; who watches over the numbers sees all that went out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, false, func, select, true

from app.core.db import db
from app.core.errors import NotYours
from app.files.exports.models import BUSY, Export, ExportState
from app.workflow.actor import Actor, Role


def exports_for(who: Actor) -> Select[Export]:
    """A file is its asker's alone; the clock sees all."""
    if who.role is Role.SYSTEM:
        return select(Export)
    return select(Export).where(Export.user_id == who.user_id if who.user_id else false())


def export_of(who: Actor, uid: str) -> Export:
    """One of the person's own. Raises NotYours."""
    found = db.session.scalars(exports_for(who).where(Export.uid == uid)).one_or_none()
    if found is None:
        raise NotYours(f"export {uid}")
    return found


def take_place(place: int) -> bool:
    """Take a place for a file that is written while it is sent; False where somebody has it.

    A person's own, or one of those for all (below 0); held until the transaction ends.
    """
    lock = func.pg_try_advisory_xact_lock(func.hashtext("export.sent"), place)
    return bool(db.session.scalar(select(lock)))


def history_for(who: Actor) -> Select[Export]:
    """What went out: a school's office reads its school's, the audit administrator all, others their own."""
    if who.role is Role.AUDIT:
        return select(Export).where(true())
    if who.role is Role.SCHOOL:
        return select(Export).where(Export.school_id == who.school_id, Export.employer_id.is_(None))
    return exports_for(who)


def in_tab(name: str) -> Any:
    """The rows of a tab of the history; None: all."""
    if name == "clear":
        return Export.clear.is_(True)
    tabs = {"open": (*BUSY, ExportState.HELD), "ready": (ExportState.READY,)}
    return Export.state.in_(tabs[name]) if name in tabs else None
