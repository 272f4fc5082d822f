"""The web server: whole requests only, slow senders cut, honest ones served meanwhile (S-19)."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.core.patience import PatientWorker

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="gunicorn does not run on Windows")
LATE = 30  # seconds in which a very busy machine answers


@pytest.fixture(scope="module")
def port():
    """One process with two threads, as `run.py` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "tests.core.tiny:app",
            "--bind",
            f"127.0.0.1:{number}",
            "--worker-class",
            "app.core.patience.PatientWorker",
            "--workers",
            "1",
            "--threads",
            "2",
            "--worker-connections",
            "60",
            "--graceful-timeout",
            "10",
            "--log-level",
            "warning",
        ],
        cwd=ROOT,
    )
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", number), 1).close()
            break
        except OSError:
            assert time.monotonic() < until, "gunicorn did not start"
            time.sleep(0.1)
    yield number
    idle = socket.create_connection(("127.0.0.1", number), 5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    idle.close()


def talk(port: int, data: bytes, parts: int = 1) -> bytes:
    """All that comes back."""
    size = -(-len(data) // parts)
    with socket.create_connection(("127.0.0.1", port), LATE) as connection:
        for start in range(0, len(data), size):
            connection.sendall(data[start : start + size])
            if parts > 1:
                time.sleep(0.05)
        return everything(connection)


def everything(connection) -> bytes:
    found = b""
    while part := connection.recv(65536):
        found += part
    return found


def post(body: bytes, more: str = "") -> bytes:
    return (
        f"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body
    )


GET = b"GET /page HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


def test_forty_slow_bodies_and_heads_stop_nobody_and_are_cut(port):
    half = post(b"y" * 5000)[:300]
    lazy = [socket.create_connection(("127.0.0.1", port), LATE) for _n in range(50)]
    for n, connection in enumerate(lazy):
        connection.sendall(half if n % 2 else half[:40])
    begun = time.monotonic()
    assert b"/page 0 " in talk(port, GET)
    assert time.monotonic() - begun < 6.0, "the honest one waited for the slow ones"
    assert [connection.recv(1) for connection in lazy] == [b""] * 50  # after their eight seconds
    for connection in lazy:
        connection.close()


def test_more_slow_connections_than_places_push_out_the_oldest_of_them(port):
    lazy = [socket.create_connection(("127.0.0.1", port), LATE) for _n in range(90)]
    for connection in lazy:
        connection.sendall(b"GET / HT")
    assert b"/page 0 " in talk(port, GET)
    for connection in lazy:
        connection.close()


def test_a_connection_pushed_out_may_have_sent_something_in_the_same_moment():
    worker = PatientWorker.__new__(PatientWorker)
    worker.arriving = {}
    worker._receive(object(), None)  # its event was already on the list: the process lives on


@pytest.mark.parametrize(("size", "parts"), [(0, 3), (10, 7), (300_000, 5), (5_000_000, 3)])
def test_a_body_arrives_as_it_was_sent_however_it_is_cut(port, size, parts):
    body = os.urandom(size)
    answer = talk(port, post(body, "Connection: close\r\n"), parts)
    assert f"/x {size} {hashlib.sha256(body).hexdigest()}".encode() in answer


def test_one_connection_serves_requests_one_after_the_other_and_at_once(port):
    data = post(b"one") + post(b"two") + GET
    answer = talk(port, data)
    assert answer.count(b"HTTP/1.1 200") == 3
    assert hashlib.sha256(b"two").hexdigest().encode() in answer
    assert talk(port, data, parts=9).count(b"HTTP/1.1 200") == 3


def test_who_asks_to_go_on_is_told_to(port):
    head, _mark, body = post(b"z" * 100, "Expect: 100-continue\r\nConnection: close\r\n").partition(
        b"\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), LATE) as connection:
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(body)
        assert b"/x 100 " in everything(connection)


@pytest.mark.parametrize(
    "head",
    [
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        + GET,
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 50\r\n\r\nabc" + GET,
        b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n" + GET,
        b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 90_000,
        b"\x00\x01\x02\r\n\r\n" + GET,
    ],
)
def test_a_length_that_cannot_be_believed_is_answered_once_and_ends_the_connection(port, head):
    answer = talk(port, head)
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"/page" not in answer
