"""Marks of transactions, seals over them, roots of days, runs of the verifier; only marks ever go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Float, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Date, DateTime

from app.core.db import db


class Covered:
    """Which rows of trail and security log something vouches for, by id.

    `…_macs` has 16 bytes for each row, `…_places` a line for each (what it was about), in the order of
    the ids: so a row that is gone can still be named.
    """

    trail_ids: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    trail_macs: Mapped[bytes] = mapped_column(LargeBinary)
    trail_places: Mapped[str] = mapped_column(Text)
    event_ids: Mapped[Any] = mapped_column(INT8MULTIRANGE)
    event_macs: Mapped[bytes] = mapped_column(LargeBinary)
    event_places: Mapped[str] = mapped_column(Text)


class Mark(Covered, db.Model):
    """The rows of one transaction, vouched for by the application as it commits; gone once sealed."""

    __tablename__ = "trail_mark"

    mark: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    key_id: Mapped[str] = mapped_column(String(20))
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class Seal(Covered, db.Model):
    """The next link of the one chain over all records, keyed with a key that no database has.

    `no` counts without a gap; `…_total` are the rows sealed so far; `previous` is the `mac` before.
    """

    __tablename__ = "trail_seal"

    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    key_id: Mapped[str] = mapped_column(String(20))
    trail_total: Mapped[int] = mapped_column(BigInteger)
    event_total: Mapped[int] = mapped_column(BigInteger)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    mac: Mapped[bytes] = mapped_column(LargeBinary)


class Root(db.Model):
    """Where the chain stood at the end of a day (Asia/Shanghai): public, and mailed out (TRU-05)."""

    __tablename__ = "trail_root"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    seal_no: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[str] = mapped_column(String(64))
    trail_total: Mapped[int] = mapped_column(BigInteger)
    event_total: Mapped[int] = mapped_column(BigInteger)
    previous: Mapped[str] = mapped_column(String(64))
    root: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Run(db.Model):
    """One run of the verifier: `kind` is empty where all was well, else what was found, with `facts`."""

    __tablename__ = "audit_run"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seconds: Mapped[float] = mapped_column(Float)
    rows: Mapped[int] = mapped_column(BigInteger)
    waiting: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(30), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    actor_id: Mapped[int | None]
