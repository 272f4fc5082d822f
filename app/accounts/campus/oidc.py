"""OpenID Connect: discovery, code with PKCE, the id_token and the sign-out token checked (ACC-11).

Times in tokens are other machines' real times: they are compared with this machine's own clock, never
with the shifted one of the demo, and may differ by a minute.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.oidc.core import CodeIDToken
from flask_babel import gettext as _
from joserfc.errors import JoseError

from app.accounts.campus import net
from app.accounts.campus.claim import (
    LONGEST_NUMBER,
    LONGEST_SUBJECT,
    Claim,
    Untrusted,
    only_text,
)
from app.accounts.campus.models import SignInWay
from app.accounts.campus.oidc_issuer import client_for, metadata
from app.accounts.campus.oidc_keys import opened, untrusted
from app.core import clock

LEEWAY = 60  # seconds by which clocks may differ
LONGEST_TOKEN = 16 * 1024


@dataclass(frozen=True)
class Question:
    """What was asked of the issuer, as far as the answer has to fit it."""

    nonce: str
    verifier: str
    redirect: str
    asked_at: float  # the machine's time, seconds; 0 where a standing session there is enough


def address(way: SignInWay, question: Question, state: str) -> str:
    """Where the person is sent. Raises Unreachable."""
    about = metadata(way)
    more: dict[str, Any] = {"nonce": question.nonce, "code_verifier": question.verifier}
    if question.asked_at:
        more |= {"prompt": "login", "max_age": 0}
    client = client_for(way, question.redirect, about)
    url, _state = client.create_authorization_url(
        about["authorization_endpoint"], state=state, **more
    )
    return str(url)


def claim(way: SignInWay, question: Question, answer: Mapping[str, str]) -> Claim:
    """Who came back with this answer. Raises Untrusted, Unreachable."""
    about = metadata(way)
    said = answer.get("iss")
    if said is None and about.get("authorization_response_iss_parameter_supported") is True:
        raise untrusted("no iss")
    if said is not None and said != way.server:
        raise untrusted("iss of another issuer")
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


def _token(
    way: SignInWay, question: Question, about: Mapping[str, object], code: str
) -> Mapping[str, Any]:
    if not code or len(code) > LONGEST_TOKEN:
        raise untrusted("no code")
    client = client_for(way, question.redirect, about)
    try:
        token: Mapping[str, Any] = client.fetch_token(
            about["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=question.verifier,
            redirect_uri=question.redirect,
        )
    except (OAuthError, ValueError, KeyError, TypeError) as error:
        raise untrusted(f"code: {getattr(error, 'error', 'no JSON')}"[:80]) from None
    except requests.HTTPError:
        raise net.Unreachable(_("The service does not answer.")) from None
    text = token.get("id_token")
    if not isinstance(text, str) or len(text) > LONGEST_TOKEN:
        raise untrusted("no id_token")
    return token


def _id_token(
    way: SignInWay, question: Question, about: Mapping[str, Any], token: Mapping[str, Any]
) -> dict[str, Any]:
    """Its claims, when signature, issuer, audience, times and nonce are right. Raises Untrusted."""
    header, claims = opened(way, about, token["id_token"])
    params = {
        "nonce": question.nonce,
        "client_id": way.client_id,
        "access_token": token.get("access_token", ""),
    }
    try:
        CodeIDToken(claims, header, _options(way), params).validate(seconds_now(), LEEWAY)
    except (JoseError, TypeError, ValueError, AttributeError) as error:
        raise untrusted(f"id_token: {type(error).__name__}") from None
    check_audience(way, claims)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(
        nonce.encode(), question.nonce.encode()
    ):
        raise untrusted("nonce")
    if not only_text(claims.get("sub"), LONGEST_SUBJECT) or not isinstance(claims["sub"], str):
        raise untrusted("no sub")
    return claims


def seconds_now() -> int:
    """The machine's time, as tokens say it: seconds since 1970."""
    return int(clock.machine().timestamp())


def _options(way: SignInWay) -> dict[str, object]:
    return {
        "iss": {"essential": True, "value": way.server},
        "aud": {"essential": True, "value": way.client_id},
        "exp": {"essential": True},
        "iat": {"essential": True},
    }


def check_audience(way: SignInWay, claims: Mapping[str, object]) -> None:
    """For us, and where for others too, issued to us."""
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    if way.client_id not in several or (
        len(several) > 1 and claims.get("azp") not in (way.client_id,)
    ):
        raise untrusted("aud")


def _asked_for(
    way: SignInWay, about: Mapping[str, Any], token: Mapping[str, object], subject: str
) -> str:
    """The number from the issuer's page about the person, which has to be about the same one."""
    bearer = {"Authorization": f"Bearer {token.get('access_token', '')}"}
    answer = net.session_for(way).get(about["userinfo_endpoint"], headers=bearer)
    found = net.json_of(answer)
    if found.get("sub") != subject:
        raise untrusted("userinfo of another subject")
    return only_text(found.get(way.claim), LONGEST_NUMBER)


def _is_anew(claims: Mapping[str, object], asked_at: float) -> bool:
    """Whether the person signed in there after we asked: an issuer that ignores the wish is not believed."""
    at = claims.get("auth_time")
    return (
        bool(asked_at)
        and isinstance(at, int | float)
        and not isinstance(at, bool)
        and asked_at - LEEWAY <= at <= seconds_now() + LEEWAY
    )
