"""The person at the button: a fresh code bound to one act on one record as it stands now (ACC-10).

The code is asked for beside the button, sent to the person's own phone or mailbox, good for ten
minutes and one use. Whatever changes the record makes it worthless.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from app.accounts import one_time
from app.accounts.hooks import CONTACTS
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core import clock
from app.core.errors import Invalid, NotYours, Refused
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow

LIFE = timedelta(minutes=10)


def ask(flow: Workflow[Any], step: str, record_id: int, user: AppUser) -> str:
    """Send a code for this act, if the person may take the step now; returns the channel.

    Raises NotYours, or Refused with the sentence why the step is not possible.
    """
    who = actor_of(user)
    record = flow.find(record_id, who)
    offer = flow.offer(step, record, who, clock.now())
    if offer is None or who.role not in offer.step.fresh:
        raise NotYours(f"{flow.kind} {record_id}: {step}")
    if not offer.possible:
        raise Refused(offer.why_not)
    contact = CONTACTS[Role(who.role)](user)
    if contact is None:
        raise Refused(_("No phone is on record. Ask your college officer to enter it."))
    channel, address = contact
    act = f"{offer.step.label} {flow.title(record)}".strip()
    one_time.send(f"user:{user.id}", _purpose(flow, step, record), channel, address,
                  life=LIFE, act=act)  # fmt: skip
    return channel


def prove(flow: Workflow[Any], step: str, record_id: int, user: AppUser, code: str) -> Actor:
    """The person with its proof, if the code is the one sent for this act; to be used at once.

    A step that asks no proof needs none, and one that is not possible now uses no code up.
    Raises NotYours, Invalid for the field ``code``.
    """
    who = actor_of(user)
    if who.role not in flow.step(step).fresh:
        return who
    record = flow.find(record_id, who)
    offer = flow.offer(step, record, who, clock.now())
    if offer is None or not offer.possible:
        return who  # the rule refuses with its own sentence; the code stays good
    if not code.strip():
        raise Invalid(
            [("code", _("Please ask for a code and enter it: it proves that this is you."))]
        )
    flow.lock_before(record)  # the person before the code, as whoever changes the phone does
    channel = one_time.check(f"user:{user.id}", _purpose(flow, step, record), code)
    return actor_of(user, factor=channel)


def _purpose(flow: Workflow[Any], step: str, record: Any) -> str:
    return f"{flow.kind}:{record.id}:{step}:{record.changed_at.timestamp():.6f}"
