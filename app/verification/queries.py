"""What the public may read of a document behind its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.text import mask_name
from app.documents.models import Document
from app.placements.models import AGREEMENT_LABELS, Placement, PlacementState


@dataclass(frozen=True)
class Verified:
    """What the public may read of an agreement: its state now, and masked facts (DOC-04)."""

    state: Any
    chip: str
    rows: list[tuple[Any, str]]


def verified(code: str) -> Verified | None:
    """The agreement behind a verification code, as it stands now."""
    row = db.session.execute(
        select(Placement, Document)
        .join(
            Document, (Document.record_kind == "placement") & (Document.record_id == Placement.id)
        )
        .where(Document.code == code)
    ).first()
    if row is None:
        return None
    placement, document = row
    state = PlacementState(placement.state)
    stands = state is PlacementState.IN_FORCE and document.void_at is None
    label = AGREEMENT_LABELS[PlacementState.IN_FORCE if stands else PlacementState.TERMINATED]
    return Verified(
        label,
        "done" if stands else "closed",
        [
            (_l("Agreement number"), document.number or ""),
            (_l("School"), placement.school.name),
            (_l("Student"), mask_name(placement.student.name)),
            (_l("Employer"), placement.employer_name),
            (
                _l("Attested on"),
                clock.local(placement.attested_at or placement.changed_at).strftime("%Y-%m-%d"),
            ),
        ],
    )
