"""A connection to the directory: encrypted, or to this very machine; not yet bound (ACC-11)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from flask_babel import gettext as _
from ldap3 import NONE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException

from app.accounts.campus import net

CONNECT, ANSWER = 4, 6  # seconds


@contextmanager
def open_connection(
    url: str, dn: str | None = None, password: str | None = None
) -> Iterator[Connection]:
    """A connection that is encrypted, or to this very machine; not yet bound. Raises Unreachable."""
    parts = urlsplit(url)
    host, secure = (parts.hostname or "").lower(), parts.scheme == "ldaps"
    tls = Tls(validate=ssl.CERT_REQUIRED, version=ssl.PROTOCOL_TLS_CLIENT, valid_names=[host])
    connection = None
    try:
        server = Server(
            host,
            port=parts.port or (636 if secure else 389),
            use_ssl=secure,
            tls=tls,
            get_info=NONE,
            connect_timeout=CONNECT,
        )
        connection = Connection(
            server,
            user=dn,
            password=password,
            receive_timeout=ANSWER,
            auto_referrals=False,
            read_only=True,
            raise_exceptions=False,
        )
        connection.open(read_server_info=False)
    except (LDAPException, OSError, ValueError):
        _drop(connection)
        raise net.Unreachable(
            _(
                "The directory %(host)s does not answer, or its certificate is not trusted.",
                host=host[:80],
            )
        ) from None
    try:
        if not secure:
            _encrypt(connection, host)
        yield connection
    except (LDAPException, OSError):
        raise net.Unreachable(_("The directory %(host)s broke off.", host=host[:80])) from None
    finally:
        with suppress(LDAPException, OSError):
            connection.unbind()


def _drop(connection: Connection | None) -> None:
    """The library leaves the socket of a connection that did not come about."""
    kept = getattr(connection, "socket", None)
    if kept is not None:
        kept.close()


def _encrypt(connection: Connection, host: str) -> None:
    try:
        done = connection.start_tls(read_server_info=False)
    except (LDAPException, OSError):
        done = False
    if not done and not net.may_be_plain(host):
        raise net.Unreachable(
            _(
                "The directory %(host)s cannot be reached encrypted (StartTLS or ldaps://).",
                host=host[:80],
            )
        )
