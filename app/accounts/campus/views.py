"""The way to the campus's service and back: HTTP only."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from flask import abort, flash, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import get_locale
from flask_babel import gettext as _

from app.accounts import acts, sessions
from app.accounts.act_views import answer_code
from app.accounts.campus import attempts, cas, net, oidc, proofs, ways, workflow
from app.accounts.campus.claim import Claim, Untrusted
from app.accounts.campus.forms import EnterForm, FreshCodeForm
from app.accounts.campus.models import (
    CampusAttempt,
    CampusIdentity,
    CampusSession,
    SignInWay,
    WayKind,
)
from app.accounts.models import AppUser
from app.accounts.queries import actor_of, session_key, way_of
from app.core import jobs
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.forms import show_problems
from app.core.http import csrf
from app.core.limits import Limit
from app.core.registry import stores
from app.core.text import clean_code
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import local_path
from app.workflow.actor import Role

LARGEST_KEY = 2**31 - 1
BROWSER = "campus"  # the name of a value in the cookie
PAIR = f"/<int(max={LARGEST_KEY}):pk>"
QUARTER = timedelta(minutes=15)
BEGUN = Limit("campus-begin", 3000, QUARTER)  # one address: a campus shares one
WRONG_HERE = Limit("campus-ldap", 5, QUARTER)  # one name from one address
WRONG_ANYWHERE = Limit("campus-ldap-name", 30, QUARTER)
WRONG_ADDRESS = Limit("campus-ldap-address", 300, QUARTER)
SIGNED_OUT = Limit("campus-signed-out", 600, timedelta(minutes=1))  # one address, one way


def our_address() -> str:
    """Our own address as others reach us: the setting; without one, that of this request."""
    return (jobs.config().base_url or request.host_url).rstrip("/")


def label_of(way: SignInWay) -> str:
    """The text of the way's button."""
    chinese = (get_locale() or "zh") and str(get_locale()).startswith("zh")
    return way.label_zh if chinese else way.label_en


def _way(pk: int, *kinds: str) -> SignInWay:
    """The active way of this key; anything else is not there."""
    found = db.session.get(SignInWay, pk)
    if found is None or not found.active or (kinds and found.kind not in kinds):
        abort(404)
    return found


def _browser() -> str:
    """The secret that ties what was begun to this browser's cookie."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(24)
    return str(session[BROWSER])


def send(way: SignInWay, fallback: str, **more: Any) -> Any:
    """Send the browser to the way's service, or back with the sentence why that is impossible."""
    if not BEGUN.take(request.remote_addr or ""):
        abort(429)
    try:
        return redirect(attempts.begin(way, _browser(), our_address(), **more), 303)
    except Refused as problem:
        workflow.refused(way, problem)
        flash(_("%(name)s: %(text)s", name=label_of(way), text=str(problem)), "warning")
        flash(_("The other ways of signing in still work."), "info")
        return redirect(fallback, 303)


class CampusView(SafeView):
    """Out to a service, back from it, and its word that a session is over."""

    route_base = "/campus"
    default_view = "begin"

    @expose(f"{PAIR}/begin", methods=["GET"])
    def begin(self, pk: int) -> ResponseReturnValue:
        if g.user.is_authenticated:
            return redirect("/")
        way = _way(pk)
        onward = local_path(request.args.get("next")) or "/"
        return send(way, url_for("AuthView.login"), onward=onward)

    @expose(f"{PAIR}/back", methods=["GET"])
    def back(self, pk: int) -> ResponseReturnValue:
        """From OIDC with a code, from CAS with a ticket."""
        way = _way(pk, WayKind.OIDC, WayKind.CAS)
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
        way, state = _way(pk, WayKind.LDAP), request.args.get("state", "")
        try:
            attempts.waiting(way, state, session.get(BROWSER, ""))
        except Untrusted as refusal:
            return _turned_back(way, refusal, None)
        form = EnterForm()
        if form.validate_on_submit():
            try:
                claim = _by_password(way, form.name.data, form.password.data)
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
        workflow.end_there_and_here(way, "", ticket)
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
            subject, sid = oidc.signed_out(way, request.form.get("logout_token", ""))
        except Refused as refusal:
            workflow.refused(way, refusal)
            return jsonify(error="invalid_request"), 400
        workflow.end_there_and_here(way, subject, sid)
        return "", 200


def _by_password(way: SignInWay, name: str, password: str) -> Claim:
    """Who that is. Each try counts before it is made, however many at once. Raises Refused."""
    key, address = clean_code(name), request.remote_addr or ""
    here = WRONG_HERE.take(way.id, key, address)
    if not (WRONG_ANYWHERE.take(way.id, key) and here) or WRONG_ADDRESS.used_up(address):
        raise Refused(_("Too many wrong tries. Wait 15 minutes."))
    try:
        claim = attempts.claim_by_password(way, name, password)
    except Untrusted as refusal:
        workflow.refused(way, refusal)
        WRONG_ADDRESS.take(address)
        raise
    except net.Unreachable:
        _not_counted(way, key, address)
        raise
    _not_counted(way, key, address)
    return claim


def _not_counted(way: SignInWay, key: str, address: str) -> None:
    WRONG_HERE.forget(way.id, key, address)
    WRONG_ANYWHERE.forget(way.id, key)
    db.session.commit()


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
    if attempt.purpose == workflow.BIND:
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
    if (identity := workflow.living(way, claim.subject)) is not None:
        proofs.proved(user, identity)
    workflow.note_sign_in(way, user)
    sessions.sign_in(user, way.mark, lambda token: workflow.keep_session(way, claim, token))
    return redirect(onward, 303)


def _turned_back(way: SignInWay, refusal: Refused, claim: Claim | None) -> ResponseReturnValue:
    workflow.refused(way, refusal, claim)
    flash(str(refusal), "warning")
    target = "/" if g.user.is_authenticated else url_for("AuthView.login")
    return redirect(target, 303)


def came_by_campus() -> bool:
    """Whether the session of this request was begun by a campus's service."""
    found = way_of(session.get(sessions.SECRET, ""))
    return found.partition(":")[0] in list(WayKind)


def leaving() -> str | None:
    """Where the person signs out at the campus too, asked before the session here ends; None: nowhere."""
    kept = db.session.get(CampusSession, session_key(session.get(sessions.SECRET, "")))
    way = db.session.get(SignInWay, kept.way_id) if kept is not None else None
    if way is None or kept is None:
        return None
    home = our_address() + url_for("AuthView.login")
    try:
        if way.kind == WayKind.OIDC:
            return oidc.way_out(way, workflow.hint_of(kept), home)
        return cas.way_out(way, home) if way.kind == WayKind.CAS else None
    except (net.Unreachable, ValueError):
        return None


class CampusProofView(SafeView):
    """«Confirm by campus sign-in»: the fresh proof of one act without a code (ACC-10)."""

    route_base = "/acts"
    class_permission_name = "CampusProof"
    default_view = "begin"

    @expose(
        f"/<string:kind>/<int(max={LARGEST_KEY}):pk>/<string:step>/campus", methods=["GET", "POST"]
    )
    @has_access
    def begin(self, kind: str, pk: int, step: str) -> ResponseReturnValue:
        flow = stores().workflows.get(kind)
        if flow is None:
            raise NotYours(kind)
        here = local_path(request.referrer) or "/"
        way = proofs.way_for(g.user)
        try:
            act = acts.act_on(flow, step, pk, g.user)
            if not act.asked:
                raise NotYours(f"{kind} {pk}: {step}")
            if act.why_not:
                raise Refused(act.why_not)
            if way is None:
                raise Refused(_("No campus account is linked to you. Please use a code."))
        except Refused as refusal:
            flash(str(refusal), "warning")
            return redirect(here, 303)
        return send(way, here, onward=here, user=g.user, purpose=act.purpose)


class MyCampusView(SafeView):
    """A person's own linked campus accounts: linking and unlinking with a fresh code."""

    route_base = "/my/campus"
    class_permission_name = "MyCampus"
    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return self._page(FreshCodeForm(formdata=None))

    @expose("/code", methods=["POST"])
    @has_access
    def code(self) -> ResponseReturnValue:
        return answer_code(self, lambda: workflow.send_code(g.user, workflow.RELEASE))

    @expose(f"/release{PAIR}", methods=["POST"])
    @has_access
    def release(self, pk: int) -> ResponseReturnValue:
        identity = next((i for i in _mine(g.user) if i.id == pk), None)
        if identity is None:
            raise NotYours("campus_identity")
        form = self._code_used()
        if form is not None:
            return self._page(form), 422
        workflow.release(identity, actor_of(g.user))
        flash(_("Unlinked. Sessions that were begun by it have ended."), "success")
        return redirect(url_for("MyCampusView.index") if g.user.is_authenticated else "/", 303)

    @expose(f"/link{PAIR}", methods=["POST"])
    @has_access
    def link(self, pk: int) -> ResponseReturnValue:
        way = _way(pk)
        if way.school_id != g.user.school_id:
            raise NotYours("sign_in_way")
        form = self._code_used()
        if form is not None:
            return self._page(form), 422
        db.session.commit()
        here = url_for("MyCampusView.index")
        answer = send(way, here, onward=here, user=g.user, purpose=workflow.BIND)
        if local_path(answer.location):
            return answer
        # browsers let no form lead to another host: a page of its own leads on
        return self.render_template(
            "accounts/campus_onward.html", onward=answer.location, out=False
        )

    def _code_used(self) -> FreshCodeForm | None:
        """None when the code is right and used up; else the form with what is wrong."""
        form = FreshCodeForm()
        if not form.validate():
            return form
        try:
            workflow.check_code(g.user, workflow.RELEASE, form.code.data)
        except Invalid as error:
            show_problems(form, error)
            return form
        return None

    def _page(self, form: FreshCodeForm) -> str:
        mine = _mine(g.user)
        linked = {identity.issuer for identity in mine}
        open_ways = [
            (label_of(way), url_for("MyCampusView.link", pk=way.id))
            for way in (ways.ways_of(g.user.school_id) if g.user.role != Role.EMPLOYER else ())
            if way.issuer not in linked and way.who in ("both", _part(g.user))
        ]
        return str(
            self.render_template(
                "accounts/campus_mine.html",
                form=form,
                open_ways=open_ways,
                mine=[
                    (_named(identity), url_for("MyCampusView.release", pk=identity.id), identity)
                    for identity in mine
                ],
            )
        )


def _part(user: AppUser) -> str:
    return "students" if user.role == Role.STUDENT else "staff"


def _mine(user: AppUser) -> list[Any]:
    return list(
        db.session.scalars(
            ways.identities_for(actor_of(user)).where(CampusIdentity.user_id == user.id)
        )
    )


def _named(identity: Any) -> str:
    way = db.session.get(SignInWay, identity.way_id)
    return f"{label_of(way) if way else '–'} · {identity.number or identity.subject}"
