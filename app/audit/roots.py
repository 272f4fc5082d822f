"""The root of each day: the head of the chain as the day ended, public and mailed out (TRU-05).

A root names the day, the last seal, how many rows are sealed and the root before it, so the roots are a
chain of their own that anybody can check without a key.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from app.audit.models import Root, Seal
from app.core import clock, jobs, mail
from app.core.db import db

SHOWN = 400  # days on the page
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+")


def value_of(day: date, seal_no: int, head: str, trail: int, events: int, previous: str) -> str:
    """SHA-256 (hex) of the line that a root stands for; docs/audit.md says how to do it by hand."""
    line = f"qingqian {day.isoformat()} {seal_no} {head} {trail} {events} {previous}"
    return hashlib.sha256(line.encode()).hexdigest()


def close_days(last: Seal | None, today: date) -> None:
    """Give every day before `today` that has none its root, and mail them. Not committed.

    Called by the one runner of the sealing, before the first seal of a new day: no seal of a day comes
    before the root of the day before.
    """
    if last is None:
        return
    before = db.session.scalars(select(Root).order_by(Root.day.desc()).limit(1)).first()
    day = before.day + timedelta(days=1) if before else clock.local(last.at).date()
    previous = before.root if before else ""
    made: list[Root] = []
    while day < today:
        facts = (last.no, last.mac.hex(), last.trail_total, last.event_total)
        root = value_of(day, *facts, previous)
        made.append(
            Root(
                day=day,
                seal_no=facts[0],
                head=facts[1],
                trail_total=facts[2],
                event_total=facts[3],
                previous=previous,
                root=root,
                made_at=clock.now(),
            )
        )
        previous, day = root, day + timedelta(days=1)
    db.session.add_all(made)
    db.session.flush()
    if made:
        _post(made)


def addresses() -> list[str]:
    """Whom the roots are mailed to (QINGQIAN_AUDIT_MAILS)."""
    return _ADDRESS.findall(jobs.config().audit_mails)


def _post(made: list[Root]) -> None:
    """The last day's root, and those of days that nothing ran on before it."""
    day = made[-1].day.isoformat()
    with force_locale("zh"):
        lines = "\n".join(f"{row.day.isoformat()} {row.root}" for row in made[-31:])
        body = _(
            "Root of the trail, please keep this mail: with it can be proved later that no record "
            "was changed, deleted or cut off.\n\n%(lines)s\n\nRows of the trail: %(trail)s; of the "
            "security log: %(events)s. All roots: %(url)s",
            lines=lines,
            trail=made[-1].trail_total,
            events=made[-1].event_total,
            url=f"{jobs.config().base_url}/audit/roots",
        )
        subject = _("Root of the trail, %(day)s", day=day)
        for n, address in enumerate(addresses()):
            mail.post(mail.Outgoing(f"root:{day}:{n}", mail.MAIL, address, subject, body))


def published(most: int = SHOWN) -> list[dict[str, object]]:
    """The roots, newest first, as the public page and the file for machines have them."""
    rows = db.session.scalars(select(Root).order_by(Root.day.desc()).limit(most))
    return [
        {
            "day": row.day.isoformat(),
            "root": row.root,
            "seal": row.seal_no,
            "head": row.head,
            "trail": row.trail_total,
            "events": row.event_total,
            "previous": row.previous,
        }
        for row in rows
    ]
