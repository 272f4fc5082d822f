"""What the public may read of a document behind its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.text import mask_name
from app.files.documents import issued
from app.files.documents.editions import Edition
from app.files.documents.models import Document
from app.signing.placements.labels import AGREEMENT_LABELS
from app.signing.placements.models import Placement, PlacementState
from app.signing.placements.queries import prints
from app.signing.terminations.models import LABELS, Termination, TerminationState
from app.signing.terminations.tasks import RECORD as TERMINATION

VOID = _l("This letter is void")
AWAITED = _l("Not in force yet: stamps and attestation are awaited")


@dataclass(frozen=True)
class Verified:
    """What the public may read of a document: what it says holds now or not, and masked facts (DOC-04)."""

    state: Any
    chip: str
    rows: list[tuple[Any, Any]]


def verified(code: str) -> Verified | None:
    """The document behind a verification code, as it stands now."""
    document = db.session.scalars(select(Document).where(Document.code == code)).first()
    if document is None:
        return None
    if document.record_kind == TERMINATION:
        return _letter(document)
    placement = db.session.get(Placement, document.record_id)
    return _agreement(document, placement) if placement is not None else None


def of_file(data: bytes) -> tuple[str, Verified, Edition] | None:
    """(code, what holds now, edition) of the very file that somebody has; either edition proves itself."""
    found = issued.of_file(data)
    known = found and verified(found[0].code)
    return (found[0].code, known, found[1]) if found and known else None


def _agreement(document: Document, placement: Placement) -> Verified:
    stands = placement.in_force and document.void_at is None
    rows = [(_l("Document"), _l("Agreement")), *_facts(document, placement)]
    if document.void_at is None and not stands and prints(placement):
        return Verified(AWAITED, "waiting", rows)
    state = PlacementState.IN_FORCE if stands else PlacementState.TERMINATED
    rows.append((_l("Attested on"), _day(placement.attested_at)))
    return Verified(AGREEMENT_LABELS[state], "done" if stands else "closed", rows)


def _letter(document: Document) -> Verified | None:
    """A letter is void where its approval was undone: then it says nothing of a day."""
    termination = db.session.get(Termination, document.record_id)
    if termination is None:
        return None
    rows = [(_l("Document"), _l("Termination letter")), *_facts(document, termination.placement)]
    if document.void_at is not None or termination.approved_at is None:
        return Verified(VOID, "closed", rows)
    rows.append((_l("Terminated on"), _day(termination.approved_at)))
    return Verified(LABELS[TerminationState.APPROVED], "done", rows)


def _facts(document: Document, placement: Placement) -> list[tuple[object, object]]:
    return [
        (_l("Agreement number"), document.number or ""),
        (_l("School"), placement.school.name),
        (_l("Student"), mask_name(placement.student.name)),
        (_l("Employer"), placement.employer_name),
    ]


def _day(moment: datetime | None) -> str:
    return clock.local(moment).strftime("%Y-%m-%d") if moment else "–"
