"""Passwords: argon2id (19 MiB, 2 passes), and what a new one must be."""

from __future__ import annotations

import gzip
import string
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _

_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _HASHER.hash("nobody has this password")

SHORTEST, LONGEST = 10, 128
PHRASE = (
    15  # characters from which on nothing is asked of the kinds of characters (NIST SP 800-63B-4)
)
DIFFERENT = 5  # characters at least, so that one pattern is no pass phrase
_COMMON = Path(__file__).with_name("tables") / "common_passwords.txt.gz"
_ROWS = ("1234567890" * 2, "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz")
_LOOKALIKES = str.maketrans("@$013457", "asoieast")


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
    """The sentence that says what is wrong with a new password, or None (ASVS 5.0 6.2).

    Ten characters with letters and digits, or a phrase of fifteen of whatever characters; neither common
    nor a pattern nor made of what everybody knows of the person.
    """
    if len(password) < SHORTEST:
        return _("A password has at least %(n)s characters.", n=SHORTEST)
    if len(password) > LONGEST or "\x00" in password:
        return _("A password has at most %(n)s characters.", n=LONGEST)
    kinds = [any(map(test, password)) for test in (str.isalpha, str.isdecimal)]
    if len(password) < PHRASE and not all(kinds):
        return _(
            "A password has letters and digits, or at least %(n)s characters of any kind.", n=PHRASE
        )
    if any(p and len(p) >= 4 and p.lower() in password.lower() for p in personal):
        return _("A password does not contain your name or number.")
    if is_common(password):
        return _(
            "This password is among those that everybody tries first. Please think of another, "
            "for instance a sentence of your own."
        )
    return None


def is_common(password: str) -> bool:
    """Whether it is among the commonest, or one of them with digits and signs around it, or a pattern."""
    low = password.lower()
    bare = low.strip("0123456789" + string.punctuation + string.whitespace)
    forms = {low, low.translate(_LOOKALIKES), bare, bare.translate(_LOOKALIKES)}
    return _is_pattern(low) or _is_pattern(bare) or not forms.isdisjoint(_common())


def _is_pattern(text: str) -> bool:
    """Few different characters, one piece again and again, or a row of the keyboard."""
    if len(text) < DIFFERENT:
        return len(set(text)) < DIFFERENT and text.isascii()
    again = text in (text + text)[1:-1]
    row = any(text in known or text in known[::-1] for known in _ROWS)
    return len(set(text)) < DIFFERENT or again or row


@cache
def _common() -> frozenset[str]:
    """The shipped list; see tables/README.md for its sources."""
    return frozenset(gzip.decompress(_COMMON.read_bytes()).decode().split("\n"))
