"""What a campus's service says of the person who has just signed in there."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql import insert

from app.accounts.campus.models import CampusSeen
from app.core import clock
from app.core.db import db
from app.core.errors import Refused

LONGEST_SUBJECT = 255
LONGEST_NUMBER = 80


class Untrusted(Refused):
    """What came back proves nothing: forged, replayed, for somebody else, too old.

    The text is shown; `why` is for the security log and names no secret.
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(text)
        self.why = why


@dataclass(frozen=True)
class Claim:
    """Who the service says it is: its own unchanging name for the person, and the number it carries.

    `sid` is what the service calls this session, `hint` an id_token for signing out there, `anew`
    whether the person has proved itself there just now, for this very question.
    """

    subject: str
    number: str
    sid: str = ""
    hint: str = ""
    anew: bool = False


def only_text(value: object, longest: int) -> str:
    """The one printable text that a claim holds; empty for none, several, or anything else."""
    if isinstance(value, list | tuple):
        value = value[0] if len(value) == 1 else None
    if isinstance(value, bool):
        return ""
    text = str(value).strip() if isinstance(value, str | int) else ""
    return text if text.isprintable() and len(text) <= longest else ""


def first_time(kind: str, way_id: int, value: str) -> bool:
    """Note that this counts now; False where it counted before. Commits, so that a race has one winner."""
    now = clock.machine()
    key = hashlib.sha256(f"{kind}\x1f{way_id}\x1f{value}".encode()).digest()
    row = insert(CampusSeen).values(key=key, at=now).on_conflict_do_nothing()
    new = db.session.scalar(row.returning(CampusSeen.key)) is not None
    db.session.commit()
    return new


__all__ = ["Claim", "Untrusted", "first_time", "only_text"]
