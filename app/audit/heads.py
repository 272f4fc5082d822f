"""The head of the chain in a file beside the documents: outside the database, signed, made anew each time.

Who cuts rows, seals and roots off the end of the database cannot cut them off this file as well. A head is
never replaced by one that does not follow it: that a database was set back stays visible until an
operator says so (`flask --app run audit restored`).
"""

from __future__ import annotations

import hmac
import json
import logging
from dataclasses import dataclass

from sqlalchemy import select

from app.audit.keys import keys
from app.audit.models import Seal
from app.core import clock, filestore
from app.core.db import db

log = logging.getLogger(__name__)
NAME = "audit-head.json"


class Lost(RuntimeError):
    """There is no seal in the database, and the outside knows of some: an operator must decide."""


@dataclass(frozen=True)
class Head:
    """The last seal that was told to the outside: its number, its digest (hex), when."""

    no: int
    mac: str
    at: str
    genuine: bool = True


def kept() -> Head | None:
    """The head outside; None where none was kept yet. `genuine` is False for one we did not sign."""
    data = filestore.read_named(NAME)
    if data is None:
        return None
    try:
        said = json.loads(data)
        head = Head(int(said["no"]), str(said["mac"]), str(said["at"]))
        right = said["key"] in keys() and hmac.compare_digest(
            keys().whole(said["key"], "head", head.no, head.mac, head.at).hex(), str(said["sign"])
        )
    except (ValueError, KeyError, TypeError):
        return Head(0, "", "", genuine=False)
    return head if right else Head(head.no, head.mac, head.at, genuine=False)


def keep(seal: Seal) -> None:
    """Tell the outside where the chain stands now; a store that is away keeps no row from being sealed."""
    try:
        before = kept()
        if before is not None:
            if before.no == seal.no and before.mac == seal.mac.hex():
                return
            if not follows(before):
                log.error("the head outside the database is not in its chain: see audit verify")
                return
        at, key = clock.local(seal.at).isoformat(), keys().newest
        sign = keys().whole(key, "head", seal.no, seal.mac.hex(), at).hex()
        said = {"no": seal.no, "mac": seal.mac.hex(), "at": at, "key": key, "sign": sign}
        filestore.save_named(NAME, json.dumps(said).encode())
    except OSError as problem:
        log.warning("the head of the chain could not be kept outside: %s", type(problem).__name__)


def follows(head: Head) -> bool:
    """Whether the database's chain still has the link that the outside knows."""
    mac = db.session.scalar(select(Seal.mac).where(Seal.no == head.no))
    return head.genuine and mac is not None and mac.hex() == head.mac


def forget() -> Head | None:
    """Begin anew from the database as it is, after it was restored; what was forgotten."""
    head = kept()
    filestore.delete_named(NAME)
    return head
