"""Servers of a campus, and ways that lead to them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from app.accounts.campus.models import SignInWay
from app.core import clock
from app.core.db import db
from tests.accounts.campus import issuer as issuers
from tests.accounts.campus import servers

PASSWORD = "Campus-pass-1"


@pytest.fixture
def issuer():
    """An issuer that says what the test tells it to."""
    with issuers.running() as found:
        yield found


@pytest.fixture(scope="session")
def provider(tmp_path_factory):
    """oidc-provider-mock."""
    with servers.oidc(tmp_path_factory.mktemp("oidc")) as url:
        yield url


@pytest.fixture(scope="session")
def cas_server(tmp_path_factory):
    """django-cas-server with people of its own: `people(name=number)` sets them."""
    folder = tmp_path_factory.mktemp("cas")
    with servers.cas(folder) as url:

        def people(**numbers: str) -> None:
            known = {n: {"password": PASSWORD, "student_no": no} for n, no in numbers.items()}
            (folder / "people.json").write_text(json.dumps(known))

        yield SimpleNamespace(url=url, people=people)


PEOPLE = {
    "heshui": ("A1", PASSWORD),
    "lijing": ("A2", PASSWORD),
    "stranger": ("C1", PASSWORD),
    "star*": ("Z9", PASSWORD),
}


@pytest.fixture(scope="session")
def directory(tmp_path_factory):
    """Debian's slapd; where it could not be had, `make services` has said so."""
    if servers.slapd_found() is None:
        pytest.skip("no slapd on this machine: install the package slapd, then make test")
    with servers.slapd(tmp_path_factory.mktemp("slapd"), PEOPLE) as found:
        yield found


@pytest.fixture
def make_way(session):
    """`make_way(school, kind, server)`: a way that is on."""

    def made(school, kind, server, **more):
        way = SignInWay(
            **{
                "school_id": school.id,
                "kind": kind,
                "label_zh": f"统一身份认证 {kind}",
                "label_en": f"Campus {kind}",
                "who": "both",
                "server": server,
                "claim": "student_no",
                "active": True,
                "tested_at": clock.now(),
                "changed_at": clock.now(),
            }
            | {k: v for k, v in more.items() if k != "secret"}
        )
        way.uid = f"{school.id}{kind}".rjust(32, "0")
        for name in ("hosts", "client_id", "base_dn", "login_attribute", "dn_template"):
            setattr(way, name, getattr(way, name) or "")
        way.secret = more.get("secret", "s3cret")
        db.session.add(way)
        db.session.commit()
        return way

    return made
