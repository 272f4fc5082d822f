"""Setting up a way: written and tested by the administrator, switched on by the school (ACC-11).

Whoever sets the address of a service says who everybody is. So an administrator alone never opens a
school's accounts, nor does a school alone choose a service: each change of what the service is needs a
new test by the one and a new yes of the other. All of it is traced and told to the school.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import Select, false, select, true

from app.accounts import security_log
from app.accounts.campus import attempts, cas, ldap, net, oidc
from app.accounts.campus.models import WHO, CampusIdentity, CampusSession, SignInWay, WayKind
from app.accounts.models import AccountSession, AppUser
from app.core import clock, mail
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.workflow import trail
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
ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,79}")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.I)
# what a person may choose or change itself there, or what many share, says nothing of a record
NEVER = frozenset(
    {
        "email",
        "mail",
        "email_verified",
        "name",
        "cn",
        "displayname",
        "given_name",
        "givenname",
        "sn",
        "family_name",
        "nickname",
        "phone_number",
        "mobile",
        "telephonenumber",
    }
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
            _tell_school(found, actor, switched=False)
    db.session.add(found)
    db.session.flush()
    _trace(found, "keep_way", actor, {"changed": changed} if way else {"new": values["server"]})
    return found


def problems_of(values: Mapping[str, Any], *, known_secret: bool) -> list[tuple[str, str]]:
    """What is wrong with the facts of a way, field by field."""
    problems = []
    if values["who"] not in WHO:
        problems.append(("who", _("Please choose")))
    if values["kind"] not in list(WayKind):
        return [*problems, ("kind", _("Please choose"))]
    if not CLAIM.fullmatch(values["claim"]):
        problems.append(("claim", _("Letters, digits, _ . : / and - only.")))
    elif values["claim"].lower() in NEVER:
        problems.append(
            (
                "claim",
                _("A name, e-mail address or phone binds nobody to a record. Choose the number."),
            )
        )
    if any(not HOST.fullmatch(host) for host in values["hosts"].split()):
        problems.append(
            ("hosts", _("Host names with blanks between, such as keys.example.edu.cn."))
        )
    problems += _server_problems(values["kind"], values["server"].split())
    of_kind = _ldap_problems if values["kind"] == WayKind.LDAP else _web_problems
    return problems + of_kind(values, known_secret)


def _server_problems(kind: str, servers: list[str]) -> list[tuple[str, str]]:
    schemes = ("ldap", "ldaps") if kind == WayKind.LDAP else ("https", "http")
    if not servers or (kind != WayKind.LDAP and len(servers) != 1) or len(servers) > 4:
        return [("server", _("One address; of LDAP up to four servers with blanks between."))]
    for text in servers:
        if not _is_server(text, schemes):
            return [
                (
                    "server",
                    _(
                        "“%(text)s” is no address such as %(scheme)s://sso.example.edu.cn",
                        text=text[:120],
                        scheme=schemes[-1] if "ldaps" in schemes else "https",
                    ),
                )
            ]
    return []


def _is_server(text: str, schemes: tuple[str, ...]) -> bool:
    """Scheme and host, without password, query or fragment; unencrypted only of this very machine."""
    try:
        parts = urlsplit(text)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    plain = parts.scheme == "http" and not net.may_be_plain(host)
    extra = parts.query or parts.fragment or parts.username is not None
    return parts.scheme in schemes and bool(host) and not plain and not extra


def _web_problems(values: Mapping[str, Any], _known: bool) -> list[tuple[str, str]]:
    if values["kind"] == WayKind.OIDC and not values["client_id"]:
        return [("client_id", _("Please fill this in."))]
    return []


def _ldap_problems(values: Mapping[str, Any], known_secret: bool) -> list[tuple[str, str]]:
    template = values["dn_template"]
    if template:
        right = template.count("{name}") == 1 and template.count("{") == template.count("}") == 1
        return [] if right else [("dn_template", _("It holds {name} once."))]
    problems = [
        (name, _("Please fill this in, or give a template of the DN."))
        for name in ("base_dn", "client_id", "login_attribute")
        if not values[name]
    ]
    if values["login_attribute"] and not ATTRIBUTE.fullmatch(values["login_attribute"]):
        problems.append(("login_attribute", _("The name of an attribute, such as uid.")))
    if not values.get("secret") and not known_secret:
        problems.append(("secret", _("Please fill this in, or give a template of the DN.")))
    return problems


def try_out(way: SignInWay, base: str, actor: Actor) -> None:
    """Test the way and keep that it passed; commits. Raises Refused with the sentence what fails."""
    if actor.role is not Role.ADMIN:
        raise NotYours("sign_in_way")
    seen = way.changed_at
    try:
        _test(way, base)
    except Refused as problem:
        _trace(way, "try_way", actor, {"problem": str(problem)[:300]}, security_log.FAILED)
        db.session.commit()
        raise

    def write() -> None:
        row = db.session.get_one(SignInWay, way.id, with_for_update=True, populate_existing=True)
        if row.changed_at != seen:
            raise Refused(_("The way was changed while it was tested. Test it again."))
        row.tested_at = clock.now()
        _trace(row, "try_way", actor)
        if not row.active:
            _tell_school(row, actor, switched=None)

    committed(write)


def _test(way: SignInWay, base: str) -> None:
    if way.kind == WayKind.OIDC:
        oidc.test(way, attempts.back(way, base))
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
        _trace(row, "switch_on_way" if active else "switch_off_way", actor)
        _tell_school(row, actor, switched=active)

    committed(write)


def _end_sessions(way: SignInWay) -> None:
    """Who came in by this way is signed out."""
    own = select(CampusSession.token).where(CampusSession.way_id == way.id)
    for session in db.session.scalars(
        select(AccountSession).where(AccountSession.token.in_(own))
    ).all():
        db.session.delete(session)


def _tell_school(way: SignInWay, actor: Actor, *, switched: bool | None) -> None:
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


def _trace(
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


def identities_for(who: Actor) -> Select[CampusIdentity]:
    """The bindings that stand: an administrator sees all, a person its own."""
    wanted = select(CampusIdentity).where(CampusIdentity.ended_at.is_(None))
    return wanted if who.role is Role.ADMIN else wanted.where(CampusIdentity.user_id == who.user_id)
