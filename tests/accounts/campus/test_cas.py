"""Signing in by CAS 3 at a real django-cas-server."""

from __future__ import annotations

import re
import time
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from app.accounts.campus import cas
from app.accounts.campus.claim import Untrusted
from app.accounts.campus.models import CampusIdentity, CampusSession
from app.accounts.models import AccountSession
from app.core.db import db
from tests import factories as make
from tests.accounts.campus.conftest import PASSWORD
from tests.accounts.campus.test_oidc import come_back, go, who


@pytest.fixture
def way(cast, cas_server, make_way):
    cas_server.people(heshui="A1", lijing="A2", stranger="C1", two=["A1", "A2"])
    return make_way(cast.school, "cas", cas_server.url)


def at_cas(location: str, name: str, browser: requests.Session | None = None) -> str:
    """The person signs in there: the address to which the browser is sent back."""
    browser = browser or requests.Session()
    page = browser.get(location, timeout=10, allow_redirects=False)
    if page.status_code == 302:
        return page.headers["Location"]
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
    fields |= {"username": name, "password": PASSWORD}
    url = location.partition("?")[0] + "?" + urlsplit(location).query
    answer = browser.post(
        url, data=fields, timeout=10, allow_redirects=False, headers={"Referer": location}
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.mark.rule("ACC-11", "CHN-08")
def test_a_student_signs_in_at_the_real_server(cast, way, client):
    back = at_cas(go(client, way), "heshui")
    assert come_back(client, back).location == "/"
    user = make.account(cast.student)
    assert who(client) == user.id
    bound = db.session.query(CampusIdentity).one()
    assert (bound.subject, bound.number, bound.user_id) == ("heshui", "A1", user.id)


@pytest.mark.rule("CHN-08")
def test_a_ticket_is_good_once_even_with_a_new_state(app, way, client):
    back = at_cas(go(client, way), "heshui")
    ticket = parse_qs(urlsplit(back).query)["ticket"][0]
    come_back(client, back)
    client.post("/logout")
    thief = app.test_client()
    state = parse_qs(urlsplit(go(thief, way)).query)["service"][0]
    url = f"{state}&ticket={ticket}"
    assert come_back(thief, url).location == "/login/"
    assert who(thief) is None


@pytest.mark.rule("CHN-08")
def test_a_ticket_for_another_service_or_another_browser_opens_nothing(app, way, client):
    mine = parse_qs(urlsplit(go(client, way)).query)["service"][0]
    other = mine.rpartition("=")[0] + "=" + "x" * 43
    login = f"{way.server}/login?{urlencode({'service': other})}"
    ticket = parse_qs(urlsplit(at_cas(login, "lijing")).query)["ticket"][0]
    assert come_back(client, f"{mine}&ticket={ticket}").location == "/login/"
    assert come_back(client, f"{other}&ticket={ticket}").location == "/login/"
    assert who(client) is None


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize(
    "ticket", ["", "ST-1", "PT-abcdefgh", "ST-abc&service=http://evil", "ST-" + "a" * 400]
)
def test_what_is_no_ticket_is_not_even_asked_about(ticket, way, client):
    mine = parse_qs(urlsplit(go(client, way)).query)["service"][0]
    assert come_back(client, f"{mine}&ticket={quote(ticket)}").location == "/login/"


@pytest.mark.rule("CHN-08")
def test_two_numbers_in_one_attribute_are_none(way, client):
    assert come_back(client, at_cas(go(client, way), "two")).location == "/login/"
    assert who(client) is None


@pytest.mark.rule("CHN-08")
def test_signing_out_at_the_campus_ends_the_session_here(way, client):
    """The server's own request is given to the address of the service, as it would post it."""
    back = at_cas(go(client, way), "heshui")
    come_back(client, back)
    ticket = db.session.query(CampusSession).one().sid
    body = (
        '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="1" Version="2.0">'
        f"<samlp:SessionIndex>{ticket}</samlp:SessionIndex></samlp:LogoutRequest>"
    )
    path = f"/campus/{way.id}/back?state=any"
    wrong = client.post(path, data={"logoutRequest": body.replace(ticket, "ST-other-ticket")})
    assert (wrong.status_code, db.session.query(AccountSession).count()) == (200, 1)
    assert client.post(path, data={"logoutRequest": body}).status_code == 200
    assert not db.session.query(AccountSession).count()
    assert client.get("/my/").status_code == 302


@pytest.mark.rule("CHN-08")
def test_signing_out_here_leads_on_to_signing_out_there(way, client):
    come_back(client, at_cas(go(client, way), "heshui"))
    page = client.post("/logout").text
    assert f"{way.server}/logout?service=" in page


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
NS = 'xmlns:cas="http://www.yale.edu/tp/cas"'
SUCCESS = f"<cas:serviceResponse {NS}><cas:authenticationSuccess>%s</cas:authenticationSuccess></cas:serviceResponse>"
ANSWERS = {
    "an entity bomb": BOMB + SUCCESS % "<cas:user>&d;</cas:user>",
    "a file of the machine": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    + SUCCESS % "<cas:user>&f;</cas:user>",
    "a DTD alone": "<!DOCTYPE x>" + SUCCESS % "<cas:user>heshui</cas:user>",
    "two users": SUCCESS % "<cas:user>heshui</cas:user><cas:user>lijing</cas:user>",
    "a user inside an attribute": SUCCESS
    % "<cas:attributes><cas:x><cas:user>heshui</cas:user></cas:x></cas:attributes>",
    "a user with children": SUCCESS % "<cas:user>he<cas:b/>shui</cas:user>",
    "success and failure": f"<cas:serviceResponse {NS}><cas:authenticationFailure code='X'/>"
    "<cas:authenticationSuccess><cas:user>heshui</cas:user></cas:authenticationSuccess>"
    "</cas:serviceResponse>",
    "another namespace": SUCCESS.replace("yale", "evil") % "<cas:user>heshui</cas:user>",
    "no XML": "yes\nheshui\n",
    "nothing": "",
}


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_that_is_not_right_opens_nothing_and_costs_nothing(
    what, way, monkeypatch, session
):
    monkeypatch.setattr(cas._Client, "get_verification_response", lambda *a: ANSWERS[what].encode())
    began = time.monotonic()
    with pytest.raises(Untrusted):
        cas.claim(
            way, "http://localhost/campus/1/back?state=x", f"ST-{len(what)}abcdef", renew=False
        )
    assert time.monotonic() - began < 2


@pytest.mark.rule("CHN-08")
def test_an_attribute_that_is_nested_or_doubled_carries_no_number(way, monkeypatch, session):
    for n, inner in enumerate(
        (
            "<cas:student_no>A1</cas:student_no><cas:student_no>A2</cas:student_no>",
            "<cas:student_no><cas:b>A1</cas:b></cas:student_no>",
            "<cas:x><cas:student_no>A1</cas:student_no></cas:x>",
        )
    ):
        text = SUCCESS % f"<cas:user>u</cas:user><cas:attributes>{inner}</cas:attributes>"
        monkeypatch.setattr(cas._Client, "get_verification_response", lambda *a, t=text: t.encode())
        found = cas.claim(way, "http://localhost/x", f"ST-attribute-{n}", renew=False)
        assert found.number == ""


@pytest.mark.rule("CHN-08")
def test_a_sign_out_request_with_entities_is_refused(way, client):
    body = BOMB + (
        '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">'
        "<samlp:SessionIndex>&d;</samlp:SessionIndex></samlp:LogoutRequest>"
    )
    answer = client.post(f"/campus/{way.id}/back", data={"logoutRequest": body})
    assert answer.status_code == 400
    assert client.post(f"/campus/{way.id}/back", data={}).status_code == 400


@pytest.mark.rule("ACC-10", "CHN-08")
def test_a_standing_session_there_is_not_a_proof_anew(way, client, session):
    """`renew` is said when the ticket is checked too: a ticket of a standing session is refused then."""
    browser = requests.Session()
    service = f"http://localhost/campus/{way.id}/back?state=abc"
    login = f"{way.server}/login?{urlencode({'service': service})}"
    at_cas(login, "heshui", browser)
    again = parse_qs(urlsplit(at_cas(login, "heshui", browser)).query)["ticket"][0]
    with pytest.raises(Untrusted):
        cas.claim(way, service, again, renew=True)
    anew = parse_qs(urlsplit(at_cas(login + "&renew=true", "heshui", browser)).query)["ticket"][0]
    assert cas.claim(way, service, anew, renew=True).anew
