"""How often what chance decides is tried: some times in each run, the full number in `make check-deep`.

Only for what asserts the same thing each time; a test whose cases differ asserts that it met them all.
"""

from __future__ import annotations

import os

DEEP = os.environ.get("DEPTH") == "deep"


def times(usual: int, deep: int) -> int:
    """The number of rounds: `deep` of them where the whole is walked."""
    return deep if DEEP else usual
