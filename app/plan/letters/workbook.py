"""The courier's sheet, and the letters that say otherwise than the plan."""

from __future__ import annotations

import io

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.files.made import making as made
from app.files.made.models import MadeFile
from app.plan.letters.letters import beside
from app.plan.letters.making import letters_of, loaded, way_back


def make_courier(paper: MadeFile) -> bytes:
    """The sheet for the courier; filled with tracking numbers it comes back by the import «courier»."""
    ids = letters_of(paper)
    out = io.BytesIO()
    heads = [
        (_("Letter number"), 16),
        (_("Student"), 14),
        (_("Student number"), 16),
        (_("College"), 20),
        (_("Receiver"), 34),
        (_("Forwarding address"), 40),
        (_("Forwarding postcode"), 12),
        (_("Forwarding contact"), 14),
        (_("Forwarding telephone"), 18),
        (_("Courier"), 16),
        (_("Tracking number"), 22),
        (_("Posted on"), 14),
    ]
    with made.book_of(out, _("Courier sheet"), heads) as put:
        for start in range(0, len(ids), 500):
            for row in loaded(ids[start : start + 500]):
                sent = row.sent_on.isoformat() if row.sent_on else ""
                put(
                    [
                        row.number,
                        row.student.name,
                        row.student.student_no,
                        row.college.name,
                        row.archive_to,
                        row.archive_address,
                        row.archive_postcode,
                        row.contact,
                        row.phone,
                        row.courier or "",
                        row.tracking_number or "",
                        sent,
                    ]
                )
            made.progress(paper, min(start + 500, len(ids)), len(ids))
    return out.getvalue()


COURIER_MAKER = made.Maker(_l("Courier sheet"), make_courier, way_back, menu="Plan")


def difference_labels() -> dict[str, str]:
    """The kinds of differences between letters and plan, in words, the gravest first."""
    return {
        "posted": _("Posted, and the plan says otherwise now"),
        "void": _("Not posted, and no longer right: becomes void"),
        "missing": _("No letter yet"),
    }


def make_differences(paper: MadeFile) -> bytes:
    """Letters that say otherwise than the plan, and graduates without one, field by field."""
    out = io.BytesIO()
    heads = [
        (_("What it is"), 30),
        (_("Letter number"), 16),
        (_("Tracking number"), 22),
        (_("Student number"), 16),
        (_("Student"), 14),
        (_("Field"), 20),
        (_("The letter says"), 36),
        (_("The plan says"), 36),
    ]
    says, labels = difference_labels(), field_labels()
    with made.book_of(out, _("Differences"), heads) as put:
        for row in beside(paper.school_id, paper.wish).lines():
            numbers = (row.number or "", row.tracking_number or "", row.student_no, row.name)
            put([says[row.kind], *numbers, labels[row.field], row.letter, row.plan])
    return out.getvalue()


def field_labels() -> dict[str, str]:
    """What a letter copies from the plan, in words."""
    return {
        "archive_to": _("Receiver"),
        "archive_address": _("Forwarding address"),
        "archive_postcode": _("Forwarding postcode"),
        "contact": _("Forwarding contact"),
        "phone": _("Forwarding telephone"),
    }


DIFFERENCES_MAKER = made.Maker(
    _l("Letters beside the plan"), make_differences, way_back, menu="Plan"
)
