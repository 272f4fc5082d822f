"""What the worker does for placements: the agreement PDF, made once and kept (DOC-01)."""

from __future__ import annotations

from sqlalchemy import select

from app.core import jobs
from app.core.db import db
from app.files.documents.editions import whole
from app.files.documents.issued import failure, forget_failure, kept, make, read
from app.files.documents.later_editions import Later
from app.files.documents.models import Document, Failure
from app.signing.placements.models import Placement
from app.signing.placements.printing import AGREEMENT, agreement_data, of_placement, preview
from app.signing.placements.queries import prints
from app.workflow.actor import Actor

RECORD = "placement"


@jobs.queue.task(name="placements.make_agreement", retry=jobs.BRIEF, queue="documents")
def make_agreement(placement_id: int) -> None:
    """Make the agreement of a placement in force; done when it was made before."""
    placement = _locked(placement_id)
    if not prints(placement) or document_of(placement) is not None:
        forget_failure(AGREEMENT, RECORD, placement_id)
        db.session.commit()
        return
    make(
        AGREEMENT,
        RECORD,
        placement,
        lambda code: agreement_data(placement, code),
        full=lambda data: whole(data, of_placement(placement)),
        number=placement.agreement_no,
        terms_id=placement.terms_id,
    )


def ask_agreement(placement_id: int) -> None:
    """Have it made by the worker."""
    jobs.enqueue(make_agreement, placement_id=placement_id)


@jobs.queue.task(name="placements.make_full_agreement", retry=jobs.BRIEF, queue="documents")
def make_full_agreement(placement_id: int) -> None:
    """The full edition of an agreement that was issued before there was one (DOC-08)."""
    FULL_AGREEMENT.make(_locked(placement_id))


def _locked(placement_id: int) -> Placement:
    return db.session.execute(
        select(Placement).where(Placement.id == placement_id).with_for_update(key_share=True)
    ).scalar_one()


def document_of(placement: Placement) -> Document | None:
    """The agreement that stands for this placement now, if it has been made."""
    return kept(AGREEMENT, RECORD, placement.id)


def failure_of(placement: Placement) -> Failure | None:
    """Why it has no agreement, where making it failed (DOC-07)."""
    return failure(AGREEMENT, RECORD, placement.id)


def agreement_pdf(placement: Placement, who: Actor) -> bytes | None:
    """The document of record where the agreement is in force, its preview otherwise.

    None while the worker has not made it yet. Raises ValueError where the file was changed, Refused
    where the person has asked for many previews.
    """
    document = document_of(placement)
    if document is None:
        return None if prints(placement) else preview(placement, who)
    return read(document)


FULL_AGREEMENT = Later(
    AGREEMENT,
    RECORD,
    agreement_data,
    lambda placement, data: whole(data, of_placement(placement)),
    lambda key: jobs.enqueue(make_full_agreement, placement_id=key),
)
