"""Changing or taking back an invitation that the student has not answered. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts.act_views import birth_code_url, proved
from app.accounts.queries import actor
from app.core import clock
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.notices.reached import after, ending
from app.signing.invitations import candidates, queries
from app.signing.invitations.deadlines import is_over
from app.signing.invitations.forms import ExtendForm, LetterForm
from app.signing.invitations.models import Invitation
from app.signing.invitations.views import person
from app.signing.invitations.workflow import INVITATIONS, why_not_invite
from app.signing.terms.models import Terms, differences, values_of
from app.workflow import last_done


def _why_not(step: str, item: Invitation) -> str:
    """Why the step is not possible now; "" when it is."""
    for offer in INVITATIONS.offers(item, actor(), clock.now()):
        if offer.step.name == step:
            return offer.why_not
    return _("This invitation is no longer open.")


class OpenInvitationView(SafeView):
    """Changing or taking back an invitation that is still open (INV-15, INV-17)."""

    route_base = "/employer/invitations"
    default_view = "edit"
    class_permission_name = "EmployerLetter"

    @expose("/<int:pk>/edit", methods=["GET", "POST"])
    @has_access
    def edit(self, pk: int) -> ResponseReturnValue:
        item = queries.invitation_of(actor(), pk)
        why_not = _why_not("amend", item)
        if why_not:
            flash(why_not, "warning")
            return redirect(url_for("EmployerInvitationsView.show", pk=pk))
        form = LetterForm(data=values_of(item.terms), years=[item.student.graduation_year])
        if form.validate_on_submit() and form.allowed_by([item.student.school]):
            terms = Terms(**form.values())
            if not any(differences(item.terms, terms)):
                flash(_("Nothing is changed, so nothing was sent."), "info")
                return redirect(url_for("EmployerInvitationsView.show", pk=pk), 303)
            back = self._amended(pk, terms, form)
            if back is not None:
                return back
        page = self.render_template(
            "signing/invitations/employer_edit.html",
            form=form,
            groups=form.split(),
            student=person(item.student),
            back=url_for("EmployerInvitationsView.show", pk=pk),
            code=birth_code_url(INVITATIONS, "amend", pk, item.school_id),
        )
        return page, 422 if form.errors else 200

    def _amended(self, pk: int, terms: Terms, form: LetterForm) -> Any:
        """Where to go on; None where the code was not right: the form stays as it was filled in."""
        try:
            INVITATIONS.perform("amend", pk, proved(INVITATIONS, "amend", pk), terms=terms)
            told = after(INVITATIONS.kind, pk, "amend", g.user.id)
            flash(ending(_("Changed. The student has the full time again."), told), "success")
        except Refused as refusal:
            flash(str(refusal), "danger")
        except Invalid as error:
            if not last_done.just_done("invitation", pk, "amend", g.user.id):
                show_problems(form, error)
                return None
        return redirect(url_for("EmployerInvitationsView.show", pk=pk), 303)

    @expose("/<int:pk>/extend", methods=["GET", "POST"])
    @has_access
    def extend(self, pk: int) -> ResponseReturnValue:
        """Until when the student may answer instead: a later day that the school allows."""
        item = queries.invitation_of(actor(), pk)
        back = url_for("EmployerInvitationsView.show", pk=pk)
        if why_not := _why_not("extend", item):
            flash(why_not, "warning")
            return redirect(back, 303)
        form = ExtendForm(item)
        if form.validate_on_submit():
            try:
                INVITATIONS.perform("extend", pk, actor(), days=form.days.data)
                told = after(INVITATIONS.kind, pk, "extend", g.user.id)
                flash(ending(_("The student has more time now."), told), "success")
            except Refused as refusal:
                flash(str(refusal), "warning")
            return redirect(back, 303)
        page = self.render_template(
            "signing/invitations/employer_extend.html",
            form=form,
            student=person(item.student),
            until=clock.shown_deadline(item.reply_by),
            back=back,
        )
        return page, 422 if form.errors else 200

    @expose("/<int:pk>/again", methods=["POST"])
    @has_access
    def again(self, pk: int) -> ResponseReturnValue:
        """A new letter to the student of one that has ended, with its terms; nothing is sent by it."""
        item, who = queries.invitation_of(actor(), pk), actor()
        why_not = (
            why_not_invite(item.student, item.employer, who, clock.now())
            if is_over(item, clock.now())
            else _("This letter has not ended.")
        )
        if why_not:
            flash(why_not, "warning")
            return redirect(url_for("EmployerInvitationsView.show", pk=pk), 303)
        candidates.put_on_list(item.employer_id, item.student_id)
        row = candidates.on_list(who, item.student_id)
        return redirect(url_for("LetterView.index", ids=row.id if row else "", like=pk), 303)

    @expose("/<int:pk>/withdraw", methods=["POST"])
    @has_access
    def withdraw(self, pk: int) -> ResponseReturnValue:
        item = queries.invitation_of(actor(), pk)
        try:
            INVITATIONS.perform("withdraw", item.id, actor(), reason=request.form.get("reason", ""))
            flash(_("The invitation has been withdrawn."), "success")
        except Refused as refusal:
            flash(str(refusal), "danger")
        return redirect(url_for("EmployerInvitationsView.show", pk=pk), 303)
