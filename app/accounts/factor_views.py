"""The second factor by HTTP: the page after the password, and everybody's own factors (CHN-09)."""

from __future__ import annotations

from typing import Any

import segno
from flask import flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import (
    code_apps,
    factor_challenges,
    factor_contact,
    factor_setup,
    factors,
    passkeys,
    queries,
    step_up,
)
from app.accounts.factor_proof_views import json_of
from app.accounts.sessions import SECRET
from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.workflow.actor import ask_anew

LARGEST_KEY = 2**31 - 1
CONTACT = "factor_contact"  # in the cookie of one session: its person has read the own mail


class MyFactorsView(SafeView):
    """Setting up, removing, renewing; whoever has a factor proves it before it changes one."""

    route_base = "/account/factors"
    class_permission_name = "MyFactors"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        mine = factors.own(g.user.id)
        return self.render_template(
            "accounts/factors.html",
            own=mine,
            key_site=passkeys.site(),
            keys=[(key, moment(key.created_at), moment(key.used_at)) for key in mine.keys],
            app_since=moment(mine.app_since),
            must=factors.required(g.user) and not mine.any,
            may=factors.offered(g.user) or mine.any,
        )

    @expose("/contact", methods=["GET", "POST"])
    @has_access
    def contact(self) -> ResponseReturnValue:
        """Before the first factor: the code that goes to the person's mail, which a thief has not."""
        reached = factor_contact.reached(g.user)
        if reached is None or queries.proof().enrolled:
            return redirect(url_for("MyFactorsView.index"))
        sentence, asked = "", request.method == "POST"
        try:
            if asked and "send" in request.form:
                factor_contact.send(g.user)
                flash(_("A code was sent."), "success")
            elif asked:
                factor_contact.check(g.user, _form("code"))
                session[CONTACT] = True
                return redirect(url_for("MyFactorsView.index"), 303)
        except (Invalid, Refused) as problem:
            sentence = problem.problems[0][1] if isinstance(problem, Invalid) else str(problem)
        page = self.render_template("accounts/factor_contact.html", wrong=sentence, where=reached)
        return page, 422 if sentence else 200

    @expose("/app", methods=["GET", "POST"])
    @has_access
    def app(self) -> ResponseReturnValue:
        """The QR code and its secret, until the first code shows that the app has it."""
        if (first := self._anew(_("Set up a code app"))) is not None:
            return first
        wrong = ""
        if request.method == "POST":
            try:
                return self._added(factor_setup.add_app(g.user, _own_session(), _form("code")))
            except Invalid as problem:
                wrong = problem.problems[0][1]
        secret = factor_setup.new_secret(g.user, _own_session())
        code = segno.make(code_apps.address_of(g.user, secret), micro=False)
        page = self.render_template(
            "accounts/factor_app.html",
            wrong=wrong,
            image=code.svg_data_uri(scale=5, border=3, dark="#000", light="#fff"),
            key=" ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        )
        return page, 422 if wrong else 200

    @expose("/key", methods=["GET", "POST"])
    @has_access
    def key(self) -> ResponseReturnValue:
        """A new passkey, with the name by which its owner knows it."""
        if (first := self._anew(_("Add a passkey"))) is not None:
            return first
        if passkeys.site() is None:
            raise Refused(_("Passkeys are not possible at this address. Use a code app."))
        wrong = ""
        if request.method == "POST":
            try:
                return self._added(
                    factor_setup.add_key(g.user, _own_session(), _form("answer"), _form("name"))
                )
            except Invalid as problem:
                wrong = problem.problems[0][1]
        page = self.render_template(
            "accounts/factor_key.html",
            wrong=wrong,
            options_url=url_for("MyFactorsView.options"),
            elsewhere=step_up.elsewhere(),
            typed=_form("name")[:40],
        )
        return page, 422 if wrong else 200

    @expose("/key/options", methods=["POST"])
    @has_access
    def options(self) -> ResponseReturnValue:
        if (first := self._anew(_("Add a passkey"))) is not None:
            return first
        return json_of(factor_challenges.key_options(g.user, _own_session(), "register"))

    @expose(f"/key/<int(max={LARGEST_KEY}):pk>/remove", methods=["POST"])
    @has_access
    def remove_key(self, pk: int) -> ResponseReturnValue:
        return self._remove(pk)

    @expose("/app/remove", methods=["POST"])
    @has_access
    def remove_app(self) -> ResponseReturnValue:
        return self._remove(None)

    @expose("/codes", methods=["POST"])
    @has_access
    def codes(self) -> ResponseReturnValue:
        """Ten new recovery codes, shown once."""
        self._anew(_("Renew the recovery codes"))
        if not queries.proof().enrolled:
            raise NotYours("recovery codes")
        return self._shown(factor_setup.renew_codes(g.user))

    def _anew(self, act: str) -> Any:
        """Who has a factor proves it; who has none yet proves the mail first: then there is a page."""
        if not queries.proof().enrolled and not factors.offered(current_user):
            raise NotYours("second factor")
        if queries.proof().enrolled:
            ask_anew(queries.actor(), clock.now(), act)
        elif factor_contact.reached(g.user) is not None and not session.get(CONTACT):
            return redirect(url_for("MyFactorsView.contact"))
        return None

    def _remove(self, key_id: int | None) -> ResponseReturnValue:
        self._anew(_("Remove a second factor"))
        try:
            factor_setup.remove(g.user, key_id)
            flash(_("Removed."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(str(refusal), "warning")
        return redirect(url_for("MyFactorsView.index"), 303)

    def _added(self, codes: list[str]) -> ResponseReturnValue:
        flash(_("The second factor is set up."), "success")
        return self._shown(codes) if codes else redirect(url_for("MyFactorsView.index"), 303)

    def _shown(self, codes: list[str]) -> ResponseReturnValue:
        return self.render_template("accounts/factor_codes.html", codes=codes)


def _own_session() -> str:
    return str(session.get(SECRET, ""))


def _form(name: str) -> str:
    return request.form.get(name, "")
