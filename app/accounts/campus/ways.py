"""Setting up a way: written and tested by the administrator, switched on by the school (ACC-11).

Whoever sets the address of a service says who everybody is. So an administrator alone never opens a
school's accounts, nor does a school alone choose a service: each change of what the service is needs a
new test by the one and a new yes of the other. All of it is traced and told to the school.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import Select, false, select, true

from app.accounts import security_log
from app.accounts.campus import attempts, cas, ldap, oidc_issuer
from app.accounts.campus.models import CampusIdentity, CampusSession, SignInWay, WayKind
from app.accounts.campus.way_checks import problems_of
from app.accounts.campus.way_notices import tell_school, trace
from app.accounts.models import AccountSession
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.workflow.actor import Actor, Role
from app.workflow.engine import committed

PLAIN = ("label_zh", "label_en")
# what the service is: a change of any of these needs a new test and a new yes of the school
CONNECTION = (
    "school_id",
    "kind",
    "who",
    "server",
    "hosts",
    "client_id",
    "base_dn",
    "login_attribute",
    "dn_template",
    "claim",
)


def ways_of(school_id: int | None) -> list[SignInWay]:
    """The active ways of a school, in the order in which they were set up."""
    wanted = select(SignInWay).where(SignInWay.school_id == school_id, SignInWay.active == true())
    return list(db.session.scalars(wanted.order_by(SignInWay.id)))


def schools_with_ways() -> set[int]:
    """The schools that have an active way."""
    wanted = select(SignInWay.school_id).where(SignInWay.active == true()).distinct()
    return set(db.session.scalars(wanted))


def ways_for(who: Actor) -> Select[SignInWay]:
    """An administrator keeps all ways, a school sees its own."""
    if who.role is Role.ADMIN:
        return select(SignInWay)
    if who.role is Role.SCHOOL:
        return select(SignInWay).where(SignInWay.school_id == who.school_id)
    return select(SignInWay).where(false())


def keep(way: SignInWay | None, values: Mapping[str, object], actor: Actor) -> SignInWay:
    """Write a way, new where None, and commit; off, and to be tested again, where the service changed.

    `values`: the columns of `PLAIN` and `CONNECTION`, and `secret` (empty: as before). Raises Invalid,
    NotYours.
    """
    if actor.role is not Role.ADMIN:
        raise NotYours("sign_in_way")
    problems = problems_of(values, known_secret=way is not None and way.secret_sealed is not None)
    if way is not None and values["school_id"] != way.school_id:
        problems.append(("school_id", _("A way stays with its school. Make a new one.")))
    if problems:
        raise Invalid(problems)

    def write() -> SignInWay:
        return _written(way, values, actor)

    return committed(write)


def _written(way: SignInWay | None, values: Mapping[str, Any], actor: Actor) -> SignInWay:
    found = way or SignInWay(active=False, uid=uuid4().hex)
    names = (*PLAIN, *CONNECTION)
    before = {name: getattr(found, name, None) for name in names}
    for name in names:
        setattr(found, name, values[name])
    changed = {n: [before[n], values[n]] for n in names if before[n] != values[n]}
    if values.get("secret") and values["secret"] != found.secret:
        found.secret = values["secret"]
        changed["secret"] = ["", found.secret_masked]
    found.changed_at = clock.now()
    if set(changed) - set(PLAIN):
        found.tested_at, was_active, found.active = None, found.active, False
        if was_active:
            _end_sessions(found)
            tell_school(found, actor, switched=False)
    db.session.add(found)
    db.session.flush()
    trace(found, "keep_way", actor, {"changed": changed} if way else {"new": values["server"]})
    return found


def try_out(way: SignInWay, base: str, actor: Actor) -> None:
    """Test the way and keep that it passed; commits. Raises Refused with the sentence what fails."""
    if actor.role is not Role.ADMIN:
        raise NotYours("sign_in_way")
    seen = way.changed_at
    try:
        _test(way, base)
    except Refused as problem:
        trace(way, "try_way", actor, {"problem": str(problem)[:300]}, security_log.FAILED)
        db.session.commit()
        raise

    def write() -> None:
        row = db.session.get_one(SignInWay, way.id, with_for_update=True, populate_existing=True)
        if row.changed_at != seen:
            raise Refused(_("The way was changed while it was tested. Test it again."))
        row.tested_at = clock.now()
        trace(row, "try_way", actor)
        if not row.active:
            tell_school(row, actor, switched=None)

    committed(write)


def _test(way: SignInWay, base: str) -> None:
    if way.kind == WayKind.OIDC:
        oidc_issuer.test(way, attempts.back(way, base))
    elif way.kind == WayKind.CAS:
        cas.test(way, attempts.service(way, base, "test"))
    else:
        ldap.test(way)


def switch(way: SignInWay, active: bool, actor: Actor) -> None:
    """Let people sign in by this way, or no longer, and commit; then who came by it is signed out.

    On by the school only, off by both. Raises Refused where no test has passed, NotYours.
    """
    own = actor.role is Role.SCHOOL and actor.school_id == way.school_id
    if not own and (active or actor.role is not Role.ADMIN):
        raise NotYours("sign_in_way")

    def write() -> None:
        row = db.session.get_one(SignInWay, way.id, with_for_update=True, populate_existing=True)
        if active and row.tested_at is None:
            raise Refused(
                _("This way has not passed a test yet. The administrator of the platform tests it.")
            )
        if row.active == active:
            return
        row.active = active
        if not active:
            _end_sessions(row)
        trace(row, "switch_on_way" if active else "switch_off_way", actor)
        tell_school(row, actor, switched=active)

    committed(write)


def _end_sessions(way: SignInWay) -> None:
    """Who came in by this way is signed out."""
    own = select(CampusSession.token).where(CampusSession.way_id == way.id)
    for session in db.session.scalars(
        select(AccountSession).where(AccountSession.token.in_(own))
    ).all():
        db.session.delete(session)


def identities_for(who: Actor) -> Select[CampusIdentity]:
    """The bindings that stand: an administrator sees all, a person its own."""
    wanted = select(CampusIdentity).where(CampusIdentity.ended_at.is_(None))
    return wanted if who.role is Role.ADMIN else wanted.where(CampusIdentity.user_id == who.user_id)
