"""Static files: each address carries a digest of the content, and may then be kept for a year.

So a page asks for none of them again, and a changed file is asked for at once. What is asked for
without the digest, or with an old one, is compared anew each time.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from werkzeug.security import safe_join

ENDPOINTS = ("static", "appbuilder.static")
DIALOGS = "dialogs"  # a script that is made, see `dialogs`
OFFLINE = "offline"  # another, see `offline`
FILES = (*ENDPOINTS, DIALOGS, OFFLINE)  # the same for everybody: no session is read for them
YEAR = 31_536_000  # seconds


def init(app: Flask) -> None:
    """Every address that `url_for` makes of a static file, whoever asks for it."""
    app.url_defaults(_versioned)
    app.after_request(_kept_long)


def _versioned(endpoint: str, values: dict[str, Any]) -> None:
    if (
        endpoint in ENDPOINTS
        and "v" not in values
        and (digest := version(endpoint, values["filename"]))
    ):
        values["v"] = digest


def version(endpoint: str, filename: str) -> str:
    """The digest of the file's content, 8 hex digits; "" where there is no such file."""
    name, _dot, _static = endpoint.rpartition(".")
    owner = current_app.blueprints[name] if name else current_app
    path = safe_join(str(owner.static_folder), filename)
    if path is None or not Path(path).is_file():
        return ""
    found = Path(path).stat()
    return _digest(str(path), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=500)
def _digest(path: str, _changed: int, _size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:8]


def _kept_long(response: Response) -> Response:
    if request.endpoint not in ENDPOINTS or response.status_code not in (200, 206, 304):
        return response
    asked = request.args.get("v", "")
    filename = (request.view_args or {}).get("filename", "")
    return keep_long(response, bool(asked) and asked == version(request.endpoint, filename))


def keep_long(response: Response, right: bool) -> Response:
    """Kept for a year where it was asked for with the right digest, else compared each time."""
    response.cache_control.no_cache = None
    if right:
        response.cache_control.public, response.cache_control.max_age = True, YEAR
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response
