"""What is text goes out compressed, to whoever can read that.

A page's length must not tell what stands in it beside what others typed (BREACH): secrets stand there under a
mask of their own (`csrf`, the key of drafts), and each page is longer by a random number of bytes that nobody
reads. Static files are compressed once a process.
"""

from __future__ import annotations

import os
import random
import struct
import zlib
from functools import lru_cache

from flask import Flask, Response, request

from app.core.assets import FILES

TEXTS = {
    "text/html",
    "text/plain",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "image/svg+xml",
}
LEAST = 1_000  # bytes: below, it is one packet anyway
LEVEL = 5  # a desk page: 0.4 ms; the highest takes twice as long for 2 % less
PADDING = 64
_LETTERS = bytes(97 + n % 26 for n in range(256))
_random = random.SystemRandom()


def init(app: Flask) -> None:
    """Before every other `after_request`: it then runs behind all of them."""
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if response.mimetype not in TEXTS or response.headers.get("Content-Encoding"):
        return response
    fixed = request.endpoint in FILES
    if response.status_code == 206 or (not fixed and response.is_streamed):
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code == 304 or request.accept_encodings["gzip"] <= 0:
        return response
    response.direct_passthrough = False
    data = response.get_data()
    if len(data) < LEAST:
        return response
    response.set_data(_once(data) if fixed else packed(data, _random.randrange(PADDING)))
    response.headers["Content-Encoding"] = "gzip"
    tag, _weak = response.get_etag()
    if tag is not None:
        response.set_etag(tag, weak=True)  # the same file, other bytes
    return response


@lru_cache(maxsize=200)
def _once(data: bytes) -> bytes:
    return packed(data, 0, 9)


def packed(data: bytes, longer: int, level: int = LEVEL) -> bytes:
    """As gzip packs it, with a name so long that nobody reads."""
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    name = os.urandom(longer).translate(_LETTERS)
    head = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff" + name + b"\x00"
    tail = struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)
    return b"".join([head, squeeze.compress(data), squeeze.flush(), tail])
