"""`make check-deep`: a long walk in many worlds, and every planted bug found. Prints a report."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from app.core import postgres
from tests.model.mutations import MUTATIONS
from tests.model.walk import pairs, prepare, walk, world
from tests.model.world import Violation

WORLD = 5_000  # steps in one world; then a fresh one, so that checks stay fast
PATIENCE = 20_000  # steps in which a planted bug must show


def long_walk(server: str, folder: str, first: int, steps: int) -> tuple[Counter, list[str]]:
    """Worlds one after the other; what was reached and what was wrong."""
    reached: Counter = Counter()
    wrong = []
    for n in range(steps // WORLD):
        try:
            reached += walk(server, Path(folder), first + n, WORLD)
        except Violation as violation:
            wrong.append(f"seed {first + n}: {violation}")
    return reached, wrong


def hunt(server: str, folder: str, number: int) -> tuple[str, int, str]:
    """Steps until a planted bug showed, and how; 0 where it did not."""
    mutation, taken = MUTATIONS[number], 0
    for seed in range(PATIENCE // WORLD):
        with mutation.on(), world(server, Path(folder), 1000 + seed) as here:
            try:
                for _n in range(WORLD):
                    taken += 1
                    here.step()
            except Violation as violation:
                return mutation.name, taken, str(violation)[:110]
    return mutation.name, 0, "NOT FOUND"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.model")
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--bugs", action="store_true", help="only the planted bugs")
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="qingqian-model-"))
    root.chmod(0o755)
    server = postgres.start(root / "postgres", durable=False)
    try:
        prepare(server)
        return _report(server, str(root), chosen)
    finally:
        postgres.stop(root / "postgres")
        shutil.rmtree(root, ignore_errors=True)


def _report(server: str, root: str, chosen: argparse.Namespace) -> int:
    began, bad = time.monotonic(), 0
    with ProcessPoolExecutor(chosen.processes) as pool:
        if not chosen.bugs:
            share = max(WORLD, chosen.steps // chosen.processes)
            walks = [
                pool.submit(long_walk, server, root, 1 + n * 1000, share)
                for n in range(chosen.processes)
            ]
            reached = sum((w.result()[0] for w in walks), Counter())
            wrong = [text for w in walks for text in w.result()[1]]
            missing = sorted(pairs() - set(reached))
            print(
                f"walker: {share * chosen.processes} steps, {sum(reached.values())} acts, "
                f"{len(pairs()) - len(missing)} of {len(pairs())} pairs of step and outcome reached, "
                f"{len(wrong)} violations, {time.monotonic() - began:.0f} s"
            )
            print("\n".join([*wrong, *map(str, missing)]))
            bad += len(wrong) + len(missing)
        for name, taken, how in pool.map(
            hunt, [server] * len(MUTATIONS), [root] * len(MUTATIONS), range(len(MUTATIONS))
        ):
            print(f"{f'found after {taken:5}' if taken else 'NOT FOUND'}  {name}  ({how})")
            bad += taken == 0
    print(f"{len(MUTATIONS)} planted bugs, {time.monotonic() - began:.0f} s in all")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
