"""A person's own campus accounts: linked, unlinked, and as the proof of an act. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.accounts import acts
from app.accounts.act_views import answer_code
from app.accounts.campus import (
    binding,
    fresh_codes,
    proofs,
    ways,
)
from app.accounts.campus.forms import FreshCodeForm
from app.accounts.campus.models import (
    CampusIdentity,
    SignInWay,
)
from app.accounts.campus.sending import (
    LARGEST_KEY,
    label_of,
    send,
    way_at,
)
from app.accounts.campus.views import PAIR
from app.accounts.models import AppUser
from app.accounts.queries import actor_of
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.forms import show_problems
from app.core.registry import stores
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import local_path
from app.workflow.actor import Role


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
        return answer_code(self, lambda: fresh_codes.send_code(g.user, fresh_codes.RELEASE))

    @expose(f"/release{PAIR}", methods=["POST"])
    @has_access
    def release(self, pk: int) -> ResponseReturnValue:
        identity = next((i for i in own_identity(g.user) if i.id == pk), None)
        if identity is None:
            raise NotYours("campus_identity")
        form = self._code_used()
        if form is not None:
            return self._page(form), 422
        binding.release(identity, actor_of(g.user))
        flash(_("Unlinked. Sessions that were begun by it have ended."), "success")
        return redirect(url_for("MyCampusView.index") if g.user.is_authenticated else "/", 303)

    @expose(f"/link{PAIR}", methods=["POST"])
    @has_access
    def link(self, pk: int) -> ResponseReturnValue:
        way = way_at(pk)
        if way.school_id != g.user.school_id:
            raise NotYours("sign_in_way")
        form = self._code_used()
        if form is not None:
            return self._page(form), 422
        db.session.commit()
        here = url_for("MyCampusView.index")
        answer = send(way, here, onward=here, user=g.user, purpose=fresh_codes.BIND)
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
            fresh_codes.check_code(g.user, fresh_codes.RELEASE, form.code.data)
        except Invalid as error:
            show_problems(form, error)
            return form
        return None

    def _page(self, form: FreshCodeForm) -> str:
        mine = own_identity(g.user)
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


def own_identity(user: AppUser) -> list[Any]:
    return list(
        db.session.scalars(
            ways.identities_for(actor_of(user)).where(CampusIdentity.user_id == user.id)
        )
    )


def _named(identity: Any) -> str:
    way = db.session.get(SignInWay, identity.way_id)
    return f"{label_of(way) if way else '–'} · {identity.number or identity.subject}"
