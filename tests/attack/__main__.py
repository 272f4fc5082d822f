"""`python -m tests.attack [SHOTS [SECONDS [SEED]]]`: 20,000 requests, at most half an hour, seed 11."""

from __future__ import annotations

import sys

from app.core import postgres
from tests.attack.server import LONGEST, attack, running, slow_bodies


def main() -> int:
    """Start it, attack it, say how it went."""
    shots, seconds, seed = (
        [int(a) for a in sys.argv[1:4]] + [20_000, 1_800, 11][len(sys.argv) - 1 :]
    )[:3]
    with running() as it:
        folder = postgres.data_folder(it.folder)
        database = postgres.start(folder)
        try:
            bad = attack(it.port, database, shots, seconds, seed, threads=2)
            worst = slow_bodies(it.port)
            print(f"with 40 slow bodies: the slowest of ten pages after {worst:.2f} s")
            bugs = it.log.read_text().count(" bug ")
            print(f"bugs in the log: {bugs}")
            if bugs or bad:
                print(it.log.read_text()[-6000:])
        finally:
            postgres.stop(folder)
    return int(bool(bad or bugs or worst > LONGEST))


if __name__ == "__main__":
    sys.exit(main())
