"""学生自查: what the school would report, the signing, who saw the numbers (RPT-05). HTTP only."""

from __future__ import annotations

from flask import g
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from markupsafe import Markup

from app.accounts.log_queries import seen_of_student
from app.accounts.log_words import seen_for, whose_hand
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.people.students.student_views import me
from app.plan.rows.detail import shown
from app.plan.rows.models import (
    DESTINATION_FIELDS,
    FIELD_LABELS,
    PLAN_CHIPS,
    PLAN_STATES,
    SOURCES,
    PlanEntry,
    PlanState,
    Source,
)
from app.plan.rows.queries import own_entry
from app.signing.placements.labels import review_of
from app.signing.placements.models import KINDS, Kind, Placement
from app.signing.placements.notices import PAGES
from app.signing.placements.queries import placement_of
from app.signing.terms.models import BY_NAME
from app.signing.terms.queries import with_unit


class MyRecordView(SafeView):
    """What is recorded about the student asking, each part with the way to say that it is wrong."""

    route_base = "/my/record"
    default_view = "index"
    class_permission_name = "MyRecord"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        student = me()
        entry, placement = own_entry(student.id), placement_of(student.id)
        filled = entry if entry is not None and entry.destination_code else None
        return self.render_template(
            "home/own_record.html",
            school=student.school,
            row=_row(filled) if filled else [],
            state=_state(entry) if entry else None,
            source=SOURCES[Source(entry.source)] if entry and entry.source else "",
            since=moment(entry.changed_at) if entry else "",
            signing=_signing(placement) if placement else [],
            url=f"/my/{PAGES[Kind(placement.kind)]}/{placement.id}" if placement else "",
            is_from_it=bool(filled and placement and filled.placement_id == placement.id),
            report=stores().report_of(placement) if placement else None,
            seen=[(moment(e.at), whose_hand(e), seen_for(e)) for e in seen_of_student(g.user)],
        )


def _state(entry: PlanEntry) -> tuple[object, str]:
    state = PlanState(entry.state)
    return PLAN_STATES[state], PLAN_CHIPS.get(state, "closed")


def _row(entry: PlanEntry) -> list[dict[str, object]]:
    """What the school would report as items; where it is from is said of what is not from the same place."""
    found, usual = [], entry.source
    for name in DESTINATION_FIELDS:
        if value := shown(name, getattr(entry, name), entry.graduation_year):
            source = entry.sources.get(name, usual)
            item: dict[str, object] = {"label": FIELD_LABELS[name], "value": value}
            if source != usual:
                hint = Markup('<span class="qq-hint">({})</span>')
                item["extra"] = hint.format(SOURCES.get(source, source))
            found.append(item)
    return found


def _signing(placement: Placement) -> list[tuple[object, object]]:
    """The signing with its pay, as it was agreed on."""
    terms, pay = placement.terms, ("probation_pay", "regular_pay")
    year = placement.graduation_year
    return [
        (_("Kind"), KINDS[Kind(placement.kind)]),
        (_("State"), review_of(placement.kind, placement.state)[0]),
        (_("Agreement number"), placement.agreement_no or ""),
        *(
            (BY_NAME[n].label, with_unit(BY_NAME[n], getattr(terms, n), year))
            for n in pay
            if terms is not None
        ),
        (_("Attested on"), moment(placement.attested_at) if placement.attested_at else ""),
    ]
