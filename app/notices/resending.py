"""A notice's text once more, to the account's address of today."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.core.errors import NotYours, Refused
from app.notices.letters import phone_of, reachable
from app.notices.models import Notice
from app.notices.queries import AGAIN, copies_of, deliveries_for
from app.workflow.actor import Actor
from app.workflow.engine import committed

APART = timedelta(minutes=1)  # between two sendings of one message


def resend(message_id: int, who: Actor) -> None:
    """Send a notice's text once more, to the account's address of today, and commit.

    Raises NotYours outside the scope; Refused for a code, within a minute of the last sending,
    while the decision can still be undone, or where text or address are gone.
    """

    def again() -> None:
        scope = deliveries_for(who).where(mail.Message.id == message_id)
        message = db.session.scalars(scope).one_or_none()
        if message is None:
            raise NotYours(f"message {message_id}")
        _send_again(message)

    committed(again)


def _send_again(message: mail.Message) -> None:
    base, now = message.key.partition(AGAIN)[0], clock.now()
    notice, user = _notice_of(base, message.user_id), db.session.get(AppUser, message.user_id or 0)
    if notice is None or user is None:
        raise Refused(_("This carried a code or a link of its own. A new one has to be asked for."))
    copies = copies_of(base, user.id)
    # one lock for all copies: two who press at once send one
    db.session.execute(select(mail.Message.id).where(copies).order_by("id").with_for_update())
    last = db.session.scalar(select(func.max(mail.Message.created_at)).where(copies))
    if notice.shown_from > now or (last is not None and now - last < APART):
        raise Refused(_("It was sent a moment ago. Please wait a minute."))
    by_mail = message.channel == mail.MAIL
    address = user.email if by_mail else phone_of(user)
    if address is None or not reachable(address):
        raise Refused(_("%(name)s has no address for this.", name=user.display_name))
    mail.post(
        mail.Outgoing(
            f"{base}{AGAIN}{now:%Y%m%d%H%M%S}",
            message.channel,
            address,
            notice.subject,
            notice.body if by_mail else notice.subject,
            user_id=user.id,
            school_id=message.school_id,
        )
    )


def _notice_of(base: str, user_id: int | None) -> Notice | None:
    """The notice whose text the message brought; a code has none."""
    key = base.removesuffix(":sms").removesuffix(f":{user_id}")
    mine = (Notice.user_id == user_id, Notice.key == key)
    return db.session.scalars(select(Notice).where(*mine)).one_or_none()
