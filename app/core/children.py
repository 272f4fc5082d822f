"""Work that cannot hurt the server: in child processes with bounded memory, CPU and time.

One child per task and process, started at the first request and kept, so that what it needs is read
once; documents, uploads and workbooks never share one. Threads take turns. A child that dies or is
killed is replaced.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from app.core import child

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
TURN_SECONDS = 120.0
ANSWER = 64 << 20  # bytes; no document, no upload and no table is longer
LIFETIME = 500  # requests; then a fresh child, whatever a library may have leaked


class ChildDiedError(Exception):
    """The child is gone: killed by a limit, by our clock, or by the system."""


class BusyError(Exception):
    """Too many threads wait for the child."""


class Child:
    """One child process and the pipe to it. Not for two threads at once."""

    def __init__(self, task: str) -> None:
        """Start the process; whoever asks it first waits until it is ready."""
        self.served, self.ready = 0, False
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", child.__name__, task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=_environment(),
        )

    def ask(self, request: bytes, seconds: float) -> bytes:
        """Return the child's answer. Raises ChildDiedError when there is none within that time."""
        if not self.ready:
            self._receive(START_SECONDS)
            self.ready = True
        self.served += 1
        try:
            child.write(_open(self.process.stdin), request)
        except OSError as error:
            raise ChildDiedError from error
        return self._receive(seconds)

    def _receive(self, seconds: float) -> bytes:
        timer = threading.Timer(seconds, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            answer = child.read(_open(self.process.stdout), ANSWER)
        finally:
            timer.cancel()
        if answer is None:
            raise ChildDiedError
        return answer

    @property
    def usable(self) -> bool:
        """Alive, and not too old."""
        return self.served < LIFETIME and self.process.poll() is None

    def close(self) -> None:
        """End the child and wait for it, so that no zombie stays."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what could not be sent to a dead child
                _open(pipe).close()
        self.process.wait()


class Worker:
    """The child of this process for one task, with a lock."""

    def __init__(self, task: str) -> None:
        """Start nothing yet."""
        self.task = task
        self.turn = threading.Lock()
        self.child: Child | None = None

    def ask(self, request: bytes, seconds: float, *, again: bool = True) -> bytes:
        """Ask the child; when it dies on the way, ask a new one, once, unless told otherwise.

        Raises ChildDiedError when that one dies too, BusyError when no turn comes in two minutes.
        """
        if not self.turn.acquire(timeout=TURN_SECONDS):
            raise BusyError
        try:
            try:
                return self._ready().ask(request, seconds)
            except ChildDiedError:
                self.close()
                if not again:
                    raise
                return self._ready().ask(request, seconds)
        finally:
            self.turn.release()

    def _ready(self) -> Child:
        if self.child is not None and not self.child.usable:
            self.close()
        if self.child is None:
            self.child = Child(self.task)
        return self.child

    def close(self) -> None:
        """End the child; the next request starts another."""
        if self.child is not None:
            self.child.close()
            self.child = None


_workers = {task: Worker(task) for task in child.TASKS}
_inherited: list[Worker] = []


def _forget() -> None:
    """After a fork the children belong to the parent: their pipes must not be shared."""
    _inherited.extend(_workers.values())
    _workers.update({task: Worker(task) for task in child.TASKS})


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def ask(task: str, request: bytes, seconds: float, *, again: bool = True) -> bytes:
    """Pass one request to the task's child; see `Worker.ask` for what it raises."""
    return _workers[task].ask(request, seconds, again=again)


def dismiss(task: str, *, spare: bool = False) -> None:
    """End the task's child, if there is one: what it held in memory goes back to the system.

    A `spare` one makes itself ready meanwhile, so that nobody waits for what it must load first.
    """
    worker = _workers[task]
    with worker.turn:
        worker.close()
        if spare:
            worker.child = Child(task)


def stop() -> None:
    """End this process's children; for tests and an orderly shutdown."""
    for worker in _workers.values():
        with worker.turn:
            worker.close()


def _environment() -> dict[str, str]:
    """Ours without secrets: a child needs neither keys nor the database, and no threads for its sums."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("QINGQIAN_") and name != "DATABASE_URL"
    }
    return ours | {"OPENBLAS_NUM_THREADS": "1"}  # each would claim memory that the limit counts


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChildDiedError
    return pipe
