"""Where files lie: documents, uploads, workbooks. Each has a random name and is never changed.

Files are written before the transaction commits: a rollback leaves a file that no row names, never a
row without its file.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from typing import Any

import fsspec
from flask import current_app
from fsspec.implementations.local import LocalFileSystem

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{1,5}")


def save_file(data: bytes, suffix: str) -> str:
    """Keep the bytes under a new random name and return its key, ``ab/ab12….pdf``.

    `suffix` with its dot. The file appears under its name only when it is complete.
    """
    files, root = _files()
    name = secrets.token_hex(16)
    key = f"{name[:2]}/{name}{suffix}"
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a file suffix: {suffix!r}")
    files.makedirs(f"{root}/{name[:2]}", exist_ok=True)
    if files.exists(f"{root}/{key}"):
        raise FileExistsError(key)
    temporary = f"{root}/{name[:2]}/.{name}"
    with files.open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        if isinstance(files, LocalFileSystem):
            os.fsync(file.fileno())
    files.mv(temporary, f"{root}/{key}")
    return key


def read_file(key: str) -> bytes:
    """Read the bytes of that key. Raises FileNotFoundError, or ValueError on what is no key."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a file key: {key!r}")
    files, root = _files()
    return bytes(files.cat_file(f"{root}/{key}"))


def read_checked(key: str, sha256: str) -> bytes:
    """As `read_file`; raises ValueError where the bytes are no longer those that were kept."""
    data = read_file(key)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"the file {key} was changed")
    return data


def remove_file(key: str) -> None:
    """Delete the file of that key, where it still is."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a file key: {key!r}")
    files, root = _files()
    if files.exists(f"{root}/{key}"):
        files.rm_file(f"{root}/{key}")


def _files() -> tuple[Any, str]:
    """Open what the setting `files_url` names; empty means a folder of the instance."""
    settings = current_app.config["QINGQIAN"]
    if settings.files_url:
        files, root = fsspec.core.url_to_fs(settings.files_url)
        return files, root.rstrip("/")
    folder = settings.folder.resolve() / "files"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return fsspec.filesystem("file"), str(folder)
