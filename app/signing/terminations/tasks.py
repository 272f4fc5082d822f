"""What the worker does for terminations: the letter (解约函), made once and kept (DOC-02)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.core import clock, jobs
from app.core.db import db
from app.core.text import mask_all_but_end
from app.files.documents.editions import PRINTED, Edition, whole
from app.files.documents.issued import digest, failure, forget_failure, kept, make, read
from app.files.documents.later_editions import Later
from app.files.documents.models import Document, Failure
from app.files.documents.printing import day, in_chinese, mended_all
from app.people.students.models import Student
from app.signing.placements.printing import base_url, trace_rows
from app.signing.terminations.models import WAYS, Termination, Way

LETTER = "termination_letter"
RECORD = "termination"
AGREED = ("number", "school", "student", "employer", "ended_on", "reason")


@jobs.queue.task(name="termination.make_letter", retry=jobs.BRIEF, queue="documents")
def make_letter(termination_id: int) -> None:
    """Make the letter of an approved termination; done when it was made before."""
    termination = _locked(termination_id)
    if not termination.is_approved or letter_of(termination) is not None:
        forget_failure(LETTER, RECORD, termination_id)
        db.session.commit()
        return
    make(
        LETTER,
        RECORD,
        termination,
        lambda code: letter_data(termination, code),
        full=lambda data: whole(data, _of(termination)),
        number=termination.placement.agreement_no,
    )


def ask_letter(termination_id: int) -> None:
    """Have it made by the worker."""
    jobs.enqueue(make_letter, termination_id=termination_id)


@jobs.queue.task(name="termination.make_full_letter", retry=jobs.BRIEF, queue="documents")
def make_full_letter(termination_id: int) -> None:
    """The full edition of a letter that was issued before there was one (DOC-08)."""
    FULL_LETTER.make(_locked(termination_id))


def _locked(termination_id: int) -> Termination:
    return db.session.execute(
        select(Termination).where(Termination.id == termination_id).with_for_update(key_share=True)
    ).scalar_one()


def _of(termination: Termination) -> Student:
    return db.session.get_one(Student, termination.student_id)


def letter_of(termination: Termination) -> Document | None:
    """The letter of this termination, if it has been made."""
    return kept(LETTER, RECORD, termination.id)


def failure_of(termination: Termination) -> Failure | None:
    """Why it has no letter, where making it failed (DOC-07)."""
    return failure(LETTER, RECORD, termination.id)


def letter_pdf(termination: Termination) -> bytes | None:
    """The letter; None while it has not been made. Raises ValueError where the file was changed."""
    document = letter_of(termination)
    return document and read(document)


def letter_data(
    termination: Termination, code: str, until: datetime | None = None
) -> dict[str, object]:
    """Everything that is printed, as texts; with the digest of its canonical JSON.

    `until`: as of a moment, when it was issued.
    """
    placement, student = termination.placement, _of(termination)
    approved = termination.approved_at or termination.changed_at
    data: dict[str, Any] = {
        "number": placement.agreement_no or "",
        "kind_label": in_chinese(WAYS[Way(termination.way)]),
        "signed_on": day(placement.created_at),
        "ended_on": day(approved),
        "school": {"name": placement.school.name, "code": placement.school.code},
        "id_label": in_chinese(student.id_label),
        "student": {
            "name": student.name,
            "student_no": student.student_no,
            "id_number": mask_all_but_end(student.id_number_masked or ""),
            "college": student.college.name,
            "major": student.major.name,
            "graduation_year": str(student.graduation_year),
        },
        "employer": {
            "name": placement.employer_name,
            "credit_code": placement.employer_credit_code,
        },
        "position": placement.terms.position if placement.terms else "",
        "starter": termination.started_by,
        "reason": termination.reason,
        "edition": PRINTED[Edition.MASKED],
        "trace": trace_rows([("termination", termination.id)], until),
        "code": code,
        "verify_url": f"{base_url()}/v/{code}",
        "printed_at": clock.local(until or clock.now()).strftime("%Y-%m-%d %H:%M"),
    }
    data = mended_all(data)
    data["data_sha256"] = digest(data, AGREED)
    return data


FULL_LETTER = Later(
    LETTER,
    RECORD,
    letter_data,
    lambda termination, data: whole(data, _of(termination)),
    lambda key: jobs.enqueue(make_full_letter, termination_id=key),
)
