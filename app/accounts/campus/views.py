"""The way to the campus's service and back: HTTP only."""

from __future__ import annotations

from datetime import timedelta

from flask import abort, flash, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import sessions
from app.accounts.campus import (
    attempts,
    binding,
    campus_sessions,
    cas,
    fresh_codes,
    oidc_sign_out,
    proofs,
    workflow,
)
from app.accounts.campus.claim import Claim, Untrusted
from app.accounts.campus.forms import EnterForm
from app.accounts.campus.models import (
    CampusAttempt,
    SignInWay,
    WayKind,
)
from app.accounts.campus.password_tries import by_password
from app.accounts.campus.sending import (
    BROWSER,
    LARGEST_KEY,
    label_of,
    our_address,
    send,
    way_at,
)
from app.core.db import db
from app.core.errors import Refused
from app.core.forms import show_problems
from app.core.http import csrf
from app.core.limits import Limit
from app.fab.builder import SafeView
from app.fab.urls import local_path

PAIR = f"/<int(max={LARGEST_KEY}):pk>"
SIGNED_OUT = Limit("campus-signed-out", 600, timedelta(minutes=1))  # one address, one way


class CampusView(SafeView):
    """Out to a service, back from it, and its word that a session is over."""

    route_base = "/campus"
    default_view = "begin"

    @expose(f"{PAIR}/begin", methods=["GET"])
    def begin(self, pk: int) -> ResponseReturnValue:
        if g.user.is_authenticated:
            return redirect("/")
        way = way_at(pk)
        onward = local_path(request.args.get("next")) or "/"
        return send(way, url_for("AuthView.login"), onward=onward)

    @expose(f"{PAIR}/back", methods=["GET"])
    def back(self, pk: int) -> ResponseReturnValue:
        """From OIDC with a code, from CAS with a ticket."""
        way = way_at(pk, WayKind.OIDC, WayKind.CAS)
        claim = None
        try:
            attempt = attempts.take(way, request.args.get("state", ""), session.get(BROWSER, ""))
            claim = attempts.claim(way, attempt, our_address(), request.args.to_dict())
            return _arrived(way, attempt, claim)
        except Refused as refusal:
            return _turned_back(way, refusal, claim)

    @expose(f"{PAIR}/enter", methods=["GET", "POST"])
    def enter(self, pk: int) -> ResponseReturnValue:
        """A directory has no page of its own: name and password are asked for here."""
        way, state = way_at(pk, WayKind.LDAP), request.args.get("state", "")
        try:
            attempts.waiting(way, state, session.get(BROWSER, ""))
        except Untrusted as refusal:
            return _turned_back(way, refusal, None)
        form = EnterForm()
        if form.validate_on_submit():
            try:
                claim = by_password(way, form.name.data, form.password.data)
            except Refused as refusal:
                show_problems(form, refusal)
            else:
                return _entered(way, state, claim)
        page = self.render_template(
            "accounts/campus_enter.html", form=form, label=label_of(way), title=label_of(way)
        )
        return page, 422 if form.errors or form.form_errors else 200

    @csrf.exempt
    @expose(f"{PAIR}/back", methods=["POST"])
    def single_sign_out(self, pk: int) -> ResponseReturnValue:
        """CAS tells the address of the service that a ticket's session is over."""
        way = db.session.get(SignInWay, pk)
        if way is None or way.kind != WayKind.CAS:
            abort(404)
        try:
            ticket = cas.signed_out(request.form.get("logoutRequest", ""))
        except Untrusted:
            abort(400)
        campus_sessions.end_there_and_here(way, "", ticket)
        return "", 200

    @csrf.exempt
    @expose(f"{PAIR}/signed-out", methods=["POST"])
    def signed_out(self, pk: int) -> ResponseReturnValue:
        """OpenID Connect Back-Channel Logout 1.0: a signed token names the session that is over."""
        way = db.session.get(SignInWay, pk)
        if way is None or way.kind != WayKind.OIDC:
            abort(404)
        if not SIGNED_OUT.take(way.id, request.remote_addr or ""):
            abort(429)
        try:
            subject, sid = oidc_sign_out.signed_out(way, request.form.get("logout_token", ""))
        except Refused as refusal:
            workflow.refused(way, refusal)
            return jsonify(error="invalid_request"), 400
        campus_sessions.end_there_and_here(way, subject, sid)
        return "", 200


def _entered(way: SignInWay, state: str, claim: Claim) -> ResponseReturnValue:
    try:
        return _arrived(way, attempts.take(way, state, session.get(BROWSER, "")), claim)
    except Refused as refusal:
        return _turned_back(way, refusal, claim)


def _arrived(way: SignInWay, attempt: CampusAttempt, claim: Claim) -> ResponseReturnValue:
    """Back with a claim: a sign-in, a proof of an act, or a campus account to be linked."""
    onward = local_path(attempt.next) or "/"
    if not attempt.purpose:
        return _signed_in(way, claim, onward)
    user = g.user if g.user.is_authenticated and g.user.id == attempt.user_id else None
    if user is None:
        raise Untrusted(_("You are no longer signed in here. Please begin anew."), "session over")
    if attempt.purpose == fresh_codes.BIND:
        workflow.bind_own(way, claim, user)
        session[sessions.LINKED] = True
        flash(_("Your campus account is linked: from now on you can sign in by it."), "success")
    else:
        proofs.give(way, claim, user, attempt.purpose)
        flash(
            _(
                "Your campus sign-in has confirmed that it is you. Choose the button again within ten "
                "minutes: it asks for no code now."
            ),
            "success",
        )
    return redirect(onward, 303)


def _signed_in(way: SignInWay, claim: Claim, onward: str) -> ResponseReturnValue:
    if g.user.is_authenticated:
        sessions.sign_out()
    user = workflow.signed_in(way, claim)
    if (identity := binding.living(way, claim.subject)) is not None:
        proofs.proved(user, identity)
    workflow.note_sign_in(way, user)
    sessions.sign_in(user, way.mark, lambda token: campus_sessions.keep_session(way, claim, token))
    return redirect(onward, 303)


def _turned_back(way: SignInWay, refusal: Refused, claim: Claim | None) -> ResponseReturnValue:
    workflow.refused(way, refusal, claim)
    flash(str(refusal), "warning")
    target = "/" if g.user.is_authenticated else url_for("AuthView.login")
    return redirect(target, 303)
