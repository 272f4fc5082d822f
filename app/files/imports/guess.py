"""A guess of what somebody means by a header or a word, and how alike two texts are. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

ALIKE = 0.6  # the least ratio of a text that is offered as perhaps meant


@dataclass(frozen=True)
class Guess:
    """What is meant: `ours` (None: nothing of ours), and whether that is sure.

    What is sure is taken and said; the rest is asked, with `ours` preselected.
    """

    ours: str | None
    sure: bool = False


def is_within(short: str, long: str) -> bool:
    """Whether all signs of a text stand in the other one, in their order: 国企 in 国有企业."""
    rest = iter(long)
    return bool(short) and all(sign in rest for sign in short)


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that is most like the text; None where none is."""
    best, most = None, 0.0
    for name in names:
        ratio = SequenceMatcher(None, text, name).ratio()
        if is_within(text, name) or is_within(name, text):
            ratio += 0.3
        if ratio > most:
            best, most = name, ratio
    return best if most >= ALIKE else None
