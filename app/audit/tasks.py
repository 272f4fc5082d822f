"""What the worker does for the trail: sealing, and the nightly walk of the verifier."""

from __future__ import annotations

import logging

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select, true

from app.accounts import security_log
from app.accounts.models import AppUser
from app.audit import heads, retention, roots, seals
from app.audit.findings import Report, said
from app.audit.models import Run
from app.audit.verifying import verify
from app.core import clock, jobs, mail
from app.core.db import db
from app.workflow.actor import Role

log = logging.getLogger(__name__)
RESPONSIBLE = (Role.ADMIN, Role.SECURITY, Role.AUDIT)  # who is told that something is broken


@jobs.queue.periodic(
    cron="* * * * * */20"
)  # every 20 seconds: what is written waits a minute at most
@jobs.queue.task(name="audit.seal", queueing_lock="audit.seal", queue="messages", priority=4)
def seal(timestamp: int = 0) -> int:
    """Seal what waits; how many rows. A task that was killed leaves nothing half done."""
    try:
        return seals.seal_waiting()
    except heads.Lost as problem:
        db.session.rollback()
        log.error("%s", problem)
        return 0


@jobs.queue.periodic(cron="10 20 * * *")  # 04:10 in China
@jobs.queue.task(name="audit.verify", queueing_lock="audit.verify", queue="bulk", priority=3)
def verify_all(timestamp: int = 0) -> str:
    """Walk everything, keep what was found, tell who is responsible; the kind of the finding."""
    return _walk(None)


@jobs.queue.periodic(cron="50 19 * * *")  # 03:50 in China
@jobs.queue.task(name="audit.forget", queueing_lock="audit.forget", queue="bulk", priority=2)
def forget(timestamp: int = 0) -> int:
    """Delete what has been kept long enough; how many rows."""
    done = sum(retention.forget().values())
    log.info("retention: %s rows", done)
    return done


@jobs.queue.task(name="audit.verify_now", queue="bulk", priority=3, lock="audit.verify_now")
def verify_now(actor_id: int) -> str:
    """The same, because somebody wants to know."""
    return _walk(actor_id)


def _walk(actor_id: int | None) -> str:
    report = verify()
    keep(report, actor_id)
    db.session.commit()
    return report.first.kind if report.first else ""


def keep(report: Report, actor_id: int | None = None) -> None:
    """The run in its table and in the security log; a finding goes out by mail. Not committed."""
    found = report.first
    kind, facts = (found.kind, found.facts) if found else ("", {})
    db.session.add(
        Run(
            at=clock.now(),
            seconds=report.seconds,
            rows=report.rows,
            waiting=report.waiting,
            kind=kind,
            facts=facts,
            actor_id=actor_id,
        )
    )
    outcome = security_log.FAILED if found else security_log.DONE
    user = db.session.get(AppUser, actor_id) if actor_id else None
    security_log.note(
        "audit_verify", user=user, outcome=outcome, rows=report.rows, found=kind, facts=facts
    )
    if found is not None:
        log.error("audit verify found: %s", kind)
        _tell(kind, facts)


def _tell(kind: str, facts: dict[str, object]) -> None:
    """By mail, to every administrator and to the addresses that get the roots."""
    told = db.session.scalars(
        select(AppUser).where(AppUser.role.in_(RESPONSIBLE), AppUser.active == true())
    )
    to = [(user.email, user.id) for user in told if not user.email.endswith("@invalid")]
    to += [(address, None) for address in roots.addresses()]
    with force_locale("zh"):
        subject = _("The trail is broken")
        body = _(
            "The nightly check of the trail found a broken place. Keep the database as it is, and "
            "compare it with a backup. %(sentence)s",
            sentence=said(kind, facts),
        )
        moment = clock.now().isoformat()
        for address, user_id in to:
            key = f"audit:{moment}:{address}"[:120]
            mail.post(mail.Outgoing(key, mail.MAIL, address, subject, body, user_id=user_id))
