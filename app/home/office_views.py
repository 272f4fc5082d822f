"""待办: where the day of staff begins: what waits, what was decided (AGR-14)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.queries import actor
from app.core import clock
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.per_request import once
from app.fab.presentation import age, moment
from app.home.province_views import province_page
from app.home.queries import (
    Waiting,
    decided_today,
    decisions_of,
    frame_of,
    missing_administrators,
    oldest,
    staff_requests,
    waiting,
)
from app.people.staff.models import ACTS, StaffAct, StaffRequest
from app.people.students.models import Student
from app.plan.rows.outside import of_rate, season
from app.plan.rows.outside_views import line_of
from app.signing.placements.models import Placement
from app.workflow import trail
from app.workflow.actor import ADMINISTRATORS, Actor, Role

DECIDES = (Role.COLLEGE, Role.SCHOOL)


class OfficeView(SafeView):
    """The start page of staff: what waits, since when, what was decided."""

    route_base = "/office"
    class_permission_name = "Office"
    default_view = "index"

    @expose("/")
    @has_access
    def index(self) -> ResponseReturnValue:
        who = actor()
        if who.role in ADMINISTRATORS:
            return self._administration(who)
        if who.role is Role.PROVINCE:
            return self.render_template("home/province.html", **province_page(who))
        now = clock.now()
        waits = waiting(who, now)
        decides = who.role in DECIDES
        return self.render_template(
            "home/office.html",
            figures=_figures(who, waits, now),
            season=season(now),
            line=line_of(of_rate(who, Student.graduation_year == season(now)), year=season(now)),
            ages=_ages(waits[:2]),
            oldest=[_line(p) for p in oldest(who)] if decides else [],
            mine=[_mine(row, p) for row, p in decisions_of(who)] if decides else [],
            decides=decides,
            desk_url=url_for("DeskView.list"),
            done_url=url_for("DeskView.list", tab="in_force"),
        )

    def _administration(self, who: Actor) -> ResponseReturnValue:
        """Where the day of the three administrators begins: what waits, and what is theirs."""
        waits = staff_requests(who)
        return self.render_template(
            "home/admin.html",
            links=ADMIN_LINKS[who.role](),
            lead=str(ADMIN_LEADS[who.role]),
            waiting=[(_request(r), url_for("StaffRequestsView.show", pk=r.id)) for r in waits],
            missing=[] if who.role is not Role.ADMIN else missing_administrators(),
        )


def _figures(
    who: Actor, waits: tuple[Waiting, Waiting, int], now: datetime
) -> list[tuple[Any, ...]]:
    """Label, number, address, note and kind of each figure, as parts/page.html takes them."""
    desk = url_for("DeskView.list")
    signings, endings, missed = waits
    approved, refused = decided_today(who, now)
    ends = url_for("DeskView.list", tab="termination")
    late = _("%(count)s longer than 3 days")
    figures = [
        _waits(_("Signings awaiting review"), signings, desk, late),
        _waits(_("Terminations awaiting review"), endings, ends, late),
    ]
    today = url_for("DeskView.list", tab="today") if who.role in DECIDES else ""
    figures += [
        (_("Approved today"), approved, today, "", "done"),
        (_("Refused today"), refused, today, "", ""),
    ]
    counts = once("frame", lambda: frame_of(who)).counts
    for name, label, view in (
        ("Objections", _("Contested by students"), "ObjectionsView.list"),
        ("Employers", _("Employers to check"), "EmployersView.list"),
        ("Corrections", _("Corrections of records"), "CorrectionsView.list"),
        ("PlanChanges", _("Changes to the plan"), "ChangesView.list"),
    ):
        if name in counts:
            kind = "waiting" if counts[name] else ""
            figures.append((label, counts[name], url_for(view), "", kind))
    if missed:  # NTF-05: seldom, and then urgent
        url = url_for("InvitationsView.list", tab="untold")
        figures.insert(0, (_("Invited students nobody could tell"), missed, url, "", "waiting"))
    frozen = counts.get("Disputes", 0)  # seldom: no figure where nobody is frozen
    if frozen:
        label, url = _("Disowned: frozen accounts"), url_for("DisputesView.list")
        figures.insert(0, (label, frozen, url, "", "waiting"))
    return figures


def _waits(label: str, waits: Waiting, url: str, late: str) -> tuple[object, ...]:
    kind = "waiting" if waits.overdue else "turn" if waits.total else ""
    return label, waits.total, url, late % {"count": waits.overdue} if waits.overdue else "", kind


def _ages(waits: tuple[Waiting, Waiting]) -> list[tuple[str, tuple[int, int, int]]]:
    """What waits, by age: less than a day, one to three days, longer."""
    return [
        (label, (found.fresh, found.days, found.overdue))
        for label, found in zip((_("Signings"), _("Terminations")), waits, strict=True)
    ]


def _line(placement: Any) -> dict[str, object]:
    return {
        "url": url_for("DeskView.show", pk=placement.id),
        "name": placement.student.name,
        "note": f"{placement.college.name} · {placement.employer_name}",
        "since": moment(placement.waits_since),
        "age": _("waiting for %(age)s", age=age(placement.waits_since)),
    }


def _mine(row: Any, placement: Placement) -> dict[str, object]:
    return {
        "url": url_for("DeskView.show", pk=placement.id),
        "name": placement.student.name,
        "what": trail.what(row, placement.kind),
        "note": placement.employer_name,
        "when": moment(row.at),
    }


def _request(record: StaffRequest) -> str:
    return _(
        "%(act)s: %(username)s (asked by %(asker)s)",
        act=ACTS[StaffAct(record.act)],
        username=record.username,
        asker=record.asked_name,
    )


def _system_links() -> list[tuple[str, str]]:
    return [
        (_("Accounts"), url_for("AccountsView.list")),
        (_("Code tables"), url_for("CodesView.list")),
        (_("Regions"), url_for("RegionsView.list")),
        (_("Schools"), url_for("SchoolsView.list")),
        (_("Disowned"), url_for("DisputesView.list")),
        (_("Failed jobs"), url_for("JobsView.index")),
    ]


def _security_links() -> list[tuple[str, str]]:
    return [
        (_("Requests about accounts"), url_for("StaffRequestsView.list")),
        (_("Accounts"), url_for("AccountsView.list")),
        (_("My second factor"), url_for("MyFactorsView.index")),
    ]


def _audit_links() -> list[tuple[str, str]]:
    return [
        (_("Security log"), url_for("SecurityLogView.list")),
        (_("Proof of the trail"), url_for("AuditView.index")),
        (_("Exports that went out"), url_for("ExportHistoryView.list")),
        (_("Requests about accounts"), url_for("StaffRequestsView.list", tab="all")),
        (_("Accounts"), url_for("AccountsView.list")),
    ]


ADMIN_LINKS = {Role.ADMIN: _system_links, Role.SECURITY: _security_links, Role.AUDIT: _audit_links}
ADMIN_LEADS = {
    Role.ADMIN: _l(
        "You keep accounts, schools and code tables. What gives somebody a way in takes "
        "effect when the security administrator has confirmed it."
    ),
    Role.SECURITY: _l(
        "You look whether what the system administrator asks for is right, and sign "
        "accounts out that should not be in. You change no account by yourself."
    ),
    Role.AUDIT: _l("You read what was done and by whom, and change nothing."),
}
