"""Signing in by a directory: Debian's slapd."""

from __future__ import annotations

import pytest

from app.accounts.campus import ldap, net
from app.accounts.campus.claim import Untrusted
from app.accounts.campus.models import CampusIdentity
from app.core import jobs
from app.core.db import db
from tests import factories as make
from tests.accounts.campus import servers
from tests.accounts.campus.conftest import PASSWORD
from tests.accounts.campus.test_oidc import go, who


@pytest.fixture
def way(cast, directory, make_way):
    return make_way(
        cast.school,
        "ldap",
        directory.url,
        client_id=directory.reader,
        secret=directory.secret,
        base_dn=directory.base,
        login_attribute="uid",
        claim="employeeNumber",
    )


def enter(client, way, name, password):
    return client.post(go(client, way), data={"name": name, "password": password})


@pytest.mark.rule("ACC-11", "CHN-08")
def test_a_student_signs_in_by_the_directory(cast, way, client):
    answer = enter(client, way, "heshui", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    user = make.account(cast.student)
    assert who(client) == user.id
    bound = db.session.query(CampusIdentity).one()
    assert (bound.user_id, bound.number) == (user.id, "A1")
    assert len(bound.subject) == 36, "entryUUID: it stays when the DN changes"


@pytest.mark.rule("CHN-08")
def test_a_template_of_the_dn_needs_no_service_account(cast, directory, make_way, client):
    way = make_way(
        cast.school,
        "ldap",
        directory.url,
        secret="",
        dn_template="uid={name},ou=people,dc=campus,dc=example",
        claim="employeeNumber",
    )
    assert enter(client, way, "heshui", "wrong").status_code == 422
    assert enter(client, way, "heshui,ou=x", PASSWORD).status_code == 422
    assert enter(client, way, "heshui", PASSWORD).location == "/"


@pytest.mark.rule("CHN-08")
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("heshui", "wrong"),
        ("heshui", ""),
        ("heshui", "\0"),
        ("*)(uid=*", PASSWORD),
        ("*", PASSWORD),
        ("heshui)(objectClass=*", PASSWORD),
        ("h*", PASSWORD),
        ("heshui\0", PASSWORD),
        ("", PASSWORD),
        ("nobody", PASSWORD),
        ("heshui", "x" * 129),
    ],
)
def test_a_wrong_empty_or_crafted_name_or_password_opens_nothing(name, password, way, client):
    door = "\0" in name + password  # no such byte comes in at all
    assert enter(client, way, name, password).status_code == (400 if door else 422)
    assert who(client) is None
    with pytest.raises(Untrusted):
        ldap.claim(way, name, password)


@pytest.mark.rule("CHN-08")
def test_a_name_with_a_star_is_that_name_and_no_pattern(way):
    assert ldap.claim(way, "star*", PASSWORD).number == "Z9"


@pytest.mark.rule("CHN-08")
def test_of_several_servers_the_next_answers_where_one_is_down(way, directory, client):
    from tests.accounts.campus.servers import free_port

    way.server = f"ldap://127.0.0.1:{free_port()} {directory.url}"
    db.session.commit()
    assert enter(client, way, "heshui", PASSWORD).location == "/"


@pytest.mark.rule("CHN-08")
def test_all_servers_down_give_a_sentence_and_count_no_wrong_try(way, client):
    from tests.accounts.campus.servers import free_port

    way.server = f"ldap://127.0.0.1:{free_port()}"
    db.session.commit()
    for _n in range(7):
        page = enter(client, way, "heshui", PASSWORD)
        assert page.status_code == 422
        assert "127.0.0.1" in page.text


@pytest.mark.rule("CHN-08")
def test_nothing_is_sent_unencrypted_in_production(way, monkeypatch):
    monkeypatch.setattr(jobs.config(), "mode", "production")
    with pytest.raises(net.Unreachable):
        ldap.claim(way, "heshui", PASSWORD)


@pytest.mark.rule("CHN-08", "ACC-09")
def test_five_wrong_passwords_close_the_name_from_that_address(way, client):
    for _n in range(5):
        enter(client, way, "heshui", "wrong")
    assert enter(client, way, "heshui", PASSWORD).status_code == 422
    assert who(client) is None
    make.pass_time(minutes=31)
    assert enter(client, way, "heshui", PASSWORD).location == "/"


@pytest.mark.rule("CHN-08")
def test_the_page_for_the_password_needs_a_sign_in_that_was_begun_here(app, way, client):
    address = go(client, way)
    stranger = app.test_client()
    assert stranger.get(address).location == "/login/"
    assert stranger.get(f"/campus/{way.id}/enter").location == "/login/"
    assert client.get(address).status_code == 200


@pytest.fixture
def encrypted(tmp_path, directory):
    """A slapd with a certificate of its own for 127.0.0.1, which nobody trusts yet."""
    servers.make_certificate(tmp_path)
    tls = f"TLSCertificateFile {tmp_path}/cert.pem\nTLSCertificateKeyFile {tmp_path}/key.pem"
    with servers.slapd(tmp_path, {"heshui": ("A1", PASSWORD)}, tls) as found:
        yield found


# ldap3 drops the socket whose certificate has another name: it is closed when it is collected
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.rule("CHN-08")
def test_the_password_goes_through_start_tls_to_a_trusted_directory_only(
    cast, encrypted, make_way, monkeypatch, tmp_path
):
    way = make_way(
        cast.school,
        "ldap",
        encrypted.url,
        client_id=encrypted.reader,
        secret=encrypted.secret,
        base_dn=encrypted.base,
        login_attribute="uid",
        claim="employeeNumber",
    )
    monkeypatch.setattr(jobs.config(), "mode", "production")
    with pytest.raises(net.Unreachable):
        ldap.claim(way, "heshui", PASSWORD)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    assert ldap.claim(way, "heshui", PASSWORD).number == "A1"
    with pytest.raises(Untrusted):
        ldap.claim(way, "heshui", "wrong")
    way.server = way.server.replace("127.0.0.1", "localhost")  # not the name in its certificate
    with pytest.raises(net.Unreachable):
        ldap.claim(way, "heshui", PASSWORD)
