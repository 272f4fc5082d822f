"""Figures as ratios to a floor of the same run: `python -m bench` all of them, `python -m bench lists 200000` one."""

from __future__ import annotations

import importlib
import subprocess
import sys

BENCHES = (
    "pages",
    "accounts",
    "timing",
    "imports",
    "urgent",
    "exports",
    "checks",
    "planfiles",
    "lists",
    "plan",
    "reports",
    "load",
)


ASKED_FOR = ("peers",)  # installs what is not ours


def main(name: str = "", *sizes: str) -> None:
    """One bench, with the sizes of its own; without a name each in a process of its own."""
    if name in BENCHES + ASKED_FOR:
        importlib.import_module(f"bench.{name}").main(*map(int, sizes))
        return
    for each in BENCHES:
        print(f"\n== {each}", flush=True)
        subprocess.run([sys.executable, "-m", "bench", each], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
