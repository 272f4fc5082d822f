"""Official code tables with editions, and administrative regions: data, never program text (PLN-11)."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

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


class Region(db.Model):
    """An administrative region (6 digits); level 1 province, 2 city, 3 county."""

    __tablename__ = "region"

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    full_name: Mapped[str] = mapped_column(String(80))
    level: Mapped[int]

    def __str__(self) -> str:
        return self.full_name
