"""Files at rest: sealed in parts with the installation's key, so that none is in memory as a whole.

Each part is bound to its file, its place, and whether it is the last one. A file that begins otherwise
was kept before files were sealed; see `filestore.seal_files`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.core.crypto import Cipher

MAGIC = b"QQS1"
PART = 1 << 20
_LENGTH = 4


def seal(parts: Iterable[bytes], cipher: Cipher, context: str) -> Iterator[bytes]:
    """The sealed file, some bytes at a time; `parts` may be of any size."""
    yield MAGIC
    waiting, n = bytearray(), 0
    for part in parts:
        waiting += part
        while len(waiting) > PART:
            yield _one(cipher, bytes(waiting[:PART]), f"{context}:{n}:more")
            del waiting[:PART]
            n += 1
    yield _one(cipher, bytes(waiting), f"{context}:{n}:end")


def _one(cipher: Cipher, data: bytes, context: str) -> bytes:
    sealed = cipher.encrypt_bytes(data, context)
    return len(sealed).to_bytes(_LENGTH, "big") + sealed


def parts(file: Any, cipher: Cipher, context: str, head: bytes = b"") -> Iterator[bytes]:
    """The file again; `file` stands behind its MAGIC. ValueError: a part is missing, changed, moved.

    `head` is the length of the first part where that was read before.
    """
    head, n = head or file.read(_LENGTH), 0
    while True:
        sealed = file.read(int.from_bytes(head, "big"))
        head = file.read(_LENGTH)
        yield cipher.decrypt_bytes(sealed, f"{context}:{n}:{'more' if head else 'end'}")
        if not head:
            return
        n += 1


def key_of(file: Any) -> str:
    """The name of the key that the file is sealed with; empty: it lies open."""
    if file.read(len(MAGIC)) != MAGIC:
        return ""
    return str(file.read(_LENGTH + 40)[_LENGTH:].partition(b"|")[0].decode("ascii", "replace"))


class SealedReader:
    """Reads parts as a file is read."""

    def __init__(self, found: Iterator[bytes], file: Any) -> None:
        self._found, self._file, self._waiting = found, file, bytearray()

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; all that is left for a negative size."""
        while size < 0 or len(self._waiting) < size:
            part = next(self._found, None)
            if part is None:
                break
            self._waiting += part
        end = len(self._waiting) if size < 0 else size
        data = bytes(self._waiting[:end])
        del self._waiting[:end]
        return data

    def close(self) -> None:
        """Close what is read from."""
        self._file.close()
