"""The full edition of a document: printed, kept encrypted, read (DOC-04)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from app.core.vault import Vault
from app.files.documents.limits import render_safely
from app.files.documents.models import Document

FULL = Vault("document", ".full")  # the editions with whole numbers; they stay


def keep_full(document: Document, data: Mapping[str, object]) -> None:
    """Print and keep the full edition, encrypted, in the caller's transaction; the hash is the PDF's."""
    pdf = render_safely(document.kind, data)
    document.full_key = FULL.keep(pdf, document.code)
    document.full_sha256 = hashlib.sha256(pdf).hexdigest()


def read_full(document: Document) -> bytes | None:
    """The bytes of the full edition, None while it is not made. Raises ValueError where it was changed."""
    if document.full_key is None:
        return None
    pdf = FULL.read(document.full_key, document.code)
    if hashlib.sha256(pdf).hexdigest() != document.full_sha256:
        raise ValueError(f"the file {document.full_key} was changed")
    return pdf
