"""The rules of «this was not me»: what the link freezes, who may clear it, and when (INV-20, ACC-15).

Pressing the link can only stop things, never end or begin them: whoever holds the message of a thief
reaches no more than the safe side. Opening again needs a person, and never the one who had a hand in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.models import AppUser
from app.core.db import db
from app.signing.disputes.effects import keep_answer, note, note_too, open_again
from app.signing.disputes.guards import another_person, province_decides, put_right
from app.signing.disputes.models import LABELS, Dispute, DisputeState
from app.signing.disputes.notices import tell
from app.signing.disputes.queries import (
    disputes_for,
)
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Reason, Step
from app.workflow.verdicts import Verdict

S = DisputeState


OFFICE = (Role.SCHOOL, Role.PROVINCE, Role.ADMIN, Role.SECURITY)

DISPUTES: Workflow[Dispute] = Workflow(
    kind="dispute",
    name=_l("Disowned"),
    model=Dispute,
    scope=disputes_for,
    first_locks=lambda dispute: ((AppUser, dispute.user_id),),
    labels=LABELS,
    title=lambda dispute: dispute.name,
    after=(tell,),
    steps=(
        Step(
            "report",
            None,
            S.OPEN,
            by=Role.SYSTEM,
            label=_l("“This was not me”"),
            inner=True,
            fill=(note,),
        ),
        Step(
            "also",
            (S.OPEN, S.CONFIRMED),
            lambda change: S(change.source or S.OPEN),
            by=Role.SYSTEM,
            targets=(S.OPEN, S.CONFIRMED),
            inner=True,
            label=_l("“This was not me”, of a further message"),
            fill=(note_too,),
        ),
        Step(
            "uphold",
            S.OPEN,
            S.CONFIRMED,
            by=OFFICE,
            label=_l("It was another's hand"),
            when=(another_person,),
            reason=Reason.REQUIRED,
            danger=True,
            fill=(keep_answer,),
            confirm=_l(
                "The account stays frozen until its phone and address are the person's own "
                "again. Have you spoken to the person?"
            ),
            done=_l("Confirmed; the account stays frozen until it is put right."),
            verdict=Verdict.APPROVE,
        ),
        Step(
            "clear",
            (S.OPEN, S.CONFIRMED),
            S.CLEARED,
            by=OFFICE,
            label=_l("Open the account again"),
            when=(another_person, province_decides, put_right),
            reason=Reason.REQUIRED,
            fill=(keep_answer,),
            then=(open_again,),
            confirm=_l(
                "The person sets a new password by code to the phone or address on record. "
                "Have you spoken to the person, and is that phone or address its own?"
            ),
            done=_l("The account is open again."),
            verdict={S.OPEN: Verdict.REFUSE},
        ),
    ),
)


def in_dispute(objection: Any, actor: Actor, now: datetime) -> str | None:
    """While the reporter's account is frozen, what it disowned does not go on (INV-20)."""
    column = AppUser.student_id if objection.reporter == Role.STUDENT else AppUser.employer_id
    whose = objection.student_id if objection.reporter == Role.STUDENT else objection.employer_id
    frozen = select(AppUser.id).where(column == whose, AppUser.frozen_at.is_not(None))
    if db.session.scalar(frozen.limit(1)) is None:
        return None
    return _("The account of the person is frozen too. That is cleared first, on “Disowned”.")


__all__ = [
    "DISPUTES",
]
