"""What is odd about terms and yet allowed: said to who writes them before they are sent; forbids nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.core import clock

TWO_MONTHS = 62  # days at most
LEAST_PART = 80  # per cent of the agreed pay (Labour Contract Law, article 20)
SLIP_BELOW, SLIP_ABOVE = 1_000, 100_000  # yuan a month: thousands typed as one, a year's pay


def odd(values: Mapping[str, Any], answer_by: datetime | None = None) -> list[str]:
    """The sentences on these terms, to be answered by that moment (None: they wait for no answer)."""
    return [*_of_pay(values), *_of_probation(values), *_of_time(values, answer_by)]


def _of_pay(values: Mapping[str, Any]) -> Iterator[str]:
    regular = values["regular_pay"]
    if not regular:
        yield _("The pay after probation is 0: the student reads that no pay is agreed on.")
    elif regular < SLIP_BELOW or regular > SLIP_ABOVE:
        yield _(
            "The pay after probation is %(pay)s yuan a month. Is that meant?", pay=f"{regular:,}"
        )


def _of_probation(values: Mapping[str, Any]) -> Iterator[str]:
    days, pay, regular = (values[n] for n in ("probation_days", "probation_pay", "regular_pay"))
    if not days:
        return
    if days > TWO_MONTHS:
        yield _(
            "A probation of more than two months needs a labour contract of at least three years "
            "(Labour Contract Law, article 19)."
        )
    if pay > regular:
        yield _("The pay on probation is higher than the pay after it.")
    elif not pay:
        yield _("The pay on probation is 0: the student reads that it is unpaid.")
    elif pay * 100 < regular * LEAST_PART:
        yield _(
            "The pay on probation is less than 80 per cent of the pay after it "
            "(Labour Contract Law, article 20)."
        )


def _of_time(values: Mapping[str, Any], answer_by: datetime | None) -> Iterator[str]:
    if answer_by is not None and clock.end_of_day(values["report_by"]) <= answer_by:
        yield _(
            "The student would have to report for work by %(day)s, and may answer until %(until)s.",
            day=values["report_by"],
            until=clock.shown_deadline(answer_by),
        )
