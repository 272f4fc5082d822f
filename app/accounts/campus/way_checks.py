"""What is wrong with the facts of a way, field by field (ACC-11)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from app.accounts.campus import net
from app.accounts.campus.models import WHO, WayKind

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
