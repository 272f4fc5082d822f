"""What was typed is not lost when the session is over: the post waits for its own account (ACC-14).

A form that comes too late is kept here, sealed, and offered again after the sign-in: on a page that
shows what would be sent, with a button that sends it once. Nothing is ever sent by itself.

Whose a form is says its token: the session's CSRF value carries the account, sealed with the data key,
so that also a browser without its cookie, or a server with another secret key, knows. Kept on the server
and not in the browser: it works without script, survives the way over a campus's service or a second
factor, and whoever sits down at the computer next finds nothing. Strangers cannot fill it: without
a seal of ours, or a cookie of an ended session, nothing is kept.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import request, session
from sqlalchemy import delete, select, update

from app.accounts import devices
from app.accounts.kept_models import KeptPost
from app.accounts.models import AppUser
from app.accounts.posted import TOKEN, KeptForm, posted
from app.core import clock, csrf, jobs
from app.core.crypto import cipher
from app.core.db import db
from app.core.limits import Limit
from app.core.vault import Vault, forget_rows

LIFE = timedelta(hours=8)  # as long as the longest session: a working day
STUCK = timedelta(minutes=2)  # what is being sent for longer was not: its process has died
PAGES = timedelta(days=2)  # how long a page may have been open
MOST = 5  # forms of one account; the oldest go
LARGEST = 256 * 1024  # bytes of names and values together
OFTEN = Limit("kept-post", 60, timedelta(hours=1))  # of one account
POSTS = Vault("kept_post")  # in the row, for its account


def seal(user: AppUser) -> str:
    """The CSRF value of a new session: random, and it tells whose pages it stands in."""
    text = f"{user.id:010d}{clock.now().timestamp():.0f}"
    return f"{secrets.token_hex(16)}.{cipher().encrypt(text, TOKEN).hex()}"


def page_owner() -> int | None:
    """The account in whose session the posted page was made; None where it does not say."""
    token = request.form.get(TOKEN) or request.headers.get("X-CSRFToken") or ""
    value = csrf.value_of(token)
    sealed = value.partition(".")[2] if isinstance(value, str) else ""
    try:
        text = cipher().decrypt(bytes.fromhex(sealed), TOKEN)
    except ValueError:
        return None
    fresh = clock.now().timestamp() - float(text[10:]) < PAGES.total_seconds()
    return int(text[:10]) if fresh else None


def cookie_owner() -> int | None:
    """The account of the session that the cookie is of, ended or not: the cookie is signed by us."""
    known = str(session.get("_user_id", ""))
    return int(known) if known.isascii() and known.isdecimal() and len(known) < 11 else None


def keep(user_id: int) -> str:
    """Keep this request's form for the account and commit; its key, or "" where it cannot be kept."""
    form, now = posted(secrets.token_hex(16)), clock.now()
    data = json.dumps(
        [form.path, form.page, form.fields, form.asked, form.files], ensure_ascii=False
    )
    known = db.session.scalar(select(AppUser.id).where(AppUser.id == user_id, AppUser.active))
    if len(data.encode()) > LARGEST or known is None or not OFTEN.take(user_id):
        return ""
    for row in db.session.scalars(select(KeptPost).where(_mine(user_id), _idle())):
        if _content(row)[:4] == json.loads(data)[:4]:  # sent by a double click
            db.session.delete(row)
    db.session.add(
        KeptPost(
            key=form.key,
            user_id=user_id,
            device_id=devices.current(),
            made_at=now,
            sealed=POSTS.seal(data.encode(), f"{form.key}:{user_id}"),
        )
    )
    db.session.flush()
    mine = select(KeptPost.key).where(KeptPost.user_id == user_id)
    older = mine.order_by(KeptPost.made_at.desc(), KeptPost.key).offset(MOST)
    db.session.execute(delete(KeptPost).where(KeptPost.key.in_(older)))
    db.session.commit()
    return form.key


def _content(row: KeptPost) -> list[Any]:
    found: list[Any] = json.loads(POSTS.unseal(row.sealed, f"{row.key}:{row.user_id}"))
    return found


def _mine(user_id: int) -> Any:
    """A condition «of this account and browser, and not too old»."""
    return (
        (KeptPost.user_id == user_id)
        & (KeptPost.device_id == devices.current())
        & (KeptPost.made_at > clock.now() - LIFE)
    )


def _idle() -> Any:
    return KeptPost.sent_at.is_(None) | (KeptPost.sent_at < clock.now() - STUCK)


def opened(key: str, user_id: int) -> KeptForm | None:
    """The kept form of that key, if it is of this account and browser."""
    row = db.session.scalar(select(KeptPost).where(KeptPost.key == key, _mine(user_id)))
    if row is None:
        return None
    path, page, *lists = _content(row)
    fields, asked, files = ([(str(a), str(b)) for a, b in part] for part in lists)
    busy = row.sent_at is not None and row.sent_at > clock.now() - STUCK
    return KeptForm(row.key, path, page, fields, asked, files, row.made_at, busy)


def waiting(user_id: int) -> str:
    """The key of the newest form that waits for this account in this browser; "" for none."""
    found = db.session.scalar(
        select(KeptPost.key)
        .where(_mine(user_id), _idle())
        .order_by(KeptPost.made_at.desc(), KeptPost.key)
        .limit(1)
    )
    return found or ""


def claim(key: str, user_id: int) -> bool:
    """Take it for sending, at once and for one request only; False where another has it. Commits."""
    taken = db.session.scalar(
        update(KeptPost)
        .where(KeptPost.key == key, _mine(user_id), _idle())
        .values(sent_at=clock.now())
        .returning(KeptPost.key)
    )
    db.session.commit()
    return taken is not None


def settle(key: str, *, done: bool) -> None:
    """It was sent and is gone, or it was refused and waits on. Commits."""
    row = KeptPost.key == key
    if done:
        db.session.execute(delete(KeptPost).where(row))
    else:
        db.session.execute(update(KeptPost).where(row).values(sent_at=None))
    db.session.commit()


def discard(key: str, user_id: int) -> None:
    """The person does not want it any more. Commits."""
    db.session.execute(delete(KeptPost).where(KeptPost.key == key, KeptPost.user_id == user_id))
    db.session.commit()


def forget(user_id: int) -> None:
    """Signed out: nothing of the account waits in this browser. Not committed."""
    gone = (KeptPost.user_id == user_id) & (KeptPost.device_id == devices.current())
    db.session.execute(delete(KeptPost).where(gone))


@jobs.queue.periodic(cron="27 * * * *")
@jobs.queue.task(name="accounts.forget_kept", queueing_lock="accounts.forget_kept")
def forget_old(timestamp: int = 0) -> None:  # noqa: ARG001 (the queue passes it)
    """What nobody came back for."""
    forget_rows(KeptPost.made_at, LIFE)
