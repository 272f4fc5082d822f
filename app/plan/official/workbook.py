"""Filling an uploaded official workbook from the plan (PLN-09): whose rows, which texts, what was missed.

The child (`filling`) reads and writes the workbook; here its rows are matched with graduates and their
codes are spelled as the workbook's own lists spell them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core import children
from app.core.errors import Invalid, Refused
from app.core.text import clean_line
from app.files.imports import intake
from app.files.made import making as made
from app.files.made import requests
from app.files.made.models import MadeFile
from app.plan.official import effects, guards
from app.plan.official.graduates import graduates_meant, missing
from app.plan.official.spelling import NUMBERS, known_heads, places, spellings
from app.plan.rows.models import OFFICIAL
from app.workflow.actor import Actor

if TYPE_CHECKING:
    pass

Texts = dict[int, dict[int, str]]  # row → column → text
FILLED = "official"  # the kind of paper
MOST_ROWS = 20_000
MOST_MISSED = 500
MOST_UNKNOWN = 40
SECONDS = 60.0
NOTED = {
    "sheet": _l("Sheet filled"),
    "rows": _l("Rows of the workbook"),
    "matched": _l("Graduates found"),
    "cells": _l("Cells filled"),
    "added": _l("Graduates added"),
    "missed": _l("Left out"),
    "unknown": _l("Columns not recognised, left as they are"),
}


def bring(who: Actor, data: bytes, name: str, form: dict[str, str]) -> MadeFile:
    """Keep the workbook and have it filled, and commit. Raises Invalid, Refused, NotYours."""
    made.may_ask(who)
    year, purpose = form.get("year", ""), clean_line(form.get("purpose", ""))[:100]
    problems = [*_of_file(data), *guards.problems(year, purpose)]
    if problems:
        raise Invalid(problems)
    wish = {"year": int(year) if year else None, "purpose": purpose if year else ""}
    title = _("%(name)s filled", name=name.rpartition(".")[0] or name)
    return requests.ask(who, FILLED, wish, f"{title}.xlsx", data)


def _of_file(data: bytes) -> list[tuple[str, str]]:
    if len(data) > intake.MAX_BYTES:
        size = intake.MAX_BYTES >> 20
        return [("file", _("The file is larger than %(size)s MB.", size=size))]
    excel = data.startswith(b"PK\x03\x04")
    return [] if excel else [("file", intake.sentence("not_excel", {}))]


def make(paper: MadeFile) -> bytes:
    """The workbook with what our plan has. Raises Refused, in words, where it cannot be read."""
    if paper.wish.get("year") is not None:
        guards.refuse_to_add(paper)
    data = made.source_of(paper)
    heads = {"known": known_heads(), "numbers": known_heads(NUMBERS)}
    look = json.loads(_asked({"do": "look", "most": MOST_ROWS, **heads}, data))
    columns = places(look["heads"])
    if set(columns.values()).isdisjoint(NUMBERS):
        raise Refused(_("The workbook has no column with student, ID or examinee numbers."))
    cells = _filled(paper, look, columns)
    if not cells:
        return data
    wish = {"do": "fill", "part": look["part"], "head_row": look["head_row"], "most": MOST_ROWS}
    return _asked({**wish, "cells": cells}, data)


def _filled(paper: MadeFile, look: dict[str, Any], columns: dict[int, str]) -> Texts:
    """Row → column → text of what is written; the report says what was noticed on the way."""
    from app.plan.official import differing  # brings pandas: see docs/plan.md

    book = differing.book_of(look, columns, spellings(columns, look))
    known, found = graduates_meant(paper.school_id, book)
    met, missed = differing.met(book, found, known)
    made.progress(paper, len(book.texts), len(book.texts))
    filled = met.drop(missed["at"], errors="ignore")
    there = known.loc[list(filled)].set_axis(filled.index)
    parts = [differing.cells(book, differing.by_field(there)[[*OFFICIAL, "mobile"]], there)]
    new = missing(paper, set(known.loc[list(met), "id"])) if paper.wish.get("year") else []
    if len(new) + parts[0][0]["at"].nunique() > MOST_ROWS:
        raise Refused(_("At most %(most)s rows are taken at once. Split the file.", most=MOST_ROWS))
    if new:
        effects.trace(paper, len(new))
        below = max([*book.texts.index, look["head_row"]]) + 1
        added = differing.known_of([tuple(person.values()) for person in new], new[0], below)
        parts.append(differing.cells(book, differing.by_field(added), added))
    cells, left = differing.together(missed, parts)
    strange = [
        head[:40] for n, head in enumerate(look["heads"]) if head.strip() and n not in columns
    ]
    paper.report = {
        "noted": {
            "sheet": look["sheet"],
            "rows": len(book.texts),
            "matched": len(met),
            "cells": sum(map(len, cells.values())),
            "added": len(new),
            "missed": len(left),
            **({"unknown": _(", ").join(strange[:MOST_UNKNOWN])} if strange else {}),
        },
        "missed": left[:MOST_MISSED],
    }
    return cells


MAKER = made.Maker(
    _l("Official workbook, filled"),
    make,
    menu="Plan",
    noted=NOTED,
    back=lambda _paper: (_("Fill an official workbook"), url_for("OfficialView.index")),
)


def _asked(wish: Mapping[str, object], data: bytes) -> bytes:
    """What the child answers. Raises Refused with the sentence of its reason."""
    request = json.dumps(wish).encode() + b"\n" + data
    try:
        answer = children.ask("fill", request, SECONDS, again=False)
    except children.ChildDiedError as error:
        raise Refused(intake.sentence("died", {})) from error
    except children.BusyError as error:
        raise Refused(_("Too many files are being read. Please try again in a minute.")) from error
    finally:
        children.dismiss("fill")
    if answer[:1] != b"K":
        raise Refused(intake.sentence(*json.loads(answer[1:])))
    return answer[1:]
