"""The session at the campus and the session here: noted, ended with each other (ACC-11)."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts import security_log
from app.accounts.campus.claim import Claim
from app.accounts.campus.models import CampusSession, SignInWay
from app.accounts.models import AccountSession, AppUser
from app.core.crypto import cipher
from app.core.db import db


def keep_session(way: SignInWay, claim: Claim, token: bytes) -> None:
    """Note what the service calls this session of ours. Not committed."""
    sealed = cipher().encrypt(claim.hint, hint_context(token)) if claim.hint else None
    db.session.add(
        CampusSession(
            token=token, way_id=way.id, subject=claim.subject, sid=claim.sid, hint_sealed=sealed
        )
    )
    db.session.flush()


def hint_of(kept: CampusSession) -> str:
    """The id_token of the session; empty where there is none."""
    return cipher().decrypt(kept.hint_sealed, hint_context(kept.token)) if kept.hint_sealed else ""


def hint_context(token: bytes) -> str:
    """What the sealed id_token is bound to."""
    return f"CampusSession.hint:{token.hex()}"


def end_there_and_here(way: SignInWay, subject: str, sid: str) -> int:
    """The service says that a session is over (of this subject: all): ours are too. Commits; how many."""
    mine = CampusSession.sid == sid if sid else CampusSession.subject == subject
    wanted = select(CampusSession.token).where(CampusSession.way_id == way.id, mine)
    if sid and subject:
        wanted = wanted.where(CampusSession.subject == subject)
    rows = db.session.scalars(
        select(AccountSession).where(AccountSession.token.in_(wanted)).with_for_update()
    ).all()
    for row in rows:
        user = db.session.get(AppUser, row.user_id)
        security_log.note("sign_out", user=user, way=way.mark, by="campus")
        db.session.delete(row)
    db.session.commit()
    return len(rows)
