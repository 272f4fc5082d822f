"""Our desk beside Django's admin over the same rows, in one run: `python -m bench peers [placements]`.

The other system lies in an environment of its own, set up at the first run from the package index into
`instance/peers`; nothing of it is among our dependencies or needed by a test.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench import lists
from bench.measure import ROUNDS, Counter, Figure, getting
from bench.server import server

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parents[1] / "instance" / "peers"


def main(placements: int = lists.PLACEMENTS) -> None:
    """Build, measure all, print."""
    python = environment()
    with server() as (url, folder):
        desk, floor, pages = lists.prepared(url, folder, placements)
        counter, ours = Counter(), {}
        for label, mine, theirs in pages:
            ours[label] = lists.beside(counter, getting(desk, mine), getting(floor, theirs))
        command = [str(python), "-W", "ignore", str(HERE / "django_admin.py"), url, str(ROUNDS)]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
        show(ours, json.loads(said.stdout))


def environment() -> Path:
    """The interpreter that has Django."""
    python = ENVIRONMENT / "bin" / "python"
    wanted = HERE / "requirements.txt"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(wanted)]
    subprocess.run(command, check=True)
    return python


def show(ours: dict[str, tuple[Figure, Figure]], theirs: dict[str, list[float]]) -> None:
    """A line each: CPU and wall in ms, and how often the bare page's."""
    print(f"\n{'':36}{'CPU ms':>8}{'x bare':>8}{'wall ms':>9}{'x bare':>8}{'KB':>6}")
    for label, (mine, base) in ours.items():
        rows = [
            ("bare page", base.cpu, base.wall, base.size),
            ("ours", mine.cpu, mine.wall, mine.size),
        ]
        rows += [
            (name, *theirs[f"{name}, {label}"])
            for name in ("Django admin", "tuned")
            if f"{name}, {label}" in theirs
        ]
        for name, cpu, wall, size in rows:
            print(
                f"{label:20}{name:16}{cpu:8.1f}{cpu / base.cpu:8.1f}{wall:9.1f}{wall / base.wall:8.1f}"
                f"{size / 1024:6.0f}"
            )
