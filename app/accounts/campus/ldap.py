"""LDAP: the person's entry is found, and its password tried by a bind (ACC-11).

Without StartTLS or LDAPS nothing is sent, this very machine outside production excepted. An empty
password is never tried: RFC 4513 §5.1.2 takes it for an anonymous bind, which succeeds for anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from ldap3 import BASE, SUBTREE, Connection
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn

from app.accounts.campus import net
from app.accounts.campus.claim import (
    LONGEST_NUMBER,
    LONGEST_SUBJECT,
    Claim,
    Untrusted,
    only_text,
)
from app.accounts.campus.ldap_connection import ANSWER, open_connection
from app.accounts.campus.models import SignInWay

UNCHANGING = ("entryUUID", "objectGUID")  # what names an entry when its DN changes
LONGEST = 128
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
INVALID_CREDENTIALS, SUCCESS = 49, 0


@dataclass(frozen=True)
class _Entry:
    dn: str
    facts: Mapping[str, Any]


def claim(way: SignInWay, name: str, password: str) -> Claim:
    """Who signs in with this name and password. Raises Untrusted, Unreachable where no server answers."""
    if not NAME.fullmatch(name) or not password or len(password) > LONGEST or "\0" in password:
        raise _wrong("empty or too long")
    problem: net.Unreachable | None = None
    for url in way.server.split():
        try:
            return _claim_of(way, url, name, password)
        except net.Unreachable as error:
            problem = error
    raise problem or net.Unreachable(_("No server is set."))


def _wrong(why: str) -> Untrusted:
    return Untrusted(_("Account or password is wrong."), why)


def _claim_of(way: SignInWay, url: str, name: str, password: str) -> Claim:
    if way.dn_template:
        dn = way.dn_template.replace("{name}", escape_rdn(name))
        with _bound(url, dn, password) as connection:
            entry = _one(connection, dn, BASE, "(objectClass=*)", way)
            return _claim(way, entry)
    with _service(way, url) as connection:
        wanted = f"({way.login_attribute}={escape_filter_chars(name)})"
        entry = _one(connection, way.base_dn, SUBTREE, wanted, way)
    with _bound(url, entry.dn, password):
        return _claim(way, entry)


def _claim(way: SignInWay, entry: _Entry) -> Claim:
    found = [only_text(entry.facts.get(name), LONGEST_SUBJECT) for name in UNCHANGING]
    subject = next(filter(None, found), entry.dn.lower())
    if len(subject) > LONGEST_SUBJECT:
        raise _wrong("DN too long")
    return Claim(
        subject=subject, number=only_text(entry.facts.get(way.claim), LONGEST_NUMBER), anew=True
    )


@contextmanager
def _bound(url: str, dn: str, password: str) -> Iterator[Connection]:
    """A connection bound as the person. Raises Untrusted where the directory does not accept it."""
    with open_connection(url, dn, password) as connection:
        if not connection.bind(read_server_info=False):
            raise _wrong(f"bind: {_what(connection)}")
        yield connection


@contextmanager
def _service(way: SignInWay, url: str) -> Iterator[Connection]:
    """A connection bound as the service account. Raises Unreachable: that is ours to mend."""
    with open_connection(url, way.client_id, way.secret or "") as connection:
        if not way.secret or not connection.bind(read_server_info=False):
            raise net.Unreachable(_("The directory does not accept the service account."))
        yield connection


def _what(connection: Connection) -> str:
    return str((connection.result or {}).get("description", ""))[:40]


def _one(connection: Connection, base: str, scope: str, wanted: str, way: SignInWay) -> _Entry:
    """The one entry found. Raises Untrusted for none or several."""
    connection.search(
        base,
        wanted,
        search_scope=scope,
        attributes=sorted({way.claim, *UNCHANGING}),
        size_limit=2,
        time_limit=ANSWER,
    )
    found = [e for e in connection.response or () if e.get("type") == "searchResEntry"]
    if len(found) != 1:
        raise _wrong(f"{len(found)} entries")
    return _Entry(found[0]["dn"], _texts(found[0]["raw_attributes"]))


def _texts(raw: Mapping[str, list[bytes]]) -> dict[str, list[str]]:
    """The attributes as texts; what is no UTF-8 (objectGUID) in hex digits."""
    found = {}
    for name, values in raw.items():
        try:
            found[name] = [value.decode() for value in values]
        except UnicodeDecodeError:
            found[name] = [value.hex() for value in values]
        if name == "objectGUID":
            found[name] = [value.hex() for value in values]
    return found


def test(way: SignInWay) -> None:
    """Raise Unreachable with the sentence what does not work, for every one of the servers."""
    for url in way.server.split():
        if way.dn_template:
            with open_connection(url):
                continue
        with _service(way, url) as connection:
            connection.search(way.base_dn, "(objectClass=*)", search_scope=BASE, attributes=["1.1"])
            if (connection.result or {}).get("result") != SUCCESS:
                raise net.Unreachable(
                    _(
                        "The directory has no place %(dn)s, or the service account may not read it.",
                        dn=way.base_dn,
                    )
                )
