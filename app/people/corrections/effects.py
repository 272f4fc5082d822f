"""What follows the steps of a correction."""

from __future__ import annotations

from app.core.errors import Invalid, Refused
from app.files.documents import attaching
from app.people.corrections.models import Correction
from app.people.corrections.queries import typed
from app.people.students.workflow import STUDENTS, checked
from app.workflow.steps import Change


def keep_proofs(change: Change) -> None:
    """The files that came with the proposal."""
    for proof in change.data.get("proofs", ()):
        attaching.keep(change.kind, change.record, change.actor.user_id or 0, proof)


def keep_answer(change: Change) -> None:
    """The school's words stand with the correction."""
    change.record.answer = change.reason


def write_it(change: Change) -> None:
    """Write the value into the record by the record's own step, with its trail. Raises Refused."""
    correction: Correction = change.record
    field, value = correction.field, correction.wanted
    try:
        known = checked(correction.student, typed(field, value))
    except Invalid as error:
        raise Refused(" ".join(text for _place, text in error.problems)) from error
    if field == "phone":
        STUDENTS.apply(
            "change_phone",
            correction.student_id,
            change.actor,
            phone=value,
            reason=correction.reason,
            quiet=True,
        )
    else:
        STUDENTS.apply("correct", correction.student_id, change.actor, values=known, quiet=True)
