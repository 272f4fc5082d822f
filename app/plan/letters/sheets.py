"""The workbook of tracking numbers of forwarded archives (PLN-10)."""

from __future__ import annotations

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.core import clock
from app.core.forms import MISSING
from app.files.imports import compare
from app.files.imports.columns import CellKind, Column, Context, Found
from app.files.imports.models import Import
from app.files.imports.sheet import Problems, Sheet, Target
from app.plan.letters.models import ForwardingLetter
from app.workflow.actor import Role

NO_LETTER = _l("No forwarding letter has this number.")
VOID = _l("This letter is void: its receiver changed. Use the student's newer letter.")
SENT = _l("Another forwarding letter has this tracking number.")
NAMELESS = _l("The student of this number has another name.")


def look_for_letters(record: Import, _context: Context) -> None:
    """Only letters that were made can be tracked, and those of the student that the row names."""
    of = (
        "EXISTS (SELECT 1 FROM forwarding_letter l JOIN student s ON s.id = l.student_id"
        " WHERE l.school_id = :school AND l.number = r.values ->> 'number'"
    )
    compare.mark(record, f"NOT {of})", "number", str(NO_LETTER), school=record.school_id)
    compare.mark(
        record,
        f"{of} AND lower(s.name) <> lower(r.more ->> 'student'))",
        "student",
        str(NAMELESS),
        school=record.school_id,
    )
    compare.mark(
        record, f"{of} AND l.void_at IS NOT NULL)", "number", str(VOID), school=record.school_id
    )
    compare.mark(
        record,
        compare.taken_by_another(COURIER.target, "tracking_number"),
        "tracking_number",
        str(SENT),
        school=record.school_id,
    )


def number_of_what_was_posted(values: Found, more: Found, _context: Context) -> Problems:
    """A row that is not filled in changes nothing; one that says how or when it was posted is."""
    posted = "courier" in values or "sent_on" in values
    if not posted or "tracking_number" in (*values, *more.get("wrong", ())):
        return []
    return [("tracking_number", str(MISSING))]


COURIER = Sheet(
    name="courier",
    title=_l("Tracking numbers"),
    about=_l("The courier sheet comes back with the tracking numbers: each is kept with its "
             "forwarding letter, and the student sees it."),
    notes=(_l("A letter is known by its number."), _l("An empty cell changes nothing.")),
    roles=(Role.SCHOOL, Role.DATA),
    menu="Plan",
    home=lambda: (_l("Forwarding letters"), url_for("LettersView.list")),
    prepare=lambda _record: Context(clock.today()),
    row=number_of_what_was_posted,
    told=("courier", "sent_on", "tracking_number"),
    look=look_for_letters,
    read_only=(_l("Student number"), _l("College"), _l("Receiver"), _l("Forwarding address"),
               _l("Forwarding postcode"), _l("Forwarding contact"), _l("Forwarding telephone")),
    unique=(("number", "number"), ("tracking_number", "tracking_number")),
    target=Target(
        model=ForwardingLetter,
        key=("school_id", "number"),
        common=("school_id",),
        fixed=lambda record: {"school_id": record.school_id},
        fields=("tracking_number", "courier", "sent_on"),
    ),
    columns=(
        Column("number", _l("Letter number"), CellKind.CODE, "ZDDBH", ("转递单号", "转递单编号"),
               required=True,
               most=20, sample="2027-00001"),
        Column("student", _l("Student"), CellKind.NAME, "XM", ("姓名", "学生姓名"), aside=True, width=12,
               sample="黄河水", help=_l("To be sure that it is the right student.")),
        Column("tracking_number", _l("Tracking number"), CellKind.CODE, "KDDH",
               ("运单号", "快递单号", "邮件号", "机要编号"), required=True, may_be_empty=True, most=40,
               whole=True,
               width=22, sample="1234567890123"),
        Column("courier", _l("Courier"), CellKind.TEXT, "KDGS", ("快递公司", "承运单位"), most=40,
               sample="邮政特快专递"),
        Column("sent_on", _l("Posted on"), CellKind.DAY, "JCRQ", ("寄出日期", "交寄日期"), width=14,
               sample="2027-07-01"),
    ),
)  # fmt: skip
