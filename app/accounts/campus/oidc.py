"""OpenID Connect: discovery, code with PKCE, the id_token and the sign-out token checked (ACC-11).

Times in tokens are other machines' real times: they are compared with this machine's own clock, never
with the shifted one of the demo, and may differ by a minute.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from flask_babel import gettext as _
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

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
from app.core import clock

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
LEEWAY = 60  # seconds by which clocks may differ
OLDEST = timedelta(minutes=10)  # a sign-out token older than that is not read
LONGEST_TOKEN = 16 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
METADATA_SECONDS = 300
KEYS_SECONDS = 60  # the issuer's keys are kept so long; asked for anew where none fits,
KEYS_APART = 5  # but never more often than that, whatever strangers send us
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
MORE_ENDPOINTS = ("userinfo_endpoint", "end_session_endpoint")
_known: dict[tuple[int, str], tuple[float, dict[str, Any]]] = {}
_keys_known: dict[tuple[int, str], tuple[float, list[Any]]] = {}


@dataclass(frozen=True)
class Question:
    """What was asked of the issuer, as far as the answer has to fit it."""

    nonce: str
    verifier: str
    redirect: str
    asked_at: float  # the machine's time, seconds; 0 where a standing session there is enough


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


def _client(way: SignInWay, redirect: str, about: Mapping[str, Any]) -> OAuth2Session:
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


def address(way: SignInWay, question: Question, state: str) -> str:
    """Where the person is sent. Raises Unreachable."""
    about = metadata(way)
    more: dict[str, Any] = {"nonce": question.nonce, "code_verifier": question.verifier}
    if question.asked_at:
        more |= {"prompt": "login", "max_age": 0}
    client = _client(way, question.redirect, about)
    url, _state = client.create_authorization_url(
        about["authorization_endpoint"], state=state, **more
    )
    return str(url)


def claim(way: SignInWay, question: Question, answer: Mapping[str, str]) -> Claim:
    """Who came back with this answer. Raises Untrusted, Unreachable."""
    about = metadata(way)
    said = answer.get("iss")
    if said is None and about.get("authorization_response_iss_parameter_supported") is True:
        raise _untrusted("no iss")
    if said is not None and said != way.server:
        raise _untrusted("iss of another issuer")
    if answer.get("error"):
        raise Untrusted(
            _("The campus service did not let you in, or you broke off. Try again."),
            "refused there",
        )
    token = _token(way, question, about, answer.get("code", ""))
    claims = _id_token(way, question, about, token)
    number = only_text(claims.get(way.claim), LONGEST_NUMBER)
    if not number and about.get("userinfo_endpoint"):
        number = _asked_for(way, about, token, claims["sub"])
    return Claim(
        subject=claims["sub"],
        number=number,
        sid=only_text(claims.get("sid"), 300),
        hint=token["id_token"],
        anew=_is_anew(claims, question.asked_at),
    )


def _untrusted(why: str) -> Untrusted:
    return Untrusted(
        _("The answer of the campus service is not valid. Please begin the sign-in anew."), why
    )


def _token(
    way: SignInWay, question: Question, about: Mapping[str, object], code: str
) -> Mapping[str, Any]:
    if not code or len(code) > LONGEST_TOKEN:
        raise _untrusted("no code")
    client = _client(way, question.redirect, about)
    try:
        token: Mapping[str, Any] = client.fetch_token(
            about["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=question.verifier,
            redirect_uri=question.redirect,
        )
    except (OAuthError, ValueError, KeyError, TypeError) as error:
        raise _untrusted(f"code: {getattr(error, 'error', 'no JSON')}"[:80]) from None
    except requests.HTTPError:
        raise net.Unreachable(_("The service does not answer.")) from None
    text = token.get("id_token")
    if not isinstance(text, str) or len(text) > LONGEST_TOKEN:
        raise _untrusted("no id_token")
    return token


def _id_token(
    way: SignInWay, question: Question, about: Mapping[str, Any], token: Mapping[str, Any]
) -> dict[str, Any]:
    """Its claims, when signature, issuer, audience, times and nonce are right. Raises Untrusted."""
    header, claims = _opened(way, about, token["id_token"])
    params = {
        "nonce": question.nonce,
        "client_id": way.client_id,
        "access_token": token.get("access_token", ""),
    }
    try:
        CodeIDToken(claims, header, _options(way), params).validate(_now(), LEEWAY)
    except (JoseError, TypeError, ValueError, AttributeError) as error:
        raise _untrusted(f"id_token: {type(error).__name__}") from None
    _check_audience(way, claims)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), question.nonce.encode()
    ):
        raise _untrusted("nonce")
    if not only_text(claims.get("sub"), LONGEST_SUBJECT) or not isinstance(claims["sub"], str):
        raise _untrusted("no sub")
    return claims


def _now() -> int:
    return int(clock.machine().timestamp())


def _options(way: SignInWay) -> dict[str, object]:
    return {
        "iss": {"essential": True, "value": way.server},
        "aud": {"essential": True, "value": way.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }


def _check_audience(way: SignInWay, claims: Mapping[str, object]) -> None:
    """For us, and where for others too, issued to us."""
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    if way.client_id not in several or (
        len(several) > 1 and claims.get("azp") not in (way.client_id,)
    ):
        raise _untrusted("aud")


def _opened(
    way: SignInWay, about: Mapping[str, object], token: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token that one of the issuer's keys has signed. Raises Untrusted."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise _untrusted("not a token") from None
    if header.get("alg") not in ALGORITHMS:
        raise _untrusted(f"alg {header.get('alg')}"[:40])
    for longest in (KEYS_SECONDS, KEYS_APART):
        claims = _verified(token, _keys(way, about, longest), header.get("kid"))
        if claims is not None:
            return dict(header), claims
    raise _untrusted("signature")


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


def _keys(way: SignInWay, about: Mapping[str, object], longest: float) -> list[object]:
    """The issuer's keys for signatures, read not longer ago than that (seconds). Raises Unreachable."""
    name = (way.id or 0, str(about["jwks_uri"]))
    kept = _keys_known.get(name)
    if kept is None or time.monotonic() - kept[0] >= longest:
        kept = _keys_known[name] = (time.monotonic(), _asked_keys(way, about))
    return kept[1]


def _asked_keys(way: SignInWay, about: Mapping[str, Any]) -> list[object]:
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


def _asked_for(
    way: SignInWay, about: Mapping[str, Any], token: Mapping[str, object], subject: str
) -> str:
    """The number from the issuer's page about the person, which has to be about the same one."""
    bearer = {"Authorization": f"Bearer {token.get('access_token', '')}"}
    answer = net.session_for(way).get(about["userinfo_endpoint"], headers=bearer)
    found = net.json_of(answer)
    if found.get("sub") != subject:
        raise _untrusted("userinfo of another subject")
    return only_text(found.get(way.claim), LONGEST_NUMBER)


def _is_anew(claims: Mapping[str, object], asked_at: float) -> bool:
    """Whether the person signed in there after we asked: an issuer that ignores the wish is not believed."""
    at = claims.get("auth_time")
    return (
        bool(asked_at)
        and isinstance(at, int | float)
        and not isinstance(at, bool)
        and asked_at - LEEWAY <= at <= _now() + LEEWAY
    )


def signed_out(way: SignInWay, token: str) -> tuple[str, str]:
    """Subject and session (one may be empty) that a back-channel sign-out token ends. Raises Untrusted.

    OpenID Connect Back-Channel Logout 1.0 §2.6: signed, for us, with its event, no nonce, used once.
    """
    if not token or len(token) > LONGEST_TOKEN:
        raise _untrusted("no logout_token")
    _header, claims = _opened(way, metadata(way), token)
    now = _now()
    issued, events = claims.get("iat"), claims.get("events")
    if claims.get("iss") != way.server:
        raise _untrusted("iss")
    _check_audience(way, claims | {"azp": way.client_id})
    if not _later(issued, now - OLDEST.total_seconds()) or _later(issued, now + LEEWAY):
        raise _untrusted("iat")
    if "exp" in claims and not _later(claims["exp"], now - LEEWAY):
        raise _untrusted("exp")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise _untrusted("events")
    return _ended(way, claims)


def _later(moment: object, than: float) -> bool:
    return isinstance(moment, int | float) and not isinstance(moment, bool) and moment > than


def _ended(way: SignInWay, claims: Mapping[str, object]) -> tuple[str, str]:
    subject = only_text(claims.get("sub"), LONGEST_SUBJECT)
    sid, number = only_text(claims.get("sid"), 300), only_text(claims.get("jti"), 300)
    if "nonce" in claims or not (subject or sid) or not number:
        raise _untrusted("claims")
    if not first_time("jti", way.id, number):
        raise _untrusted("jti seen before")
    return subject, sid


def way_out(way: SignInWay, hint: str, back: str) -> str | None:
    """Where the person also signs out at the issuer; None where the issuer has no such page."""
    end = metadata(way).get("end_session_endpoint")
    if not end:
        return None
    wanted = {"client_id": way.client_id, "post_logout_redirect_uri": back}
    if hint:
        wanted["id_token_hint"] = hint
    return f"{end}{'&' if '?' in end else '?'}{urlencode(wanted)}"


def test(way: SignInWay, redirect: str) -> None:
    """Raise Unreachable with the sentence what does not work; the client's secret is tried too."""
    about = metadata(way, anew=True)
    if not _asked_keys(way, about):
        raise net.Unreachable(_("The service publishes no key that signs."))
    client = _client(way, redirect, about)
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
