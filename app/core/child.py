"""The process that does what could go wrong: ``python -m app.core.child <task>``.

Started by `children` and nobody else. It reads requests from its standard input and writes answers to
its standard output, each one message: four bytes of length, then that many bytes. What requests and
answers say is the business of the task's module, which offers `prepare` and `answer`. The process
ends when its input does.
"""

from __future__ import annotations

import importlib
import os
import struct
import sys
from typing import IO

try:
    import resource
except ImportError:  # Windows has no such limits; the parent's clock still holds
    resource = None  # type: ignore[assignment]

TASKS = {
    "render": "app.files.documents.render",
    "intake": "app.files.documents.intake",
    "sheets": "app.files.imports.reading",
    "fill": "app.plan.official.filling",
}
LENGTH = struct.Struct(">I")
CPU_SECONDS = 30
MEMORY = 1 << 30


def write(stream: IO[bytes], message: bytes) -> None:
    """Send one message at once."""
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def read(stream: IO[bytes], most: int = 1 << 32) -> bytes | None:
    """Read the next message, or None where the other side is gone or says more than allowed."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    if size > most:
        return None
    message = stream.read(size)
    return message if len(message) == size else None


def main() -> None:
    """Serve until the parent closes the pipe."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    task = importlib.import_module(TASKS[sys.argv[1]])
    _limit_memory()
    if sys.argv[1] in ("intake", "sheets", "fill"):
        _write_nothing()
    task.prepare()
    write(answers, b"ready")
    while (request := read(requests)) is not None:
        _limit_cpu()
        write(answers, task.answer(request))


def _limit_memory() -> None:
    if resource:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _write_nothing() -> None:
    """Whatever a decoder is talked into, it leaves no file behind."""
    if resource:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_cpu() -> None:
    """Allow what is used and one more request: the system counts over the life of the process."""
    if resource:
        used = resource.getrusage(resource.RUSAGE_SELF)
        allowed = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))


if __name__ == "__main__":
    main()
