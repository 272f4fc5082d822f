"""«My sign-in»: held changes answered by the old contact, second records, the own e-mail. HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import contacts, hold_confirming, holds, own_contacts, reach
from app.accounts.act_views import answer_code, code_under_way
from app.accounts.contact_models import ContactChange
from app.accounts.contacts import changes_of
from app.core import clock
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.people.contacts.forms import MailForm
from app.people.contacts.office_views import CHANNELS, CONFIRMED, SOURCES
from app.people.contacts.workflow import undo_by_code
from app.people.merging import requests as merge_requests
from app.people.merging.models import MergeRequest
from app.workflow.actor import Role


class SignInView(SafeView):
    """Students and employers; it opens before the first sign-in is passed, for the old contact's sake."""

    route_base = "/me/sign-in"
    default_view = "index"
    class_permission_name = "SignIn"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        now = clock.now()
        rows = contacts.holds_of(g.user.id, now)
        return self.render_template(
            "people/contacts/sign_in.html",
            holds=[
                (row, holds.sentence(row), _changed(row), holds.ways(row, g.user)) for row in rows
            ],
            merges=[_request(found) for found in merge_requests.asked_of(g.user)],
            changes=[_changed(row) for row in changes_of(g.user.id, now - reach.REMEMBERED)],
            email=g.user.email if reach.has_mail(g.user) else "",
            home="MyHomeView.index" if g.user.role == Role.STUDENT else "EmployerHomeView.index",
        )

    @expose("/<string(length=32):uid>/<string:way>/code", methods=["POST"])
    @has_access
    def code(self, uid: str, way: str) -> ResponseReturnValue:
        return self._sent(lambda: hold_confirming.ask(g.user, uid, way))

    @expose("/<string(length=32):uid>/<string:way>", methods=["POST"])
    @has_access
    def answer(self, uid: str, way: str) -> ResponseReturnValue:
        """Yes, it was me; or no, take it back: both by the code of the contact that did not change."""
        yes, typed = request.form.get("answer") == "yes", request.form.get("code", "")
        act = hold_confirming.confirm_by_code if yes else undo_by_code
        said = _("Taken back. The former way in counts again; please sign in anew.")
        if self._done(lambda: act(g.user, uid, way, typed)):
            flash(_("Confirmed. You can sign again.") if yes else said, "success")
        return redirect(url_for(".index"), 303)

    @expose("/second/<string(length=32):uid>/<string:side>/code", methods=["POST"])
    @has_access
    def second_code(self, uid: str, side: str) -> ResponseReturnValue:
        return self._sent(lambda: merge_requests.send_code(g.user, uid, side))

    @expose("/second/<string(length=32):uid>", methods=["POST"])
    @has_access
    def second(self, uid: str) -> ResponseReturnValue:
        """Both records are this person's, or they are not."""
        yes = request.form.get("answer") == "yes"
        codes = {side: request.form.get(f"code_{side}", "") for side in ("keep", "gone")}

        def act() -> None:
            if yes:
                merge_requests.confirm(g.user, uid, codes)
            else:
                merge_requests.refuse(g.user, uid)

        if self._done(act):
            flash(
                _("Confirmed: the two records are one now.")
                if yes
                else _("Answered: the second record is not yours."),
                "success",
            )
        return redirect(url_for(".index"), 303)

    @expose("/mail", methods=["GET", "POST"])
    @has_access
    def mail(self) -> ResponseReturnValue:
        form = MailForm()
        if form.validate_on_submit():
            try:
                own_contacts.change_mail(
                    g.user,
                    form.email.data,
                    form.code.data,
                    form.password.data or "",
                    form.old_code.data or "",
                )
                flash(
                    _(
                        "The e-mail is changed; messages to the old and the new address are on their way."
                    ),
                    "success",
                )
                return redirect(url_for(".index"), 303)
            except (Invalid, Refused) as error:
                show_problems(form, error)
        return self._mail_page(form)

    @expose("/mail/code", methods=["POST"])
    @has_access
    def mail_code(self) -> ResponseReturnValue:
        """The code that proves the new address; what was typed stays."""
        form = MailForm()
        if form.email.validate(form):
            try:
                flash(
                    code_under_way(own_contacts.ask_mail_code(g.user, form.email.data)), "success"
                )
            except (Invalid, Refused) as error:
                show_problems(form, error)
        return self._mail_page(form)

    @expose("/mail/old-code", methods=["POST"])
    @has_access
    def old_code(self) -> ResponseReturnValue:
        return self._sent(lambda: own_contacts.ask_own_code(g.user, "mail"))

    def _mail_page(self, form: MailForm) -> ResponseReturnValue:
        held = contacts.hold_of(g.user, clock.now())
        page = self.render_template(
            "people/contacts/sign_in_mail.html",
            form=form,
            email=g.user.email if reach.has_mail(g.user) else "",
            old=own_contacts.masked_contact(g.user),
            held=holds.sentence(held) if held is not None else "",
        )
        return page, 422 if form.errors or form.form_errors else 200

    def _sent(self, act: Callable[[], tuple[str, str]]) -> ResponseReturnValue:
        return answer_code(self, act)

    def _done(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except Refused as refusal:
            flash(str(refusal), "warning")
            return False
        except Invalid as error:
            flash(" ".join(str(text) for _place, text in error.problems), "warning")
            return False
        return True


def _changed(row: ContactChange) -> dict[str, Any]:
    """One change as a line: what, from, to, by whom, how it ended."""
    state = _("taken back") if row.undone_at else ""
    if row.confirmed_at:
        state = _("confirmed by %(what)s", what=CONFIRMED.get(row.confirmed_by, row.confirmed_by))
    return {
        "what": str(CHANNELS.get(row.channel, row.channel)),
        "old": row.old_masked or "–",
        "new": row.new_masked or "–",
        "how": str(SOURCES.get(row.source, row.source)),
        "who": row.actor_name,
        "when": moment(row.at),
        "reason": row.reason,
        "state": state,
    }


def _request(found: MergeRequest) -> dict[str, object]:
    return {
        "uid": found.uid,
        "reason": found.reason,
        "when": moment(found.asked_at),
        "sides": merge_requests.sides(found),
    }
