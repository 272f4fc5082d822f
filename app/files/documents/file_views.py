"""Uploaded files for every role that may see the record, and the answer to their upload: HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from flask import flash, get_template_attribute, jsonify, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.http import dump_options_header
from werkzeug.wrappers import Response

from app.accounts.queries import actor
from app.core import filestore
from app.core.errors import NotYours, Refused
from app.core.text import clean_line
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.fab.urls import local_path
from app.files.documents import attaching, files
from app.files.documents.models import Attachment

# browsers show pictures and PDFs under it, and nothing in them runs, loads or leads anywhere
SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self';"
    " frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
OPTIONS = {"content_security_policy": SANDBOX}
Add = Callable[[str, BinaryIO], Attachment]
Tile = Callable[[Attachment], str]


class FileView(SafeView):
    """One file, each time through the permission check of the record it belongs to (DOC-05)."""

    route_base = "/files"
    class_permission_name = "Files"
    default_view = "show"

    @expose("/<string(length=32):uid>")
    @has_access
    def show(self, uid: str) -> ResponseReturnValue:
        """To be saved."""
        return _stored(files.find(uid, actor()), inline=False)

    @expose("/<string(length=32):uid>/view")
    @has_access
    def view(self, uid: str) -> ResponseReturnValue:
        """To be seen inside a page of ours."""
        return _stored(files.find(uid, actor()), inline=True)

    @expose("/<string(length=32):uid>/thumb")
    @has_access
    def thumb(self, uid: str) -> ResponseReturnValue:
        """The small picture."""
        found = files.find(uid, actor())
        if found.thumb_key is None:
            raise NotYours(f"thumb {uid}")
        return file_answer(
            filestore.read_file(found.thumb_key), "image/jpeg", "thumb.jpg", inline=True
        )

    # Talisman writes the policy of every answer; this is its way to be told another
    show.talisman_view_options = OPTIONS
    view.talisman_view_options = OPTIONS
    thumb.talisman_view_options = OPTIONS

    @expose("/<string(length=32):uid>/remove", methods=["POST"])
    @has_access
    def remove(self, uid: str) -> ResponseReturnValue:
        """Take back a file one has added."""
        try:
            attaching.detach(uid, actor())
        except Refused as refusal:
            flash(str(refusal), "warning")
        else:
            flash(_("The file was removed."), "success")
        return redirect(local_path(request.referrer or "") or "/", 303)


def _stored(found: Attachment, *, inline: bool) -> Response:
    data = filestore.read_checked(found.file_key, found.sha256)
    return file_answer(data, found.mime, found.original_name, inline=inline)


def file_answer(data: bytes, mime: str, name: str, *, inline: bool) -> Response:
    """A file that no shared computer keeps and no browser takes for something else."""
    answer = make_response(data)
    answer.headers["Content-Disposition"] = _named("inline" if inline else "attachment", name)
    answer.headers["Content-Type"] = mime
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _named(disposition: str, name: str) -> str:
    """The name in the header's own letters; a Chinese one written out beside a plain one (RFC 6266)."""
    names = {"filename": name}
    if not name.isascii():
        names = {
            "filename": f"file{PurePath(name).suffix}",
            "filename*": f"UTF-8''{quote(name, '')}",
        }
    return dump_options_header(disposition, names)


def _by_script() -> bool:
    """Whether the page's script asks, which reads JSON."""
    return request.accept_mimetypes.best == "application/json"


def take_files(
    add: Add, back: str, most: int = files.MOST, tile: Tile | None = None
) -> ResponseReturnValue:
    """Answer the upload form: each file is added on its own, so that one refused loses no other.

    `add` keeps one file or raises Refused. The script sends one file at a time and gets its `tile`
    (the person's own unless told), or the sentence beside it; a plain form leads back to the page.
    """
    sent = _sent("files")
    if _by_script():
        return _one(add, sent, tile or _tile)
    done = sum(_added(add, file) for file in sent[:most])
    if len(sent) > most:
        flash(_("At most %(most)s files.", most=most), "warning")
    if not sent:
        flash(_("Please choose a file."), "warning")
    if done:
        flash(_("%(count)s files added.", count=done), "success")
    return redirect(back, 303)


def sent_files(field: str = "files") -> list[tuple[str, BinaryIO]]:
    """Names and streams of the files of a form, for `files.decoded`."""
    return [(file.filename or "", cast(BinaryIO, file.stream)) for file in _sent(field)]


def _sent(field: str) -> list[FileStorage]:
    return [file for file in request.files.getlist(field) if file.filename]


def _one(add: Add, sent: list[FileStorage], tile: Tile) -> Any:
    if len(sent) != 1:
        return jsonify(error=_("Please choose a file.")), 422
    try:
        found = add(sent[0].filename or "", cast(BinaryIO, sent[0].stream))
    except Refused as refusal:
        return jsonify(error=str(refusal)), 409
    return jsonify(html=str(tile(found))), 201


def _tile(found: Attachment) -> str:
    drawn = get_template_attribute("parts/files.html", "tile")
    return str(drawn(files.just_added(found, actor())))


def _added(add: Add, file: FileStorage) -> bool:
    """Add one file; a refusal is said beside its name."""
    try:
        add(file.filename or "", cast(BinaryIO, file.stream))
    except Refused as refusal:
        flash(f"{clean_line(file.filename or '')[:60]}: {refusal}", "warning")
        return False
    return True
