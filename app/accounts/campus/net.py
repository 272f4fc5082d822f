"""What is asked of a campus's service: only of the hosts set for the way, bounded in time and size."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import requests
from flask_babel import gettext as _
from requests.adapters import HTTPAdapter

from app.accounts.campus.models import SignInWay
from app.core import jobs
from app.core.errors import Refused

TIMEOUT = (4.0, 6.0)  # seconds to connect, and between two pieces of an answer
WHOLE = 10.0  # seconds for one answer
MOST = 512 * 1024  # bytes of one answer
HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class Unreachable(Refused):
    """The service does not answer, or not as it should; the text says what, without its words."""


def host_of(url: str) -> str:
    """The host of an address in lower case; empty where it is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def hosts_of(way: SignInWay) -> frozenset[str]:
    """The hosts that may be asked for this way: those the administrator has set, no other."""
    servers = {host_of(server) for server in way.server.split()}
    return frozenset((servers | {host.lower() for host in way.hosts.split()}) - {""})


def may_be_plain(host: str) -> bool:
    """Whether this host may be asked without encryption: only this very machine, never in production."""
    return host in HERE and not jobs.config().production


def check_url(url: str, hosts: frozenset[str]) -> None:
    """Raise Unreachable unless the address is https, of one of these hosts, without a password in it."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise Unreachable(_("This is no address: %(url)s", url=url[:200])) from None
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" and not (parts.scheme == "http" and may_be_plain(host)):
        raise Unreachable(_("The address does not begin with https: %(url)s", url=url[:200]))
    if host not in hosts:
        raise Unreachable(
            _("The service names the host %(host)s, which is not set for this way.", host=host[:80])
        )
    if parts.username is not None or parts.fragment:
        raise Unreachable(_("This is no address: %(url)s", url=url[:200]))
    _no_machine_room(host)


def _no_machine_room(host: str) -> None:
    """A host whose address is for one network segment only (metadata of clouds) is never asked."""
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        raise Unreachable(_("The host %(host)s is not known.", host=host[:80])) from None
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise Unreachable(_("The host %(host)s may not be asked.", host=host[:80]))


class _Bounded(HTTPAdapter):
    """Sends only to the hosts of the way, follows nothing, reads no more than `MOST` bytes."""

    def __init__(self, hosts: frozenset[str]) -> None:
        self.hosts = hosts
        super().__init__()

    def send(self, request: Any, *_args: Any, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """One exchange. Raises Unreachable with a sentence."""
        check_url(str(request.url), self.hosts)
        try:
            answer = super().send(
                request, stream=True, timeout=TIMEOUT, verify=kwargs.get("verify", True)
            )
            body = _read(answer)
        except requests.exceptions.SSLError:
            raise Unreachable(_("The certificate of the service is not trusted.")) from None
        except (requests.RequestException, OSError):
            raise Unreachable(_("The service does not answer.")) from None
        if answer.is_redirect:
            raise Unreachable(_("The service sends our question elsewhere; that is not followed."))
        answer._content = body
        answer._content_consumed = True  # type: ignore[attr-defined]
        return answer


def _read(answer: requests.Response) -> bytes:
    """The body. Raises Unreachable where it is too large, or takes too long in all."""
    until, found, size = time.monotonic() + WHOLE, [], 0
    try:
        for piece in answer.iter_content(16 * 1024):
            found.append(piece)
            size += len(piece)
            if size > MOST or time.monotonic() > until:
                raise Unreachable(_("The answer of the service is too large or too slow."))
    finally:
        answer.close()
    return b"".join(found)


def guard(session: requests.Session, way: SignInWay) -> requests.Session:
    """Make a session of any library keep to the rules of this module."""
    session.trust_env = False  # no proxy, no stored password of the machine's user
    session.max_redirects = 0
    session.mount("https://", _Bounded(hosts_of(way)))
    session.mount("http://", _Bounded(hosts_of(way)))
    return session


def session_for(way: SignInWay) -> requests.Session:
    """A session that asks only what this way may."""
    return guard(requests.Session(), way)


def json_of(answer: requests.Response) -> dict[str, object]:
    """The JSON object of an answer. Raises Unreachable."""
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        found = None
    if answer.status_code != 200 or not isinstance(found, dict):
        raise Unreachable(
            _("The service answers %(status)s, not what was expected.", status=answer.status_code)
        )
    return found
