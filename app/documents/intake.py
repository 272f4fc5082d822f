"""Decodes what strangers upload; runs in a child process (see `limits`), never in the web server.

An image is decoded and drawn anew as JPEG, so that nothing of the original but its pixels is kept.
A PDF is read without repairing it, searched for anything that acts by itself, and written anew
without what hangs beside its pages. Reasons for refusing are keys of `attachments.REASONS`.
"""

from __future__ import annotations

import io
import json
from typing import Any, TypeAlias

import pikepdf
from PIL import Image, ImageOps

Item: TypeAlias = Any  # a PDF object; which kind, only the file knows

MAX_PIXELS = 40_000_000
MAX_SIDE = 2480  # A4 at 300 dpi is 2480 wide
MAX_SCANS = 100  # of a progressive JPEG; each costs a pass over all pixels
MAX_PAGES = 20
MAX_OBJECTS = 50_000
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")

_ACTING_KEYS = frozenset(
    ("/JS", "/JavaScript", "/AA", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/XFA", "/RichMedia")
)
_ACTIONS = frozenset(
    (
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/Movie",
    )
)


class UnfitError(Exception):
    """The file is refused for that reason."""

    def __init__(self, reason: str) -> None:
        """Keep the key of the reason."""
        super().__init__(reason)
        self.reason = reason


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
    """``image`` or ``pdf``, a line break, the bytes → K and the kept bytes, or X and the reason."""
    sort, _, data = request.partition(b"\n")
    try:
        return b"K" + (image(data) if sort == b"image" else pdf(data))
    except UnfitError as error:
        return b"X" + json.dumps(error.reason).encode()


def image(data: bytes) -> bytes:
    """Draw the picture anew as JPEG: upright, at most 2480 pixels a side, without metadata."""
    if data.count(b"\xff\xda") > MAX_SCANS:
        raise UnfitError("broken")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as source:
            if source.width * source.height > MAX_PIXELS:
                raise UnfitError("pixels")
            return _redrawn(source)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnfitError("pixels") from error
    except UnfitError:
        raise
    except Exception as error:  # decoders raise whatever the bytes lead to
        raise UnfitError("broken") from error


def _redrawn(source: Image.Image) -> bytes:
    source.draft("RGB", (MAX_SIDE, MAX_SIDE))
    picture: Image.Image = source
    if picture.mode not in ("L", "RGB", "RGBA"):
        clear = "transparency" in picture.info or picture.mode in ("LA", "PA", "La", "RGBa")
        picture = picture.convert("RGBA" if clear else "RGB")
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    picture = ImageOps.exif_transpose(picture)
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    fresh = Image.new("RGB", picture.size)
    fresh.paste(picture.convert("RGB"))
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def pdf(data: bytes) -> bytes:
    """Write the same pages anew; a digital signature inside does not survive, a scan has none."""
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as document:
            return _checked(document)
    except pikepdf.PasswordError as error:
        raise UnfitError("encrypted") from error
    except UnfitError:
        raise
    except Exception as error:  # so does the parser
        raise UnfitError("broken") from error


def _checked(document: pikepdf.Pdf) -> bytes:
    if document.is_encrypted:
        raise UnfitError("encrypted")
    if not 1 <= len(document.pages) <= MAX_PAGES:
        raise UnfitError("pages")
    if len(document.objects) > MAX_OBJECTS:
        raise UnfitError("broken")
    for item in document.objects:
        _search(item)
    root = document.Root
    if isinstance(root.get("/OpenAction"), pikepdf.Dictionary):
        raise UnfitError("active")
    for name in ("/OpenAction", "/Metadata", "/PieceInfo"):  # a mere view to open with is dropped
        if name in root:
            del root[name]
    del document.docinfo
    out = io.BytesIO()
    document.save(out, fix_metadata_version=False)
    return out.getvalue()


def _search(start: Item) -> None:
    """Refuse what acts. Objects may lie in each other; those of their own number come by anyway."""
    waiting = [start]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            waiting += [child for child in item.as_list() if _nested(child)]
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            _check_names(item)
            waiting += [child for _, child in item.items() if _nested(child)]


def _check_names(item: Item) -> None:
    if not _ACTING_KEYS.isdisjoint(item.keys()):
        raise UnfitError("active")
    if {str(item.get("/S", "")), str(item.get("/Subtype", ""))} & _ACTIONS:
        raise UnfitError("active")


def _nested(item: Item) -> bool:
    return isinstance(item, pikepdf.Array | pikepdf.Dictionary) and not item.is_indirect
