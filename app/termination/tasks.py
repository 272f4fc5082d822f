"""What the worker does for terminations: the letter (解约函), made once and kept (DOC-02)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask_babel import force_locale
from sqlalchemy import select

from app.core import clock, jobs
from app.core.db import db
from app.documents import numbers, store
from app.documents.limits import render_safely
from app.documents.models import Document
from app.documents.render import KINDS as DOCUMENT_KINDS
from app.people.models import Student
from app.placements.tasks import base_url, trace_rows
from app.termination.models import WAYS, Termination, TerminationState, Way

LETTER = "termination_letter"
RECORD = "termination"


@jobs.queue.task(name="termination.make_letter", retry=jobs.BRIEF, queue="documents")
def make_letter(termination_id: int) -> None:
    """Make the letter of an approved termination; done when it was made before."""
    termination = db.session.execute(
        select(Termination).where(Termination.id == termination_id).with_for_update(key_share=True)
    ).scalar_one()
    if termination.state != TerminationState.APPROVED or letter_of(termination) is not None:
        db.session.rollback()
        return
    code = numbers.verification_code()
    data = letter_data(termination, code)
    pdf = render_safely(LETTER, data)
    key = store.save_file(pdf, ".pdf")
    db.session.add(
        Document(
            kind=LETTER,
            record_kind=RECORD,
            record_id=termination.id,
            school_id=termination.school_id,
            code=code,
            number=termination.placement.agreement_no,
            file_key=key,
            sha256=hashlib.sha256(pdf).hexdigest(),
            data_sha256=data["data_sha256"],
            terms_id=None,
            template_version=DOCUMENT_KINDS[LETTER].version,
            created_at=clock.now(),
        )
    )
    db.session.commit()


def letter_of(termination: Termination) -> Document | None:
    """The letter of this termination, if it has been made."""
    return db.session.scalars(
        select(Document).where(
            Document.kind == LETTER,
            Document.record_kind == RECORD,
            Document.record_id == termination.id,
            Document.void_at.is_(None),
        )
    ).first()


def letter_pdf(termination: Termination) -> bytes | None:
    """The letter; None while it has not been made. Raises ValueError where the file was changed."""
    document = letter_of(termination)
    return document and store.read_checked(document.file_key, document.sha256)


def letter_data(termination: Termination, code: str) -> dict[str, Any]:
    """Everything that is printed, as texts; with the digest of its canonical JSON."""
    placement = termination.placement
    student = db.session.get_one(Student, termination.student_id)
    approved = termination.approved_at or termination.changed_at
    data: dict[str, Any] = {
        "number": placement.agreement_no or "",
        "kind_label": _in_chinese(WAYS[Way(termination.way)]),
        "signed_on": _day(placement.created_at),
        "ended_on": _day(approved),
        "school": {"name": placement.school.name, "code": placement.school.code},
        "student": {
            "name": student.name,
            "student_no": student.student_no,
            "id_number": student.id_number_masked or "",
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
        "trace": trace_rows([("termination", termination.id)]),
        "code": code,
        "verify_url": f"{base_url()}/v/{code}",
        "printed_at": clock.local(clock.now()).strftime("%Y-%m-%d %H:%M"),
    }
    agreed = {k: data[k] for k in ("number", "school", "student", "employer", "ended_on", "reason")}
    text = json.dumps(agreed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    data["data_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return data


def _in_chinese(label: Any) -> str:
    with force_locale("zh"):
        return str(label)


def _day(moment: Any) -> str:
    return clock.local(moment).strftime("%Y-%m-%d")
