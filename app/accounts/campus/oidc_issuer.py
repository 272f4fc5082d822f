"""What an OpenID issuer publishes of itself, kept for five minutes, and checked (ACC-11)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from flask_babel import gettext as _

from app.accounts.campus import net
from app.accounts.campus.models import SignInWay
from app.accounts.campus.oidc_keys import asked_keys

METADATA_SECONDS = 300


ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MORE_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint")
_known: dict[tuple[int, str], tuple[float, dict[str, Any]]] = {}


def metadata(way: SignInWay, *, anew: bool = False) -> dict[str, Any]:
    """What the issuer publishes of itself, kept for five minutes. Raises Unreachable."""
    key = (way.id or 0, f"{way.server}\n{way.hosts}")
    kept = _known.get(key)
    if kept and not anew and time.monotonic() - kept[0] < METADATA_SECONDS:
        return kept[1]
    address = f"{way.server.rstrip('/')}/.well-known/openid-configuration"
    found = net.json_of(net.session_for(way).get(address))
    _check_metadata(way, found)
    _known[key] = (time.monotonic(), found)
    return found


def _check_metadata(way: SignInWay, found: Mapping[str, object]) -> None:
    if found.get("issuer") != way.server:
        raise net.Unreachable(
            _(
                "The service calls itself %(name)s, not as it is entered here.",
                name=str(found.get("issuer"))[:200],
            )
        )
    hosts = net.hosts_of(way)
    for name in (*ENDPOINTS, *MORE_ENDPOINTS):
        value = found.get(name)
        if value is None and name in MORE_ENDPOINTS:
            continue
        if not isinstance(value, str):
            raise net.Unreachable(_("The service does not say where its %(what)s is.", what=name))
        net.check_url(value, hosts)
    methods = found.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        raise net.Unreachable(_("The service does not know PKCE with S256."))


def client_for(way: SignInWay, redirect: str, about: Mapping[str, Any]) -> OAuth2Session:
    """A session with the issuer as the client that it knows us by; it goes to no address of our own net."""
    offered = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    method = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
    client = OAuth2Session(
        way.client_id,
        way.secret,
        scope="openid profile",
        redirect_uri=redirect,
        code_challenge_method="S256",
        token_endpoint_auth_method=method if way.secret else "none",
    )
    net.guard(client, way)
    return client


def test(way: SignInWay, redirect: str) -> None:
    """Raise Unreachable with the sentence what does not work; the client's secret is tried too."""
    about = metadata(way, anew=True)
    if not asked_keys(way, about):
        raise net.Unreachable(_("The service publishes no key that signs."))
    client = client_for(way, redirect, about)
    try:
        client.fetch_token(
            about["token_endpoint"],
            grant_type="authorization_code",
            code="test-of-the-settings",
            code_verifier="0" * 64,
            redirect_uri=redirect,
        )
    except OAuthError as error:
        if error.error in ("invalid_client", "unauthorized_client"):
            raise net.Unreachable(
                _("The service does not accept the client's id and secret.")
            ) from None
        if error.error not in ("invalid_grant", "invalid_request"):
            raise net.Unreachable(
                _("The service answers: %(what)s", what=str(error.error)[:80])
            ) from None
    except (ValueError, KeyError, TypeError, requests.RequestException):
        raise net.Unreachable(_("The service's answer for tokens cannot be read.")) from None
