"""PDFs that strangers upload: read without repairing, searched, and their pages written anew.

Anything that acts by itself or hangs beside the pages is a reason to refuse. What is kept is a new
document with the pages alone: annotations and filled-in forms become part of what is printed on
them; links, metadata, older versions and unknown keys stay behind.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from typing import Any, TypeAlias

import pikepdf
from PIL import Image

from app.files.documents import intake_image, jpeg
from app.files.documents.bounds import (
    MAX_COLUMNS,
    MAX_OBJECTS,
    MAX_PAGES,
    MAX_PIXELS,
    MAX_UNPACKED,
    THUMB_SIDE,
    KeptFile,
    UnfitUploadError,
)
from app.files.documents.pdf_parts import ACTING, ACTING_KEYS, BESIDE, LINKS, ON_A_PAGE, SHORT

Item: TypeAlias = Any  # a PDF object; which kind, only the file knows

_TEXT = ("/ASCII85Decode", "/ASCIIHexDecode", "/RunLengthDecode")
_PICTURE = ("/DCTDecode", "/CCITTFaxDecode", "/JBIG2Decode", "/JPXDecode")
_PIECE = 1 << 16


def pdf(data: bytes) -> KeptFile:
    """Write the same pages anew; a digital signature inside does not survive, a scan has none."""
    try:
        with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as document:
            _check(document)
            kept = _rewritten(document)
        with pikepdf.open(io.BytesIO(kept), attempt_recovery=False) as again:
            for item in again.objects:
                _search(item, ACTING | LINKS)
            return KeptFile(kept, _thumb(again), len(again.pages))
    except pikepdf.PasswordError as error:
        raise UnfitUploadError("encrypted") from error
    except UnfitUploadError:
        raise
    except Exception as error:  # the parser raises whatever the bytes lead to
        raise UnfitUploadError("broken") from error


def _check(document: pikepdf.Pdf) -> None:
    if document.is_encrypted:
        raise UnfitUploadError("encrypted")
    if not 1 <= len(document.pages) <= MAX_PAGES:
        raise UnfitUploadError("pages")
    if len(document.objects) > MAX_OBJECTS:
        raise UnfitUploadError("broken")
    unpacked = 0
    for item in document.objects:
        _search(item, ACTING)
        if isinstance(item, pikepdf.Stream):
            unpacked += _weight(item)
            if unpacked > MAX_UNPACKED:
                raise UnfitUploadError("packed")
    if isinstance(document.Root.get("/OpenAction"), pikepdf.Dictionary):
        raise UnfitUploadError("active")  # an array only says which page to show first


def _rewritten(document: pikepdf.Pdf) -> bytes:
    form = document.Root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/NeedAppearances" in form:
        del form["/NeedAppearances"]
    document.flatten_annotations("all")
    with pikepdf.new() as fresh:
        fresh.pages.extend(document.pages)
        for page in fresh.pages:
            for name in set(page.obj.keys()) - ON_A_PAGE:
                del page.obj[name]
        for item in fresh.objects:
            _strip(item)
        out = io.BytesIO()
        generate = pikepdf.ObjectStreamMode.generate
        fresh.save(out, fix_metadata_version=False, object_stream_mode=generate)
    return out.getvalue()


def _strip(item: Item) -> None:
    """Take away what hangs beside an object, and what a camera wrote into a scan."""
    if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for name in BESIDE:
            if name in item:
                del item[name]
    if isinstance(item, pikepdf.Stream) and _filters(item) == ["/DCTDecode"]:
        parms: Item = item.get("/DecodeParms")
        picture = jpeg.bare(item.read_raw_bytes())
        item.write(picture, filter=pikepdf.Name.DCTDecode, decode_parms=parms)


def _search(start: Item, acting: frozenset[str]) -> None:
    """Refuse what acts. Objects may lie in each other; those of their own number come by anyway."""
    waiting = [start]
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            waiting += [child for child in item.as_list() if _nested(child)]
        elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            _check_names(item, acting)
            waiting += [child for _, child in item.items() if _nested(child)]


def _check_names(item: Item, acting: frozenset[str]) -> None:
    if not ACTING_KEYS.isdisjoint(item.keys()):
        raise UnfitUploadError("active")
    if {str(item.get(key, "")) for key in ("/S", "/Subtype", "/Type")} & acting:
        raise UnfitUploadError("active")
    if isinstance(item, pikepdf.Stream) and ("/F" in item or "/Ref" in item):
        raise UnfitUploadError("active")  # its content would come from another file


def _nested(item: Item) -> bool:
    return isinstance(item, pikepdf.Array | pikepdf.Dictionary) and not item.is_indirect


def _filters(stream: Item) -> list[str]:
    found = stream.get("/Filter")
    names = found.as_list() if isinstance(found, pikepdf.Array) else [found]
    return [SHORT.get(str(name), str(name)) for name in names if name is not None]


def _weight(stream: Item) -> int:
    """How many bytes a reader of the page unpacks. Raises UnfitError for what no printer makes."""
    _check_pixels(stream)
    filters = _filters(stream)
    first, picture = filters[:1], filters[-1:] and filters[-1] in _PICTURE
    packing = filters[:-1] if picture else filters
    if not packing:
        return 0
    if packing == ["/FlateDecode"] == first:
        return _inflated(stream.read_raw_bytes())
    if picture and packing[0] in _TEXT and len(packing) == 1:
        return 0
    if picture or not set(packing) <= {"/FlateDecode", *_TEXT} or packing.count("/FlateDecode") > 1:
        raise UnfitUploadError("packed")
    return len(stream.read_bytes())


def _check_pixels(stream: Item) -> None:
    sides = [stream.get(name) for name in ("/Width", "/Height")]
    if all(isinstance(side, int) for side in sides) and sides[0] * sides[1] > MAX_PIXELS:
        raise UnfitUploadError("pixels")
    parms = stream.get("/DecodeParms")
    for parm in parms.as_list() if isinstance(parms, pikepdf.Array) else [parms]:
        columns = parm.get("/Columns", 1) if isinstance(parm, pikepdf.Dictionary) else 1
        if not isinstance(columns, int) or columns > MAX_COLUMNS:
            raise UnfitUploadError("packed")


def _inflated(raw: bytes) -> int:
    """The size of what is packed, counted piece by piece and never held; a broken end counts so far."""
    inflate, size = zlib.decompressobj(), 0
    with contextlib.suppress(zlib.error):
        for start in range(0, len(raw), _PIECE):
            piece = raw[start : start + _PIECE]
            while piece and size <= MAX_UNPACKED:
                size += len(inflate.decompress(piece, 1 << 20))
                piece = inflate.unconsumed_tail
    return size


def _thumb(document: pikepdf.Pdf) -> bytes:
    """The first page where it is one photo and nothing else, as scanners make it; else nothing."""
    with contextlib.suppress(Exception):  # a file is kept without a small picture, too
        page = document.pages[0]
        [picture] = page.images.values()
        if "/Font" in page.resources or _filters(picture) != ["/DCTDecode"]:
            return b""
        with Image.open(io.BytesIO(picture.read_raw_bytes()), formats=("JPEG",)) as source:
            if source.width * source.height > MAX_PIXELS:
                return b""
            source.draft("RGB", (THUMB_SIDE * 2, THUMB_SIDE * 2))
            turned = source.convert("RGB").rotate(-int(page.get("/Rotate", 0)), expand=True)
            return intake_image.thumb_of(turned)
    return b""
