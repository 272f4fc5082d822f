"""A small sum for a browser, asked of an address from which much went wrong (S-08).

It costs one person a moment and a guesser each of its guesses, and locks nobody out. `app.js` finds a
number so that the SHA-256 of «token:number» begins with so many zero bits; without script, waiting does.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from app.core import clock
from app.core.crypto import cipher
from app.core.errors import Refused
from app.core.limits import Limit

EASIEST, HARDEST = 13, 18  # bits: from a tenth of a second to some seconds of a phone
GOOD_FOR = timedelta(minutes=10)
WAIT = timedelta(seconds=20)  # instead of the sum, for a browser without script
ONCE = Limit("puzzle", 1, timedelta(hours=1))  # each is good for one try
WAITED = Limit("puzzle-waited", 6, timedelta(minutes=1))  # tries by waiting, for one address


class PuzzleWanted(Refused):
    """So much went wrong at this address that the next try costs a sum."""


@dataclass(frozen=True)
class Puzzle:
    """What the page carries."""

    token: str
    bits: int
    seconds: int = int(WAIT.total_seconds())


def new(address: str, excess: int) -> Puzzle:
    """A puzzle for this address; harder with each doubling of what went wrong there too often."""
    bits = min(HARDEST, EASIEST + max(1, excess).bit_length() - 1)
    head = f"{int(clock.now().timestamp())}.{bits}.{secrets.token_hex(8)}"
    return Puzzle(f"{head}.{_seal(head, address)}", bits)


def solved(address: str, token: str, answer: str) -> bool:
    """Whether the token was given to this address and its sum is right, or it waited; good once."""
    head, _dot, seal = token[:120].rpartition(".")
    if not hmac.compare_digest(_seal(head, address), seal):
        return False
    since, bits, _random = head.split(".")
    age = clock.now().timestamp() - int(since)
    if not 0 <= age <= GOOD_FOR.total_seconds():
        return False
    right = _zero_bits(f"{token}:{answer[:20]}") >= int(bits)
    if not right and (answer or age < WAIT.total_seconds() or not WAITED.take(address)):
        return False
    return ONCE.take(token)


def _zero_bits(text: str) -> int:
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return 256 - digest.bit_length()


def _seal(head: str, address: str) -> str:
    return cipher().blind_index("puzzle", f"{head}@{address}").hex()[:32]
