"""`python -m tests.adversary`: a long walk of thieves and honest people, and every planted hole found."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from argon2 import PasswordHasher

from app.accounts import passwords
from app.core import postgres
from tests.adversary.holes import HOLES
from tests.adversary.judge import Violation
from tests.adversary.walk import GANGS, prepare, walk

WORLD = 500  # moves in one world, some 2,500 requests; then a fresh one
PATIENCE = 6  # worlds of each gang in which a planted hole must show


def quick() -> None:
    """Hashing as cheap as it goes: the walk signs in all the time; nothing is said on the way."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore")


def long_walk(server: str, folder: str, first: int, steps: int) -> tuple[Counter, int, list[str]]:
    """Worlds one after the other: who moved how often, acts judged, what was wrong."""
    quick()
    moved: Counter = Counter()
    acts, wrong = 0, []
    for n in range(steps // WORLD):
        try:
            here = walk(server, Path(folder), first + n, WORLD)
            moved, acts = moved + here.taken, acts + here.judge.acts
            moved["requests"] += here.requests
            moved.update({f"route {name}": n for name, n in here.asked.items()})
        except Violation as violation:
            wrong.append(str(violation))
    return moved, acts, wrong


def hunt(server: str, folder: str, number: int) -> tuple[str, int, str]:
    """Steps until a planted hole showed, and how; 0 where it did not."""
    quick()
    hole, taken = HOLES[number], 0
    for n in range(PATIENCE * len(hole.gangs)):
        seed = hole.gangs[n % len(hole.gangs)] + len(GANGS) * (20 + n)
        with hole.on():
            try:
                walk(server, Path(folder), seed, WORLD, chains=0.9)
            except Violation as violation:
                step = int(str(violation).partition("step ")[2].partition(":")[0])
                return hole.name, taken + step + 1, str(violation)[:110]
        taken += WORLD
    return hole.name, 0, "NOT FOUND"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.adversary")
    parser.add_argument("--steps", type=int, default=24_000, help="moves; each is 4 to 5 requests")
    parser.add_argument("--first", type=int, default=1000, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--holes", nargs="*", type=int, help="only the planted holes (these numbers)"
    )
    chosen = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="qingqian-adversary-"))
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
        if chosen.holes is None:
            share = max(WORLD, chosen.steps // chosen.processes)
            walks = [
                pool.submit(long_walk, server, root, chosen.first + n * 10_000, share)
                for n in range(chosen.processes)
            ]
            moved = sum((w.result()[0] for w in walks), Counter())
            acts = sum(w.result()[1] for w in walks)
            wrong = [text for w in walks for text in w.result()[2]]
            routes = sum(name.startswith("route ") for name in moved)
            print(
                f"adversary: {share * chosen.processes} moves, {moved['requests']} requests, {routes} routes "
                f"tried by thieves, {acts} acts of parties judged, {len(wrong)} violations, "
                f"{time.monotonic() - began:.0f} s",
                flush=True,
            )
            print("\n".join(wrong))
            bad += len(wrong)
        numbers = chosen.holes or range(len(HOLES))
        for name, taken, how in pool.map(hunt, [server] * len(HOLES), [root] * len(HOLES), numbers):
            print(
                f"{f'found after {taken:5}' if taken else 'NOT FOUND'}  {name}  ({how})", flush=True
            )
            bad += taken == 0
    print(f"{len(numbers)} planted holes, {time.monotonic() - began:.0f} s in all")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
