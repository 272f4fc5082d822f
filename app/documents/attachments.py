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
from app.documents import intake, limits

_: Callable[..., str] = gettext

MAX_BYTES = 10 * 1024 * 1024
MAX_NAME = 120
SECONDS = 20.0
_TYPES = {
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "image",
    "application/pdf": "pdf",
}
_KEPT_AS = {"image": ("image/jpeg", ".jpg"), "pdf": ("application/pdf", ".pdf")}
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True)
class Upload:
    """A file fit to be kept: `data` is ours, not what was sent; `sha256` is that of `data`."""

    kind: str
    mime: str
    data: bytes
    original_name: str
    sha256: str


def accept_upload(
    filename: str, source: bytes | BinaryIO, *, allow: Sequence[str] = ("image", "pdf")
) -> Upload:
    """Decode an uploaded file and return what may be kept of it.

    Raises Refused with a sentence for the person.
    """
    data = _read(source)
    kind = _kind(data)
    if kind not in allow:
        raise Refused(_wrong_kind(allow))
    kept = _decoded(kind, data)
    if len(kept) > MAX_BYTES:
        raise Refused(_too_big())
    mime, suffix = _KEPT_AS[kind]
    name = clean_filename(filename, suffix)
    return Upload(kind, mime, kept, name, hashlib.sha256(kept).hexdigest())


def clean_filename(name: str, suffix: str) -> str:
    """Clean a name to show and to download by: no path, nothing invisible, the right ending.

    It never names a file of ours: those have random names.
    """
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn"))
    stem = _SUFFIX.sub("", _FORBIDDEN.sub("_", " ".join(seen.split())))
    stem = stem.strip(". ")[: MAX_NAME - len(suffix)].rstrip(". ")
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


def _decoded(kind: str, data: bytes) -> bytes:
    try:
        answer = limits.ask("intake", kind.encode() + b"\n" + data, SECONDS)
    except limits.ChildDiedError as error:
        raise Refused(_reason("broken")) from error
    except limits.BusyError as error:
        raise Refused(
            _("Too many files are being checked. Please try again in a minute.")
        ) from error
    if answer[:1] == b"K":
        return answer[1:]
    raise Refused(_reason(json.loads(answer[1:])))


def _reason(key: str) -> str:
    """Put a reason of `intake` into a sentence."""
    match key:
        case "pixels":
            return _(
                "The picture is too large: at most %(count)s million pixels are accepted.",
                count=intake.MAX_PIXELS // 1_000_000,
            )
        case "pages":
            return _("The PDF must have between 1 and %(count)s pages.", count=intake.MAX_PAGES)
        case "encrypted":
            return _("The PDF is protected by a password. Please save it without protection.")
        case "active":
            return _("The PDF contains a program, an action or another file. Please print it anew.")
        case _:
            return _("The file is damaged and cannot be read.")


def _too_big() -> str:
    return _("The file is larger than %(size)s MB.", size=MAX_BYTES // (1024 * 1024))


def _wrong_kind(allow: Sequence[str]) -> str:
    if tuple(allow) == ("pdf",):
        return _("Only PDF files are accepted here.")
    if tuple(allow) == ("image",):
        return _("Only pictures (JPEG, PNG or WebP) are accepted here.")
    return _("Only pictures (JPEG, PNG or WebP) and PDF files are accepted.")
