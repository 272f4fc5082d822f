"""Tokens and the issuer's keys that have signed them (ACC-11)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.accounts.campus import net
from app.accounts.campus.claim import (
    Untrusted,
)
from app.accounts.campus.models import SignInWay

# by key pairs only: never none, never the client's secret, which a public key could be taken for
ALGORITHMS = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)
KINDS_OF_KEYS = ("RSA", "EC", "OKP")


KEYS_SECONDS = 60  # the issuer's keys are kept so long; asked for anew where none fits,
KEYS_APART = 5  # but never more often than that, whatever strangers send us
_keys_known: dict[tuple[int, str], tuple[float, list[Any]]] = {}


def untrusted(why: str) -> Untrusted:
    """What the person is told; `why` is for the log."""
    return Untrusted(
        _("The answer of the campus service is not valid. Please begin the sign-in anew."), why
    )


def opened(
    way: SignInWay, about: Mapping[str, object], token: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token that one of the issuer's keys has signed. Raises Untrusted."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise untrusted("not a token") from None
    if header.get("alg") not in ALGORITHMS:
        raise untrusted(f"alg {header.get('alg')}"[:40])
    for longest in (KEYS_SECONDS, KEYS_APART):
        claims = _verified(token, signing_keys(way, about, longest), header.get("kid"))
        if claims is not None:
            return dict(header), claims
    raise untrusted("signature")


def _verified(token: str, keys: list[Any], kid: object) -> dict[str, Any] | None:
    """The claims, where one of the keys (of this name, where names are given) has signed them."""
    for key in keys:
        if kid is not None and key.kid not in (None, kid):
            continue
        try:
            found = jwt.decode(token, key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(found.claims, dict):
            return dict(found.claims)
    return None


def signing_keys(way: SignInWay, about: Mapping[str, object], longest: float) -> list[object]:
    """The issuer's keys for signatures, read not longer ago than that (seconds). Raises Unreachable."""
    name = (way.id or 0, str(about["jwks_uri"]))
    kept = _keys_known.get(name)
    if kept is None or time.monotonic() - kept[0] >= longest:
        kept = _keys_known[name] = (time.monotonic(), asked_keys(way, about))
    return kept[1]


def asked_keys(way: SignInWay, about: Mapping[str, Any]) -> list[object]:
    """The issuer's keys for signatures, asked now. Raises Unreachable."""
    found = net.json_of(net.session_for(way).get(about["jwks_uri"])).get("keys")
    known = [
        key
        for key in (found if isinstance(found, list) else [])
        if isinstance(key, dict)
        and key.get("kty") in KINDS_OF_KEYS
        and key.get("use", "sig") == "sig"
    ][:8]
    try:
        return list(KeySet.import_key_set({"keys": known}).keys) if known else []  # type: ignore[typeddict-item]
    except (JoseError, ValueError, TypeError, KeyError):
        raise net.Unreachable(_("The keys of the service cannot be read.")) from None
