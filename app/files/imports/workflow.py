"""The life of an import: uploaded, mapped if need be, checked, applied, perhaps undone (BLK-01, 03, 06)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.files.imports.decisions import keep_decisions, keep_words
from app.files.imports.effects import (
    forget_rows,
    keep_agreement,
    keep_counts,
    keep_questions,
    note_reason,
    put_rows,
    take_rows_back,
)
from app.files.imports.models import IMPORT_STATES, OPEN, Import, ImportState
from app.files.imports.queries import imports_for
from app.workflow.actor import Actor, Role
from app.workflow.engine import Workflow
from app.workflow.steps import Change, Step

S = ImportState


def something_to_write(record: Import, actor: Actor, now: datetime) -> str | None:
    """An import without a new or changed row changes nothing, and says so (BLK-01)."""
    if record.to_write:
        return None
    if record.faulty:
        return _("No row is good. Correct the file and upload it again.")
    return _("All rows are in the data already: there is nothing to apply.")


def no_faulty_row(record: Import, actor: Actor, now: datetime) -> str | None:
    """All or nothing by default: with a faulty row nothing is applied (BLK-03)."""
    if not record.faulty:
        return None
    return _(
        "%(count)s rows are faulty. Correct them, or apply the good rows only.", count=record.faulty
    )


def agreed(record: Import, actor: Actor, now: datetime) -> str | None:
    """What a file leaves out, or changes improbably often, is agreed to before it is written (BLK-07, 09)."""
    if record.agreed:
        return None
    return _(
        "Parts of the file are left out, or it changes improbably much. Look at them and agree first."
    )


def still_kept(record: Import, actor: Actor, now: datetime) -> str | None:
    """What is no longer kept cannot be undone (BLK-01)."""
    if record.file_key is not None:
        return None
    return _("The rows of this import are no longer kept, so it cannot be undone.")


def choose_good(change: Change) -> None:
    """Keep the choice."""
    change.record.only_good = change.step.name.startswith("write_good")


def _each(name: str, source: Any, to: S, label: Any, **more: Any) -> tuple[Step, Step]:
    """The same step for the office and, under a name of its own, for a party's own data (ACC-10)."""
    return (
        Step(name, source, to, by=(Role.SCHOOL, Role.DATA), label=label, **more),
        Step(f"{name}_own", source, to, by=Role.EMPLOYER, label=label, binds=False, **more),
    )


ALL_OR_NOTHING: tuple[Callable[..., str | None], ...] = (
    no_faulty_row,
    something_to_write,
    agreed,
)

IMPORTS: Workflow[Import] = Workflow(
    kind="import_file",
    name=_l("Import"),
    model=Import,
    scope=imports_for,
    labels=IMPORT_STATES,
    title=lambda record: record.file_name,
    steps=(
        *_each("upload", None, S.UPLOADED, _l("Upload")),
        Step("ask", S.UPLOADED, S.MAPPING, by=Role.SYSTEM, label=_l("Ask what is meant"),
             fill=(keep_questions,)),
        *_each("decide", OPEN, S.UPLOADED, _l("Check with these decisions"), fill=(keep_decisions,),
               then=(keep_words,)),
        *_each("agree", S.CHECKED, S.CHECKED, _l("Agree"), fill=(keep_agreement,),
               then=(keep_words,), quiet=True,
               applies=lambda record, _actor: not record.agreed),
        Step("check", S.UPLOADED, S.CHECKED, by=Role.SYSTEM, label=_l("Check"),
             fill=(keep_counts,)),
        Step("fail", S.UPLOADED, S.FAILED, by=Role.SYSTEM, label=_l("Give up"),
             fill=(note_reason,)),
        *_each("write", S.CHECKED, S.WRITING, _l("Confirm the import"), when=ALL_OR_NOTHING,
               fill=(choose_good,)),
        *_each("write_good", S.CHECKED, S.WRITING, _l("Apply the good rows only"),
               when=(something_to_write, agreed), fill=(choose_good,),
               applies=lambda record, _actor: record.faulty > 0,
               confirm=_l("The faulty rows are left out. Apply the others now?")),
        *_each("discard", OPEN, S.DISCARDED, _l("Discard this file"), fill=(forget_rows,), danger=True,
               confirm=_l("Nothing of it is imported, and its rows are deleted. Discard it?")),
        Step("apply", S.WRITING, S.APPLIED, by=Role.SYSTEM, label=_l("Write"), then=(put_rows,)),
        Step("recheck", S.WRITING, S.UPLOADED, by=Role.SYSTEM, label=_l("Check again"),
             fill=(note_reason,)),
        *_each("undo", S.APPLIED, S.UNDOING, _l("Undo this import"), when=(still_kept,),
               danger=True,
               confirm=_l("New records are deleted, changed ones get back what they had. Undo now?")),
        Step("revert", S.UNDOING, S.UNDONE, by=Role.SYSTEM, label=_l("Take back"),
             then=(take_rows_back,)),
        Step("keep", S.UNDOING, S.APPLIED, by=Role.SYSTEM, label=_l("Leave as it is"),
             fill=(note_reason,)),
    ),
)  # fmt: skip
