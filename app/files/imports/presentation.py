"""What the pages show of an import: cells as people read them, old beside new, what was mended."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.registry import stores
from app.files.imports.models import Import, ImportState
from app.files.imports.sheet import Sheet

S = ImportState
STAGES = {
    "": lambda: _("Waiting for the worker"),
    "reading": lambda: _("Reading the file"),
    "checking": lambda: _("Checking and comparing the rows"),
    "writing": lambda: _("Writing the rows"),
}


def mended_of(record: Import, sheet: Sheet) -> list[str]:
    """What was put right by itself, a sentence for each column."""
    mended = record.details.get("mended", {})
    places: dict[str, list[int]] = {}
    for row, field in record.details.get("listed", []):
        places.setdefault(field, []).append(row)
    found = []
    for field, count in mended.items():
        rows = ", ".join(str(n) for n in places.get(field, [])[:8]) or "…"
        found.append(
            _(
                "%(column)s: %(count)s, e.g. row %(rows)s",
                column=str(sheet.column(field).label),
                count=count,
                rows=rows,
            )
        )
    return found


def facts_of(record: Import) -> list[tuple[object, object]]:
    """Which file, which sheet of it, who, when."""
    details = record.details
    facts: list[tuple[Any, Any]] = [(_("File"), record.file_name)]
    if any(details.get("sheets", ())):
        facts.append((_("Sheet used"), "、".join(details["sheets"])))
    if details.get("encoding"):
        facts.append((_("Encoding"), details["encoding"].upper()))
    facts.append((_("Uploaded by"), record.user.display_name))
    for field, count in details.get("left", {}).items():
        column = stores().sheets[record.sheet].column(field)
        facts.append(
            (
                _("Left as the persons keep it"),
                _("%(column)s: %(count)s rows", column=column.label, count=count),
            )
        )
    if details.get("messages") and record.is_checked:
        facts.append((_("Told at once"), told(details["messages"])))
    if details.get("ignored"):
        facts.append((_("Columns ignored"), "、".join(details["ignored"][:12])))
    return facts


def way(record: Import) -> list[tuple[str, str, str]]:
    """Where the import is on its way: file, preview, applied."""
    at = {S.UPLOADED: 0, S.MAPPING: 0, S.CHECKED: 1, S.WRITING: 2, S.FAILED: 0}.get(
        S(record.state), 3
    )
    names = (_("Read and check"), _("Check the preview"), _("Confirm the import"))
    marks = ["done" if n < at else "now" if n == at else "todo" for n in range(3)]
    return [(name, mark, "") for name, mark in zip(names, marks, strict=True)]


def question(record: Import) -> str:
    """What the confirmation is about."""
    text = _(
        "%(name)s: %(new)s to be added, %(changed)s to be changed, %(faulty)s faulty.",
        name=record.file_name,
        new=record.new,
        changed=record.changed,
        faulty=record.faulty,
    )
    said = [f"{label} {count}" for label, count, _kind in tally_of(record)]
    if messages := record.details.get("messages", 0):
        said.append(told(messages))
    return f"{text} {' · '.join(said)}" if said else text


def told(count: int) -> str:
    """Whom the writing will tell."""
    return ngettext(
        "%(num)s person will be told at once.", "%(num)s persons will be told at once.", count
    )


TALLY = {
    "written": (lambda: _("Rows written at once"), "done"),
    "asked": (lambda: _("Changes to be decided on"), "waiting"),
    "blocked": (lambda: _("Kept out by another change that waits"), "refused"),
}


def tally_of(record: Import) -> list[tuple[str, int, str]]:
    """(label, rows, kind) of what becomes of the rows where not all are simply written."""
    tally = record.tally
    return [
        (str(label()), tally[name], kind)
        for name, (label, kind) in TALLY.items()
        if name in tally and (tally[name] or name == "written")
    ]


def result(record: Import) -> str:
    """What the import did, in one sentence; empty while it has done nothing."""
    if record.is_undone:
        return _("Undone: the data are as they were before this import.")
    if not record.is_applied:
        return ""
    if not record.to_write:
        return _("Nothing was written: all rows were in the data already.")
    written = record.tally.get("written", record.to_write)
    text = ngettext("%(num)s row was written.", "%(num)s rows were written.", written)
    if asked := record.tally.get("asked", 0):
        text += " " + ngettext(
            "%(num)s change waits for a decision.", "%(num)s changes wait for a decision.", asked
        )
    if blocked := record.tally.get("blocked", 0):
        text += " " + ngettext(
            "%(num)s row was left as it is: another change to it waits.",
            "%(num)s rows were left as they are: another change to them waits.",
            blocked,
        )
    if record.faulty:
        text += " " + ngettext(
            "%(num)s faulty row was left out.", "%(num)s faulty rows were left out.", record.faulty
        )
    return text


def onward(record: Import, sheet: Sheet) -> tuple[Any, str] | None:
    """The list that an applied import has filled: its name and address."""
    return sheet.home() if record.is_applied else None
