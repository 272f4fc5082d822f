"""Agreements and uploaded files, for every role that may see the record: HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from flask import make_response, request
from flask_appbuilder import expose
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.queries import actor
from app.core.db import db
from app.core.errors import NotYours
from app.documents import store
from app.documents.models import Attachment
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.people.models import Employer
from app.people.queries import employers_for
from app.placements.queries import has_agreement, placement_in
from app.placements.tasks import agreement_pdf
from app.workflow.actor import Actor

MOST = 2**31 - 1
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
FILE_OPTIONS = {"content_security_policy": SANDBOX}


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
        pdf = agreement_pdf(placement)
        if pdf is None:
            page = make_response(self.render_template("placements/being_made.html"), 202)
            page.headers["Retry-After"] = "20"
            return page
        name = f"{placement.agreement_no or f'preview-{placement.id}'}.pdf"
        return file_answer(pdf, "application/pdf", name, inline="download" not in request.args)


class FileView(SafeView):
    """Uploaded files, each through the permission check of the record it belongs to (DOC-05)."""

    route_base = "/files"
    class_permission_name = "Files"
    default_view = "show"

    @expose("/<string(length=32):uid>")
    @has_access
    def show(self, uid: str) -> Any:
        found = db.session.scalars(select(Attachment).where(Attachment.uid == uid)).one_or_none()
        if found is None or not any(reads(found, actor()) for reads in READERS):
            raise NotYours(f"file {uid}")
        return file_answer(
            store.read_checked(found.file_key, found.sha256),
            found.mime,
            found.original_name,
            inline=found.mime.startswith("image/"),
        )

    # Talisman writes the policy of every answer; this is its way to be told another
    show.talisman_view_options = FILE_OPTIONS


def is_licence(found: Attachment, who: Actor) -> bool:
    """The licence scan of an employer that the person may see (ACC-07)."""
    mine = employers_for(who).where(Employer.licence_id == found.id)
    return db.session.scalars(mine.limit(1)).first() is not None


# who may read an uploaded file: each feature with files of its own adds its answer
READERS: list[Callable[[Attachment, Actor], bool]] = [is_licence]


def file_answer(data: bytes, mime: str, name: str, *, inline: bool) -> Response:
    """A file that no shared computer keeps and no browser takes for something else."""
    answer = make_response(data)
    names = {"filename": name}
    if (
        not name.isascii()
    ):  # a header is ASCII: old browsers get a plain name, all others the real one
        plain = f"file{PurePath(name).suffix}"
        names = {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
    answer.headers.set("Content-Disposition", "inline" if inline else "attachment", **names)
    answer.headers["Content-Type"] = mime
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer
