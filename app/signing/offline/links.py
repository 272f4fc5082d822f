"""The employer's one-time link to upload the stamped agreement (OFF-05)."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from flask_babel import gettext as _

from app.accounts import freezing
from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.signing.offline.models import UploadLink
from app.signing.offline.queries import (
    digest,
    link_behind,
    locked_student,
    paper_in,
)
from app.signing.offline.queries import open_link as open_link_of
from app.signing.placements.models import Placement
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row

LINK_DAYS = 7

LINKS = Limit("upload link", 20, timedelta(days=1))  # made by one student


def make_link(placement_id: int, actor: Actor) -> str:
    """Make a link for the employer's upload, in place of an older one, and commit; its token, once.

    Only the student makes one, while the stamped agreement is awaited (ACC-10). Raises Refused.
    """
    if not LINKS.take(actor.user_id):
        raise Refused(_("You have made too many links today. Try again tomorrow."))
    token = secrets.token_urlsafe(24)

    def made() -> None:
        placement = _awaited(placement_id, actor)
        _withdraw(placement.id)
        now = clock.now()
        db.session.add(
            UploadLink(
                school_id=placement.school_id,
                placement_id=placement.id,
                token_hash=digest(token),
                created_by=actor.user_id,
                created_at=now,
                expires_at=now + timedelta(days=LINK_DAYS),
            )
        )

    committed(made)
    return token


def withdraw_link(placement_id: int, actor: Actor) -> None:
    """Let the link open nothing any more, and commit."""

    def withdrawn() -> None:
        if actor.role is not Role.STUDENT:
            raise NotYours(f"link of {placement_id}")
        _withdraw(paper_in(actor, placement_id).id)

    committed(withdrawn)


def _withdraw(placement_id: int) -> None:
    old = open_link_of(placement_id)
    if old is not None:
        old.withdrawn_at = clock.now()
        db.session.flush()


def working_link(token: str, now: datetime) -> UploadLink | None:
    """The link of that token while it opens something: its days run, and the sheet is awaited."""
    link = link_behind(token)
    if link is None or link.withdrawn_at is not None or now >= link.expires_at:
        return None
    awaited = link.placement.awaits_scan and not link.placement.frozen
    return link if awaited and not freezing.sentence(link.created_by or 0) else None


def _awaited(placement_id: int, actor: Actor) -> Placement:
    """The student's own signing, locked, while the stamped agreement is awaited."""
    if actor.role is not Role.STUDENT:
        raise NotYours(f"placement {placement_id}")
    locked_student(actor)
    placement = paper_in(actor, placement_id)
    lock_row(Placement, placement.id)
    if not placement.awaits_scan or placement.frozen:
        raise Refused(_("The stamped agreement is not awaited now."))
    return placement
