"""Files that people upload: proofs, signed sheets, licences (spec DOC-05).

The name and the type a browser claims are worth nothing: the type is told from the content, then
the content is decoded in a child process (`intake`), and only what was decoded is kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import filetype
from flask_babel import gettext

from app.core.errors import Refused
from app.files.documents import limits
from app.files.documents.bounds import MAX_BYTES, MAX_PAGES, MAX_PIXELS, KeptFile

_: Callable[..., str] = gettext

MAX_NAME = 120
SECONDS = 20.0
_TYPES = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/apng": "image",  # its first picture
    "image/webp": "image",
    "application/pdf": "pdf",
}
_KEPT_AS = {"image": ("image/jpeg", ".jpg"), "pdf": ("application/pdf", ".pdf")}
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³]) *", re.I)
_APPLE = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
LONGEST = 4000  # of a name as it is sent
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True)
class Upload:
    """A file fit to be kept: `data` is ours, not what was sent; `sha256` is that of `data`."""

    kind: str
    mime: str
    data: bytes
    original_name: str
    sha256: str
    thumb: bytes = b""
    pages: int = 1

    @property
    def suffix(self) -> str:
        """The ending of the kept file's name."""
        return _KEPT_AS[self.kind][1]


def accept_upload(
    filename: str, source: bytes | BinaryIO, *, allow: Sequence[str] = ("image", "pdf")
) -> Upload:
    """Decode an uploaded file and return what may be kept of it.

    Raises Refused with a sentence for the person.
    """
    data = _read(source)
    kind = _kind(data)
    if kind not in allow:
        raise Refused(_wrong_kind(data, allow))
    kept = _decoded(kind, data)
    if len(kept.data) > MAX_BYTES:
        raise Refused(_too_big())
    mime, suffix = _KEPT_AS[kind]
    name, digest = clean_filename(filename, suffix), hashlib.sha256(kept.data).hexdigest()
    return Upload(kind, mime, kept.data, name, digest, kept.thumb, kept.pages)


def clean_filename(name: str, suffix: str) -> str:
    """Clean a name to show and to download by: no path, nothing invisible, the right ending.

    It never names a file of ours: those have random names.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name[-LONGEST:]))[-1]
    seen = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn"))
    stem = _SUFFIX.sub("", _FORBIDDEN.sub("_", " ".join(seen.split())))
    stem = stem.strip(". ")[: MAX_NAME - len(suffix)].rstrip(". ")
    if _RESERVED.fullmatch(stem.split(".")[0]):
        stem = f"_{stem}"[: MAX_NAME - len(suffix)]
    return (stem or "file") + suffix


def _read(source: bytes | BinaryIO) -> bytes:
    """Read the bytes; one more than allowed is enough to know."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(_too_big())
    if not data:
        raise Refused(_("The file is empty."))
    return data


def _kind(data: bytes) -> str:
    """``image`` or ``pdf`` by the first bytes; empty for anything else."""
    return _TYPES.get(filetype.guess_mime(data[:8192]) or "", "")


def _decoded(kind: str, data: bytes) -> KeptFile:
    try:
        request = kind.encode() + b"\n" + data
        answer = limits.ask("intake", request, SECONDS, again=False)  # what killed one kills two
    except limits.ChildDiedError as error:
        raise Refused(_reason("broken")) from error
    except limits.BusyError as error:
        raise Refused(
            _("Too many files are being checked. Please try again in a minute.")
        ) from error
    if answer[:1] == b"K":
        head, _line, content = answer[1:].partition(b"\n")
        told = json.loads(head)
        return KeptFile(content[told["thumb"] :], content[: told["thumb"]], int(told["pages"]))
    raise Refused(_reason(json.loads(answer[1:])))


def _reason(key: str) -> str:
    """Put a reason of `intake` into a sentence."""
    match key:
        case "pixels":
            return _(
                "The picture is too large: at most %(count)s million pixels are accepted.",
                count=MAX_PIXELS // 1_000_000,
            )
        case "pages":
            return _("The PDF must have between 1 and %(count)s pages.", count=MAX_PAGES)
        case "encrypted":
            return _("The PDF is protected by a password. Please save it without protection.")
        case "active":
            return _("The PDF contains a program, an action or another file. Please print it anew.")
        case "packed":
            return _("The PDF is packed in an unusual way. Please print it anew or send photos.")
        case _:
            return _("The file is damaged and cannot be read.")


def _too_big() -> str:
    return _("The file is larger than %(size)s MB.", size=MAX_BYTES // (1024 * 1024))


def _wrong_kind(data: bytes, allow: Sequence[str]) -> str:
    if "image" in allow and data[4:8] == b"ftyp" and data[8:12] in _APPLE:
        return _(
            "Photos in the HEIC format cannot be read: on the iPhone choose Settings, Camera,"
            " Formats, «Most Compatible» and take it again, or send a screenshot of it."
        )
    if tuple(allow) == ("pdf",):
        return _("Only PDF files are accepted here.")
    if tuple(allow) == ("image",):
        return _("Only pictures (JPEG, PNG or WebP) are accepted here.")
    return _("Only pictures (JPEG, PNG or WebP) and PDF files are accepted.")
