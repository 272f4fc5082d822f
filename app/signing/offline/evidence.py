"""The stamped agreement as it was uploaded: by the student, or by the employer's link (OFF-04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, BinaryIO

from flask_babel import gettext as _
from sqlalchemy import Select, select

from app.core import clock
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.files.documents import attaching, files
from app.files.documents.attachments import accept_upload
from app.files.documents.models import Attachment
from app.signing.offline.links import working_link
from app.signing.offline.models import LinkFile, UploadLink
from app.signing.offline.queries import paper_in
from app.signing.placements.models import REVIEWS, Kind, Placement, PlacementState
from app.signing.placements.queries import placements_for
from app.workflow import trail
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed
from app.workflow.locks import lock_row

RECORD = "placement"
MOST = 20  # files since the school last asked
S = PlacementState


@dataclass(frozen=True)
class Scan:
    """One uploaded file; `refused` where the school asked again after it, `by_link` the employer's."""

    row: files.Listed
    refused: bool
    by_link: bool

    @property
    def file(self) -> Attachment:
        """The file itself."""
        return self.row.file


def papers_for(actor: Actor) -> Select[Any]:
    """The paper signings a person may see: who sees one reads its files (DOC-05)."""
    return placements_for(actor).where(Placement.kind == Kind.OFFLINE)


def may_add(placement: Placement, actor: Actor) -> bool:
    """The student adds while the school awaits the sheet, nobody of the office ever (ACC-10)."""
    awaited = placement.awaits_scan and not placement.frozen
    return actor.role is Role.STUDENT and placement.kind == Kind.OFFLINE and awaited


def check(placement: Placement, actor: Actor) -> None:
    """What was handed in keeps its files. Raises Refused."""
    if not may_add(placement, actor):
        raise Refused(_("The stamped agreement is not awaited now."))


def asked_at(placement_id: int) -> datetime | None:
    """When the school last asked for the stamped agreement; what was undone asked for nothing."""
    asked: list[datetime] = []
    for row in trail.of(RECORD, placement_id):
        if row.to_state == S.AWAITING_SCAN and row.from_state in REVIEWS:
            asked.append(row.at)
        elif row.step == "undo" and row.from_state == S.AWAITING_SCAN and asked:
            asked.pop()
    return asked[-1] if asked else None


def seen(found: Attachment, placement: Placement) -> bool:
    """Whether the school has asked anew after this file: it stays with the record (OFF-05)."""
    since = asked_at(placement.id)
    return since is not None and found.created_at < since


FILES = files.FileKind(Placement, papers_for, check, most=10 * MOST, stays=seen)


def scans(placement: Placement, actor: Actor) -> list[Scan]:
    """The uploaded files of a paper signing, oldest first."""
    since = asked_at(placement.id)
    rows = files.listed(RECORD, placement, actor)
    wanted = select(LinkFile.attachment_id).where(
        LinkFile.attachment_id.in_([row.file.id for row in rows])
    )
    linked = set(db.session.scalars(wanted)) if rows else set()
    return [
        Scan(
            replace(row, by=_("by the employer's link")) if row.file.id in linked else row,
            since is not None and row.file.created_at < since,
            row.file.id in linked,
        )
        for row in rows
    ]


def current(found: Sequence[Scan]) -> list[files.Listed]:
    """Those that answer the last request."""
    return [scan.row for scan in found if not scan.refused]


def refused(found: Sequence[Scan]) -> list[files.Listed]:
    """Those after which the school asked again."""
    return [scan.row for scan in found if scan.refused]


def add_scan(placement_id: int, actor: Actor, name: str, source: BinaryIO) -> Attachment:
    """Keep one uploaded page, decoded and made harmless, and commit.

    Raises NotYours outside the scope, Refused with a sentence for what cannot be kept.
    """
    placement = paper_in(actor, placement_id)
    return attaching.attach(RECORD, placement, actor, name, source, check=_fits)


def add_by_link(token: str, name: str, source: BinaryIO) -> Attachment:
    """The same by the employer's link: it only adds, the student hands in. Raises NotYours, Refused."""
    link = _working(token)
    if not attaching.TRIES.take(f"link {link.id}"):
        raise Refused(_("You have uploaded too many files. Please wait an hour, then go on."))
    upload = accept_upload(name, source)

    def kept() -> Attachment:
        lock_row(Placement, link.placement_id)
        again = _working(token)
        _not_too_many(again.placement)
        found = attaching.keep(RECORD, again.placement, again.created_by, upload)
        db.session.add(LinkFile(attachment_id=found.id, link_id=again.id))
        return found

    return committed(kept)


def _working(token: str) -> UploadLink:
    link = working_link(token, clock.now())
    if link is None:
        raise NotYours("link")
    return link


def _fits(placement: Placement, actor: Actor) -> None:
    check(placement, actor)
    _not_too_many(placement)


def _not_too_many(placement: Placement) -> None:
    since = asked_at(placement.id)
    found = files.attached(RECORD, placement.id)
    if len([file for file in found if since is None or file.created_at >= since]) >= MOST:
        raise Refused(_("At most %(most)s files.", most=MOST))
