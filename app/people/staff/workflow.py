"""The life of a request about an account: asked by one administrator, confirmed by another (S-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from app.accounts import identifiers
from app.accounts import workflow as sign_in
from app.accounts.models import AppUser
from app.core import clock
from app.core.errors import Invalid, Refused
from app.people.staff.checks import checked, is_username, refuse_party, staff_facts
from app.people.staff.effects import note, take_effect
from app.people.staff.guards import (
    another_person,
    in_time,
    not_for_oneself,
    not_own_account,
    own_request,
    somebody_confirms,
    unchanged_since,
)
from app.people.staff.models import LABELS, RequestState, StaffAct, StaffRequest
from app.people.staff.notices import tell, tell_person
from app.people.staff.queries import facts_of, requests_for
from app.workflow.actor import Actor, Role
from app.workflow.consent import checked_reason
from app.workflow.engine import Workflow, committed
from app.workflow.steps import Change, Reason, Step
from app.workflow.verdicts import Tone, Verdict

S = RequestState
LIFE = timedelta(days=7)


def _lapse(record: StaffRequest, now: datetime) -> tuple[str, StrEnum] | None:
    """After seven days nobody confirms it any more."""
    if record.state == S.OPEN and now >= record.expires_at:
        return "expire", S.EXPIRED
    return None


def _keep_reason(change: Change) -> None:
    change.record.reason = change.reason


STAFF_REQUESTS: Workflow[StaffRequest] = Workflow(
    kind="staff_request",
    name=_l("Requests about accounts"),
    model=StaffRequest,
    scope=requests_for,
    labels=LABELS,
    lapse=_lapse,
    title=lambda record: record.username,
    first_locks=lambda record: ((AppUser, record.user_id),) if record.user_id else (),
    steps=(
        Step("ask", None, S.OPEN, by=Role.ADMIN, label=_l("Ask for a change of an account"),
             when=(not_for_oneself, somebody_confirms), reason=Reason.OPTIONAL, step_up=True,
             fill=(_keep_reason,), then=(note, tell, tell_person)),
        Step("confirm", S.OPEN, S.DONE, by=Role.SECURITY, label=_l("Confirm the request"),
             when=(another_person, not_own_account, in_time, unchanged_since), step_up=True,
             confirm=_l("Have you asked the person or the office concerned whether this is right? It "
                        "takes effect at once."),
             then=(take_effect, note, tell, tell_person), done=_l("Confirmed; it has taken effect."),
             verdict=Verdict.APPROVE),
        Step("refuse", S.OPEN, S.REFUSED, by=Role.SECURITY, label=_l("Do not confirm"), danger=True,
             reason=Reason.REQUIRED, then=(note, tell),
             done=_l("Refused; nothing is changed."),
             verdict=Verdict.REFUSE),
        Step("withdraw", S.OPEN, S.WITHDRAWN, by=Role.ADMIN, label=_l("Withdraw"), danger=True,
             when=(own_request,), then=(note,), done=_l("Withdrawn; nothing is changed.")),
        Step("expire", S.OPEN, S.EXPIRED, by=Role.SYSTEM, label=lazy_pgettext("request", "Expire"),
             then=(tell,), tone=Tone.REFUSED),
    ),
)  # fmt: skip


def open_staff(values: Mapping[str, object], actor: Actor, reason: str = "") -> StaffRequest:
    """Ask for an account for a member of staff, and commit (ADM-01).

    `values`: username, name, email, role, school_id, college_id. Raises Invalid, Refused.
    """
    username = str(values["username"]).lower()
    problems = checked(values, but=None)
    if not is_username(username):
        problems.append(
            ("username", _("3 to 32 letters, digits, dots or hyphens, a letter first."))
        )
    elif identifiers.username_taken(username):
        problems.append(("username", _("Another account has this user name.")))
    if problems:
        raise Invalid(problems)
    return _ask(StaffAct.OPEN, username, None, {}, staff_facts(values), actor, reason)


def change_staff(
    user: AppUser, values: Mapping[str, object], actor: Actor, reason: str = ""
) -> StaffRequest:
    """Ask for another name, mail, role or scope of a member of staff, and commit (ADM-01).

    Raises Invalid; Refused for one's own role, for parties, and where nothing would change.
    """
    refuse_party(user)
    problems = checked(values, but=user.id)
    if problems:
        raise Invalid(problems)
    before, after = facts_of(user), staff_facts(values)
    if before == after:
        raise Refused(_("Nothing would change."))
    return _ask(StaffAct.CHANGE, user.username, user, before, after, actor, reason)


def forget_password(user: AppUser, actor: Actor, reason: str) -> StaffRequest:
    """Ask that a member of staff sets a new password by code, and commit. Raises Refused, Invalid."""
    refuse_party(user)
    return _ask_reset(StaffAct.PASSWORD, user, actor, reason)


def reset_factor(user: AppUser, actor: Actor, reason: str) -> StaffRequest:
    """Ask that a lost second factor is taken away, and commit (CHN-09). Raises Refused, Invalid."""
    if user.role == Role.STUDENT:
        raise Refused(_("Students have no second factor."))
    return _ask_reset(StaffAct.FACTOR, user, actor, reason)


def activate(user: AppUser, actor: Actor, reason: str) -> StaffRequest | None:
    """Let an account sign in again, and commit: staff when a second person has confirmed (None: at once).

    Raises Refused.
    """
    if not user.is_staff:
        sign_in.switch(user, True, actor)
        return None
    if user.active:
        raise Refused(_("The account can sign in already."))
    return _ask_reset(StaffAct.ACTIVATE, user, actor, reason)


def _ask_reset(act: StaffAct, user: AppUser, actor: Actor, reason: str) -> StaffRequest:
    reason = checked_reason(Reason.REQUIRED, reason)
    return _ask(act, user.username, user, facts_of(user), {}, actor, reason)


def _ask(
    act: StaffAct,
    username: str,
    user: AppUser | None,
    before: Mapping[str, object],
    after: Mapping[str, object],
    actor: Actor,
    reason: str,
) -> StaffRequest:
    now = clock.now()
    record = StaffRequest(
        act=act,
        username=username,
        user_id=user.id if user else None,
        before=before,
        after=after,
        reason="",
        asked_by=actor.user_id,
        asked_name=actor.name,
        created_at=now,
        expires_at=now + LIFE,
        changed_at=now,
    )
    return committed(lambda: STAFF_REQUESTS.start("ask", record, actor, reason=reason))
