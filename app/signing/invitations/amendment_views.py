"""Proposing other terms for a signing that nobody has reviewed yet (INV-16). HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from app.accounts.act_views import birth_code_url, flash_code, proved, take
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.notices.reached import after, ending
from app.settings.queries import settings
from app.signing.invitations import queries
from app.signing.invitations.forms import LetterForm
from app.signing.invitations.views import person
from app.signing.placements.models import Placement
from app.signing.placements.queries import placement_in
from app.signing.placements.workflow import PLACEMENTS, propose_terms
from app.signing.terms.checks import odd
from app.signing.terms.models import Terms, values_of
from app.signing.terms.queries import changed
from app.workflow import last_done

LARGEST_KEY = 2**31 - 1


class AmendmentView(SafeView):
    """The letter once more, then old and new side by side, then the proposal."""

    route_base = "/employer/amendments"
    class_permission_name = "Amendments"
    default_view = "edit"

    @expose(f"/<int(max={LARGEST_KEY}):pk>", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> ResponseReturnValue:
        """Fill in, compare, propose: the last only with `sure` in the form."""
        placement = placement_in(actor(), pk)
        back = _page(placement)
        offer = PLACEMENTS.offer("propose_terms", placement, actor(), clock.now())
        if offer is None or offer.why_not or placement.terms is None:
            flash(offer.why_not if offer else _("This signing cannot be amended now."), "warning")
            return redirect(back, 303)
        form = LetterForm(data=values_of(placement.terms), years=[placement.graduation_year])
        if request.form.get("back"):
            return self._form(form, placement, back)
        if not form.validate_on_submit():
            return self._form(form, placement, back), 422 if form.errors else 200
        changes = changed(placement.terms, Terms(**form.values()), placement.graduation_year)
        if not changes:
            flash(_("Nothing is changed, so nothing was proposed."), "info")
            return redirect(back, 303)
        return self._propose(form, placement, changes, back)

    def _propose(self, form: FlaskForm, placement: Placement, changes: object, back: str) -> Any:
        if request.form.get("sure") != "1":
            return self._compare(form, placement, changes, back)
        key = placement.id
        try:
            propose_terms(key, proved(PLACEMENTS, "propose_terms", key), form.values())
            told = after(PLACEMENTS.kind, key, "propose_terms", g.user.id)
            flash(ending(PLACEMENTS.step("propose_terms").done, told), "success")
        except Refused as refusal:
            flash(str(refusal), "warning")
        except Invalid as error:
            if not last_done.just_done("placement", key, "propose_terms", g.user.id):
                flash_code(error)
                return self._compare(form, placement_in(actor(), key), changes, back), 422
        return redirect(back, 303)

    def _compare(
        self, form: FlaskForm, placement: Placement, changes: object, back: str
    ) -> ResponseReturnValue:
        days = settings(placement.school_id).amendment_days
        until = clock.deadline(clock.now(), days)
        return self.render_template(
            "signing/invitations/employer_amend.html",
            pairs=form.posted(),
            changes=changes,
            back=back,
            student=person(placement.student),
            url=url_for("AmendmentView.edit", pk=placement.id),
            hints=odd(form.values(), until),
            until=clock.shown_deadline(until),
            code=birth_code_url(PLACEMENTS, "propose_terms", placement.id, placement.school_id),
        )

    def _form(self, form: FlaskForm, placement: Placement, back: str) -> Any:
        return self.render_template(
            "signing/invitations/employer_edit.html",
            form=form,
            groups=form.split(),
            back=back,
            student=person(placement.student),
            amending=True,
        )

    @expose(f"/<int(max={LARGEST_KEY}):pk>/take-back", methods=["POST"])
    @has_access
    def take_back(self, pk: int) -> ResponseReturnValue:
        placement = placement_in(actor(), pk)
        back = _page(placement)
        take(PLACEMENTS, "take_back_terms", pk)
        return redirect(back, 303)


def _page(placement: Placement) -> str:
    """The detail of the invitation that the signing came from."""
    if placement.invitation_id is None:
        raise NotYours(f"placement {placement.id}")
    found = queries.invitation_behind(actor(), placement.id)
    return url_for("EmployerInvitationsView.show", pk=found)
