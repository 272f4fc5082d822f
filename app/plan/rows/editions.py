"""Which formula counts for a year, and what each code counts as in it: data with editions (PLN-11)."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.codes import queries as codes
from app.core import steady
from app.core.db import db
from app.core.errors import Invalid
from app.plan.rows.edition_models import PARTS, CountsAs, RateFormula

SHIPPED = Path(__file__).parent / "tables"
NOTHING = "none"
SEEKING, NOT_NOW = "seeking", "not_now"  # outside the rate in every edition


@dataclass(frozen=True)
class Formula:
    """One edition: the parts of the rate in their order, and who is outside N."""

    edition: str
    since: int
    settled: tuple[str, ...]
    left_out: tuple[str, ...]
    certain: bool
    note: str

    def part(self, found: str) -> str:
        """A part of this formula; what it does not know is no destination."""
        return found if found in (*self.settled, SEEKING, NOT_NOW) else NOTHING


@steady.kept(steady.CODES)
def formulas() -> dict[str, Formula]:
    """Edition → formula, the newest first."""
    rows = db.session.scalars(select(RateFormula).order_by(RateFormula.since.desc()))
    found = {
        r.edition: Formula(
            r.edition, r.since, tuple(r.settled), tuple(r.left_out), r.certain, r.note
        )
        for r in rows
    }
    return found or {row["edition"]: Formula(**row) for row in reversed(_formulas())}


def formula_of(edition: str) -> Formula:
    """The formula of that edition; of one that is gone the newest."""
    known = formulas()
    return known.get(edition) or next(iter(known.values()))


def formula(graduation_year: int) -> str:
    """The edition of the rate formula for graduates of that year (PLN-11)."""
    known = formulas().values()
    return next((f.edition for f in known if graduation_year >= f.since), [*known][-1].edition)


@steady.kept(steady.CODES)
def parts_of(edition: str) -> dict[str, str]:
    """Code → what it counts as in that edition."""
    rows = select(CountsAs.code, CountsAs.part).where(CountsAs.edition == edition)
    return dict(db.session.execute(rows.order_by(CountsAs.code)).tuples().all())


def counts_as(code: str | None, graduation_year: int) -> str:
    """What a code counts as; `none` for no destination or a code that the edition does not know."""
    return parts_of(formula(graduation_year)).get(code or "", NOTHING)


def forget() -> None:
    """Read formulas and codes anew (after a change of them)."""
    steady.written()


def check_counts_as(row: CountsAs) -> None:
    """A code of a known edition counts as one of its formula's parts. Raises Invalid."""
    rate = formulas().get(row.edition)
    if rate is None or not re.fullmatch(r"[0-9]{2,3}", row.code or "", re.ASCII):
        raise Invalid([("code", _("Two or three digits."))])
    if rate.part(row.part) == NOTHING:
        raise Invalid([("part", _("The formula of this edition does not have this part."))])


def check_formula(row: RateFormula) -> None:
    """No code of the edition counts as a part that the formula does not have. Raises Invalid."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,12}", row.edition or "", re.ASCII):
        raise Invalid([("edition", _("1 to 12 letters, digits or -."))])
    left = set(parts_of(row.edition).values()) - {*row.settled, SEEKING, NOT_NOW}
    if left:
        names = _(", ").join(str(PARTS.get(part, part)) for part in sorted(left))
        sentence = _("Codes of this edition still count as: %(names)s.", names=names)
        raise Invalid([("settled", sentence)])


def copy_counts(row: RateFormula) -> None:
    """A new formula begins with the codes of the one before it that it has parts for; committed."""
    known = sorted((f for f in formulas().values() if f.since < row.since), key=lambda f: f.since)
    if not known:
        return
    old = select(
        db.literal(row.edition), CountsAs.code, CountsAs.part, CountsAs.certain, CountsAs.needs
    ).where(
        CountsAs.edition == known[-1].edition,
        CountsAs.part.in_((*row.settled, SEEKING, NOT_NOW)),
    )
    columns = ["edition", "code", "part", "certain", "needs"]
    db.session.execute(insert(CountsAs).from_select(columns, old).on_conflict_do_nothing())
    db.session.commit()


def load_shipped() -> int:
    """Bring formulas and what the codes count as into the database; what is there stays. Rows written."""
    rows = [{**row, "certain": row["certain"] == "1"} for row in _read("counts_as")]
    db.session.execute(insert(CountsAs).on_conflict_do_nothing(), rows)
    db.session.execute(insert(RateFormula).on_conflict_do_nothing(), _formulas())
    forget()
    return len(rows)


def _formulas() -> list[dict[str, Any]]:
    return [
        {
            **row,
            "since": int(row["since"]),
            "certain": row["certain"] == "1",
            "settled": row["settled"].split(),
            "left_out": row["left_out"].split(),
        }
        for row in _read("formulas")
    ]


def _read(file: str) -> list[dict[str, str]]:
    with (SHIPPED / f"{file}.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def _name(row: CountsAs) -> str:
    """The name of a code in the edition of the codes that goes with its formula."""
    return codes.name("byqx", row.code, max(formula_of(row.edition).since, 1))


CountsAs.name = property(_name)  # type: ignore[attr-defined]
