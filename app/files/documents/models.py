"""Tables of issued documents, of the counters that number them, and of uploaded files."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import (
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import now
from app.core.db import db


class Preview(db.Model):  # type: ignore[name-defined,misc]
    """A document as it would be, by the digest of its content: what to draw, and the PDF; both sealed."""

    __tablename__ = "preview"
    __table_args__ = (Index("ix_preview_asked", "asked_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    wish_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    pdf_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    problem: Mapped[str] = mapped_column(String(120), default="")
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Document(db.Model):  # type: ignore[name-defined,misc]
    """A document as it was issued: its bytes lie in the file store and never change.

    A void document stays, with its code; a record has at most one of a kind that is not void.
    `sha256` is that of the file, `data_sha256` that of the data printed in it, as the file says.
    """

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int]
    school_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("school.id", name="fk_document_school")
    )
    code: Mapped[str] = mapped_column(String(12))
    number: Mapped[str | None] = mapped_column(String(20))
    file_key: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    # the full edition (DOC-08), encrypted; its hash is that of the PDF itself. None: not made yet
    full_key: Mapped[str | None] = mapped_column(String(80))
    full_sha256: Mapped[str | None] = mapped_column(String(64))
    data_sha256: Mapped[str] = mapped_column(String(64))
    terms_id: Mapped[int | None]
    template_version: Mapped[str] = mapped_column(String(20))
    void_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)

    __table_args__ = (
        UniqueConstraint("code", name="uq_document_code"),
        Index(
            "uq_document_not_void",
            "kind",
            "record_kind",
            "record_id",
            unique=True,
            postgresql_where=void_at.is_(None),
        ),
        Index("ix_document_school_id", "school_id"),
        Index("ix_document_sha256", "sha256"),
        Index("ix_document_full_sha256", "full_sha256"),
    )


class Failure(db.Model):  # type: ignore[name-defined,misc]
    """A document that could not be made, until it is (DOC-07).

    `missing` are pairs of a place in the data and a character that no font has; empty where the engine
    failed. What is wrong with the record is said by the record's package.
    """

    __tablename__ = "document_failure"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("school.id", name="fk_document_failure_school"), index=True
    )
    missing: Mapped[list[list[str]]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class NumberCounter(db.Model):  # type: ignore[name-defined,misc]
    """The last sequence number given out per kind, year and school; see `counter.next_number`."""

    __tablename__ = "number_counter"

    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    graduation_year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("school.id", name="fk_number_counter_school"), primary_key=True
    )
    last: Mapped[int] = mapped_column(default=0, server_default="0")


class Attachment(db.Model):  # type: ignore[name-defined,misc]
    """An uploaded file that belongs to a record; served only through the record's permission check.

    `uid` is what addresses show: it says nothing and cannot be guessed. `thumb_key` names a small
    picture of the first page, where one was cheap to make.
    """

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    record_kind: Mapped[str] = mapped_column(String(20))
    record_id: Mapped[int]
    owner_user_id: Mapped[int] = mapped_column(
        Integer, ForeignKey("ab_user.id", name="fk_attachment_owner_user"), index=True
    )
    school_id: Mapped[int | None] = mapped_column(
        Integer, ForeignKey("school.id", name="fk_attachment_school")
    )
    mime: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    original_name: Mapped[str] = mapped_column(String(160))
    file_key: Mapped[str] = mapped_column(String(80))
    sha256: Mapped[str] = mapped_column(String(64))
    thumb_key: Mapped[str | None] = mapped_column(String(80))
    pages: Mapped[int | None] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)

    __table_args__ = (
        UniqueConstraint("uid", name="uq_attachment_uid"),
        Index("ix_attachment_record", "record_kind", "record_id"),
    )
