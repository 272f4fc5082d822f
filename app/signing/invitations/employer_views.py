"""The employer's home, its data desk with export, and the detail of one invitation."""

from __future__ import annotations

from flask import g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Select, SQLColumnExpression

from app.accounts.queries import actor
from app.core import clock
from app.fab.access import has_access
from app.fab.columns import ListColumn, fact
from app.fab.declared import Link, ListFilter, Tab
from app.fab.interface import SafeInterface
from app.fab.presentation import dash
from app.fab.views import SafeModelView
from app.people.students.search_views import STUDENT
from app.signing.invitations import deadlines, narrowing, queries
from app.signing.invitations.detail import amending_of, document_url
from app.signing.invitations.models import RESPONSE_LABELS, Invitation
from app.signing.invitations.views import (
    ToldColumn,
    agreement,
    chip,
    history,
    local,
    now,
    party_a,
    party_b,
    response_text,
    review_chip,
    review_text,
    told_chip,
    told_fact,
)
from app.signing.invitations.workflow import INVITATIONS, why_not_invite
from app.signing.placements.checks import not_made
from app.signing.placements.queries import invitations_terminated
from app.signing.placements.search_views import SignedStudentSearch
from app.signing.placements.tasks import failure_of
from app.signing.placements.views import OpensItsList, full_url
from app.signing.terms.models import BY_NAME
from app.signing.terms.queries import groups


def _lists() -> tuple[dict[int, str], list[int]]:
    """Schools and years of the list; asked once a request."""
    if "schools_and_years" not in g:
        g.schools_and_years = narrowing.schools_and_years(actor())
    return g.schools_and_years  # type: ignore[no-any-return]


class EmployerInvitationsView(OpensItsList, ToldColumn, SignedStudentSearch, SafeModelView):
    """The data desk: what awaits an answer, what was answered, what has ended (INV-18, INV-24)."""

    route_base = "/employer/invitations"
    default_view = "list"
    datamodel = SafeInterface(Invitation)
    class_permission_name = "EmployerInvitations"
    include_route_methods = {"list", "show", "search", "pick_columns", "index", "one"}

    list_title = _l("My invitations")
    show_title = _l("Invitation")
    columns = (
        STUDENT,
        ListColumn(
            "answer", _l("Response"), lambda answer: chip(*response_text(answer)), card="status"
        ),
        ListColumn("placement.state", lazy_pgettext("signing", "Review"), review_chip),
        ListColumn("told", _l("Telling"), told_chip, width="told", out=False),
        ListColumn("student.school.name", _l("School"), width="roomy"),
        ListColumn("student.major.name", _l("Major")),
        ListColumn("terms.position", BY_NAME["position"].label),
        ListColumn("sent_at", _l("Sent on"), local, sorts=True, width="number", card="none"),
        ListColumn("reply_by", _l("Answer by"), clock.shown_deadline, sorts=True, width="number"),
        fact("student.graduation_year", _l("Graduation year")),
        fact("placement.agreement_no", _l("Agreement number"), dash),
    )
    base_order = ("changed_at", "desc")
    load_columns = ("read_at", "sent_at")
    tabs = (
        Tab(
            "waiting",
            _l("Awaiting answer"),
            deadlines.awaiting_answer,
            empty=_l("No invitation awaits an answer. Find students and invite them."),
        ),
        Tab(
            "untold",
            _l("Not told yet"),
            deadlines.untold,
            empty=_l("Every student whose answer you await was told, or is being told."),
        ),
        Tab(
            "answered", _l("Accepted"), deadlines.answered, empty=_l("No student has accepted yet.")
        ),
        Tab(
            "ended",
            _l("Declined, expired or withdrawn"),
            deadlines.ended,
            empty=_l("No invitation was declined, expired or withdrawn."),
        ),
        Tab(
            "terminated",
            _l("Terminated"),
            lambda: Invitation.id.in_(invitations_terminated()),
            empty=_l("No signing has been terminated."),
        ),
        Tab("all", _l("All"), empty=_l("You have sent no invitation yet.")),
    )
    filters = (
        ListFilter(
            "school",
            _l("School"),
            Invitation.school_id,
            lambda: [(str(key), name) for key, name in _lists()[0].items()],
        ),
        ListFilter(
            "year",
            _l("Graduation year"),
            narrowing.of_graduation_year,
            lambda: [(str(year), str(year)) for year in _lists()[1]],
        ),
        ListFilter(
            "state",
            _l("Response"),
            deadlines.answered_with,
            lambda: [(state.value, str(label)) for state, label in RESPONSE_LABELS.items()],
        ),
        ListFilter(
            "left",
            _l("Time left"),
            deadlines.with_time_left,
            lambda: [(key, str(label)) for key, label in deadlines.TIME_LEFT.items()],
        ),
    )
    show_neighbours = False

    def scoped(self) -> Select[Invitation]:
        return queries.invitations_for(actor())

    def signed(self) -> SQLColumnExpression[bool]:
        return Invitation.is_accepted

    def head_links(self) -> list[Link]:
        return [
            Link(url_for("CandidatesView.index"), _("Invite students"), primary=True),
        ]

    @expose("/<int:pk>", methods=["GET"])
    @has_access
    def one(self, pk: int) -> ResponseReturnValue:
        """Where notices lead."""
        return redirect(self.url("show", pk=queries.invitation_of(actor(), pk).id))

    @expose("/show/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        item = queries.invitation_of(actor(), pk)
        return self.render_template(
            "signing/invitations/employer_detail.html", **_detail(item, self)
        )


def _detail(item: Invitation, view: EmployerInvitationsView) -> dict[str, object]:
    """What the detail shows: agreement, both parties, terms, trace, buttons (INV-24)."""
    placement, student = item.placement, item.student
    terms = placement.terms if placement and placement.terms else item.terms
    return {
        "item": item,
        "name": student.name,
        "response": response_text(item.answer),
        "review": review_text(placement.state if placement else None),
        "agreement": agreement(item, terms.position),
        "party_a": party_a(item.employer, terms),
        "party_b": party_b(student, signed=placement is not None),
        "groups": list(groups(terms, student.graduation_year).values()),
        "history": history(item),
        "told": told_fact(item),
        "offers": INVITATIONS.offers(item, actor(), now()),
        "again": {"why_not": why_not_invite(item.student, item.employer, actor(), now())}
        if deadlines.is_over(item, now())
        else None,
        "amending": amending_of(placement),
        "download": document_url(placement),
        "not_made": not_made(failure_of(placement), placement) if placement else [],
        "full": full_url(placement),
        "terminate": url_for("EmployerTerminationsView.show", pk=placement.id)
        if placement and placement.attested_at
        else "",
        "back": view.list_url(),
        "reply_by": item.reply_by,
        "now": now(),
        "until": clock.shown_deadline(item.reply_by),
        "read": local(item.read_at) if item.read_at else "",
    }
