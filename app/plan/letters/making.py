"""Letters printed in bulk: one PDF, a letter a page; whose cannot be printed is named (PLN-10)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pikepdf
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db
from app.core.errors import Refused
from app.core.printable import sentence
from app.files.documents.editions import PRINTED, Edition
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.limits import render_safely
from app.files.documents.printing import in_chinese, mended_all
from app.files.made import making as made
from app.files.made.models import MadeFile
from app.people.schools.models import School
from app.people.students.models import Student
from app.plan.letters.letters import L, number_them
from app.plan.letters.models import ForwardingLetter

AT_ONCE = 10  # letters that are laid out together
MOST = 20_000
MOST_MISSED = 500


def way_back(_paper: MadeFile) -> tuple[str, str]:
    """Where the page of a made file leads back to."""
    return _("Forwarding letters"), url_for("LettersView.list")


def letters_of(paper: MadeFile) -> list[int]:
    """The ids of the letters of the wish, each numbered by now. Raises Refused for none or too many."""
    ids = number_them(paper.school_id, paper.wish)
    if not ids:
        raise Refused(_("No row of the plan has a receiver of the archive."))
    if len(ids) > MOST:
        raise Refused(_("At most %(most)s letters at once. Choose a college.", most=MOST))
    return ids


def make_letters(paper: MadeFile) -> bytes:
    """One PDF with a letter a page: counterfoil, letter, receipt."""
    ids = letters_of(paper)
    missed: list[tuple[str, str, str]] = []
    with pikepdf.new() as book:
        for start in range(0, len(ids), AT_ONCE):
            some = list(loaded(ids[start : start + AT_ONCE]))
            pdf = _printed(some, missed, bool(paper.wish.get("full")))
            if pdf is not None:
                with pikepdf.open(io.BytesIO(pdf)) as part:
                    book.pages.extend(part.pages)
            made.progress(paper, min(start + AT_ONCE, len(ids)), len(ids))
        if not book.pages:
            raise Refused(_("None of the letters can be printed: %(why)s", why=missed[0][2]))
        out = io.BytesIO()
        book.save(out)
    paper.report = {"missed": missed[:MOST_MISSED]}
    return out.getvalue()


LETTER_MAKER = made.Maker(_l("Forwarding letters"), make_letters, way_back, menu="Plan")


def loaded(ids: Sequence[int]) -> Iterator[ForwardingLetter]:
    """The letters in the order of these ids, with what they print."""
    whole = joinedload(L.student).joinedload
    wanted = select(L).options(whole(Student.major), whole(Student.college), joinedload(L.college))
    rows = {row.id: row for row in db.session.scalars(wanted.where(L.id.in_(ids)))}
    return (rows[key] for key in ids if key in rows)


def _printed(
    some: list[ForwardingLetter], missed: list[tuple[str, str, str]], full: bool
) -> bytes | None:
    """Lay out a few letters; one with a character that cannot be printed is left out, and named."""
    while some:
        try:
            return render_safely("forwarding_letter", data_of(some, full=full))
        except Unprintable as error:
            bad = {
                int(place.split(".")[1]): char
                for place, char in error.missing
                if place.startswith("letters.")
            }
            if not bad:
                raise
            for n, char in bad.items():
                letter = some[n - 1]
                why = sentence(char)
                missed.append((letter.number, letter.student.name, why))
            some = [letter for n, letter in enumerate(some, 1) if n not in bad]
        except RenderError:
            if len(some) == 1:
                missed.append(
                    (some[0].number, some[0].student.name, _("It could not be laid out."))
                )
                return None
            return _one_by_one(some, missed, full)
    return None


def _one_by_one(
    some: list[ForwardingLetter], missed: list[tuple[str, str, str]], full: bool
) -> bytes | None:
    out = io.BytesIO()
    with pikepdf.new() as book:
        for letter in some:
            if (pdf := _printed([letter], missed, full)) is not None:
                with pikepdf.open(io.BytesIO(pdf)) as part:
                    book.pages.extend(part.pages)
        if not book.pages:
            return None
        book.save(out)
    return out.getvalue()


def data_of(some: Sequence[ForwardingLetter], *, full: bool = False) -> dict[str, object]:
    """All that is printed, as texts; `full`: with whole ID numbers, as archive offices ask for (DOC-08)."""
    school = db.session.get_one(School, some[0].school_id)
    return mended_all(
        {
            "printed_at": clock.local(clock.now()).strftime("%Y-%m-%d %H:%M"),
            "school": school.name,
            "edition": PRINTED[Edition.FULL if full else Edition.MASKED],
            "letters": [
                {
                    "number": letter.number,
                    "to": letter.archive_to,
                    "address": letter.archive_address,
                    "postcode": letter.archive_postcode,
                    "contact": letter.contact,
                    "phone": letter.phone,
                    "day": clock.local(letter.made_at).date(),
                    "name": letter.student.name,
                    "student_no": letter.student.student_no,
                    "id_number": (
                        letter.student.id_number if full else letter.student.id_number_masked
                    )
                    or "",
                    "id_label": in_chinese(letter.student.id_label),
                    "college": letter.student.college.name,
                    "major": letter.student.major.name,
                    "year": str(letter.graduation_year),
                }
                for letter in some
            ],
        }
    )
