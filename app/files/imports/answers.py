"""What a person has chosen on the pages of an import, as decisions and as words to keep (BLK-06).

The forms have numbered fields: `head-3` (a column of ours, or nothing) with `headkey-3`, `headtext-3` and
`headwas-3`; `act-5` with `field-5`, `text-5`, `why-5` (of a group of problems) and `typed-5`; `all-<field>`;
`hidden`; `keep`. An act is "" (nothing yet), "=code" of our list, "typed", "empty" or "out".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.core.registry import stores
from app.core.text import clean_line
from app.files.imports import groups
from app.files.imports.decisions import HEAD, VALUE, Decided
from app.files.imports.models import Import
from app.files.imports.sheet import Sheet

MOST = 400  # numbered fields of one kind that a page has
TYPED = 200  # characters
_NUMBERED = re.compile(r"(head|act)-([0-9]{1,3})")


@dataclass
class Answers:
    """Decisions as `decisions` keeps them; `words` are (kind, field, text, ours)."""

    decided: Decided = field(default_factory=dict)
    words: list[tuple[str, str, str, str | None]] = field(default_factory=list)


def answers_of(form: Mapping[str, str], record: Import) -> Answers:
    """Read a form; what does not belong to the sheet is left aside."""
    sheet, found = stores().sheets[record.sheet], Answers()
    fields = {column.field for column in sheet.columns}
    found.decided["heads"] = {}
    for n in _numbers(form, "head"):
        ours = form.get(f"head-{n}") or None
        if ours is None or ours in fields:
            _head(form, n, ours, found)
    found.decided["all"] = {
        name: clean_line(form[f"all-{name}"])[:TYPED]
        for name in fields
        if clean_line(form.get(f"all-{name}", ""))
    }
    for n in _numbers(form, "act"):
        if form.get(f"field-{n}") in fields:
            _act(form, n, record, sheet, found)
    if form.get("hidden") in ("take", "leave"):
        found.decided["hidden"] = form["hidden"]
    if not form.get("keep"):
        found.words = []
    return found


def _numbers(form: Mapping[str, str], kind: str) -> Iterator[str]:
    matches = (_NUMBERED.fullmatch(name) for name in form)
    yield from sorted(m[2] for m in matches if m and m[1] == kind and int(m[2]) < MOST)


def _head(form: Mapping[str, str], n: str, ours: str | None, found: Answers) -> None:
    """A header means a column of ours, or none; what was not sure, or is another now, is kept."""
    key, shown = form.get(f"headkey-{n}", ""), form.get(f"headtext-{n}", "")
    if not key:
        return
    found.decided["heads"][key] = ours
    if form.get(f"headwas-{n}") != (ours or ""):
        found.words.append((HEAD, "", shown or key, ours))


def _act(form: Mapping[str, str], n: str, record: Import, sheet: Sheet, found: Answers) -> None:
    name, shown, why = form[f"field-{n}"], form.get(f"text-{n}"), form.get(f"why-{n}", "")
    act, column = form.get(f"act-{n}", ""), sheet.column(name)
    if act in ("take", "leave"):  # rows that the sheet hides
        found.decided["hidden"] = act
        return
    if act == "out" or (act == "empty" and (column.secret is not None or shown is None)):
        rows = _rows(record, sheet, name, why, shown)
        where = (
            found.decided.setdefault("empty", {}).setdefault(name, [])
            if act == "empty"
            else (found.decided.setdefault("rows_out", []))
        )
        where += rows
        if act == "out" and not why and shown is not None:
            found.decided.setdefault("out", {}).setdefault(name, []).append(shown)
    elif shown is not None and column.secret is None:
        _value(act, name, shown, clean_line(form.get(f"typed-{n}", ""))[:TYPED], found)


def _rows(record: Import, sheet: Sheet, name: str, why: str, shown: str | None) -> list[int]:
    if not why:
        return []  # before the check no row is known: by their cell, when the file is read
    only = None if sheet.column(name).secret is not None else shown
    return groups.rows_in(record, sheet, name, why, only)


def _value(act: str, name: str, shown: str, typed: str, found: Answers) -> None:
    """One value means another: of our list (which is kept), as typed, or nothing."""
    values = found.decided.setdefault("values", {}).setdefault(name, {})
    if act.startswith("="):
        values[shown] = act[1:][:TYPED]
        found.words.append((VALUE, name, shown, act[1:][:TYPED]))
    elif act == "typed" and typed:
        values[shown] = typed
    elif act == "empty":
        values[shown] = ""
