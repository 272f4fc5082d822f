"""What an uploaded file may be at most, and how one is refused; known to the server and the child."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_SIDE = 2480  # A4 at 300 dpi is 2480 wide
MAX_SCANS = 40  # of a progressive JPEG; each costs a pass over all pixels, cameras write ten
MAX_SEGMENTS = 10_000
MAX_PAGES = 20
MAX_OBJECTS = 50_000
MAX_UNPACKED = 512 << 20  # all streams of a PDF together; twenty uncompressed colour scans
MAX_COLUMNS = 100_000
THUMB_SIDE = 320


class UnfitUploadError(Exception):
    """The file is refused for that reason."""

    def __init__(self, reason: str) -> None:
        """Keep the key of the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class KeptFile:
    """What may be kept of a file: its bytes, a small picture of it (or none), its pages."""

    data: bytes
    thumb: bytes
    pages: int
