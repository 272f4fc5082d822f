"""Passwords: argon2id (19 MiB, 2 passes), and what a new one must be."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _HASHER.hash("nobody has this password")

SHORTEST, LONGEST = 10, 128


def hashed(password: str) -> str:
    """The stored form of a password."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right; takes the same time where there is no account."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def weakness(password: str, *personal: str) -> str | None:
    """The sentence that says what is wrong with a new password, or None."""
    if len(password) < SHORTEST:
        return _("A password has at least %(n)s characters.", n=SHORTEST)
    if len(password) > LONGEST or "\x00" in password:
        return _("A password has at most %(n)s characters.", n=LONGEST)
    kinds = [any(map(test, password)) for test in (str.isalpha, str.isdecimal)]
    if not all(kinds):
        return _("A password has letters and digits.")
    if any(p and len(p) >= 4 and p.lower() in password.lower() for p in personal):
        return _("A password does not contain your name or number.")
    return None
