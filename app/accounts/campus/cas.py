"""CAS 3: a service ticket checked with the server, single sign-out (ACC-11).

python-cas speaks the protocol; its answers are read here, strictly and without entities.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

from cas import CASClientV3
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from flask_babel import gettext as _

from app.accounts.campus import net
from app.accounts.campus.claim import (
    LONGEST_NUMBER,
    LONGEST_SUBJECT,
    Claim,
    Untrusted,
    first_time,
    only_text,
)
from app.accounts.campus.models import SignInWay

CAS = "{http://www.yale.edu/tp/cas}"
SAML = "{urn:oasis:names:tc:SAML:2.0:protocol}"
TICKET = re.compile(r"ST-[A-Za-z0-9._~-]{4,250}")
LONGEST_REQUEST = 8 * 1024
RIGHT_ADDRESS = ("INVALID_TICKET", "INVALID_TICKET_SPEC")  # what a made-up ticket is answered


class _Client(CASClientV3):  # type: ignore[misc]
    """Says «renew» when the ticket is checked too: else a standing session would do for the server."""

    def get_verification_response(self, ticket: str) -> bytes:
        """The server's answer. Raises Unreachable."""
        wanted = {"ticket": ticket, "service": self.service_url}
        if self.renew:
            wanted["renew"] = "true"
        answer = self.session.get(f"{self.server_url}{self.url_suffix}", params=wanted)
        if answer.status_code != 200:
            raise net.Unreachable(
                _(
                    "The service answers %(status)s, not what was expected.",
                    status=answer.status_code,
                )
            )
        return bytes(answer.content)


def _client(way: SignInWay, service: str, *, renew: bool = False) -> _Client:
    return _Client(
        service_url=service,
        server_url=way.server.rstrip("/") + "/",
        renew=renew,
        session=net.session_for(way),
    )


def address(way: SignInWay, service: str, *, renew: bool) -> str:
    """Where the person is sent. Raises Unreachable where the address may not be used."""
    net.check_url(way.server, net.hosts_of(way))
    return str(_client(way, service, renew=renew).get_login_url())


def claim(way: SignInWay, service: str, ticket: str, *, renew: bool) -> Claim:
    """Whose ticket it is; it counts once, for this service only. Raises Untrusted, Unreachable."""
    if not TICKET.fullmatch(ticket):
        raise _untrusted("no ticket")
    if not first_time("ticket", way.id, ticket):
        raise _untrusted("ticket seen before")
    answer = _read(_client(way, service, renew=renew).get_verification_response(ticket))
    success = answer.find(f"{CAS}authenticationSuccess")
    if len(answer) != 1 or success is None:
        raise _untrusted(f"ticket: {_failure(answer)}")
    users = success.findall(f"{CAS}user")
    subject = only_text(users[0].text if len(users) == 1 else None, LONGEST_SUBJECT)
    if not subject or len(users[0]):
        raise _untrusted("no user")
    number = subject if way.claim == "user" else _attribute(success, way.claim)
    return Claim(subject=subject, number=number, sid=ticket, anew=renew)


def _untrusted(why: str) -> Untrusted:
    return Untrusted(
        _("The ticket of the campus service is not valid. Please begin the sign-in anew."), why
    )


def _read(content: bytes) -> Element:
    """The answer's root. Raises Untrusted for entities, a DTD, or what is no answer of CAS."""
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        raise _untrusted("no XML") from None
    if root.tag != f"{CAS}serviceResponse":
        raise _untrusted("no answer of CAS")
    return root


def _failure(answer: Element) -> str:
    failed = answer.find(f"{CAS}authenticationFailure")
    return "" if failed is None else str(failed.get("code", ""))[:40]


def _attribute(success: Element, name: str) -> str:
    """The one value of an attribute; empty where it is missing or stands there twice."""
    places = success.findall(f"{CAS}attributes")
    values: list[Any] = []
    for place in places:
        values += [e.text if not len(e) else None for e in place if e.tag.split("}")[-1] == name]
    return only_text(values, LONGEST_NUMBER)


def signed_out(text: str) -> str:
    """The ticket whose session a sign-out request ends. Raises Untrusted."""
    if not text or len(text) > LONGEST_REQUEST:
        raise _untrusted("no logoutRequest")
    try:
        root: Element = fromstring(text.encode(), forbid_dtd=True)
    except (DefusedXmlException, ParseError, ValueError, LookupError):
        raise _untrusted("no XML") from None
    found = root.findall(f"{SAML}SessionIndex")
    ticket = (found[0].text or "").strip() if len(found) == 1 else ""
    if root.tag != f"{SAML}LogoutRequest" or not TICKET.fullmatch(ticket):
        raise _untrusted("no SessionIndex")
    return ticket


def way_out(way: SignInWay, back: str) -> str:
    """Where the person also signs out at the campus."""
    return f"{way.server.rstrip('/')}/logout?{urlencode({'service': back})}"


def test(way: SignInWay, service: str) -> None:
    """Raise Unreachable with the sentence what does not work: a made-up ticket has to be refused as such."""
    content = _client(way, service).get_verification_response("ST-test-of-the-settings")
    try:
        answer = _read(content)
    except Untrusted:
        raise net.Unreachable(
            _("This is not a CAS 3 server: its answer to p3/serviceValidate cannot be read.")
        ) from None
    code = _failure(answer)
    if code == "INVALID_SERVICE":
        raise net.Unreachable(
            _("The CAS server does not know our address: register %(url)s there.", url=service)
        )
    if code not in RIGHT_ADDRESS:
        raise net.Unreachable(_("The service answers: %(what)s", what=code or "?"))
