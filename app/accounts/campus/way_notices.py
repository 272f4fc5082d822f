"""What was done to a way stands in trail and log, and the school's office is told."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, true

from app.accounts import security_log
from app.accounts.campus.models import SignInWay
from app.accounts.models import AppUser
from app.core import clock, mail
from app.core.db import db
from app.workflow import trail
from app.workflow.actor import Actor, Role


def tell_school(way: SignInWay, actor: Actor, *, switched: bool | None) -> None:
    """The school's office is told, whoever did it."""
    facts = {"way": way.label_zh, "server": way.server, "who": actor.name}
    subject = _("Campus sign-in of your school")
    if switched is None:
        body = _(
            "“%(way)s” (%(server)s) was set up and tested by %(who)s. If it is your campus's own service, "
            "switch it on under «Campus sign-in»; if not, leave it off and ask.",
            **facts,
        )
    elif switched:
        body = _(
            "“%(way)s” (%(server)s) was switched on by %(who)s: whoever this service vouches for "
            "can sign in.",
            **facts,
        )
    else:
        body = _("“%(way)s” (%(server)s) was changed or switched off by %(who)s.", **facts)
    offices = db.session.scalars(
        select(AppUser).where(
            AppUser.school_id == way.school_id,
            AppUser.role == Role.SCHOOL,
            AppUser.active == true(),
        )
    )
    stamp = clock.now().isoformat()
    mail.post(
        *(
            mail.Outgoing(
                f"way:{way.id}:{stamp}:{user.id}",
                mail.MAIL,
                user.email,
                subject,
                body,
                user_id=user.id,
                school_id=user.school_id,
            )
            for user in offices
            if not user.email.endswith("@invalid")
        )
    )


def trace(
    way: SignInWay,
    step: str,
    actor: Actor,
    details: dict[str, Any] | None = None,
    outcome: str = security_log.DONE,
) -> None:
    """A row in the trail, and a line in the security log. No secret is in them."""
    state = "active" if way.active else "inactive"
    trail.write(
        "sign_in_way",
        way.id,
        step,
        actor,
        clock.now(),
        school_id=way.school_id,
        after=state,
        details=details,
    )
    security_log.note(
        step, who=actor, outcome=outcome, way=way.mark, school=way.school_id, **(details or {})
    )
