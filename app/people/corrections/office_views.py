"""Corrections of origin records as the school decides them, field by field (ADM-09)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from app.accounts.queries import actor
from app.batches.step_views import StepActions
from app.fab.columns import CHANGED, ListColumn, Panel, fact, notes_panel, trace_panel
from app.fab.declared import Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import chips, dash, moment, whole
from app.fab.views import SafeModelView
from app.files.documents import files
from app.people.corrections import queries
from app.people.corrections.models import CHIPS, FIELDS, LABELS, Correction
from app.people.corrections.workflow import CORRECTIONS, RECORD
from app.people.students.search_views import STUDENT, STUDENT_NO, StudentSearch
from app.workflow import trail


def _tab(name: str, label: Any, empty: Any) -> Tab:
    return Tab(name, label, lambda: queries.in_tab(name), empty=empty)


def _proofs(item: Any) -> list[files.Listed]:
    return files.listed(RECORD, CORRECTIONS.find(item.id, actor()), actor())


def _overtaken(item: Any) -> list[tuple[str, str]] | None:
    """What the record says now, where somebody changed it meanwhile."""
    row = CORRECTIONS.find(item.id, actor())
    if not queries.overtaken(row):
        return None
    now = queries.shown(row.field, queries.kept(row.student, row.field))
    return [
        (
            _(
                "Somebody changed this field after the student proposed the correction. The record now says: "
                "%(value)s",
                value=now,
            ),
            "warn",
        )
    ]


class CorrectionsView(StepActions, StudentSearch, SafeModelView):
    """What students propose: what it was, what it should be, why, and the proof."""

    datamodel = SafeInterface(Correction)
    flow = CORRECTIONS
    frequent_reasons = (
        _l("The proof cannot be read."),
        _l("The proof does not show what you propose."),
        _l("The record is right as it is."),
    )
    route_base = "/corrections"
    class_permission_name = "Corrections"
    list_title, show_title = _l("Corrections of records"), _l("Correction")
    columns = (
        STUDENT,
        STUDENT_NO,
        ListColumn("field", _l("Field"), lambda name: str(FIELDS.get(name, name))),
        ListColumn("was", _l("On record"), whole),
        ListColumn("wish", _l("Should be"), whole),
        ListColumn("reason", _l("The student writes"), whole, width="roomy", card="none"),
        ListColumn(
            "created_at", _l("Proposed on"), moment, sorts=True, width="number", card="none"
        ),
        ListColumn("state", _l("State"), chips(LABELS, CHIPS), card="status"),
        fact("student.college.name", _l("College")),
        fact("answer", _l("Reason"), dash),
        CHANGED.but(listed=False),
    )
    panels = (
        notes_panel(_overtaken),
        Panel(_l("Correction"), "field was wish reason created_at"),
        Panel(_l("Student"), "student.name student.student_no student.college.name"),
        Panel(_l("Decision"), "state answer changed_at"),
        Panel(_l("Proof"), made=_proofs, template="people/corrections/proofs.html"),
        trace_panel(lambda item: trail.shown(RECORD, item.id)),
    )
    base_order = ("created_at", "asc")
    tabs = (
        _tab(
            "open",
            _l("Waits for the school's decision"),
            _l("No correction waits for your decision."),
        ),
        _tab("decided", _l("Decided"), _l("Nothing has been decided yet.")),
        _tab("all", _l("All"), _l("No student has proposed a correction yet.")),
    )
    filters = (
        ListFilter(
            "field",
            _l("All fields"),
            Correction.field,
            lambda: [(name, str(label)) for name, label in FIELDS.items()],
        ),
    )

    def scoped(self) -> Select[Correction]:
        return queries.corrections_for(actor())

    def record_name(self, item: Correction) -> str:
        return f"{item.student.name} · {FIELDS[item.field]}"

    def related(self, item: Correction) -> list[Link]:
        return [Link(url_for("StudentsView.show", pk=item.student_id), _("To the student"))]
