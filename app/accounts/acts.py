"""The person at the button: a fresh proof bound to one act on one record as it stands now (ACC-10).

A code is asked for beside the button, sent to the person's own phone or mailbox, good for ten minutes and
one use. Whatever changes the record, or what a batch was previewed with, makes it worthless.

A record that an act makes does not exist yet: the store `births` tells on what such an act stands. Other
proofs than codes (campus sign-in, passkey) stand in the store `proofs` and leave a note: their view calls
`act_on(…).purpose` before the person is led away, keeps it on the server, and `note_proof(user, purpose,
way)` once the person has proved itself anew; `prove` then takes the note where no code is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts import code_budgets, one_time, resetting
from app.accounts.models import AppUser
from app.accounts.noted_proofs import LIFE, use_noted
from app.accounts.queries import actor_of
from app.core import clock
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from app.workflow.actor import Actor
from app.workflow.consent import Proof, proof_asked
from app.workflow.engine import Workflow
from app.workflow.steps import Offer, Step

# way of proving → what the trail says of it
PROOFS = {
    "sms": _l("confirmed by SMS code"),
    "mail": _l("confirmed by e-mail code"),
    "campus": _l("confirmed by campus sign-in"),
}


@dataclass(frozen=True)
class Birth:
    """The record that a step would make, not written; what it stands on, as a text; why it cannot be."""

    record: Any
    stamp: str
    why_not: str = ""


@dataclass(frozen=True)
class Act:
    """What one proof is good for, exactly as it stands: said in the message, digested in the purpose."""

    text: str
    purpose: str
    asked: bool  # whether a proof is asked of this person at all
    why_not: str = ""


def act_on(flow: Workflow[Any], step: str, key: int, user: AppUser) -> Act:
    """A step on the record of that id, or, where the step makes one, on what the store `births` knows by it.

    Raises NotYours where it is not this person's to take now.
    """
    who, now = actor_of(user), clock.now()
    if (flow.kind, step) in stores().births:
        birth: Birth = stores().births[flow.kind, step](who, key)
        offer, record = Offer(flow.step(step), birth.why_not), birth.record
        purpose = f"{flow.kind}:{step}:{_digest(birth.stamp)}"
    else:
        record = flow.find(key, who)
        found = flow.offer(step, record, who, now)
        if found is None:
            raise NotYours(f"{flow.kind} {key}: {step}")
        offer, purpose = found, _purpose(flow, record, step)
    text = f"{offer.step.label} {flow.title(record)}".strip()
    asked = proof_asked(offer.step, getattr(record, "school_id", None), who)
    return Act(text, purpose, asked, offer.why_not)


def _purpose(flow: Workflow[Any], record: Any, step: str) -> str:
    """A step on a record that is there: once it has changed, a proof of it is good for nothing."""
    return f"{flow.kind}:{record.id}:{step}:{record.changed_at.timestamp():.6f}"


def proof(flow: Workflow[Any], user: AppUser, code: str) -> Proof:
    """What `perform` asks once the guards have passed, under the record's lock: the code of the act."""

    def proved_on(record: Any, step: Step) -> Actor:
        asked = proof_asked(step, getattr(record, "school_id", None), actor_of(user))
        return proved(Act("", _purpose(flow, record, step.name), asked), user, code)

    return proved_on


def batch_of(
    flow: Workflow[Any],
    step: str,
    schools: Sequence[int],
    ids: Sequence[int],
    content: Mapping[str, object],
    user: AppUser,
) -> Act:
    """One step on many: one code proves exactly these rows with exactly this content, in any order."""
    known = flow.step(step)
    rows = repr((sorted(ids), sorted((name, repr(value)) for name, value in content.items())))
    who = actor_of(user)
    text = _("%(step)s (%(count)s in one go)", step=known.label, count=len(ids))
    asked = any(proof_asked(known, school, who) for school in schools)
    return Act(text, f"{flow.kind}:{step}:{_digest(rows)}", asked)


def ask(flow: Workflow[Any], step: str, record_id: int, user: AppUser) -> tuple[str, str]:
    """Send a code for this act, if the person may take the step now; where it went.

    Raises NotYours, or Refused with the sentence why the step is not possible.
    """
    return send(act_on(flow, step, record_id, user), user)


def send(act: Act, user: AppUser) -> tuple[str, str]:
    """Send the code for an act and commit; the channel and address it went to. Raises NotYours, Refused."""
    if not act.asked:
        raise NotYours(act.purpose)
    if act.why_not:
        raise Refused(act.why_not)
    contact = resetting.contact_of(user)
    if contact is None:
        raise Refused(str(one_time.UNREACHED))
    one_time.send(
        f"user:{user.id}",
        act.purpose,
        *contact,
        pool=code_budgets.Pool.ACT,
        life=LIFE,
        act=act.text,
    )
    return contact


def prove(flow: Workflow[Any], step: str, record_id: int, user: AppUser, code: str) -> Actor:
    """The person with its proof, if the code is the one sent for this act; to be used at once.

    A step that asks no proof needs none, and one that is not possible now uses no code up.
    Raises NotYours, Invalid for the field ``code``.
    """
    who = actor_of(user)
    if who.role not in flow.step(step).fresh:
        return who
    try:
        act = act_on(flow, step, record_id, user)
    except NotYours:
        flow.find(record_id, who)  # outside the scope it stays so
        return who  # the rule refuses with its own sentence
    if (flow.kind, step) not in stores().births:
        # the person before the code, as whoever changes the phone does
        flow.lock_before(flow.find(record_id, who))
    return proved(act, user, code)


def proved(act: Act, user: AppUser, code: str) -> Actor:
    """As `prove`, for an act that is known: also for batches. Raises Invalid for the field ``code``.

    Who types a code proves itself by the code; a proof by another way waits on.
    """
    if not act.asked or act.why_not:
        return actor_of(user)  # the rule refuses with its own sentence; the code stays good
    if code.strip():
        return actor_of(user, factor=one_time.check(f"user:{user.id}", act.purpose, code))
    way = use_noted(user, act.purpose)
    if not way:
        raise Invalid(
            [("code", _("Please ask for a code and enter it: it proves that this is you."))]
        )
    return actor_of(user, factor=way)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
