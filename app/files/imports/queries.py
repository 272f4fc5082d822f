"""Which imports a person may see; what their pages show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, false, select, true

from app.accounts.queries import actor_of
from app.core.db import db
from app.core.errors import NotYours
from app.core.registry import stores
from app.files.imports.models import OPEN, Import, ImportState
from app.files.imports.row_models import ImportRow, RowStatus
from app.files.imports.sheet import Sheet
from app.workflow import last_done
from app.workflow.actor import Actor, Role


def imports_for(who: Actor) -> Select[Import]:
    """A school's office sees its school's imports, an employer its own; the clock all.

    Data staff see those of the sheets that they may bring themselves.
    """
    if who.role is Role.SYSTEM:
        return select(Import)
    if who.role is Role.SCHOOL:
        return select(Import).where(Import.school_id == who.school_id, Import.employer_id.is_(None))
    if who.role is Role.DATA:
        mine = [sheet.name for sheet in stores().sheets.values() if Role.DATA in sheet.roles]
        own_school = (Import.school_id == who.school_id, Import.employer_id.is_(None))
        return select(Import).where(*own_school, Import.sheet.in_(mine))
    if who.role is Role.EMPLOYER:
        return select(Import).where(Import.employer_id == who.employer_id)
    return select(Import).where(false())


def import_of(who: Actor, uid: str) -> Import:
    """One import of this person's scope. Raises NotYours."""
    found = db.session.scalars(imports_for(who).where(Import.uid == uid)).one_or_none()
    if found is None:
        raise NotYours(f"import {uid}")
    return found


def who_asked(record: Import) -> Actor:
    """Who confirmed the import or had it undone, whichever was last: not who brought the file (GRD-05)."""
    steps = [step + own for step in ("write", "write_good", "undo") for own in ("", "_own")]
    row = last_done.last_taken("import_file", record.id, steps)
    if row is None:
        return actor_of(record.user)
    return Actor(
        Role(row.actor_role),
        row.actor_id,
        row.actor_name,
        record.school_id,
        employer_id=record.employer_id,
        address=row.address,
        device=row.device,
        device_id=row.device_id,
    )


def same_file(who: Actor, sheet: str, sha256: str) -> Import | None:
    """The newest import of the same bytes that is under way, waits or was applied.

    One with faulty rows may be checked anew: what they lacked may be there by now. Where a sheet
    counts its files (`admit`), it is not.
    """
    spent = stores().sheets[sheet].admit is not Sheet.admit
    mended = true() if spent else (Import.state != ImportState.CHECKED) | (Import.faulty == 0)
    counts = (ImportState.UPLOADED, *OPEN, ImportState.WRITING, ImportState.APPLIED)
    return db.session.scalars(
        imports_for(who)
        .where(
            Import.sheet == sheet,
            Import.sha256 == sha256,
            Import.state.in_(counts),
            Import.file_key.is_not(None),
            mended,
        )
        .order_by(Import.id.desc())
        .limit(1)
    ).first()


def latest(who: Actor, sheet: str, most: int = 5) -> Sequence[Import]:
    """The newest imports of one sheet."""
    return db.session.scalars(
        imports_for(who).where(Import.sheet == sheet).order_by(Import.id.desc()).limit(most)
    ).all()


def rows_of(record: Import, status: RowStatus, most: int) -> Sequence[ImportRow]:
    """The first rows of one status."""
    return db.session.scalars(
        select(ImportRow)
        .where(ImportRow.import_id == record.id, ImportRow.status == status)
        .order_by(ImportRow.row)
        .limit(most)
    ).all()


def in_tab(name: str) -> Any:
    """The rows of a tab of the history; None: all."""
    tabs = {
        "open": (
            ImportState.UPLOADED,
            *OPEN,
            ImportState.WRITING,
            ImportState.UNDOING,
        ),
        "applied": (ImportState.APPLIED,),
        "ended": (ImportState.FAILED, ImportState.UNDONE, ImportState.DISCARDED),
    }
    return Import.state.in_(tabs[name]) if name in tabs else None
