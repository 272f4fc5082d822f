"""Addresses one may send a browser to: only paths of this site (H13)."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request


def local_path(url: str | None) -> str | None:
    """The path and query of an address of this very site, or None: no other host or odd spelling.

    Browsers read ``//host``, and ``/`` with a backslash, as another host and drop control
    characters: all of them are refused rather than cleaned.
    """
    if not url or "\\" in url or any(ord(c) <= 32 or ord(c) == 127 for c in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    absolute = bool(parts.scheme or parts.netloc)
    if absolute and (parts.scheme not in ("http", "https") or parts.netloc != request.host):
        return None
    path = parts.path or ("/" if absolute else "")
    if not path.startswith("/") or path.startswith("//"):
        return None
    return f"{path}?{parts.query}" if parts.query else path


def came_from() -> str | None:
    """The page of this site the person was on, unless it is the one being answered (no circles)."""
    path = local_path(request.referrer)
    return None if path is None or path.partition("?")[0] == request.path else path
