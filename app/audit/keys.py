"""The keys of marks and seals: outside the database, more than one at a time, so that they can rotate.

QINGQIAN_AUDIT_KEYS has them like the data keys (``id:base64 of 32 bytes``, newest first). Without it one is
derived from the index key, which never changes (HKDF-SHA-256, RFC 5869, with a label of its own); that one
always stays known, so that a key can be set later.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from config import BadSettings, Config

DERIVED = "derived"
SIZE = 16  # bytes of a row's digest


class Keys:
    """Digests with the newest key, checks with each."""

    def __init__(self, keys: dict[str, bytes]) -> None:
        self._keys = keys
        self.newest = next(iter(keys))

    @classmethod
    def from_settings(cls, config: Config) -> Keys:
        """The keys of this installation. Raises BadSettings on one that is none."""
        found: dict[str, bytes] = {}
        for item in filter(None, (item.strip() for item in config.audit_keys.split(","))):
            name, _colon, text = item.partition(":")
            found[name.strip()] = _key(name.strip(), text)
        found[DERIVED] = derived(base64.b64decode(config.index_key))
        return cls(found)

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._keys

    def row(self, key_id: str, source: str) -> tuple[bytes, bytes]:
        """Key and beginning for the digests of rows of a source: `row_mac` is called for millions."""
        return self._keys[key_id], source.encode() + b"\0"

    def whole(self, key_id: str, label: str, *parts: object) -> bytes:
        """HMAC-SHA-256 over parts, each with its length before it, so that none runs into the next."""
        digest = hmac.new(self._keys[key_id], label.encode(), hashlib.sha256)
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode()
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()


def row_mac(key: bytes, start: bytes, text: str) -> bytes:
    """The keyed digest of one row's whole content, 16 bytes."""
    return hmac.digest(key, start + text.encode(), "sha256")[:SIZE]


def derived(secret: bytes) -> bytes:
    """32 bytes for the seals from another secret of the installation, which they do not give away."""
    label = b"qingqian audit trail 1"
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label).derive(secret)


def _key(name: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if not name or len(name) > 20 or name == DERIVED or len(key) != 32:
        raise BadSettings(
            "QINGQIAN_AUDIT_KEYS is id:base64 of 32 bytes, newest first, comma between"
        )
    return key


def keys() -> Keys:
    """The keys of this installation."""
    found: Keys = current_app.extensions["audit_keys"]
    return found
