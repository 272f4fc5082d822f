"""The public page behind the QR code: is this agreement in force now? (DOC-04). HTTP only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import abort, make_response, redirect, request, url_for
from flask_appbuilder import expose

from app.core.limits import Limit
from app.documents.numbers import grouped, normalised
from app.fab.builder import SafeView
from app.verification.queries import verified

ASKED = Limit("verify", 120, timedelta(hours=1))  # requests from one address


class VerificationView(SafeView):
    """In force, no longer in force, or unknown: masked facts only, the same page for all."""

    route_base = "/v"
    default_view = "ask"

    @expose("/", methods=["GET"])
    def ask(self) -> Any:
        code = normalised(request.args.get("code", ""))
        if code:
            return redirect(url_for("VerificationView.show", code=code))
        return self.render_template("verification/verify.html", code="", found=None)

    @expose("/<string:code>", methods=["GET"])
    def show(self, code: str) -> Any:
        if not ASKED.take(request.remote_addr):
            abort(429)
        plain = normalised(code)[:12]
        page = make_response(
            self.render_template(
                "verification/verify.html", code=grouped(plain), found=verified(plain)
            )
        )
        page.headers["X-Robots-Tag"] = "noindex"
        return page
