"""Official code tables with editions, and administrative regions: data, never program text (PLN-11)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class Code(db.Model):
    """One code of one edition of one table, e.g. dwxz 31 国有企业."""

    __tablename__ = "code"
    __table_args__ = (Index("uq_code_table_edition_code", "table", "edition", "code", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    table: Mapped[str] = mapped_column(String(12))
    edition: Mapped[str] = mapped_column(String(12), default="")
    code: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(80))
    sort: Mapped[int] = mapped_column(default=0)
    certain: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)

    def __str__(self) -> str:
        return self.name


class CodeEdition(db.Model):
    """An edition of a table: it counts from the graduation year `since` on, until the next one."""

    __tablename__ = "code_edition"
    __table_args__ = (
        Index("uq_code_edition", "table", "edition", unique=True),
        Index("uq_code_edition_since", "table", "since", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    table: Mapped[str] = mapped_column(String(12))
    edition: Mapped[str] = mapped_column(String(12), default="")
    since: Mapped[int]


class CodeChange(db.Model):
    """What an administrator changed of codes, editions or formulas: written once, kept for good."""

    __tablename__ = "code_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    table: Mapped[str] = mapped_column(String(12), index=True)
    edition: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(16))
    old: Mapped[dict[str, Any]] = mapped_column(JSONB)  # field → value of what differs
    new: Mapped[dict[str, Any]] = mapped_column(JSONB)
    by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))
    by_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Region(db.Model):
    """An administrative region (6 digits); level 1 province, 2 city, 3 county."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    full_name: Mapped[str] = mapped_column(String(80))
    level: Mapped[int]

    def __str__(self) -> str:
        return self.full_name
