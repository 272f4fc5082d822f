"""The documents that were issued: made once by the worker, kept as they are (DOC-01, DOC-02)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.core import clock, filestore
from app.core.db import db
from app.documents import numbers
from app.documents.limits import render_safely
from app.documents.models import Document
from app.documents.render import KINDS


def kept(kind: str, record_kind: str, record_id: int) -> Document | None:
    """The document of that kind that stands for the record now, if it has been made."""
    return db.session.scalars(
        select(Document).where(
            Document.kind == kind,
            Document.record_kind == record_kind,
            Document.record_id == record_id,
            Document.void_at.is_(None),
        )
    ).first()


def keep(
    kind: str,
    record_kind: str,
    record: Any,
    data_of: Callable[[str], dict[str, Any]],
    *,
    number: str | None,
    terms_id: int | None = None,
) -> Document:
    """Print and keep a document of the locked record, in the caller's transaction.

    `data_of` gives, for the new verification code, all that is printed, with its `data_sha256`.
    """
    code = numbers.verification_code()
    data = data_of(code)
    pdf = render_safely(kind, data)
    document = Document(
        kind=kind,
        record_kind=record_kind,
        record_id=record.id,
        school_id=record.school_id,
        code=code,
        number=number,
        file_key=filestore.save_file(pdf, ".pdf"),
        sha256=hashlib.sha256(pdf).hexdigest(),
        data_sha256=data["data_sha256"],
        terms_id=terms_id,
        template_version=KINDS[kind].version,
        created_at=clock.now(),
    )
    db.session.add(document)
    return document


def read(document: Document) -> bytes:
    """The bytes of the document. Raises ValueError where the file was changed."""
    return filestore.read_checked(document.file_key, document.sha256)


def void_documents(record_kind: str, record_id: int, kind: str, at: datetime) -> None:
    """Make the record's documents of a kind void; they stay, with their codes (DOC-04)."""
    db.session.execute(
        update(Document)
        .where(
            Document.record_kind == record_kind,
            Document.record_id == record_id,
            Document.kind == kind,
            Document.void_at.is_(None),
        )
        .values(void_at=at)
    )


def digest(data: dict[str, Any], names: Sequence[str]) -> str:
    """SHA-256 of the canonical JSON of what was agreed: the named parts of the printed data."""
    agreed = {name: data[name] for name in names}
    text = json.dumps(agreed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
