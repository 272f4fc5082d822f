"""Which number of whom may be shown, and the line of the log without which none is (ADM-10, RPT-05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts import security_log
from app.accounts.log_words import PURPOSES
from app.accounts.models import AppUser
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.limits import Limit
from app.core.registry import stores
from app.core.text import clean_line
from app.workflow.actor import Actor

# of one person: a day at the telephone, not a list
SHOWN = Limit("reveals", 120, timedelta(hours=1))
PURPOSE = 200  # characters
CALL = "call"
PHONE, ID_NUMBER = "phone", "id_number"


@dataclass(frozen=True)
class Subject:
    """Whose numbers: the records a person sees, the account they are of, where each number stands."""

    visible: Callable[[Actor], Select[Any]]
    model: Any
    account: Callable[[Any], AppUser | None]
    columns: Mapping[str, str]  # what is shown → the attribute that opens it
    page: str  # the endpoint of the record's page


def record_of(who: Actor, kind: str, key: int, number: str) -> Any:
    """The record in the person's scope that has such a number. Raises NotYours."""
    subject = stores().numbers.get(kind)
    if subject is None or number not in subject.columns:
        raise NotYours(f"{number} of {kind}")
    record = db.session.scalar(subject.visible(who).where(subject.model.id == key))
    if record is None:
        raise NotYours(f"{kind} {key}")
    return record


def reveal(who: Actor, kind: str, key: int, number: str, purpose: str, words: str = "") -> str:
    """The whole number; who saw it, when and what for stands in the log before it is shown. Commits.

    `purpose` is one of PURPOSES; another purpose is said in `words`. Raises NotYours, Invalid, and
    Refused where the person has seen too many within an hour or there is no number.
    """
    record = record_of(who, kind, key, number)
    said = _purpose(purpose, words)
    subject = stores().numbers[kind]
    found = getattr(record, subject.columns[number])
    if not found:
        raise Refused(_("No such number is on record."))
    if not SHOWN.take(who.user_id):
        raise Refused(
            _(
                "You have had %(most)s numbers shown within an hour. Please go on later.",
                most=SHOWN.most,
            )
        )
    security_log.note(
        "reveal",
        user=subject.account(record),
        who=who,
        shown=number,
        purpose=said,
        about=f"{kind} {record.id}",
    )
    db.session.commit()
    return str(found)


def _purpose(purpose: str, words: str) -> str:
    """The purpose as it is kept. Raises Invalid."""
    said = clean_line(words)
    if purpose not in PURPOSES:
        raise Invalid([("purpose", _("Please say what the number is needed for."))])
    if purpose == "other" and not 2 <= len(said) <= PURPOSE:
        sentence = _("Say in 2 to %(most)s characters what the number is needed for.", most=PURPOSE)
        raise Invalid([("words", sentence)])
    return said if purpose == "other" else purpose


def masked_of(record: object, kind: str, number: str) -> str:
    """The number as everybody of the scope sees it."""
    return getattr(record, f"{stores().numbers[kind].columns[number]}_masked") or ""


def label_of(record: object, number: str) -> object:
    """What the number is called: of identity, as the person's document calls it."""
    return getattr(record, "id_label", "") if number == ID_NUMBER else _l("Phone")
