"""What administrators may change of codes and editions, and the trail of it (PLN-11).

Nothing is ever deleted: a code ends, and rows that have it still read its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import insert

from app.codes.models import Code, CodeChange, CodeEdition
from app.codes.queries import editions, forget
from app.codes.shipped import TABLES
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours
from app.workflow.actor import Actor, Role

YEARS = range(1990, 2101)


def administers(who: Actor) -> None:
    """Codes and formulas are the administrators'. Raises NotYours."""
    if who.role is not Role.ADMIN:
        raise NotYours("codes")


def note(
    who: Actor,
    place: tuple[str, str, str],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> None:
    """Keep who changed what of (table, edition, code). Not committed."""
    table, edition, code = place
    db.session.add(
        CodeChange(
            table=table,
            edition=edition,
            code=code,
            old=dict(old),
            new=dict(new),
            by=who.user_id,
            by_name=who.name,
            at=clock.now(),
        )
    )


def note_record(who: Actor, place: tuple[str, str, str], record: object) -> None:
    """Keep what is about to be written of a record that the session has changed."""
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for attribute in inspect(record).attrs:
        history = attribute.history
        if history.has_changes() and attribute.key != "id":
            new[attribute.key] = attribute.value
            if history.deleted:
                old[attribute.key] = history.deleted[0]
    if new:
        note(who, place, old, new)


def copy_edition(who: Actor, table: str, name: str, since: int) -> CodeEdition:
    """A new edition of a table from a graduation year on, with the codes of the one before it.

    Not committed. Raises NotYours, Invalid.
    """
    administers(who)
    if table not in TABLES:
        raise Invalid([("table", _("Choose the table."))])
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,12}", name, re.ASCII):
        raise Invalid([("edition", _("1 to 12 letters, digits or -."))])
    if since not in YEARS:
        raise Invalid([("since", _("Please choose a graduation year."))])
    known = editions(table)
    if name in {kept for _since, kept in known}:
        raise Invalid([("edition", _("This table has an edition of that name."))])
    if since in {begins for begins, _kept in known}:
        raise Invalid([("since", _("Another edition begins with that year."))])
    before = next((kept for begins, kept in known if begins < since), known[-1][1])
    made = CodeEdition(table=table, edition=name, since=since)
    db.session.add(made)
    db.session.flush()
    copied = select(
        Code.table, db.literal(name), Code.code, Code.name, Code.sort, Code.certain, Code.active
    ).where(Code.table == table, Code.edition == before, Code.active)
    columns = ["table", "edition", "code", "name", "sort", "certain", "active"]
    db.session.execute(insert(Code).from_select(columns, copied))
    note(who, (table, name, ""), {}, {"since": since, "copied": before})
    forget()
    return made


def check_code(record: Code) -> None:
    """A code of a known table and edition, of plain characters. Raises Invalid."""
    if record.edition not in {kept for _since, kept in editions(record.table)}:
        raise Invalid([("edition", _("This table has no such edition."))])
    if not re.fullmatch(r"[0-9A-Za-z_]{1,16}", record.code or "", re.ASCII):
        raise Invalid([("code", _("1 to 16 letters, digits or _."))])
