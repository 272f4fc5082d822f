"""Who may sign, with whom, and when: the sentence why not."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _

from app.codes import labels
from app.core import clock
from app.people.employers.models import Employer
from app.people.students.models import OriginState, Student, TrainingMode
from app.plan.rows import workflow as plan
from app.settings.calendar import window
from app.signing.placements.models import Kind
from app.signing.placements.queries import (
    standing,
)


def cannot_sign(student: Student, now: datetime, kind: Kind = Kind.ONLINE) -> str | None:
    """The sentence why this student may not have such a placement now, and whom to ask (ACC-06, ADM-03).

    A destination is open to every training mode: committed students register theirs that way.
    """
    if kind != Kind.DESTINATION and student.training_mode != TrainingMode.OPEN:
        mode = labels.code_text("pyfs", student.training_mode)
        return _(
            "Your training mode is “%(mode)s”; only open-mode graduates sign. "
            "If that is wrong, ask your school's employment office to correct it.",
            mode=mode,
        )
    if student.origin_state != OriginState.APPROVED:
        return _(
            "Your origin record has not been approved by the school yet. "
            "Ask your college officer when it will be."
        )
    state, source, reason = standing(student.id, clock.local(now).date(), kind)
    bar = plan.bar(state, source)
    if bar == "reported":
        return _(
            "Your row of the employment plan has been reported already. "
            "Ask your school's employment office to open it first."
        )
    if bar == "staff":
        return _(
            "Your row of the employment plan was filled in by staff. "
            "Ask your school's employment office to clear it first."
        )
    if reason is not None:
        return _(
            "Your school has restricted your signing: %(reason)s Ask the employment office.",
            reason=reason.rstrip("。.") + "。",
        )
    return None


def signing_closed(student: Student, now: datetime) -> str | None:
    """The sentence that the year's signing window is not open; None while it is (ADM-04)."""
    found = window(student.school_id, student.graduation_year)
    day = clock.local(now).date()
    if found is None or found.opens <= day <= found.closes:
        return None
    year, school = student.graduation_year, student.school.name
    if day < found.opens:
        return _(
            "Signing for the graduates of %(year)s at %(school)s opens on %(day)s.",
            year=year,
            school=school,
            day=found.opens,
        )
    return _(
        "Signing for the graduates of %(year)s at %(school)s closed on %(day)s. "
        "Ask its employment office.",
        year=year,
        school=school,
        day=found.closes,
    )


def blocked_employer(employer: Employer | None) -> str | None:
    """The sentence that a school has blocked this employer; None where none has."""
    if employer is None or not employer.is_blocked:
        return None
    return _("A school has blocked this employer; ask your employment office.")
