"""Personal numbers at rest: AES-256-GCM bound to their row, and a keyed index for exact search.

Two keys can be in use at once (the newest encrypts, each decrypts), so that keys can be rotated.
Keys come from settings, never from the database (design §5).
"""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app


class Cipher:
    """Encrypts short texts. `keys`: (id, 32 bytes), newest first; `index_key`: 32 bytes."""

    def __init__(self, keys: list[tuple[str, bytes]], index_key: bytes) -> None:
        self._aead = {name: AESGCM(key) for name, key in keys}
        self._newest = keys[0][0]
        self._index_key = index_key

    @property
    def newest(self) -> str:
        """The name of the key that encrypts."""
        return self._newest

    @classmethod
    def from_settings(cls, data_keys: str, index_key: str) -> Cipher:
        """Keys as the settings spell them: ``id:base64,id:base64`` and base64."""
        pairs = (item.split(":", 1) for item in data_keys.split(",") if item.strip())
        return cls(
            [(name.strip(), base64.b64decode(key)) for name, key in pairs],
            base64.b64decode(index_key),
        )

    def encrypt(self, text: str, context: str) -> bytes:
        """``id|nonce|ciphertext``; `context` names row and field, so a value cannot be moved."""
        return self.encrypt_bytes(text.encode(), context)

    def encrypt_bytes(self, data: bytes, context: str) -> bytes:
        """As `encrypt`, for a file."""
        nonce = os.urandom(12)
        sealed = self._aead[self._newest].encrypt(nonce, data, context.encode())
        return self._newest.encode() + b"|" + nonce + sealed

    def decrypt(self, data: bytes, context: str) -> str:
        """The text. Raises ValueError where the key is gone or the value belongs to another row."""
        return self.decrypt_bytes(data, context).decode()

    def decrypt_bytes(self, data: bytes, context: str) -> bytes:
        """As `decrypt`, for a file."""
        name, _, rest = data.partition(b"|")
        aead = self._aead.get(name.decode())
        if aead is None:
            raise ValueError(
                f"no data key named {name.decode()!r}: it must stay in QINGQIAN_DATA_KEYS"
            )
        try:
            return aead.decrypt(rest[:12], rest[12:], context.encode())
        except InvalidTag:
            raise ValueError("the value was changed or belongs to another row") from None

    def blind_index(self, kind: str, text: str) -> bytes:
        """HMAC-SHA256 of the normalised text, 32 bytes; equal texts of one kind are equal."""
        return hmac.digest(self._index_key, f"{kind}:{text}".encode(), "sha256")


def cipher() -> Cipher:
    """The cipher of this installation."""
    found: Cipher = current_app.extensions["cipher"]
    return found


class Sealed:
    """A personal number on a model: set and read as text, stored as ciphertext, index and mask.

    The model has a random `uid` and the columns ``<name>_sealed``, ``<name>_index``, ``<name>_masked``.
    Lists and search use only the last two; reading the attribute decrypts.
    """

    def __init__(
        self, kind: str, mask: Callable[[str], str], normalise: Callable[[str], str]
    ) -> None:
        self.kind, self.mask, self.normalise = kind, mask, normalise

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        data = getattr(row, f"{self.name}_sealed")
        return None if data is None else cipher().decrypt(data, self._context(row))

    def __set__(self, row: Any, text: str | None) -> None:
        parts = self.parts(type(row).__name__, row.uid, text) if text else (None, None, None)
        for end, part in zip(("sealed", "index", "masked"), parts, strict=True):
            setattr(row, f"{self.name}_{end}", part)

    def parts(self, owner: str, uid: str, text: str) -> tuple[bytes, bytes, str]:
        """Ciphertext, index and mask, for a row of the model `owner` that is written by SQL."""
        value, ours = self.normalise(text), cipher()
        sealed = ours.encrypt(value, f"{owner}.{self.name}:{uid}")
        return sealed, ours.blind_index(self.kind, value), self.mask(value)

    def opened(self, data: bytes, owner: str, uid: str) -> str:
        """The text of a row of the model that was read by SQL."""
        return cipher().decrypt(data, f"{owner}.{self.name}:{uid}")

    def moved(self, data: bytes, owner: str, uid: str, to: str) -> bytes:
        """The same text, encrypted for another row of the model."""
        ours = cipher()
        text = ours.decrypt(data, f"{owner}.{self.name}:{uid}")
        return ours.encrypt(text, f"{owner}.{self.name}:{to}")

    def index(self, text: str) -> bytes:
        """What an exact search for this text compares with."""
        return cipher().blind_index(self.kind, self.normalise(text))

    def _context(self, row: Any) -> str:
        return f"{type(row).__name__}.{self.name}:{row.uid}"
