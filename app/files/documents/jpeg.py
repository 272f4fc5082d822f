"""JPEG files as a line of segments: what they carry beside the pixels, and how many passes they ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.files.documents.bounds import MAX_SCANS, MAX_SEGMENTS, UnfitUploadError

START, END = b"\xff\xd8", b"\xff\xd9"
SCAN = 0xDA
_APP0, _APP14, _APP15, _COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # no stuffed byte and no restart


def segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker with its content, a scan with its pixels, up to the end of the picture.

    What follows the end is not looked at. Raises UnfitError.
    """
    place = len(START)
    for _count in range(MAX_SEGMENTS):
        found = _MARKER.search(data, place)
        if found is None or data[found.end() - 1] == END[1]:
            return
        marker, place = data[found.end() - 1], found.end()
        if marker == 0x01 or marker == START[1]:
            continue
        size = int.from_bytes(data[place : place + 2], "big")
        if size < 2 or place + size > len(data):
            raise UnfitUploadError("broken")
        end = place + size
        if marker == SCAN:
            after = _MARKER.search(data, end)
            end = after.start() if after else len(data)
        yield marker, data[place:end]
        place = end
    raise UnfitUploadError("broken")


def check_scans(data: bytes) -> None:
    """Refuse a picture that asks for passes without end."""
    if sum(marker == SCAN for marker, _content in segments(data)) > MAX_SCANS:
        raise UnfitUploadError("broken")


def bare(data: bytes) -> bytes:
    """The same picture without metadata, comments and what hangs behind it; no pixel changes."""
    if not data.startswith(START):
        raise UnfitUploadError("broken")
    parts = [START]
    for marker, content in segments(data):
        if _needed(marker, content):
            parts.append(bytes((0xFF, marker)) + content)
    return b"".join(parts) + END


def _needed(marker: int, content: bytes) -> bool:
    """Of the segments for programs only the two that say how colours are meant, in plain form."""
    if marker == _APP0:
        return len(content) == 16 and content[2:7] == b"JFIF\0"
    if marker == _APP14:
        return len(content) == 14 and content[2:7] == b"Adobe"
    return not (_APP0 < marker <= _APP15 or marker == _COMMENT)
