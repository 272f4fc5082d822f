"""Agreements, for every role that may see the placement: HTTP only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import make_response, request
from flask_appbuilder import expose

from app.accounts.queries import actor
from app.core.errors import NotYours
from app.documents.errors import Unprintable
from app.documents.file_views import file_answer
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.placements.checks import named, not_made, who_mends
from app.placements.queries import has_agreement, placement_in, prints
from app.placements.tasks import agreement_pdf, failure_of

MOST = 2**31 - 1


def being_made(view: SafeView, seconds: int, sentences: Sequence[str] = ()) -> Any:
    """The page that waits for the worker and asks again by itself, with scripts or without.

    Where making it failed it waits for nothing, and says why and who can act (DOC-07).
    """
    page = make_response(view.render_template("placements/being_made.html", sentences=sentences))
    page.status_code = 409 if sentences else 202
    if sentences:
        return page
    page.headers["Retry-After"] = page.headers["Refresh"] = str(seconds)
    return page


class AgreementView(SafeView):
    """The agreement of a placement: the document of record, or its marked preview."""

    route_base = "/agreements"
    class_permission_name = "Agreements"
    default_view = "show"

    @expose(f"/<int(max={MOST}):pk>.pdf")
    @has_access
    def show(self, pk: int) -> Any:
        placement = placement_in(actor(), pk)
        if not has_agreement(placement):
            raise NotYours(f"agreement {pk}")
        try:
            pdf = agreement_pdf(placement, actor())
        except Unprintable as error:
            return being_made(self, 0, [named(error.missing), who_mends(error.missing, placement)])
        if pdf is None:
            waits = 20 if prints(placement) else 3
            return being_made(self, waits, not_made(failure_of(placement), placement))
        name = f"{placement.agreement_no or f'preview-{placement.id}'}.pdf"
        return file_answer(pdf, "application/pdf", name, inline="download" not in request.args)
