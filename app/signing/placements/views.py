"""Agreements, for every role that may see the placement: HTTP only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.accounts.queries import actor
from app.core.errors import Invalid, NotYours
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.documents.editions import (
    PURPOSE,
    Edition,
    asks_purpose,
    checked_purpose,
    may_have_full,
    note,
    refuse_full,
)
from app.files.documents.editions import named as edition_name
from app.files.documents.errors import Unprintable
from app.files.documents.file_views import file_answer
from app.signing.placements.checks import named, not_made, who_mends
from app.signing.placements.models import Placement
from app.signing.placements.queries import has_agreement, placement_in, prints
from app.signing.placements.tasks import FULL_AGREEMENT, agreement_pdf, document_of, failure_of

MOST = 2**31 - 1


class OpensItsList:
    """Mixin of a party's view: its address alone leads to its list."""

    url: Any

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return redirect(self.url("list"))


def being_made(view: SafeView, seconds: int, sentences: Sequence[str] = ()) -> ResponseReturnValue:
    """The page that waits for the worker and asks again by itself, with scripts or without.

    Where making it failed it waits for nothing, and says why and who can act (DOC-07).
    """
    page = make_response(
        view.render_template("signing/placements/being_made.html", sentences=sentences)
    )
    page.status_code = 409 if sentences else 202
    if sentences:
        return page
    page.headers["Retry-After"] = page.headers["Refresh"] = str(seconds)
    return page


def full_edition(
    view: SafeView, school_id: int, pdf: Callable[[], bytes | None], name: str
) -> ResponseReturnValue:
    """The full edition of a document for whom the school lets have it: staff say what for first (DOC-08).

    The permission is asked at each fetch, the purpose is kept before a byte goes out.
    """
    who = actor()
    refuse_full(who, school_id)
    found, purpose, problem = pdf(), "", ""
    if found is None:
        return being_made(view, 5)
    if asks_purpose(who):
        try:
            if request.method == "POST":
                purpose = checked_purpose(request.form.get("purpose", ""))
        except Invalid as error:
            problem = str(error.problems[0][1])
        if not purpose:
            page = view.render_template(
                "signing/placements/full_edition.html",
                name=name,
                problem=problem,
                most=PURPOSE,
                purpose=request.form.get("purpose", ""),
                back=request.path.removesuffix("/full") + ".pdf",
            )
            return page, 422 if problem else 200
    note(who, name, purpose)
    return file_answer(found, "application/pdf", edition_name(name, Edition.FULL), inline=False)


def full_url(placement: Placement | None) -> str:
    """Where the person gets the full edition of the agreement; empty where it is not for it, or not made."""
    if placement is None or not prints(placement) or document_of(placement) is None:
        return ""
    may = may_have_full(actor(), placement.school_id)
    return url_for("AgreementView.full", pk=placement.id) if may else ""


class AgreementView(SafeView):
    """The agreement of a placement: the document of record, or its marked preview."""

    route_base = "/agreements"
    class_permission_name = "Agreements"
    default_view = "show"

    @expose(f"/<int(max={MOST}):pk>.pdf")
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
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
        name = edition_name(
            f"{placement.agreement_no or f'preview-{placement.id}'}.pdf", Edition.MASKED
        )
        return file_answer(pdf, "application/pdf", name, inline="download" not in request.args)

    @expose(f"/<int(max={MOST}):pk>/full", methods=["GET", "POST"])
    @has_access
    def full(self, pk: int) -> ResponseReturnValue:
        """The full edition of the document of record, for its parties and the offices (DOC-08)."""
        placement = placement_in(actor(), pk)
        if not prints(placement):
            raise NotYours(f"agreement {pk}")
        name = f"{placement.agreement_no or placement.id}.pdf"
        return full_edition(self, placement.school_id, lambda: FULL_AGREEMENT.read(placement), name)
