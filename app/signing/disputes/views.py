"""The page behind «this was not me»: one button, without signing in. HTTP only.

Opening the page does nothing: mail scanners and previews of links open pages. Only the button acts.
"""

from __future__ import annotations

import re
from datetime import timedelta

from flask import abort, flash, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.core.db import db
from app.core.errors import NotYours, Refused
from app.core.limits import Limit
from app.core.text import mask_name
from app.fab.builder import SafeView
from app.fab.presentation import moment
from app.people.schools.models import School
from app.signing.disputes.links import Behind, behind, press
from app.signing.disputes.queries import school_of
from app.workflow.actor import PARTIES, STAFF

ASKED = Limit("not me page", 120, timedelta(hours=1))  # requests from one address
TOKEN = "<string(minlength=20, maxlength=64):token>"  # noqa: S105 (a part of an address)
NUMBER = re.compile(r"\d{7,}")


class NotMeView(SafeView):
    """What happened, when, to which masked contact it was told; and the button."""

    route_base = "/not-me"
    default_view = "show"

    @expose(f"/{TOKEN}", methods=["GET"])
    def show(self, token: str) -> ResponseReturnValue:
        _count()
        found = _behind(token)
        status = 200 if found is not None and found.stage != "expired" else 404
        page = make_response(
            self.render_template("signing/disputes/not_me.html", **_shown(token, found)), status
        )
        page.headers["X-Robots-Tag"] = "noindex"
        return page

    @expose(f"/{TOKEN}", methods=["POST"])
    def press(self, token: str) -> ResponseReturnValue:
        _count()
        if _behind(token) is None:
            raise NotYours("not me")
        try:
            press(token, request.remote_addr or "")
        except Refused as refusal:
            flash(str(refusal), "warning")
        return redirect(url_for("NotMeView.show", token=token), 303)


def _count() -> None:
    if not ASKED.take(request.remote_addr):
        abort(429)


def _behind(token: str) -> Behind | None:
    """The link; staff see only those of their own account: they never act for a party (ACC-10)."""
    try:
        found = behind(token)
    except NotYours:
        return None
    user = g.get("user")
    staff = user is not None and user.is_authenticated and user.role in STAFF
    return None if staff and user.id != found.warning.user_id else found


def _shown(token: str, found: Behind | None) -> dict[str, object]:
    """What the page says; no personal number, and no whole name."""
    if found is None:
        return {"state": "unknown", "facts": [], "token": token, "record": False, "whom": ""}
    warning, user = found.warning, found.warning.user
    school = db.session.get(School, school_of(user) or 0)
    facts = [
        (_("What happened"), NUMBER.sub("****", warning.subject)),
        (_("When"), moment(warning.at)),
        (_("Account of"), mask_name(user.display_name)),
        (_("This message went to"), found.link.address_masked),
    ]
    if school is not None:
        facts.append((_("School"), school.name))
    return {
        "state": found.stage,
        "facts": facts,
        "token": token,
        "record": bool(warning.record_kind) and user.role in PARTIES,
        "frozen": user.frozen_at is not None,
        "whom": _whom(school, user.role),
    }


def _whom(school: School | None, role: str | None) -> str:
    """Whom to call; the school's own line where it is known."""
    if role not in PARTIES:
        return _("an administrator of the platform")
    if school is None:
        return _("your school's employment office")
    return f"{school.name} {school.contact or ''}".strip()
