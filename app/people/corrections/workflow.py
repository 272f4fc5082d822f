"""The rules of a correction: proposed by the student, decided field by field by the school (ADM-09)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.text import clean_line
from app.files.documents import files
from app.files.documents.attachments import Upload
from app.people.corrections.effects import keep_answer, keep_proofs, write_it
from app.people.corrections.models import FIELDS, LABELS, PROVED, Correction, CorrectionState
from app.people.corrections.notices import tell
from app.people.corrections.queries import (
    corrections_for,
    folded,
    kept,
    overtaken,
    seen,
    settled,
    shown,
    typed,
)
from app.people.students.models import Student
from app.people.students.workflow import checked
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow, committed
from app.workflow.steps import Reason, Step
from app.workflow.verdicts import Tone, Verdict

S = CorrectionState
RECORD = "correction"


def not_overtaken(correction: Correction, actor: Actor, now: datetime) -> str | None:
    """What an import or staff changed meanwhile is not overwritten unseen (ADM-09)."""
    if not overtaken(correction):
        return None
    value = shown(correction.field, kept(correction.student, correction.field))
    return _(
        "The record was changed since: it now says %(value)s. Look at both, then accept all the "
        "same or refuse.",
        value=value,
    )


CORRECTIONS: Workflow[Correction] = Workflow(
    kind=RECORD,
    name=_l("Correction"),
    model=Correction,
    scope=corrections_for,
    first_locks=lambda correction: ((Student, correction.student_id),),
    labels=LABELS,
    title=lambda correction: f"{correction.student.name} {correction.label}",
    after=(tell,),
    steps=(
        Step("propose", None, S.PROPOSED, by=Role.STUDENT, label=_l("Propose a correction"), binds=False,
             then=(keep_proofs,), done=_l("Sent; your school decides next.")),
        Step("accept", S.PROPOSED, S.ACCEPTED, by=Role.SCHOOL, label=_l("Accept the correction"),
             when=(not_overtaken,), then=(write_it,), bulk=True,
             done=_l("Accepted and written."),
             verdict=Verdict.APPROVE),
        Step("accept_anyway", S.PROPOSED, S.ACCEPTED, by=Role.SCHOOL,
             label=_l("Accept all the same"), then=(write_it,), reason=Reason.REQUIRED, danger=True,
             tone=Tone.DONE,
             fill=(keep_answer,), applies=lambda correction, _actor: overtaken(correction),
             confirm=_l("What was changed meanwhile is overwritten. Accept now?"),
             done=_l("Accepted and written.")),
        Step("refuse", S.PROPOSED, S.REFUSED, by=Role.SCHOOL, label=_l("Refuse the correction"),
             reason=Reason.REQUIRED, bulk=True, danger=True, fill=(keep_answer,),
             done=_l("Refused, with the reason."),
             verdict=Verdict.REFUSE),
        Step("withdraw", S.PROPOSED, S.WITHDRAWN, by=Role.STUDENT, label=_l("Withdraw"), danger=True,
             binds=False,
             confirm=_l("Your school does not see it any more. Withdraw now?"),
             done=_l("Withdrawn.")),
    ),
)  # fmt: skip


def propose(
    student: Student,
    field: str,
    value: str,
    reason: str,
    actor: Actor,
    proofs: Sequence[Upload] = (),
) -> Correction:
    """Ask the school to correct one field, with proofs that are kept with it, and commit (ADM-09).

    Raises Invalid for the fields ``value``, ``reason`` and ``files``; Refused where one is open.
    """
    if actor.student_id != student.id or field not in FIELDS:
        raise NotYours(f"student {student.id}")
    value = folded(field, value)
    problems = _problems(student, field, value, clean_line(reason))
    if field in PROVED and not proofs:
        problems.append(
            ("files", _("Add a proof: a photo or a scan, such as of the identity card."))
        )
    if problems:
        raise Invalid(problems)
    now = clock.now()
    new = Correction(
        uid=uuid4().hex,
        school_id=student.school_id,
        student_id=student.id,
        field=field,
        seen=seen(student, field),
        was=shown(field, kept(student, field))[:120],
        wish=shown(field, value)[:120],
        reason=clean_line(reason),
        created_at=now,
    )
    new.wanted = value
    with db.session.no_autoflush:
        new.student = student
    return committed(lambda: CORRECTIONS.start("propose", new, actor, proofs=proofs))


def _problems(student: Student, field: str, value: str, reason: str) -> list[tuple[str, str]]:
    """By the same rules as the school's own form."""
    problems = []
    if not reason:
        problems.append(("reason", _("Please say what is wrong.")))
    elif len(reason) > 200:
        problems.append(("reason", _("A reason has at most %(most)s characters.", most=200)))
    if why := settled(student, field):
        return [*problems, ("value", why)]
    if not value:
        return [*problems, ("value", _("Please fill this in."))]
    if value == kept(student, field):
        return [*problems, ("value", _("This is what the record says already."))]
    try:
        checked(student, typed(field, value))
    except Invalid as error:
        problems += [("value", text) for _place, text in error.problems]
    return problems


def open_still(correction: Correction, actor: Actor) -> None:
    """Proofs come and go until the school has decided; only the student's own (ACC-10)."""
    if actor.student_id != correction.student_id or not correction.is_open:
        raise Refused(_("The files of this record cannot be changed here."))


FILES = files.FileKind(Correction, corrections_for, open_still)
