"""What a school may set (ADM-05), declared once; its values with their history; its working days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class Review(StrEnum):
    """Who reviews a kind of business (AGR-06)."""

    SCHOOL = "school"
    BOTH = "both"
    COLLEGE = "college"


REVIEWS = {
    Review.SCHOOL: _l("The school alone"),
    Review.BOTH: _l("The college, then the school"),
    Review.COLLEGE: _l("The college alone"),
}


class DestinationName(StrEnum):
    """What a school calls the third kind of placement (DST-04)."""

    OTHER = "other"
    REGISTRATION = "registration"


DESTINATION_NAMES = {
    DestinationName.OTHER: _l("Other destinations"),
    DestinationName.REGISTRATION: _l("Employment registration"),
}
ON_OFF = {True: _l("Yes"), False: _l("No")}


def two_levels(record: Any, _actor: object = None) -> bool:
    """Whether a record, as kept with it, is reviewed by the college and then by the school."""
    return bool(record.review == Review.BOTH)


def _setting(
    default: Any,
    label: Any,
    about: Any,
    unit: Any = "",
    most: int = 0,
    choices: Mapping[Any, Any] | None = None,
    least: int = 0,
    looser: str = "",
    lines: int = 0,
) -> Any:
    """`looser`: which change leaves a party less protected (CHK-01). `lines`: a text of so many at most.

    It is less, off, on, fewer levels, or sooner where 0 means never.
    """
    known = {
        "label": label,
        "about": about,
        "unit": unit,
        "least": least,
        "most": most,
        "looser": looser,
        "lines": lines,
    }
    return field(default=default, metadata={**known, "choices": choices})


@dataclass(frozen=True)
class Settings:
    """The rules that schools differ on; each with the spec's default, its bounds and its explanation."""

    signing_review: Review = _setting(
        Review.SCHOOL,
        _l("Review of signings"),
        _l(
            "Who decides on a signing. It counts for signings formed from now on; what waits already "
            "keeps its way."
        ),
        choices=REVIEWS,
        looser="levels",
    )
    offline_review: Review = _setting(
        Review.SCHOOL,
        _l("Review of paper signings"),
        _l("Who decides on the form and then on the stamped agreement. It counts for new ones."),
        choices=REVIEWS,
        looser="levels",
    )
    destination_review: Review = _setting(
        Review.SCHOOL,
        _l("Review of destinations"),
        _l("Who decides on a registered destination. It counts for what is submitted from now on."),
        choices=REVIEWS,
        looser="levels",
    )
    termination_review: Review = _setting(
        Review.SCHOOL,
        _l("Review of terminations"),
        _l("Who decides on a termination once both parties agree."),
        choices=REVIEWS,
        looser="levels",
    )
    cooling_off_hours: int = _setting(
        1,
        _l("Cooling-off period"),
        _l("How long after sending an invitation the student cannot accept yet. 0: at once."),
        _l("hours"),
        72,
        looser="less",
    )
    reply_days: int = _setting(
        5,
        _l("Days to answer an invitation"),
        _l("What the letter proposes; the employer can choose another number."),
        _l("days"),
        30,
        least=1,
    )
    reply_days_most: int = _setting(
        30,
        _l("Most days to answer"),
        _l("An employer cannot give a student of this school more."),
        _l("days"),
        30,
        least=1,
    )
    amendment_days: int = _setting(
        3,
        _l("Days to answer an amendment"),
        _l(
            "How long a student may think over changed terms; reviews wait meanwhile. "
            "Without an answer the old terms stay."
        ),
        _l("days"),
        30,
        least=1,
    )
    termination_days: int = _setting(
        10,
        _l("Working days to answer a termination"),
        _l("After this time either party can ask the school to mediate."),
        _l("working days"),
        60,
        least=1,
    )
    termination_chances: int = _setting(
        1,
        _l("Terminations a student may have in a year"),
        _l(
            "Approved ones count, forced ones do not. Staff can grant a student one more, with a reason."
        ),
        _l("a year"),
        9,
        least=0,
    )
    destinations_open: bool = _setting(
        True,
        _l("Students register destinations here"),
        _l(
            "Off: the menu entry disappears and nothing new is submitted; what is there is still reviewed."
        ),
        choices=ON_OFF,
    )
    destination_name: DestinationName = _setting(
        DestinationName.OTHER,
        _l("Name of that module"),
        _l("What students and staff read on menus and pages."),
        choices=DESTINATION_NAMES,
    )
    forced_online: bool = _setting(
        False,
        _l("Forced termination of online signings and destinations"),
        _l("Whether the office may end these by itself. Paper signings always can be ended so."),
        choices=ON_OFF,
    )
    forced_by_two: bool = _setting(
        False,
        _l("Forced termination needs a second person"),
        _l("A colleague has to confirm before a forced termination takes effect."),
        choices=ON_OFF,
    )
    review_patience_days: int = _setting(
        3,
        _l("Days until a waiting review is reminded of"),
        _l("Reviewers get one reminder a day of everything that waits longer."),
        _l("days"),
        30,
        least=1,
    )
    deputy_days: int = _setting(
        0,
        _l("Working days until the school may decide in a college's place"),
        _l(
            "Counted from when it began to wait for the college. The school then decides at the college's "
            "level, with a reason; trace and documents say so, and the college is told. 0: never."
        ),
        _l("working days"),
        60,
        looser="sooner",
    )
    employer_codes: bool = _setting(
        True,
        _l("Employers prove their acts by a code"),
        _l(
            "Sending, changing terms and terminating ask a code by e-mail, one for a whole batch. Off: "
            "whoever sits at an employer's open session can act for it."
        ),
        choices=ON_OFF,
        looser="off",
    )
    refusal_reasons: str = _setting(
        "",
        _l("Reasons of refusal"),
        _l(
            "Offered where a signing or destination is not approved, one a line, at most 12; whoever "
            "refuses can still write another. Empty: the usual ones."
        ),
        most=1_200,
        lines=12,
    )
    contact_hold_hours: int = _setting(
        72,
        _l("Hold after staff changed a phone"),
        _l(
            "How long a phone or mail that staff or a file changed, or a reset sign-in, can only read. "
            "Never 0: else whoever changes a phone could sign for the student at once. The old phone, the "
            "earlier e-mail or the next level can confirm earlier. A shorter time counts a week after it "
            "was set."
        ),
        _l("hours"),
        720,
        least=1,
        looser="less",
    )
    full_students: bool = _setting(
        True,
        _l("Students get the full edition of their documents"),
        _l(
            "With whole ID number and phone, as personnel and archive offices ask for them. All others get "
            "the masked edition; both prove themselves on the verification page."
        ),
        choices=ON_OFF,
    )
    full_employers: bool = _setting(
        True,
        _l("Employers get the full edition of their documents"),
        _l("Agreement and termination letter with the student's whole ID number and phone."),
        choices=ON_OFF,
    )
    full_school: bool = _setting(
        True,
        _l("School staff get full editions"),
        _l("Each time they say what for, and the security log keeps it."),
        choices=ON_OFF,
    )
    full_college: bool = _setting(
        True,
        _l("College staff get full editions"),
        _l("Each time they say what for, and the security log keeps it."),
        choices=ON_OFF,
    )
    full_data: bool = _setting(
        False,
        _l("Data staff get full editions"),
        _l("Each time they say what for, and the security log keeps it."),
        choices=ON_OFF,
    )
    full_province: bool = _setting(
        False,
        _l("The provincial centre gets full editions"),
        _l("Each time they say what for, and the security log keeps it."),
        choices=ON_OFF,
    )
    sms_notices: bool = _setting(
        False,
        _l("Notices also by text message"),
        _l("Every notice with a mail also goes to the phone, through the configured gateway."),
        choices=ON_OFF,
    )


SETTINGS = {item.name: item for item in fields(Settings)}
WINDOW = "window:"  # key of a signing window: window:<graduation year>
LISTS = "lists:"  # key of what staff share of a list: lists:<view>, see `shared_lists`
DAY = "day:"  # key of an own working or free day: day:<date>, kept for the history


class SchoolSetting(db.Model):
    """One value a school set, with who and when; the newest of a key counts (ADM-05)."""

    __tablename__ = "school_setting"
    __table_args__ = (Index("ix_school_setting_key", "school_id", "key", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(JSONB)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CalendarDay(db.Model):
    """A day that a school works or rests against the public calendar."""

    __tablename__ = "calendar_day"
    __table_args__ = (Index("uq_calendar_day", "school_id", "day", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    day: Mapped[date]
    works: Mapped[bool]
    note: Mapped[str] = mapped_column(String(60), default="")
    set_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    set_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class Window:
    """From and to, both days included, between which graduates of a year sign (ADM-04)."""

    opens: date
    closes: date
