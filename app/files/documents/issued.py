"""The documents that were issued: made once by the worker, kept as they are (DOC-01, DOC-02)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, filestore
from app.core.db import db
from app.core.registry import stores
from app.files.documents import numbers
from app.files.documents.editions import Edition, Whole
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.full_editions import keep_full
from app.files.documents.limits import render_safely
from app.files.documents.models import Document, Failure
from app.files.documents.printing import unprintable
from app.files.documents.render import KINDS

MOST_ANEW = 500  # documents that are asked for again at once


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
    full: Whole,
    number: str | None,
    terms_id: int | None = None,
) -> Document:
    """Print and keep both editions of a document of the locked record, in the caller's transaction.

    `data_of` gives, for the new verification code, all that is printed, with its `data_sha256`; `full`
    the same with whole numbers (DOC-08). Raises Unprintable, RenderError.
    """
    code = numbers.verification_code()
    data = data_of(code)
    if missing := unprintable(data):
        raise Unprintable(missing)
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
    keep_full(document, full(data))
    return document


def make(
    kind: str, record_kind: str, record: Any, data_of: Callable[[str], dict[str, Any]], **more: Any
) -> None:
    """As `keep`, and commit; where it fails, that is noted for the people concerned (DOC-07).

    Raises RenderError, so that the engine is tried again; what cannot be printed has to be mended first.
    """
    key, school = record.id, record.school_id
    try:
        keep(kind, record_kind, record, data_of, **more)
        forget_failure(kind, record_kind, key)
        db.session.commit()
    except (Unprintable, RenderError) as error:
        db.session.rollback()
        _note(kind, record_kind, key, school, getattr(error, "missing", []))
        db.session.commit()
        if isinstance(error, RenderError):
            raise


def _note(
    kind: str, record_kind: str, record_id: int, school_id: int, missing: list[tuple[str, str]]
) -> None:
    values = {"missing": [list(pair) for pair in missing], "at": clock.now()}
    row = insert(Failure).values(
        kind=kind, record_kind=record_kind, record_id=record_id, school_id=school_id, **values
    )
    keys = ["kind", "record_kind", "record_id"]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_=values))


def failure(kind: str, record_kind: str, record_id: int) -> Failure | None:
    """Why the record has no document, where making it failed."""
    found: Failure | None = db.session.get(Failure, (kind, record_kind, record_id))
    return None if found is None or kept(kind, record_kind, record_id) else found


def forget_failure(kind: str, record_kind: str, record_id: int) -> None:
    """It has been made, or nobody needs it any more. Not committed."""
    db.session.execute(
        delete(Failure).where(
            Failure.kind == kind, Failure.record_kind == record_kind, Failure.record_id == record_id
        )
    )


def make_anew() -> int:
    """Ask for each document again that lacked characters: somebody may have mended the record. Commits."""
    rows = db.session.scalars(
        select(Failure).where(Failure.missing != []).order_by(Failure.at).limit(MOST_ANEW)
    ).all()
    for row in rows:
        stores().document_makers[row.kind](row.record_id)
    db.session.commit()
    return len(rows)


def of_file(data: bytes) -> tuple[Document, Edition] | None:
    """The document that this very file is an edition of (DOC-04)."""
    sha256 = hashlib.sha256(data).hexdigest()
    same = or_(Document.sha256 == sha256, Document.full_sha256 == sha256)
    found = db.session.scalars(select(Document).where(same).limit(1)).first()
    if found is None:
        return None
    return found, Edition.FULL if found.full_sha256 == sha256 else Edition.MASKED


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
