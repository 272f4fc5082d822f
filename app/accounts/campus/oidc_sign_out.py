"""The issuer's word that a session is over, and the way out there (ACC-11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from app.accounts.campus.claim import (
    LONGEST_SUBJECT,
    first_time,
    only_text,
)
from app.accounts.campus.models import SignInWay
from app.accounts.campus.oidc import LEEWAY, LONGEST_TOKEN, check_audience, seconds_now
from app.accounts.campus.oidc_issuer import metadata
from app.accounts.campus.oidc_keys import opened, untrusted

OLDEST = timedelta(minutes=10)  # a sign-out token older than that is not read

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def signed_out(way: SignInWay, token: str) -> tuple[str, str]:
    """Subject and session (one may be empty) that a back-channel sign-out token ends. Raises Untrusted.

    OpenID Connect Back-Channel Logout 1.0 §2.6: signed, for us, with its event, no nonce, used once.
    """
    if not token or len(token) > LONGEST_TOKEN:
        raise untrusted("no logout_token")
    _header, claims = opened(way, metadata(way), token)
    now = seconds_now()
    issued, events = claims.get("iat"), claims.get("events")
    if claims.get("iss") != way.server:
        raise untrusted("iss")
    check_audience(way, claims | {"azp": way.client_id})
    if not _later(issued, now - OLDEST.total_seconds()) or _later(issued, now + LEEWAY):
        raise untrusted("iat")
    if "exp" in claims and not _later(claims["exp"], now - LEEWAY):
        raise untrusted("exp")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise untrusted("events")
    return _ended(way, claims)


def _later(moment: object, than: float) -> bool:
    return isinstance(moment, int | float) and not isinstance(moment, bool) and moment > than


def _ended(way: SignInWay, claims: Mapping[str, object]) -> tuple[str, str]:
    subject = only_text(claims.get("sub"), LONGEST_SUBJECT)
    sid, number = only_text(claims.get("sid"), 300), only_text(claims.get("jti"), 300)
    if "nonce" in claims or not (subject or sid) or not number:
        raise untrusted("claims")
    if not first_time("jti", way.id, number):
        raise untrusted("jti seen before")
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
