"""What is kept for a while and then gone: sealed for its own record, read, forgotten, and swept.

Everybody who keeps something sealed does it here: the files of imports, exports and made files, the full
editions of documents, previews, and posts that wait for a sign-in; uploads are swept here, too. How
long a thing is kept, and who may read it, is the rule of its package.

The life of a file, in this order, so that nothing is ever lost or left readable: written sealed under
a random name (`filestore`), then named by its row; taken from its row, then deleted. A worker killed
between the two leaves a sealed file that no row names: the sweep deletes it after a day.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, BinaryIO

from flask_babel import gettext as _
from sqlalchemy import String, delete, select

from app.core import clock, filestore, sealing
from app.core.crypto import cipher
from app.core.db import db
from app.core.errors import Refused

GRACE = timedelta(
    days=1
)  # by the clock of the store: a transaction that names a file may still run
PORTION = 500  # files that are looked up at once


@dataclass(frozen=True)
class Vault:
    """What one kind of record keeps; what was sealed for one record (`owner`) opens for no other.

    `suffix` is the ending of its files, whatever they hold; `names` are the attributes of the record
    that name them, text columns that end in ``_key``.
    """

    kind: str
    suffix: str = ""
    names: tuple[str, ...] = ()

    def keep(self, data: bytes | BinaryIO, owner: str) -> str:
        """Seal a file, part by part, and keep it; its key, for the row to name."""
        file = io.BytesIO(data) if isinstance(data, bytes) else data
        file.seek(0)
        portions = iter(lambda: file.read(sealing.PART), b"")
        sealed = sealing.seal(portions, cipher(), self._context(owner))
        return filestore.save_parts(sealed, self.suffix)

    def read(self, key: str | None, owner: str) -> bytes:
        """The file as a whole. Raises as `parts`."""
        return b"".join(self.parts(key, owner))

    def parts(self, key: str | None, owner: str) -> Iterator[bytes]:
        """The file, a part at a time.

        Raises Refused at once where no file is named; ValueError where a part is missing, changed or
        moved, or the file was kept for another record.
        """
        if key is None:
            raise Refused(_("This file is no longer kept."))
        return self._parts(key, self._context(owner))

    def _parts(self, key: str, context: str) -> Iterator[bytes]:
        with contextlib.closing(filestore.open_file(key)) as file:
            head = file.read(len(sealing.MAGIC))
            if head == sealing.MAGIC:
                yield from sealing.parts(file, cipher(), context)
            elif head[:1] == b"\0":  # version 0.4 kept exports without the mark in front
                yield from sealing.parts(file, cipher(), context, head)
            else:  # and everything else in one piece, which begins with the name of its key
                yield cipher().decrypt_bytes(head + file.read(), context)

    def discard(self, *keys: str | None) -> None:
        """Delete these files; no row names them any more."""
        for key in filter(None, keys):
            filestore.delete_file(key)

    def forget(self, records: Iterable[object]) -> int:
        """Take the files from these locked records, commit, and delete them; how many records."""
        done, keys = 0, []
        for record in records:
            keys += [getattr(record, name) for name in self.names]
            for name in self.names:
                setattr(record, name, None)
            done += 1
        db.session.commit()
        self.discard(*keys)
        return done

    def sweep(self) -> int:
        """Delete the files that no row names; see `sweep`."""
        return sweep(self.suffix)

    # -- what lies in the row itself -------------------------------------------------------------------

    def seal(self, data: bytes, owner: str) -> bytes:
        """The sealed bytes, for a column."""
        return cipher().encrypt_bytes(data, self._context(owner))

    def unseal(self, sealed: bytes, owner: str) -> bytes:
        """What was sealed. Raises ValueError where it was changed, or belongs to another record."""
        return cipher().decrypt_bytes(sealed, self._context(owner))

    def _context(self, owner: str) -> str:
        return f"{self.kind}:{owner}"


def forget_rows(at: Any, life: timedelta) -> int:
    """Delete the rows of a table whose moment `at`, a column, is longer ago than that. Commits."""
    done: Any = db.session.execute(delete(at.class_).where(at < clock.now() - life))
    db.session.commit()
    return int(done.rowcount)


def sweep(*suffixes: str) -> int:
    """Delete the files with these endings that no row has named for a day; how many.

    A rollback or a killed worker left them, or their record gave them up. Files first, names after: what
    is named between the two is found. May be run by two at once.
    """
    old = list(filestore.older_than(GRACE, suffixes))
    gone = 0
    for start in range(0, len(old), PORTION):
        portion = old[start : start + PORTION]
        named = _named(portion)
        for key in portion:
            if key not in named:
                filestore.delete_file(key)
                gone += 1
    db.session.rollback()
    return gone


def _named(keys: list[str]) -> set[str]:
    """Those that some row of any table names."""
    found: set[str] = set()
    for column in key_columns():
        found.update(db.session.scalars(select(column).where(column.in_(keys))))
    return found


def key_columns() -> list[Any]:
    """The columns that name kept files: every text column whose name ends in ``_key``."""
    return [
        column
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_key") and isinstance(column.type, String)
    ]
