"""Passkeys (WebAuthn level 3): the two ceremonies, and where they are possible (CHN-09).

The site's name comes from the settings, never from a header of the request. Without
``QINGQIAN_BASE_URL``, or with 127.0.0.1 in it (a single machine, the demo), they work at
http://localhost only; a site that is only an IP address can have none.
"""

from __future__ import annotations

import ipaddress
import json
import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import cbor2
import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from sqlalchemy import or_, select, update
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts.factor_models import Passkey
from app.accounts.models import AppUser
from app.core import clock, jobs
from app.core.crypto import cipher
from app.core.db import db

LOCAL = "localhost"
_LOCAL_ORIGIN = re.compile(r"http://localhost(:[0-9]{1,5})?")
LONGEST = 20_000  # characters of an answer of the browser
VERIFIED = UserVerificationRequirement.REQUIRED
# what the library says, and what its parsers stumble over, of an answer that is none
ODD = (
    WebAuthnException,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RecursionError,
    struct.error,
    cbor2.CBORError,
    UnsupportedAlgorithm,
)


class WrongKey(Exception):
    """The answer proves nothing; `cloned` where the key's counter went back."""

    def __init__(self, why: str, *, cloned: bool = False) -> None:
        super().__init__(why)
        self.cloned = cloned


def site() -> str | None:
    """The name that keys are bound to: the host of the base URL; None where keys are impossible."""
    host = urlsplit(jobs.config().base_url).hostname or LOCAL
    with suppress(ValueError):
        host = LOCAL if ipaddress.ip_address(host).is_loopback else ""
    return None if host == LOCAL and jobs.config().production else host or None


def _origin_of(answer: dict[str, Any]) -> str:
    """The one address from which the answer may come."""
    if site() != LOCAL:
        base = urlsplit(jobs.config().base_url)
        return f"{base.scheme}://{base.netloc}"
    try:
        said = json.loads(base64url_to_bytes(answer["response"]["clientDataJSON"]))["origin"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WrongKey("no origin") from error
    return said if _LOCAL_ORIGIN.fullmatch(str(said)) else f"http://{LOCAL}"


def keys_of(user_id: int) -> list[Passkey]:
    """The person's keys, oldest first."""
    mine = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)
    return list(db.session.scalars(mine))


def _known(user_id: int) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=key.credential) for key in keys_of(user_id)]


def registering(user: AppUser) -> tuple[bytes, str]:
    """The challenge, and what the browser is told to make a new key."""
    options = webauthn.generate_registration_options(
        rp_id=site() or LOCAL,
        rp_name="青签",
        user_name=user.username,
        user_display_name=user.display_name,
        user_id=cipher().blind_index("passkey-user", str(user.id)),
        exclude_credentials=_known(user.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=VERIFIED
        ),
    )
    return options.challenge, webauthn.options_to_json(options)


def proving(user: AppUser) -> tuple[bytes, str]:
    """The challenge, and what the browser is told to use one of the person's keys."""
    options = webauthn.generate_authentication_options(
        rp_id=site() or LOCAL, allow_credentials=_known(user.id), user_verification=VERIFIED
    )
    return options.challenge, webauthn.options_to_json(options)


def registered(user: AppUser, challenge: bytes, text: str, name: str) -> Passkey:
    """The new key. Not committed. Raises WrongKey."""
    answer = _read(text)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site() or LOCAL,
            expected_origin=_origin_of(answer),
            require_user_verification=True,
        )
    except ODD as error:
        raise WrongKey(str(error)) from error
    taken = select(Passkey.id).where(Passkey.credential == made.credential_id)
    if db.session.scalar(taken) is not None:
        raise WrongKey("the key is known already")
    key = Passkey(
        user_id=user.id,
        name=name,
        credential=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=clock.now(),
    )
    db.session.add(key)
    db.session.flush()
    return key


def proved(user: AppUser, challenge: bytes, text: str) -> Passkey:
    """The key that answered. Not committed. Raises WrongKey, also for a counter that went back."""
    answer = _read(text)
    key = _key_named(user, answer)
    try:
        done = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site() or LOCAL,
            expected_origin=_origin_of(answer),
            credential_public_key=key.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except ODD as error:
        raise WrongKey(str(error)) from error
    new = done.new_sign_count
    # in one statement: of two answers at the same moment with one count, one counts
    forward = or_(Passkey.sign_count < new, (Passkey.sign_count == 0) & (new == 0))
    moved = db.session.execute(
        update(Passkey)
        .where(Passkey.id == key.id, forward)
        .values(sign_count=new, used_at=clock.now())
        .returning(Passkey.id)
    ).scalar()
    if moved is None:
        raise WrongKey(f"counter of key {key.id} went back", cloned=True)
    return key


def _read(text: str) -> dict[str, object]:
    try:
        answer = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError) as error:
        raise WrongKey("not JSON") from error
    if not isinstance(answer, dict):
        raise WrongKey("no answer of a key")
    return answer


def _key_named(user: AppUser, answer: Mapping[str, object]) -> Passkey:
    """The key of this person that the answer names; another's is as good as none."""
    try:
        named = base64url_to_bytes(str(answer.get("rawId", "")))
    except ValueError as error:
        raise WrongKey("no name of a key") from error
    mine = select(Passkey).where(Passkey.user_id == user.id, Passkey.credential == named)
    key = db.session.scalars(mine).one_or_none()
    if key is None:
        raise WrongKey("no key of this person")
    return key
