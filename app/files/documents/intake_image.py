"""Pictures that strangers upload: decoded and drawn anew, so that nothing stays but the pixels."""

from __future__ import annotations

import contextlib
import io
from itertools import product

from PIL import Image

from app.files.documents import jpeg
from app.files.documents.bounds import MAX_PIXELS, MAX_SIDE, THUMB_SIDE, KeptFile, UnfitUploadError

QUALITY, THUMB_QUALITY = 85, 70
TILE = 512  # side of what is drawn of the smaller picture at once
FORMATS = ("JPEG", "PNG", "WEBP")
_ORIENTATION = 0x0112
_T = Image.Transpose
_TURNS = {
    2: _T.FLIP_LEFT_RIGHT,
    3: _T.ROTATE_180,
    4: _T.FLIP_TOP_BOTTOM,
    5: _T.TRANSPOSE,
    6: _T.ROTATE_270,
    7: _T.TRANSVERSE,
    8: _T.ROTATE_90,
}


def image(data: bytes) -> KeptFile:
    """Draw the picture anew as JPEG: upright, at most 2480 pixels a side, without metadata."""
    if data.startswith(jpeg.START):
        jpeg.check_scans(data)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as source:
            if source.width * source.height > MAX_PIXELS:
                raise UnfitUploadError("pixels")
            fresh = _redrawn(source)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnfitUploadError("pixels") from error
    except UnfitUploadError:
        raise
    except Exception as error:  # decoders raise whatever the bytes lead to
        raise UnfitUploadError("broken") from error
    return KeptFile(_as_jpeg(fresh, QUALITY), thumb_of(fresh), 1)


def thumb_of(picture: Image.Image) -> bytes:
    """A small JPEG of a picture that was drawn anew; the picture shrinks with it."""
    picture.thumbnail((THUMB_SIDE, THUMB_SIDE))
    return _as_jpeg(picture, THUMB_QUALITY)


def _as_jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _redrawn(source: Image.Image) -> Image.Image:
    turn = _TURNS.get(_orientation(source))
    source.draft("RGB", (MAX_SIDE, MAX_SIDE))
    picture = _reduced(source)
    if picture is not source:
        source.close()  # gives its memory back before the next copies are made
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    if turn is not None:
        picture = picture.transpose(turn)
    if picture.mode == "RGBA":
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    fresh = Image.new("RGB", picture.size)
    fresh.paste(picture.convert("RGB"))
    return fresh


def _reduced(source: Image.Image) -> Image.Image:
    """The picture in a plain mode, a whole number of times smaller where it is much too large.

    Done in tiles: a second copy at the full size would double the memory.
    """
    times = max(source.size) // MAX_SIDE
    if times < 2:
        return _plain(source)
    width, height = source.size
    small = Image.new(
        _plain(source.crop((0, 0, 1, 1))).mode, (-(-width // times), -(-height // times))
    )
    side = TILE * times
    for left, top in product(range(0, width, side), range(0, height, side)):
        tile = source.crop((left, top, min(left + side, width), min(top + side, height)))
        small.paste(_plain(tile).reduce(times), (left // times, top // times))
    return small


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode in ("L", "RGB", "RGBA"):
        return picture
    clear = "transparency" in picture.info or picture.mode in ("LA", "PA", "La", "RGBa")
    return picture.convert("RGBA" if clear else "RGB")


def _orientation(source: Image.Image) -> int:
    """How the camera was held; a camera that wrote nonsense held it upright."""
    with contextlib.suppress(Exception):
        return int(source.getexif().get(_ORIENTATION, 1))
    return 1
