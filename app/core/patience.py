"""A gunicorn worker that slow senders cannot stop: no thread is taken before a request is whole (S-19).

Gunicorn's threaded worker reads head and body in the thread that serves the request, so as many slow
clients as there are threads stop it. Here one loop receives from all connections at once, keeps
what has arrived (large bodies on disk), and gives a thread only what is complete. Who does not finish in
time is cut; where all places are taken, the connection that has waited longest goes. Who waits too long
for a thread is turned away (`shedding`). Answers are not buffered: slow readers hold a thread for some
seconds, and a reverse proxy is what frees it of them.
"""

from __future__ import annotations

import contextlib
import gc
import re
import selectors
import socket
import struct
import tempfile
import time
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from app.core import shedding

HEAD_WITHIN = 10.0  # seconds for the head of a request, from its first byte or the connection
BODY_WITHIN = 20.0  # seconds for a body, and as long again as its size takes at SLOWEST
SLOWEST = 32 * 1024  # bytes a second: an upload over a poor mobile network
READER_WITHIN = 20  # seconds in which a reader must take something of the answer
LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 25 * 1024 * 1024  # as MAX_CONTENT_LENGTH: what is longer is answered, not read
IN_MEMORY = 256 * 1024
PORTION = 256 * 1024  # bytes taken from one connection before the next has its turn
HELD = 1024 * 1024 * 1024  # bytes of unfinished bodies of one process

OVERLONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
_ENCODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_WAITING = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Arrival:
    """One request on its way in. Read by gunicorn's parser as if it were the socket."""

    def __init__(self, begun: bytes, patience: float) -> None:
        self.head = bytearray()
        self.body: Any = None
        self.missing = -1  # bytes of the body that have not come; below 0: the head is not whole
        self.rest = b""  # what was sent behind this request
        self.overlong = False  # the head has no end
        self.last = False  # nothing may follow on this connection
        self.size = 0
        self.until = time.monotonic() + (HEAD_WITHIN if begun else patience)
        if begun:
            self.add(begun)

    @property
    def held(self) -> int:
        """Bytes of the body that have come."""
        return self.size - max(0, self.missing)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return self.missing == 0

    def add(self, data: bytes) -> bool:
        """Take what has arrived; True where the client waits to be told to go on."""
        if self.missing >= 0:
            self._add_body(data)
            return False
        if not self.head:
            self.until = time.monotonic() + HEAD_WITHIN
        self.head += data
        end = self.head.find(b"\r\n\r\n")
        if end < 0:
            self.overlong = len(self.head) > LONGEST_HEAD
            return False
        behind = bytes(self.head[end + 4 :])
        del self.head[end + 4 :]
        return self._measure(behind)

    def _measure(self, behind: bytes) -> bool:
        """The head is whole: how much follows it?"""
        lengths, head = _LENGTH.findall(self.head), bytes(self.head)
        wanted = int(lengths[0]) if lengths else 0
        if len(lengths) > 1 or _ENCODED.search(head) or wanted > LONGEST_BODY:
            self.last, self.missing = True, 0  # refused by the parser or at the door, never read
            return False
        self.missing, self.size = wanted, wanted
        self.until = time.monotonic() + BODY_WITHIN + wanted / SLOWEST
        if wanted:
            self.body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._add_body(behind)
        return bool(self.missing and _WAITING.search(head))

    def _add_body(self, data: bytes) -> None:
        taken = data[: self.missing]
        if taken:
            self.body.write(taken)
            self.missing -= len(taken)
        self.rest += data[len(taken) :]
        if self.missing == 0 and self.body is not None:
            self.body.seek(0)

    def recv(self, size: int) -> bytes:
        """The next bytes, nothing at the end: never waits."""
        if self.head:
            found = bytes(self.head[:size])
            del self.head[:size]
            return found
        return bytes(self.body.read(size)) if self.body is not None else b""

    def close(self) -> None:
        """Forget what has arrived."""
        if self.body is not None:
            self.body.close()


class PatientWorker(ThreadWorker):  # type: ignore[misc,no-any-unimported]
    """Receives in the loop, serves in threads."""

    @classmethod
    def setup(cls) -> None:
        """Gunicorn asks once, before it forks: what all processes need is loaded here and shared.

        pandas decides on single rows of the plan in a request (docs/plan.md), and takes long to load.
        """
        import pandas  # noqa: F401

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Still in the process that forks."""
        super().__init__(*args, **kwargs)
        gc.freeze()  # collecting would copy the shared pages
        self.stopping = 0.0  # when those who have not begun to ask are cut; 0: it goes on
        self.arriving: dict[Any, Arrival] = {}  # in the order in which they began to wait
        self.crowd = shedding.Crowd()

    def accept(self, listener: Any) -> None:
        """Take a connection; it gets a thread when its request is whole."""
        try:
            sock, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError, InterruptedError):
            return
        conn = TConn(self.cfg, sock, address, listener.getsockname())
        conn.initialized = True
        with contextlib.suppress(OSError):
            wait = struct.pack("ll", READER_WITHIN, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self.arriving:
            self._drop(next(iter(self.arriving)))
        self._expect(conn, b"", HEAD_WITHIN)

    def _expect(self, conn: Any, begun: bytes, patience: float) -> None:
        """Wait for the next request of the connection; `begun`: what came behind the one before."""
        arrival = Arrival(begun, patience)
        if arrival.whole:
            self._serve(conn, arrival)
            return
        conn.sock.setblocking(False)
        self.arriving[conn] = arrival
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, conn))

    def _receive(self, conn: Any, sock: Any) -> None:
        arrival = self.arriving.get(conn)
        if arrival is None:
            return  # dropped in the same round of events, by what the loop did a moment ago
        try:
            data = sock.recv(PORTION)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if data:
            self._take(conn, arrival, data)
        else:
            self._drop(conn)

    def _take(self, conn: Any, arrival: Arrival, data: bytes) -> None:
        with contextlib.suppress(OSError):
            if arrival.add(data):
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if arrival.overlong:
            with contextlib.suppress(OSError):
                conn.sock.send(OVERLONG)
            self._drop(conn, heard_out=True)
        elif arrival.whole:
            self.poller.unregister(conn.sock)
            del self.arriving[conn]
            self._serve(conn, arrival)
        elif arrival.held and sum(a.held for a in self.arriving.values()) > HELD:
            self._drop(max(self.arriving, key=lambda c: self.arriving[c].held))

    def _serve(self, conn: Any, arrival: Arrival) -> None:
        conn.arrival = arrival
        conn.whole_since = time.monotonic()
        conn.data_ready = True
        conn.parser = http.get_parser(self.cfg, arrival, conn.client)
        self.enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Serve the request, or turn it away; in a thread."""
        head = bytes(conn.arrival.head)
        if not self.crowd.too_late(head, conn.whole_since):
            return super().handle(conn)
        with contextlib.suppress(OSError):
            conn.sock.setblocking(True)
            conn.sock.sendall(shedding.answer(head))
        return False

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Close, or wait for the next request; in the loop."""
        arrival: Arrival = conn.arrival
        try:
            again = not fs.cancelled() and fs.result() is True
            again = again and not arrival.last and not conn.parser.unreader.buf.getvalue()
            arrival.close()
            if again:
                patience = self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER
                self._expect(conn, arrival.rest, patience)
                return
        except Exception:  # noqa: BLE001 (as the class above: a broken connection ends, not the loop)
            self.log.debug("connection broke off")
        self.nr_conns -= 1
        self._part(conn)

    def _part(self, conn: Any) -> None:
        """Close in a thread: a client that still sends is heard out for two seconds."""
        self.parting.submit(conn.close, graceful=True)

    def init_process(self) -> None:
        """As ever, with a few threads that only say goodbye."""
        from concurrent.futures import ThreadPoolExecutor

        self.parting = ThreadPoolExecutor(max_workers=8)
        super().init_process()

    def _drop(self, conn: Any, *, heard_out: bool = False) -> None:
        arrival = self.arriving.pop(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        arrival.close()
        self.nr_conns -= 1
        if heard_out:
            self._part(conn)
        else:
            conn.close()

    def murder_pending(self) -> None:
        """Cut those whose time is over; while stopping, those who have not begun to ask."""
        now = time.monotonic()
        if not self.alive and not self.stopping:
            self.stopping = now + STOP_KEEPALIVE_LINGER
        for conn, arrival in list(self.arriving.items()):
            idle_until = self.stopping if self.stopping and not arrival.head else arrival.until
            if min(arrival.until, idle_until) < now:
                self._drop(conn)
