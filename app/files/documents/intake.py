"""Decodes what strangers upload; runs in a child process (see `limits`), never in the web server.

Only what was decoded is kept: `intake_image`, `intake_pdf`. Reasons for refusing are keys of
`attachments._reason`.
"""

from __future__ import annotations

import json

import pikepdf
from PIL import Image

from app.files.documents import intake_image, intake_pdf
from app.files.documents.bounds import MAX_PIXELS, UnfitUploadError


def prepare() -> None:
    """Bounds of the two libraries, which hold for the whole process."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    pikepdf.settings.set_qpdf_limits(
        flate_max_memory=64 << 20,
        run_length_max_memory=64 << 20,
        png_max_memory=64 << 20,
        tiff_max_memory=64 << 20,
        parser_max_nesting=100,
        parser_max_container_size=200_000,
        max_stream_filters=4,
        doc_max_warnings=100,
    )


def answer(request: bytes) -> bytes:
    """``image`` or ``pdf``, a line break, the bytes → K and what is kept, or X and the reason.

    What is kept: a line of JSON with the pages and the size of the small picture; that; the file.
    """
    sort, _, data = request.partition(b"\n")
    try:
        kept = intake_image.image(data) if sort == b"image" else intake_pdf.pdf(data)
    except UnfitUploadError as error:
        return b"X" + json.dumps(error.reason).encode()
    head = json.dumps({"pages": kept.pages, "thumb": len(kept.thumb)}).encode()
    return b"K" + head + b"\n" + kept.thumb + kept.data
