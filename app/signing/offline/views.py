"""The employer's one-time link: the stamped sheet of one signing, without an account. HTTP only."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import BinaryIO

from flask import abort, g, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from markupsafe import Markup

from app.core import clock
from app.core.errors import NotYours
from app.core.limits import Limit
from app.core.text import mask_name
from app.fab.builder import SafeView
from app.files.documents.file_views import take_files
from app.files.documents.models import Attachment
from app.signing.offline import detail, evidence
from app.signing.offline.links import working_link
from app.signing.offline.models import UploadLink
from app.signing.offline.notices import tell_added
from app.workflow.actor import STAFF

ASKED = Limit("stamped page", 120, timedelta(hours=1))  # requests from one address
TOKEN = "<string(minlength=20, maxlength=64):token>"  # noqa: S105 (a part of an address)


class StampedView(SafeView):
    """Masked facts and a field for files; what is added here the student hands in (ACC-10)."""

    route_base = "/stamped"
    default_view = "show"

    @expose(f"/{TOKEN}", methods=["GET"])
    def show(self, token: str) -> ResponseReturnValue:
        if not ASKED.take(request.remote_addr):
            abort(429)
        link = _open(token)
        page = make_response(
            self.render_template("signing/offline/stamped.html", token=token, **_shown(link)),
            200 if link else 404,
        )
        page.headers["X-Robots-Tag"] = "noindex"
        return page

    @expose(f"/{TOKEN}", methods=["POST"])
    def add(self, token: str) -> ResponseReturnValue:
        if not ASKED.take(request.remote_addr):
            abort(429)
        if _open(token) is None:
            raise NotYours("link")
        return take_files(partial(_add, token), url_for(".show", token=token), tile=_tile)


def _open(token: str) -> UploadLink | None:
    """The link, while it works and nobody of an office asks: staff never act for a party (ACC-10)."""
    user = g.get("user")
    if user is not None and user.is_authenticated and user.role in STAFF:
        return None
    return working_link(token, clock.now())


def _add(token: str, name: str, stream: BinaryIO) -> Attachment:
    found = evidence.add_by_link(token, name, stream)
    tell_added(token)
    return found


def _tile(found: Attachment) -> str:
    """Who has no account sees the name of what arrived, and cannot open it."""
    return Markup("<li>{}</li>").format(found.original_name)


def _shown(link: UploadLink | None) -> dict[str, object]:
    if link is None:
        return {"facts": [], "files": [], "until": ""}
    placement = link.placement
    return {
        "facts": [
            (_("Employer"), placement.employer_name),
            (_("Student"), mask_name(placement.student.name)),
            (_("School"), placement.school.name),
            (_("Agreement number"), detail.masked_number(placement)),
        ],
        "files": detail.by_link(placement),
        "until": clock.local(link.expires_at).strftime("%Y-%m-%d %H:%M"),
    }
