"""A student's open letters side by side: what differs between two offers, fact by fact (INV-23)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.codes import labels
from app.core import clock
from app.signing.invitations.models import Invitation
from app.signing.terms.models import ARCHIVE, BY_NAME, FIELDS, HOUSEHOLD, OFFER
from app.signing.terms.queries import with_unit

Shown = Callable[[Invitation], str]
FIRST = ("position", "regular_pay", "probation_pay", "probation_days", "workplace")  # asked first
LATER = {"contact_name", "contact_phone", "reply_days"}  # the letter has them


def compared(letters: Sequence[Invitation], year: int) -> list[tuple[Any, list[Any]]]:
    """The groups of the table: (title, [(label, a text for each letter, whether they differ)])."""
    terms = sorted(
        (f for f in FIELDS if f.group == OFFER and f.name not in LATER),
        key=lambda f: FIRST.index(f.name) if f.name in FIRST else len(FIRST),
    )
    groups = [
        (_l("Signing terms"), [_term(f.name, year) for f in terms]),
        (
            _l("Archive and household registration"),
            [_term(f.name, year) for f in FIELDS if f.group in (ARCHIVE, HOUSEHOLD) and f.kind == "code"],
        ),
        (_l("Answering"), ANSWERING),
        (_l("The employer"), EMPLOYER),
    ]  # fmt: skip
    return [(title, [_row(label, letters, of) for label, of in rows]) for title, rows in groups]


def _row(label: Any, letters: Sequence[Invitation], of: Shown) -> tuple[Any, list[str], bool]:
    texts = [of(letter) or "–" for letter in letters]
    return label, texts, len(set(texts)) > 1


def _term(name: str, year: int) -> tuple[Any, Shown]:
    field = BY_NAME[name]
    return field.label, lambda it: with_unit(field, getattr(it.terms, name), year)


def _checked(letter: Invitation) -> str:
    return _("Yes") if letter.employer.is_approved else _("No")


ANSWERING: list[tuple[Any, Shown]] = [
    (_l("Answer by"), lambda it: clock.shown_deadline(it.reply_by)),
    (_l("Can be accepted from"), lambda it: clock.shown_deadline(it.opens_at)),
]
EMPLOYER: list[tuple[Any, Shown]] = [
    (_l("Checked by a school"), _checked),
    (_l("Nature"), lambda it: labels.code("dwxz", it.employer.kind)),
    (_l("Industry"), lambda it: labels.code("dwhy", it.employer.industry)),
    (_l("Location"), lambda it: labels.region(it.employer.location)),
    (_l("Unified social credit code"), lambda it: it.employer.credit_code),
]
