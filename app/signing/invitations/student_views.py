"""The student's side of signing: home, invitations, the letter, the signing. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import get_locale, lazy_pgettext, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, select

from app.accounts import beside
from app.accounts.act_views import code_url, take
from app.accounts.queries import actor
from app.core import clock
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.columns import ListColumn
from app.fab.declared import Link
from app.fab.interface import SafeInterface
from app.fab.views import SafeModelView
from app.people.employers.models import Employer
from app.people.employers.queries import employer_called
from app.people.students.student_views import me
from app.signing.invitations import queries, views
from app.signing.invitations.comparing import compared
from app.signing.invitations.models import Invitation
from app.signing.invitations.workflow import INVITATIONS, read
from app.signing.placements.views import OpensItsList
from app.signing.terms.models import ARCHIVE, BY_NAME, FIELDS, HOUSEHOLD, OFFER, values_of
from app.signing.terms.queries import changed, groups_of, shown, with_unit
from app.workflow.steps import Offer


class MyInvitationsView(OpensItsList, SafeModelView):
    """线上签约: every invitation with answer and review (INV-23)."""

    route_base = "/my/invitations"
    default_view = "list"
    datamodel = SafeInterface(Invitation)
    class_permission_name = "MyInvitations"
    include_route_methods = {"list", "show", "search", "index", "compare"}
    list_title, show_title = _l("Online signing"), _l("Invitation letter")
    columns = (
        ListColumn("employer.name", _l("Employer")),
        ListColumn(
            "answer",
            _l("Response"),
            lambda answer: views.chip(*views.response_text(answer)),
            card="status",
        ),
        ListColumn("terms.position", BY_NAME["position"].label),
        ListColumn(
            "terms.regular_pay",
            BY_NAME["regular_pay"].label,
            lambda pay: with_unit(BY_NAME["regular_pay"], pay),
        ),
        ListColumn("sent_at", _l("Invited on"), views.local, sorts=True, width="number"),
        ListColumn("reply_by", _l("Answer by"), clock.shown_deadline, sorts=True, width="number"),
        ListColumn("placement.state", lazy_pgettext("signing", "Review"), views.review_chip),
        ListColumn(
            "id",
            _l("Letter"),
            lambda key: Markup('<a href="{}">{}</a>').format(
                url_for("MyInvitationsView.show", pk=key), _("Read the letter")
            ),
        ),
    )
    base_order = ("sent_at", "desc")
    search_hint = _l("Name of the employer")
    show_neighbours = False

    def scoped(self) -> Select[Invitation]:
        return queries.invitations_for(actor())

    def search_clause(self, text: str) -> ColumnElement[bool] | None:
        return Invitation.employer_id.in_(select(Employer.id).where(employer_called(text)))

    def empty_text(self, *_args: object) -> str:
        return _(
            "No invitation yet. An employer finds you by school, year, name and ID number or phone."
        )

    def head_links(self) -> list[Link]:
        several = beside.ask("open_letters") > 1
        return [Link(self.url("compare"), _("Compare the open ones"))] if several else []

    @expose("/compare", methods=["GET"])
    @has_access
    def compare(self) -> ResponseReturnValue:
        """The open letters side by side."""
        student = me()
        letters = queries.received(student.id, views.now())
        return self.render_template(
            "signing/invitations/student_compare.html",
            letters=letters,
            groups=compared(letters, student.graduation_year),
            now=views.now(),
        )

    @expose("/<int:pk>", methods=["GET"])
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        """The letter as a page, the terms large."""
        item = queries.invitation_of(actor(), pk)
        read(item)
        return self.render_template("signing/invitations/student_letter.html", **_letter(item))


class AnswerView(SafeView):
    """Accepting with tick and second confirmation (INV-13), declining with a reason (INV-12)."""

    route_base = "/my/answer"
    default_view = "accept"
    class_permission_name = "MyAnswer"

    @expose("/<int:pk>/accept", methods=["POST"])
    @has_access
    def accept(self, pk: int) -> ResponseReturnValue:
        return self._take("accept", pk)

    @expose("/<int:pk>/decline", methods=["POST"])
    @has_access
    def decline(self, pk: int) -> ResponseReturnValue:
        return self._take("decline", pk)

    def _take(self, step: str, pk: int) -> ResponseReturnValue:
        take(INVITATIONS, step, pk)
        return redirect(url_for("MyInvitationsView.show", pk=pk), 303)


def _letter(item: Invitation) -> dict[str, object]:
    year = item.student.graduation_year
    groups = groups_of(values_of(item.terms), year)
    differs = _changed(item)
    placement = item.placement
    return {
        "item": item,
        "employer": item.employer,
        "large": [
            (f.label, shown(f, getattr(item.terms, f.name)), f.unit) for f in FIELDS if f.large
        ],
        "pay": shown_pay(item),
        "offer_rows": groups[OFFER][1],
        "archive": groups[ARCHIVE][1],
        "household": groups[HOUSEHOLD][1],
        "changed": differs,
        "until": clock.shown_deadline(item.reply_by),
        "response": views.response_text(item.answer),
        "review": views.review_text(placement.state if placement else None),
        "placement": placement,
        "report": stores().report_of(item),
        "offers": [_question(o, item) for o in INVITATIONS.offers(item, actor(), views.now())],
        "notice": f"signing/invitations/notice_{'zh' if str(get_locale()).startswith('zh') else 'en'}.html",
        "now": views.now(),
    }


def shown_pay(item: Invitation) -> dict[str, str]:
    """Pay after and on probation, with thousands."""
    return {
        "regular": f"{item.terms.regular_pay:,}",
        "probation": f"{item.terms.probation_pay:,}",
        "days": ngettext("%(num)s day", "%(num)s days", item.terms.probation_days),
    }


def _changed(item: Invitation) -> list[tuple[Any, str, str]]:
    """What the employer changed since the version before, old and new (INV-15)."""
    before, year = queries.version_before(item.terms), item.student.graduation_year
    if before is None:
        return []
    return changed(before, item.terms, year)


def _question(offer: Offer, item: Invitation) -> dict[str, object]:
    accepting = offer.step.name == "accept"
    return {
        "offer": offer,
        "url": url_for(f"AnswerView.{offer.step.name}", pk=item.id),
        "style": "primary" if accepting else "default",
        "tick": offer.step.tick,
        "code": code_url(INVITATIONS, item, offer),
        "text": _(
            "You sign with %(employer)s as %(position)s.",
            employer=item.employer.name,
            position=item.terms.position,
        )
        if accepting
        else _("The employer is told. It may invite you again."),
    }
