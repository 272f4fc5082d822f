"""The large edition: a real server on 127.0.0.1 with the demo's data, raw sockets, and figures."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from types import SimpleNamespace

import psycopg

from tests.attack.pages import walk
from tests.attack.shots import TOKEN, Range, Shot

ROOT = Path(__file__).resolve().parents[2]
WHO = {
    "student": "student3",
    "employer": "employer1",
    "college": "college",
    "school": "school",
    "province": "province",
    "data": "data",
    "admin": "admin",
    "elsewhere": "school2",
    "nobody": "",
}
STARTS = ["/", "/login/", "/messages/", "/verify/", "/desk/list/", "/my/", "/employer/"]
LONGEST = 5.0  # seconds within which every answer has come
P99 = 0.5


@contextmanager
def running():
    """`run.py` in demo mode on a database, folder and port of its own."""
    folder = Path(tempfile.mkdtemp(prefix="qingqian-attack-"))
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        k: v for k, v in os.environ.items() if not k.startswith("QINGQIAN_") and k != "DATABASE_URL"
    }
    env |= {"QINGQIAN_MODE": "demo", "QINGQIAN_INSTANCE": str(folder), "PORT": str(port)}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "run.py"], cwd=ROOT, env=env, stdout=log, stderr=log
        )
    it = SimpleNamespace(port=port, folder=folder, log=folder / "log", process=process)
    try:
        until = time.monotonic() + 900
        while ask(port, b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", 5)[0] != 200:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"it did not start:\n{it.log.read_text()[-3000:]}")
            time.sleep(1)
        yield it
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)
        shutil.rmtree(folder, ignore_errors=True)


def ask(port: int, data: bytes, patience: float, pause: float = 0.0, short: bool = False):
    """Send bytes, read the answer to its end: status (0: none), seconds until it was whole, the bytes."""
    begun = time.monotonic()
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
            if pause:
                for start in range(0, len(data), max(1, len(data) // 4)):
                    connection.sendall(data[start : start + max(1, len(data) // 4)])
                    time.sleep(pause)
            else:
                connection.sendall(data)
            if short:
                connection.shutdown(socket.SHUT_WR)
            begun = time.monotonic() if pause else begun
            parts = []
            while part := connection.recv(1 << 16):
                parts.append(part)
    except OSError:
        parts = locals().get("parts") or []
    answer = b"".join(parts)
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(found.group(1)) if found else 0, time.monotonic() - begun, answer


class Gun:
    """Sends as one role over the wire; signs in anew where a bent form has ended its session."""

    def __init__(self, port: int, role: str) -> None:
        self.port, self.role, self.lock = port, role, threading.Lock()
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.sign_in()

    def sign_in(self) -> None:
        """A session of this role, and the token that its forms need."""
        with self.lock:
            self.cookies = {}
            self.token = self._token("/login/")
            if WHO[self.role]:
                kind = [("Content-Type", "application/x-www-form-urlencoded")]
                self._raw(
                    "POST", f"/demo/{WHO[self.role]}", kind, f"csrf_token={self.token}".encode()
                )
                self.token = self._token("/notices/")

    def _token(self, address: str) -> str:
        page = self._raw("GET", address, [], b"")[1]
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        return found.group(1) if found else ""

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _raw(self, method, target, headers, body):
        shot = Shot("", "", "", method, target, headers, body)
        status, _seconds, answer = ask(self.port, wire(shot, self.cookie, self.port), 60)
        head, _mark, page = answer.partition(b"\r\n\r\n")
        for pair in re.findall(rb"(?im)^set-cookie: ([^;\r\n]+)", head):
            name, _is, value = pair.decode("latin-1").partition("=")
            self.cookies[name] = value
        return status, _unchunked(head, page).decode("utf-8", "replace"), answer

    def get(self, address: str) -> tuple[int, str, str]:
        status, page, answer = self._raw("GET", address, [], b"")
        head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
        to = re.search(r"(?im)^location: (\S+)", head)
        kind = re.search(r"(?im)^content-type: (\S+)", head)
        return status, kind.group(1) if kind else "", to.group(1) if to else page

    def fire(self, shot: Shot) -> tuple[int, float]:
        shot.body = shot.body.replace(TOKEN.encode(), self.token.encode())
        data = wire(shot, self.cookie, self.port)
        pause = 0.15 if shot.pace == "slow" else 0.0
        status, seconds, answer = ask(
            self.port, data, 30, pause, short=(shot.length or 0) > len(shot.body)
        )
        if status == 302 and b"\r\nLocation: /login/" in answer[:2000]:
            self.sign_in()
        return status, seconds


def _unchunked(head: bytes, page: bytes) -> bytes:
    if b"chunked" not in head.lower():
        return page
    parts = []
    while page:
        size, _mark, page = page.partition(b"\r\n")
        length = int(size or b"0", 16)
        parts.append(page[:length])
        page = page[length + 2 :]
    return b"".join(parts)


def wire(shot: Shot, cookie: str, port: int) -> bytes:
    """The request as bytes; a header of the shot stands instead of ours."""
    names = {name.lower() for name, _value in shot.headers}
    headers = [] if "host" in names else [("Host", f"127.0.0.1:{port}")]
    headers += [] if not cookie or "cookie" in names else [("Cookie", cookie)]
    headers += shot.headers
    if shot.body or shot.length is not None or shot.method in ("POST", "PUT", "PATCH"):
        headers.append(
            ("Content-Length", str(len(shot.body) if shot.length is None else shot.length))
        )
    if "connection" not in names:
        headers.append(("Connection", "close"))
    head = f"{shot.method} {shot.target} HTTP/1.1\r\n" + "".join(
        f"{n}: {v}\r\n" for n, v in headers
    )
    return head.encode("latin-1", "replace") + b"\r\n" + shot.body


def attack(port: int, database: str, shots: int, seconds: float, seed: int, threads: int) -> int:
    """Walk, bend, fire; print the figures; 1 where a bound is broken."""
    from tests.attack.routes import rules

    guns = {role: Gun(port, role) for role in WHO}
    found = {role: walk(gun.get, STARTS, 60) for role, gun in guns.items()}
    print(
        "; ".join(
            f"{role}: {len(f.addresses)} pages, {len(f.forms)} forms" for role, f in found.items()
        ),
        flush=True,
    )
    keys, uids = known(database)
    source = Range(rules(database), found, keys, uids, seed).shots(sorted(guns))
    queue: Queue[Shot] = Queue()
    for _n in range(shots):
        queue.put(next(source))
    done, until = [], time.monotonic() + seconds

    def work() -> None:
        while time.monotonic() < until:
            try:
                shot = queue.get_nowait()
            except Empty:
                return
            done.append((*guns[shot.role].fire(shot), shot))

    workers = [threading.Thread(target=work) for _n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return judged(done, shots, seed)


def known(database: str) -> tuple[list[int], list[str]]:
    """Numbers and names of records that are there, of every table and school."""
    keys: set[int] = set()
    uids: set[str] = set()
    with psycopg.connect(database, autocommit=True) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (column_name = 'id' AND data_type = 'integer' OR column_name = 'uid')"
        ).fetchall()
        for table, column in columns:
            rows = connection.execute(
                f'SELECT {column} FROM "{table}" ORDER BY random() LIMIT 12'
            ).fetchall()
            (uids if column == "uid" else keys).update(row[0] for row in rows)
    return sorted(keys), sorted(uids)


def judged(done: list, shots: int, seed: int) -> int:
    """Print what came of it; 1 where a bound is broken."""
    times = sorted(seconds for _status, seconds, _shot in done)
    bugs = [
        (status, shot)
        for status, _seconds, shot in done
        if status >= 500 and shot.rule != "/healthz"
    ]
    slow = [(seconds, shot) for _status, seconds, shot in done if seconds > LONGEST]
    p99 = times[int(len(times) * 0.99)] if times else 0.0
    print(
        f"{len(done)} of {shots} requests, seed {seed}; routes {len({s.rule for _a, _b, s in done})}"
    )
    print(
        "answers:",
        dict(sorted(Counter(status for status, _s, _shot in done).items())),
        "(0: cut or none)",
    )
    print(
        f"5xx: {len(bugs)}; over {LONGEST:.0f} s: {len(slow)}; p50 {times[len(times) // 2] * 1000:.0f} ms,"
        f" p99 {p99 * 1000:.0f} ms, longest {times[-1]:.2f} s"
    )
    for status, shot in bugs[:20]:
        print(
            f"  {status} {shot.role} {shot.kind} {shot.method} {shot.target[:160]} {shot.headers} {shot.body[:160]!r}"
        )
    for seconds, shot in slow[:20]:
        print(f"  {seconds:.1f} s {shot.role} {shot.kind} {shot.method} {shot.target[:160]}")
    return int(bool(bugs or slow or p99 > P99 or len(done) < shots))


def slow_bodies(port: int, count: int = 40) -> float:
    """So many clients that send a byte now and then; the slowest of ten honest answers meanwhile, seconds."""
    head = (
        f"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 100000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nwho="
    ).encode()
    lazy = []
    for n in range(count):
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        connection.sendall(head if n % 2 else head[:60])
        lazy.append(connection)
    time.sleep(1)
    worst = 0.0
    for _n in range(10):
        for connection in lazy:
            connection.send(b"x")
        status, seconds, _answer = ask(
            port,
            f"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode(),
            30,
        )
        worst = max(worst, seconds if status == 200 else 30.0)
    for connection in lazy:
        connection.close()
    return worst
