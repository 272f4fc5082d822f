"""The web server as `run.py` starts it, under load: `make load`, or `python -m bench load [placements]`.

60 % students, 20 % employers, 15 % lists of the staff, 5 % writes (letters declined, signings attested).
First the curve, then twice what the server can do, then half of it: what is shed, and when all is well
again. CPU of web, worker, database and visitors in seconds; nothing here is a ratio to a floor, compare
with a run on the same machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask

import run as ours
from app.core.db import db
from app.signing.placements.models import Placement
from app.workflow.actor import Role
from bench import batches, data
from bench.measure import browser
from bench.server import server
from tests import factories as make

ROOT = Path(__file__).resolve().parents[1]
PLACEMENTS = 200_000
CURVE, SECONDS = (1, 4, 8, 16, 32), 15
STUDENTS, EMPLOYERS, STAFF = 300, 30, 20
SHARES = {"student": 60, "employer": 20, "staff": 15, "write": 5}
SHED, WELL = 503, 250  # status; ms
FIRM = ["/employer/", "/employer/invitations/list/", "/employer/candidates/"]
Answers = list[tuple[float, float, int, str]]
Act = tuple[str, dict[str, str]]


def people(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """By group, signed in, with what each reads and writes."""
    with app.app_context():
        college = db.session.get_one(make.College, 1)
        officers = [make.make_user(Role.SCHOOL, f"bench-{n}", school_id=1) for n in range(STAFF)]
        firms = [make.make_employer(college.school) for _n in range(EMPLOYERS)]
        students = [make.make_student(college) for _n in range(STUDENTS)]
        share = STUDENTS // EMPLOYERS
        letters = [
            letter
            for n, firm in enumerate(firms)
            for letter in make.invite(firm, *students[n * share : (n + 1) * share])
        ]
        waiting = db.session.scalars(
            db.select(Placement.id).filter_by(school_id=1, state="awaiting_school")
        ).all()
        own = [(make.account(letter.student).id, letter.id) for letter in letters]
        theirs, staff = [make.account(firm).id for firm in firms], [user.id for user in officers]
        db.session.commit()
    why = {"reason": "已有其他安排"}
    attested = [(f"/desk/action/attest/{key}", {}) for key in waiting]
    return {
        "student": [
            person(app, user, student_pages(key), [(f"/my/answer/{key}/decline", why)])
            for user, key in own
        ],
        "employer": [person(app, user, FIRM) for user in theirs],
        "staff": [
            person(app, user, staff_pages(n), attested[n::STAFF]) for n, user in enumerate(staff)
        ],
    }


def student_pages(letter: int) -> list[str]:
    """What a student looks at."""
    return ["/my/", f"/my/invitations/{letter}", "/my/invitations/", "/notices/"]


def staff_pages(n: int) -> list[str]:
    """What an officer looks at: the desk's tabs, a search, a detail, the plan, the students."""
    tabs = [f"/desk/list/?tab={tab}" for tab in ("all", "mine", "in_force", "refused")]
    return [
        *tabs,
        "/desk/list/?tab=all&q=伟刚",
        f"/desk/show/{20 + n}",
        "/plan/list/",
        "/students/list/",
    ]


def person(app: Flask, user: int, reads: list[str], writes: Sequence[Act] = ()) -> dict[str, Any]:
    """Signed in by a cookie."""
    client = browser(app, user)
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get(reads[0]).text)
    cookie = client.get_cookie("session")
    assert token is not None
    return {
        "cookie": f"{cookie.key}={cookie.value}",
        "token": token[1],
        "reads": [quote(path, safe="/?=&") for path in reads],
        "writes": list(writes),
    }


@contextmanager
def served(url: str, folder: Path) -> Iterator[tuple[str, dict[str, int]]]:
    """Web and worker as `run.py` starts them: the address, and the processes by name."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "QINGQIAN_INSTANCE": str(folder),
        "QINGQIAN_MODE": "test",
    }
    commands = {
        "web": ours.web_command(str(port), env),
        "worker": [sys.executable, "-m", "flask", "--app", "run", "worker"],
    }
    running = {
        name: subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
        for name, command in commands.items()
    }
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 60
        while not healthy(address):
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.3)
        yield address, {name: process.pid for name, process in running.items()}
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait(30)


def healthy(address: str) -> bool:
    """Whether web and worker are up."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


class Load:
    """One server and its visitors; prints a line a run."""

    def __init__(self, address: str, who: dict[str, Any], pids: dict[str, int]) -> None:
        self.address, self.who, self.pids = address, who, pids
        print(
            f"\n{'':26}{'a second':>9}{'p50 ms':>8}{'p95':>7}{'p99':>7}{'shed':>7}{'5xx':>5}{'lost':>5}"
            f"   CPU of two cores: {', '.join(pids)}, visitors"
        )

    def run(self, label: str, seconds: int, **how: float) -> Answers:
        """Let them ask; what came back."""
        told = {
            "address": self.address,
            "seconds": seconds,
            "shares": SHARES,
            "people": self.who,
            **how,
        }
        before, start = {n: cpu(pid) for n, pid in self.pids.items()}, time.perf_counter()
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "bench.visitors"],
            input=json.dumps(told),
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = [(cpu(pid) - before[n]) / wall for n, pid in self.pids.items()]
        used.append((after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime) / wall)
        found: Answers = json.loads(done.stdout)
        self._show(label, seconds, found, used)
        return found

    def _show(self, label: str, seconds: int, found: Answers, used: list[float]) -> None:
        served = [ms for _at, ms, status, _who in found if 200 <= status < 500]
        counted = Counter(status for _at, _ms, status, _who in found)
        bad = sum(n for status, n in counted.items() if status >= 500 and status != SHED)
        p50, p95, p99 = (quantile(served, q) for q in (0.5, 0.95, 0.99))
        shares = "  ".join(f"{share:4.0%}" for share in used)
        print(
            f"{label:26}{len(served) / seconds:9.0f}{p50:8.0f}{p95:7.0f}{p99:7.0f}"
            f"{counted[SHED]:7}{bad:5}{counted[0]:5}   {shares}",
            flush=True,
        )
        unknown = {s: n for s, n in counted.items() if s not in (0, 200, 302, 303, SHED)}
        if unknown:
            print(f"{'':26}other answers: {unknown}")


def quantile(values: list[float], share: float) -> float:
    """That share of the values is not above it; 0 without values."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def cpu(root: int) -> float:
    """CPU seconds of a process and all that came from it, ended ones included (Linux)."""
    parents, spent = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                spent[int(entry.name)] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return sum(seconds for pid, seconds in spent.items() if root in line(pid, parents))


def line(pid: int, parents: dict[int, int]) -> set[int]:
    """The process and those above it."""
    found = {pid}
    while (pid := parents.get(pid, 0)) and pid not in found:
        found.add(pid)
    return found


def recovered(found: Answers) -> float:
    """The second from which on nothing was shed any more and 95 % came within 250 ms."""
    late = [at for at, ms, status, _who in found if status in (0, SHED) or ms > WELL]
    seconds = Counter(int(at) for at in late)
    asked = Counter(int(at) for at, *_more in found)
    bad = [n for n in seconds if seconds[n] > 0.05 * asked[n]]
    return max(bad, default=-1) + 1


def run(url: str, folder: Path, placements: int) -> None:
    """Build, load, print."""
    data.PLACEMENTS, data.BIGGEST = placements, placements // 10
    app = batches.load(url, folder)
    with app.app_context():
        data.build()
    who = people(app)
    with served(url, folder) as (address, pids):
        load = Load(address, who, pids | {"database": postmaster(folder)})
        load.run("warming up", 10, at_once=4)
        rates = [len(load.run(f"{n} at once", SECONDS, at_once=n)) / SECONDS for n in CURVE]
        most = max(rates)
        load.run(f"{most * 0.7:.0f} a second come", SECONDS, rate=most * 0.7)
        load.run(f"{most * 2:.0f} a second come", SECONDS, rate=most * 2)
        after = load.run(f"{most * 0.5:.0f} a second come", SECONDS, rate=most * 0.5)
        print(f"after the rush all is well from second {recovered(after):.0f} on")


def postmaster(folder: Path) -> int:
    """The process of the embedded PostgreSQL."""
    (found,) = folder.rglob("postmaster.pid")
    return int(found.read_text().split()[0])


def main(placements: int = PLACEMENTS) -> None:
    """On an embedded PostgreSQL of its own."""
    with server() as (url, folder):
        run(url, folder, placements)
