"""Archive forwarding letters (档案转递单): numbered without gaps, printed in bulk, tracked (PLN-10)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pikepdf
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.orm import joinedload

from app.core import clock
from app.core.db import db, one_at_a_time, tuples
from app.core.errors import Refused
from app.core.printable import sentence
from app.core.registry import stores
from app.core.statements import Statements
from app.files.documents.counter import take_numbers
from app.files.documents.editions import PRINTED, Edition
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.limits import render_safely
from app.files.documents.printing import in_chinese, mended_all
from app.files.made import making as made
from app.files.made.models import MadeFile
from app.people.schools.models import School
from app.people.schools.queries import at_school
from app.people.students.models import Student
from app.plan.letters.models import ForwardingLetter
from app.plan.rows.models import PlanEntry
from app.workflow.actor import Actor, Role

if TYPE_CHECKING:
    from app.plan.letters.differing import Beside

LETTERS, COURIER, BESIDE = "letters", "courier", "beside"  # the kinds of papers
COUNTER = 3  # the kind of the counter; 1 and 2 are the agreements
AT_ONCE = 10  # letters that are laid out together
MOST = 20_000
MOST_MISSED = 500
L = ForwardingLetter


def letters_for(who: Actor) -> Select[ForwardingLetter]:
    """The letters of the asking staff's school; a student reads its own."""
    if who.role is Role.STUDENT:
        return select(L).where(L.student_id == who.student_id, L.void_at.is_(None))
    return select(L).where(at_school(who, L.school_id, L.college_id))


def has_letter(who: Actor) -> Any:
    """Whether a letter was ever made for the student asking, as `beside` asks it."""
    return select(L.id).where(L.student_id == who.student_id).exists()


def letter_of(student_id: int) -> ForwardingLetter | None:
    """The letter that counts for a student; one not sent yet only while the plan has its receiver."""
    still = exists().where(
        PlanEntry.student_id == L.student_id, PlanEntry.archive_to == L.archive_to
    )
    wanted = select(L).where(L.student_id == student_id, L.void_at.is_(None))
    wanted = wanted.where(L.tracking_number.is_not(None) | still)
    return db.session.scalars(wanted).one_or_none()


def in_tab(name: str) -> ColumnElement[bool] | None:
    """The rows of a tab of the letters; None: all."""
    tabs = {
        "waiting": L.tracking_number.is_(None) & L.void_at.is_(None),
        "sent": L.tracking_number.is_not(None) & L.void_at.is_(None),
        "void": L.void_at.is_not(None),
    }
    return tabs.get(name)


def numbered(said: str) -> ColumnElement[bool]:
    """The letter of that number, or of that tracking number."""
    return (L.number == said) | (L.tracking_number == said)


def ready(school_id: int, wish: dict[str, Any]) -> tuple[int, int]:
    """How many plan rows of a wish have a receiver of the archive, and how many have none."""
    has = func.coalesce(PlanEntry.archive_to, "") != ""
    counted = select(func.count().filter(has), func.count().filter(~has))
    found = db.session.execute(counted.where(*_wanted(school_id, wish))).one()
    return found[0], found[1]


def _wanted(school_id: int, wish: dict[str, Any]) -> list[ColumnElement[bool]]:
    """The plan rows that are meant: the ticked ones, or a year's, perhaps of one college."""
    found = [PlanEntry.school_id == school_id]
    if wish.get("entries") is not None:
        return [*found, PlanEntry.id.in_(wish["entries"])]
    found.append(PlanEntry.graduation_year == wish.get("year"))
    if wish.get("college"):
        found.append(PlanEntry.college_id == wish["college"])
    return found


SQL = Statements(__file__, "letters.sql", terms=lambda: stores().terms_of_entry)


def beside(school_id: int, wish: dict[str, Any]) -> Beside:
    """The letters of a wish beside its plan rows, as they are now."""
    from app.plan.letters import differing  # brings pandas: see docs/plan.md

    entries = select(PlanEntry.id).where(*_wanted(school_id, wish))
    at = {"entries": list(db.session.scalars(entries))}
    return differing.beside(tuples(SQL["beside"], at))


def number_them(school_id: int, wish: dict[str, Any]) -> list[int]:
    """Give each row with a receiver its letter; the ids of all letters of the wish. Commits.

    A letter that was made stays; one whose receiver changed or went away before it was sent is void,
    and the student gets a new one where there is a receiver; one that was sent stands, whatever changes. The
    counter rolls back with the transaction: no number is lost.
    """
    one_at_a_time("forwarding", school_id)
    now, found = clock.now(), beside(school_id, wish)
    db.session.execute(update(L).where(L.id.in_(found.void())).values(void_at=now))
    for year, rows in groupby(found.numbered(), key=lambda row: row["graduation_year"]):
        some = list(rows)
        numbers = take_numbers(COUNTER, year, school_id, len(some))
        db.session.add_all(
            L(school_id=school_id, number=f"{year}-{n:05d}", made_at=now, **row)
            for n, row in zip(numbers, some, strict=True)
        )
    db.session.flush()
    of_students = select(PlanEntry.student_id).where(*_wanted(school_id, wish))
    wanted = select(L.id).where(L.school_id == school_id, L.void_at.is_(None))
    ids = db.session.scalars(
        wanted.where(L.student_id.in_(of_students)).order_by(L.college_id, L.number)
    ).all()
    db.session.commit()
    return list(ids)


def _back(_paper: MadeFile) -> tuple[str, str]:
    return _("Forwarding letters"), url_for("LettersView.list")


def _letters_of(paper: MadeFile) -> list[int]:
    ids = number_them(paper.school_id, paper.wish)
    if not ids:
        raise Refused(_("No row of the plan has a receiver of the archive."))
    if len(ids) > MOST:
        raise Refused(_("At most %(most)s letters at once. Choose a college.", most=MOST))
    return ids


def make_letters(paper: MadeFile) -> bytes:
    """One PDF with a letter a page: counterfoil, letter, receipt."""
    ids = _letters_of(paper)
    missed: list[tuple[str, str, str]] = []
    with pikepdf.new() as book:
        for start in range(0, len(ids), AT_ONCE):
            some = list(_loaded(ids[start : start + AT_ONCE]))
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


LETTER_MAKER = made.Maker(_l("Forwarding letters"), make_letters, _back, menu="Plan")


def _loaded(ids: Sequence[int]) -> Iterator[ForwardingLetter]:
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


def make_courier(paper: MadeFile) -> bytes:
    """The sheet for the courier; filled with tracking numbers it comes back by the import «courier»."""
    ids = _letters_of(paper)
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
            for row in _loaded(ids[start : start + 500]):
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


COURIER_MAKER = made.Maker(_l("Courier sheet"), make_courier, _back, menu="Plan")


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


DIFFERENCES_MAKER = made.Maker(_l("Letters beside the plan"), make_differences, _back, menu="Plan")
