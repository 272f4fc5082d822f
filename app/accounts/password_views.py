"""Changing a password, and setting a forgotten one by code. HTTP only."""

from __future__ import annotations

from flask import flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import login_required

from app.accounts import attempts, resetting, sessions, workflow
from app.accounts.forms import ChangeForm, ForgottenForm, ResetForm
from app.accounts.identifiers import account_for
from app.accounts.views import owed_sum, school_choices, sum_solved
from app.core.db import db
from app.core.errors import Invalid, Refused
from app.core.forms import show_problems
from app.fab.builder import SafeView


class PasswordView(SafeView):
    """Changing a password, and setting a forgotten one by code."""

    route_base = "/password"
    default_view = "change"

    @expose("/change", methods=["GET", "POST"])
    @login_required
    def change(self) -> ResponseReturnValue:
        form = ChangeForm()
        if form.validate_on_submit():
            try:
                workflow.change_password(g.user, form.old.data, form.password.data, form.again.data)
                db.session.commit()
                sessions.sign_in(g.user)
                flash(_("The password is changed; all other devices are signed out."), "success")
                return redirect("/")
            except (Invalid, Refused) as error:
                show_problems(form, error)
        return self.render_template("accounts/change.html", form=form)

    @expose("/forgotten", methods=["GET", "POST"])
    def forgotten(self) -> ResponseReturnValue:
        form = ForgottenForm()
        form.school.choices = school_choices()
        address = request.remote_addr or ""
        if form.validate_on_submit():
            who, school = form.who.data, form.school.data or ""
            if workflow.may_ask(address, solved=sum_solved()):
                purpose = sessions.begin_reset(account_for(who, school), f"{who}@{school}")
                resetting.ask_reset(who, school, address, purpose)
                return redirect(url_for("PasswordView.reset"))
            form.form_errors.append(
                _(
                    "Very much is asked from your network, so this needs a moment. Please send it again."
                )
            )
        page = self.render_template(
            "accounts/forgotten.html", form=form, puzzle=owed_sum(attempts.ASKED)
        )
        return page, 200 if not form.form_errors else 422

    @expose("/reset", methods=["GET", "POST"])
    def reset(self) -> ResponseReturnValue:
        if "reset" not in session:
            return redirect(url_for("PasswordView.forgotten"))
        form = ResetForm()
        if form.validate_on_submit():
            user = sessions.opened_for_reset(session["reset"])
            try:
                resetting.reset(
                    user,
                    form.code.data,
                    form.password.data,
                    form.again.data,
                    sessions.reset_purpose(),
                )
                sessions.end_reset()
                flash(_("The new password is set. Please sign in."), "success")
                return redirect(url_for("AuthView.login"))
            except Invalid as error:
                show_problems(form, error)
        return self.render_template("accounts/reset.html", form=form)
