"""What the worker does for placements: the agreement PDF, made once and kept (DOC-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.codes import queries as codes
from app.codes import regions
from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Refused
from app.core.text import mask_all_but_end
from app.files.documents import previews
from app.files.documents.editions import PRINTED, Edition, whole
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.issued import digest, failure, forget_failure, kept, make, read
from app.files.documents.later_editions import Later
from app.files.documents.models import Document, Failure
from app.files.documents.printing import day, in_chinese, mended_all, unprintable
from app.people.students.models import Student
from app.signing.placements.models import KINDS, Kind, Placement
from app.signing.placements.queries import prints
from app.signing.terms.models import PARTS, Terms
from app.signing.terms.queries import printed, printed_values
from app.workflow import last_done, trail
from app.workflow.actor import STAFF, Actor
from app.workflow.models import Trail

AGREEMENT = "agreement"
RECORD = "placement"
AGREED = ("number", "school", "student", "employer", "terms", "archive", "household")


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
        full=lambda data: whole(data, _of(placement)),
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


def _of(placement: Placement) -> Student:
    return db.session.get_one(Student, placement.student_id)


def document_of(placement: Placement) -> Document | None:
    """The agreement that stands for this placement now, if it has been made."""
    return kept(AGREEMENT, RECORD, placement.id)


def failure_of(placement: Placement) -> Failure | None:
    """Why it has no agreement, where making it failed (DOC-07)."""
    return failure(AGREEMENT, RECORD, placement.id)


def preview(placement: Placement, who: Actor) -> bytes | None:
    """The agreement as it would be or was, marked 未生效 or 已失效 on every page; None while it is drawn.

    Raises Unprintable, Refused.
    """
    refuse_unprintable(placement)
    mark = "已失效" if placement.was_in_force else "未生效"
    data, staff = agreement_data(placement, ""), who.role in STAFF
    try:
        return previews.preview(AGREEMENT, data, mark, who.user_id, staff=staff)
    except RenderError as error:
        raise Refused(
            _("This preview could not be drawn. Ask your school's employment office.")
        ) from error


def refuse_unprintable(placement: Placement) -> None:
    """Raise Unprintable where the fonts lack a character, by looking at texts only: nothing is drawn."""
    if missing := unprintable(printed_facts(placement)):
        raise Unprintable(missing)


def agreement_pdf(placement: Placement, who: Actor) -> bytes | None:
    """The document of record where the agreement is in force, its preview otherwise.

    None while the worker has not made it yet. Raises ValueError where the file was changed, Refused
    where the person has asked for many previews.
    """
    document = document_of(placement)
    if document is None:
        return None if prints(placement) else preview(placement, who)
    return read(document)


def agreement_data(
    placement: Placement, code: str, until: datetime | None = None
) -> dict[str, object]:
    """Everything that is printed, as Chinese texts; with the digest of its canonical JSON.

    `until`: as of a moment, when it was issued.
    """
    data: dict[str, Any] = {
        "number": placement.agreement_no or "",
        "kind_label": in_chinese(KINDS[Kind(placement.kind)]),
        "paper": placement.kind == Kind.OFFLINE,
        "signed_on": day(placement.created_at),
        **printed_facts(placement),
        "agreed": printed(placement.kind == Kind.OFFLINE),
        "edition": PRINTED[Edition.MASKED],
        "trace": mended_all(_trace(placement, until)),
        "code": code,
        "verify_url": f"{base_url()}/v/{code}" if code else "",
        "printed_at": clock.local(until or clock.now()).strftime("%Y-%m-%d %H:%M"),
    }
    data["data_sha256"] = digest(data, AGREED)
    return data


FULL_AGREEMENT = Later(
    AGREEMENT,
    RECORD,
    agreement_data,
    lambda placement, data: whole(data, _of(placement)),
    lambda key: jobs.enqueue(make_full_agreement, placement_id=key),
)


def printed_facts(placement: Placement) -> dict[str, object]:
    """The parties and what they agreed on, as it is printed: in Chinese, whoever asks."""
    student, terms, year = _of(placement), placement.terms, placement.graduation_year
    with force_locale("zh"):
        facts: dict[str, Any] = {
            "school": {"name": placement.school.name, "code": placement.school.code},
            "id_label": str(student.id_label),
            "student": _student(student),
            "employer": _employer(placement, terms),
            **{part: printed_values(terms, group, year) for group, part in PARTS.items()},
        }
    return dict(mended_all(facts))


def _student(student: Student) -> dict[str, str]:
    return {
        "name": student.name,
        "student_no": student.student_no,
        "id_number": mask_all_but_end(student.id_number_masked or ""),
        "college": student.college.name,
        "major": student.major.name,
        "class_name": student.class_name,
        "education": codes.name("xl", student.education, student.graduation_year),
        "graduation_year": str(student.graduation_year),
        "phone": student.phone_masked or "",
        "email": student.email or "",
        "address": student.address or "",
    }


def _employer(placement: Placement, terms: Terms | None) -> dict[str, str]:
    return {
        "name": placement.employer_name,
        "credit_code": placement.employer_credit_code,
        "kind": codes.name("dwxz", placement.employer_kind, placement.graduation_year),
        "industry": codes.name("dwhy", placement.employer_industry, placement.graduation_year),
        "location": regions.region_name(placement.employer_location),
        "address": placement.employer_address or "",
        "postcode": placement.employer_postcode or "",
        "contact_name": terms.contact_name if terms else "",
        "contact_phone": terms.contact_phone if terms else "",
        "email": placement.employer_email or "",
    }


def _trace(placement: Placement, until: datetime | None) -> list[dict[str, str]]:
    kinds = [("placement", placement.id)]
    if placement.invitation_id:
        kinds.insert(0, ("invitation", placement.invitation_id))
    return trace_rows(kinds, until)


def trace_rows(kinds: list[tuple[str, int]], until: datetime | None = None) -> list[dict[str, str]]:
    """The traces of these records as documents print them, in Chinese, each oldest first."""
    with force_locale("zh"):
        return [
            _printed(row)
            for kind, record_id in kinds
            for row in trail.of(kind, record_id)
            if not last_done.reminds(row) and (until is None or row.at <= until)  # what was decided
        ]


def _printed(row: Trail) -> dict[str, str]:
    return {
        "who": trail.who(row),
        "at": clock.local(row.at).strftime("%Y-%m-%d %H:%M"),
        "what": trail.what(row),
        "note": row.reason,
    }


def base_url() -> str:
    """The address of this installation, without a slash at its end."""
    return str(current_app.config["QINGQIAN"].base_url).rstrip("/")
