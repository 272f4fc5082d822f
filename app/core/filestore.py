"""Where files lie: documents, uploads, workbooks. Each has a random name and is never changed.

Files are written before the transaction commits: a rollback leaves a file that no row names, never a
row without its file. What lies there is sealed (`sealing`), whoever put it there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import fsspec
from flask import current_app
from fsspec.implementations.local import LocalFileSystem

from app.core import sealing
from app.core.crypto import cipher

_LEFTOVER = re.compile(r"[0-9a-f]{2}/\.[0-9a-f]{32}")  # written, and not named in time
_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,5}")

SEALED = ".sealed"  # lies in a store in which no file lies open any more


def save_file(data: bytes, suffix: str) -> str:
    """Keep the bytes under a new random name and return its key, ``ab/ab12….pdf``.

    The row that names it does so in a text column whose name ends in ``_key``: what no such column
    names is deleted after a day (`vault.sweep`). `suffix` with its dot. The file appears
    under its name only when it is complete.
    """
    return save_parts((data,), suffix)


def save_parts(parts: Iterable[bytes], suffix: str) -> str:
    """As `save_file`, for a file that is not in memory at once."""
    files, root = _files()
    name = secrets.token_hex(16)
    key = f"{name[:2]}/{name}{suffix}"
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a file suffix: {suffix!r}")
    files.makedirs(f"{root}/{name[:2]}", exist_ok=True)
    if files.exists(f"{root}/{key}"):
        raise FileExistsError(key)
    _write(files, root, key, parts)
    return key


def _write(files: Any, root: str, key: str, parts: Iterable[bytes]) -> None:
    temporary = f"{root}/{key[:2]}/.{secrets.token_hex(16)}"  # two may seal the same file at once
    with files.open(temporary, "wb") as file:
        for part in sealing.seal(parts, cipher(), f"file:{key}"):
            file.write(part)
        file.flush()
        if isinstance(files, LocalFileSystem):
            os.fsync(file.fileno())
    files.mv(temporary, f"{root}/{key}")


def open_file(key: str) -> Any:
    """The file of that key, to be read part by part and closed. Raises as `read_file`."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a file key: {key!r}")
    files, root = _files()
    file = files.open(f"{root}/{key}", "rb")
    try:
        if file.read(len(sealing.MAGIC)) == sealing.MAGIC:
            return sealing.SealedReader(sealing.parts(file, cipher(), f"file:{key}"), file)
        if files.exists(f"{root}/{SEALED}"):
            raise ValueError(f"the file {key} lies open where all are sealed: it was not kept here")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


def read_file(key: str) -> bytes:
    """The bytes of that key. Raises FileNotFoundError, or ValueError on what is no key, or was changed."""
    with contextlib.closing(open_file(key)) as file:
        return bytes(file.read())


def seal_files() -> tuple[int, int]:
    """Seal what lies open or under an older key: how many were, and how many were already.

    May be stopped and run again at any time, beside running processes of this version; when all are
    sealed, an open file is refused from then on.
    """
    files, root = _files()
    done = ready = 0
    for path in files.find(root):
        key = path[len(root) + 1 :]
        if not _KEY.fullmatch(key):
            continue
        with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
            with files.open(path, "rb") as file:
                fresh = sealing.key_of(file) == cipher().newest
            if fresh:
                ready += 1
                continue
            with contextlib.closing(open_file(key)) as file:
                _write(files, root, key, iter(lambda f=file: f.read(sealing.PART), b""))  # type: ignore[misc]
            done += 1
    files.pipe_file(f"{root}/{SEALED}", b".")
    return done, ready


def begin() -> None:
    """A store without files is sealed from its first one."""
    files, root = _files()
    if not any(_KEY.fullmatch(path[len(root) + 1 :]) for path in files.find(root)):
        files.pipe_file(f"{root}/{SEALED}", b".")


def read_checked(key: str, sha256: str) -> bytes:
    """As `read_file`; raises ValueError where the bytes are no longer those that were kept."""
    data = read_file(key)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"the file {key} was changed")
    return data


def delete_file(key: str) -> None:
    """Delete the file of that key; one that is gone already is no mistake."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a file key: {key!r}")
    files, root = _files()
    with contextlib.suppress(FileNotFoundError):
        files.rm_file(f"{root}/{key}")


def older_than(age: timedelta, suffixes: Sequence[str]) -> Iterator[str]:
    """The keys with these endings that were written before that; leftovers of a crash are deleted.

    The store's own clock measures, on a file written now: ours may be shifted, or differ.
    """
    files, root = _files()
    before = _clock(files, root) - age
    for path, facts in files.find(root, detail=True).items():
        key = path[len(root) + 1 :]
        if not key.endswith(tuple(suffixes)) and not _LEFTOVER.fullmatch(key):
            continue
        with contextlib.suppress(FileNotFoundError):
            if _written(files, path, facts) >= before:
                continue
            if _LEFTOVER.fullmatch(key):
                files.rm_file(path)
            elif _KEY.fullmatch(key):
                yield key


def _clock(files: Any, root: str) -> datetime:
    marker = f"{root}/.clock"
    files.pipe_file(marker, b".")
    return _written(files, marker, {})


def _written(files: Any, path: str, facts: Mapping[str, Any]) -> datetime:
    stamp = facts.get("mtime")
    if stamp is not None:
        return datetime.fromtimestamp(float(stamp), UTC)
    found: datetime = files.modified(path)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _files() -> tuple[Any, str]:
    """Open what the setting `files_url` names; empty means a folder of the instance."""
    settings = current_app.config["QINGQIAN"]
    if settings.files_url:
        files, root = fsspec.core.url_to_fs(settings.files_url)
        return files, root.rstrip("/")
    folder = settings.folder.resolve() / "files"
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return fsspec.filesystem("file"), str(folder)


def save_named(name: str, data: bytes) -> None:
    """Keep a file of our own under a fixed name, replaced as a whole."""
    files, root = _files()
    temporary = f"{root}/.{name}.{secrets.token_hex(4)}"
    with files.open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        if isinstance(files, LocalFileSystem):
            os.fsync(file.fileno())
    files.mv(temporary, f"{root}/{name}")


def read_named(name: str) -> bytes | None:
    """The bytes under that name, None where there are none."""
    files, root = _files()
    try:
        return bytes(files.cat_file(f"{root}/{name}"))
    except FileNotFoundError:
        return None


def delete_named(name: str) -> None:
    """Delete what lies under that name; one that is gone already is no mistake."""
    files, root = _files()
    with contextlib.suppress(FileNotFoundError):
        files.rm_file(f"{root}/{name}")
