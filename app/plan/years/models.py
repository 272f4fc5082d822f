"""Snapshots: the plan of a school and year on a reporting date, kept for good (PLN-07)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import DateTime

from app.core.db import db


class Snapshot(db.Model):
    """The plan of a school and year on a reporting date, kept for good (PLN-08)."""

    __tablename__ = "plan_snapshot"
    __table_args__ = (Index("ix_plan_snapshot_school", "school_id", "graduation_year", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"))
    graduation_year: Mapped[int]
    day: Mapped[date]
    note: Mapped[str] = mapped_column(String(100))
    code_edition: Mapped[str] = mapped_column(String(12))
    formula_edition: Mapped[str] = mapped_column(String(12))
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)  # what the codes count as → rows
    codes: Mapped[dict[str, list[str]]] = mapped_column(JSONB)  # code → [name, what it counts as]
    # the formula as it was: parts of the rate, levels of education outside N
    formula: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    total: Mapped[int]
    # why → graduates of the year outside `total`; None: made before that was kept
    outside: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    made_by_name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SnapshotRow(db.Model):
    """One graduate of a snapshot, as the plan had it."""

    __tablename__ = "plan_snapshot_row"

    snapshot_id: Mapped[int] = mapped_column(
        ForeignKey("plan_snapshot.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    student_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    college_id: Mapped[int]
    # of a graduate outside the plan's figures: why (plan.outside); the others: empty
    outside: Mapped[str] = mapped_column(String(12), default="", server_default="")
    row: Mapped[dict[str, Any]] = mapped_column(JSONB)


class SnapshotCount(db.Model):
    """How many graduates of a snapshot a college, a level and a code have: what a trend reads (RPT-06)."""

    __tablename__ = "plan_snapshot_count"

    snapshot_id: Mapped[int] = mapped_column(
        ForeignKey("plan_snapshot.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    college_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outside: Mapped[str] = mapped_column(String(12), primary_key=True)
    education: Mapped[str] = mapped_column(String(3), primary_key=True)
    destination_code: Mapped[str] = mapped_column(String(3), primary_key=True)  # empty: none
    count: Mapped[int]
