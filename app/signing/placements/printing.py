"""What the agreement prints: parties, terms and traces in Chinese, and its preview (DOC-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.codes import queries as codes
from app.codes import regions
from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.text import mask_all_but_end
from app.files.documents import previews
from app.files.documents.editions import PRINTED, Edition
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.issued import digest
from app.files.documents.printing import day, in_chinese, mended_all, unprintable
from app.people.students.models import Student
from app.signing.placements.models import KINDS, Kind, Placement
from app.signing.terms.models import PARTS, Terms
from app.signing.terms.queries import printed, printed_values
from app.workflow import last_done, trail
from app.workflow.actor import STAFF, Actor
from app.workflow.models import Trail

AGREEMENT = "agreement"

AGREED = ("number", "school", "student", "employer", "terms", "archive", "household")


def of_placement(placement: Placement) -> Student:
    """The student whose placement it is."""
    return db.session.get_one(Student, placement.student_id)


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


def printed_facts(placement: Placement) -> dict[str, object]:
    """The parties and what they agreed on, as it is printed: in Chinese, whoever asks."""
    student, terms, year = of_placement(placement), placement.terms, placement.graduation_year
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
