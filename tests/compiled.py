"""Templates that one process of the run has compiled, no other compiles again, nor another application in it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from typing import Any

from flask import Flask
from jinja2 import Environment, FileSystemBytecodeCache
from jinja2.bccache import Bucket

from app.core.templates import language

FOLDER = "TESTS_COMPILED"  # of the run; the product refuses settings that it does not know


class Compiled(FileSystemBytecodeCache):
    """By kind of environment and language, too: the texts of a page are compiled into it."""

    def get_bucket(
        self, environment: Environment, name: str, filename: str | None, source: str
    ) -> Bucket:
        named = f"{type(environment).__qualname__} {language()} {name}"
        return super().get_bucket(environment, named, filename, source)


def share() -> None:
    """From now on, for all applications of this process; the folder goes with the process that made it."""
    if FOLDER not in os.environ:
        made = os.environ[FOLDER] = tempfile.mkdtemp(prefix="qingqian-compiled-")
        atexit.register(_remove, made, os.getpid())
    options: dict[str, Any] = {"bytecode_cache": Compiled(os.environ[FOLDER])}
    Flask.jinja_options = options


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
