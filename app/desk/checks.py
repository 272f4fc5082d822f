"""What a reviewer would look up: simple facts of one record. They hint and never bar (AGR-12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import queries as codes
from app.people.checks import is_credit_code
from app.people.models import ORIGIN_STATES, OriginState, TrainingMode
from app.placements.models import Kind, Placement
from app.placements.queries import signings_of


@dataclass(frozen=True)
class Check:
    """One fact in words; where it is not good, its name goes into the trace of the approval."""

    name: str
    label: str
    good: bool


# what the trace says of a hint that was there when somebody approved nevertheless
HINTS: dict[str, Any] = {
    "mode": _l("the training mode is not open"),
    "origin": _l("the origin record is not approved"),
    "credit_code": _l("the credit code is wrong"),
    "employer": _l("no school has checked the employer"),
    "only_one": _l("the student has another placement"),
}


def training_mode(placement: Placement) -> Check:
    """Only open-mode graduates sign online."""
    mode = placement.student.training_mode
    return Check("mode", codes.name("pyfs", mode), mode == TrainingMode.OPEN)


def origin(placement: Placement) -> Check:
    """The origin record is approved."""
    state = OriginState(placement.student.origin_state)
    label = _("Origin record: %(state)s", state=ORIGIN_STATES[state])
    return Check("origin", label, state == OriginState.APPROVED)


def credit_code(placement: Placement) -> Check:
    """The credit code has the right check mark."""
    good = is_credit_code(placement.employer_credit_code)
    label = _("Credit code is valid") if good else _("Credit code is wrong")
    return Check("credit_code", label, good)


def employer_checked(placement: Placement) -> Check:
    """Some school has checked the employer."""
    employer = placement.employer
    if employer is None or not employer.profile_at:
        return Check("employer", _("Employer not checked by any school"), False)
    label = _("Employer checked by %(school)s", school=employer.school.name)
    return Check("employer", label, True)


def only_placement(placement: Placement) -> Check:
    """The student holds no other placement."""
    only = signings_of(placement.student_id) <= 1
    label = _("Only placement of the student") if only else _("The student has another placement")
    return Check("only_one", label, only)


# packages above append theirs, with a sentence in HINTS
CHECKS: list[Callable[[Placement], Check]] = [
    training_mode, origin, credit_code, employer_checked, only_placement,
]  # fmt: skip


def checks(placement: Placement) -> list[Check]:
    """All of them for one record; a destination is open to every training mode, and often has no employer."""
    if placement.kind != Kind.DESTINATION:
        return [check(placement) for check in CHECKS]
    asked = [origin, credit_code, only_placement] if placement.employer_credit_code else [
        origin, only_placement]  # fmt: skip
    return [check(placement) for check in asked]


def hints(placement: Placement) -> list[str]:
    """The names of what is not good: approving stays possible, the trace keeps them."""
    return [found.name for found in checks(placement) if not found.good]
