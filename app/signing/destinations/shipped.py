"""The kinds of destinations that come with the platform, brought into the database."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core.db import db
from app.signing.destinations.kind_models import (
    DestinationField,
    DestinationKind,
    DestinationProof,
    DestinationType,
)

SHIPPED = Path(__file__).parent / "tables"


def load_tables() -> int:
    """Bring the shipped kinds into the database; what is there already stays as it is. Rows written."""
    types = [{**row, "sort": n} for n, row in enumerate(_read("types"))]
    db.session.execute(insert(DestinationType).on_conflict_do_nothing(), types)
    wanted = select(DestinationType.code, DestinationType.id)
    type_ids = {code: key for code, key in db.session.execute(wanted)}  # noqa: C416 (a Row is no tuple)
    kinds = [_kind(row, n, type_ids) for n, row in enumerate(_read("kinds"))]
    made = db.session.execute(
        insert(DestinationKind)
        .values(kinds)
        .on_conflict_do_nothing()
        .returning(DestinationKind.code, DestinationKind.id)
    )
    known = {code: key for code, key in made}  # noqa: C416 (a Row is no tuple for mypy)
    rows = 0
    for model, file in ((DestinationField, "fields"), (DestinationProof, "proofs")):
        parts = [
            {**_part(row), "kind_id": known[code], "sort": n}
            for n, row in enumerate(_read(file))
            for code in row["kinds"].split()
            if code in known
        ]
        if parts:
            db.session.execute(insert(model).on_conflict_do_nothing(), parts)
        rows += len(parts)
    return rows + len(known)


def _kind(row: dict[str, str], sort: int, type_ids: dict[str, int]) -> dict[str, object]:
    known: dict[str, Any] = {k: v for k, v in row.items() if k != "type"}
    return known | {
        "type_id": type_ids[row["type"]],
        "settles": row["settles"] == "1",
        "modes": row["modes"].split(),
        "sort": sort,
        "active": True,
    }


def _part(row: dict[str, str]) -> dict[str, object]:
    """A field or proof from its line: whole numbers, lists and truths out of texts."""
    found: dict[str, Any] = {k: v for k, v in row.items() if k != "kinds"}
    found["required"] = row["required"] == "1"
    for name in {"length", "low", "high", "most"} & set(row):
        found[name] = int(row[name]) if row[name] else None
    if "only" in row:
        found["only"] = row["only"].split()
    return found | {"active": True}


def _read(file: str) -> list[dict[str, str]]:
    with open(SHIPPED / f"{file}.csv", encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))
