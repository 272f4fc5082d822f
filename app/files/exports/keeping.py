"""The file of an export: encrypted in parts, so that neither worker nor web process holds it whole."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import BinaryIO

from app.core import filestore
from app.core.crypto import cipher

PART = 1 << 20
SUFFIX = ".out"  # the files here are encrypted, whatever they hold
_LENGTH = 4


def keep(file: BinaryIO, uid: str) -> tuple[str, int]:
    """Encrypt what the file holds and keep it: its key and its size."""
    size = file.seek(0, 2)
    file.seek(0)
    return filestore.save_parts(_sealed(file, uid), SUFFIX), size


def _sealed(file: BinaryIO, uid: str) -> Iterator[bytes]:
    """Part by part; each is bound to the export, its place, and whether it is the last one."""
    part, n, key = file.read(PART), 0, cipher()
    while True:
        after = file.read(PART)
        sealed = key.encrypt_bytes(part, _context(uid, n, not after))
        yield len(sealed).to_bytes(_LENGTH, "big") + sealed
        if not after:
            return
        part, n = after, n + 1


def parts(file_key: str, uid: str) -> Iterator[bytes]:
    """The file again. Raises ValueError where a part is missing, changed or moved."""
    key, n = cipher(), 0
    with contextlib.closing(filestore.open_file(file_key)) as file:
        head = file.read(_LENGTH)
        while True:
            sealed = file.read(int.from_bytes(head, "big"))
            head = file.read(_LENGTH)
            yield key.decrypt_bytes(sealed, _context(uid, n, not head))
            if not head:
                return
            n += 1


def _context(uid: str, n: int, last: bool) -> str:
    return f"export:{uid}:{n}:{'end' if last else 'more'}"
