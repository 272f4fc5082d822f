"""The public page behind the QR code: is this agreement in force now? (DOC-04). HTTP only."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import Any

from flask import abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.core.limits import Limit
from app.fab.builder import SafeView
from app.files.documents.editions import EDITIONS
from app.files.documents.numbers import grouped, normalised
from app.portal.verification.queries import of_file, verified

MOST_BYTES = 20 << 20
ASKED = Limit("verify", 120, timedelta(hours=1))  # requests from one address


class VerificationView(SafeView):
    """In force, no longer in force, or unknown: masked facts only, the same page for all."""

    route_base = "/v"
    default_view = "ask"

    @expose("/", methods=["GET"])
    def ask(self) -> ResponseReturnValue:
        code = normalised(request.args.get("code", ""))
        if code:
            return redirect(url_for("VerificationView.show", code=code))
        return self._page("", None)

    @expose("/file", methods=["POST"])
    def file(self) -> ResponseReturnValue:
        """Whether this very file is a document of ours, to the last byte, and which edition (DOC-04)."""
        if not ASKED.take(request.remote_addr):
            abort(429)
        sent = request.files.get("file")
        with contextlib.closing(sent) if sent else contextlib.nullcontext():
            data = sent.stream.read(MOST_BYTES + 1) if sent else b""
        known = of_file(data) if 0 < len(data) <= MOST_BYTES else None
        code, found, edition = known or ("", None, None)
        told = EDITIONS[edition] if edition else ""
        return self._page(grouped(code), found, strange=known is None, edition=told)

    @expose("/<string:code>", methods=["GET"])
    def show(self, code: str) -> ResponseReturnValue:
        if not ASKED.take(request.remote_addr):
            abort(429)
        plain = normalised(code)[:12]
        page = make_response(self._page(grouped(plain), verified(plain)))
        page.headers["X-Robots-Tag"] = "noindex"
        return page

    def _page(self, code: str, found: Any, **more: Any) -> Any:
        known = {"edition": "", "strange": False} | more
        return self.render_template(
            "portal/verification/verify.html", code=code, found=found, **known
        )
