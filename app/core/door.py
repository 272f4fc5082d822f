"""The door: what no page can make sense of is answered here, once, before any page is asked (S-17).

A request is let in when it is text as people and browsers write it: UTF-8 without control bytes, of a
bounded size, for the host this installation is, and a body of a kind that the page takes. Numbers in
addresses are those that a row can have. Everything else gets 400, 404, 411, 413, 414 or 415 with the
house's page; nothing of it reaches a view or the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from werkzeug.datastructures import CombinedMultiDict, ImmutableMultiDict
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    LengthRequired,
    NotFound,
    RequestEntityTooLarge,
    RequestURITooLarge,
    UnsupportedMediaType,
)
from werkzeug.http import parse_options_header
from werkzeug.routing import IntegerConverter, Map, ValidationError
from wtforms import FileField

LARGEST_KEY = 2**31 - 1  # of an integer column
LONGEST_PATH = 1_000  # bytes, as sent
LONGEST_QUERY = 4_000
MOST_FIELDS = 2_000  # of an address or a form: a page of a list has 200 rows at the most
DEEPEST = 20  # brackets inside brackets of a JSON body
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
JSON = "application/json"
BODIES = ("POST", "PUT", "PATCH", "DELETE")
TAKES = "qq_takes"  # attribute of a view: bodies it takes besides forms

_LINE = re.compile(r"[\x00-\x1f\x7f]")  # none of them stands in an address
# what a text of several lines may not have; \v and \f stand where an office program breaks lines
_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CANONICAL = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)

View = TypeVar("View", bound=Callable[..., Any])

MESSY = _l("The request contains characters that cannot be kept. Type the text anew.")
NOT_TEXT = _l("The request is not text in UTF-8.")
MANY = _l("The form has too many fields.")
LONG = _l("The address is too long.")
UNKNOWN_LENGTH = _l("The request does not say how long it is.")
LARGE = _l("The request is larger than this page takes.")
NO_FORM = _l("This page takes forms only.")
OTHER_HOST = _l("This address does not belong to this service.")
NOT_WHOLE = _l("The form did not arrive whole.")


class Key(IntegerConverter):
    """A number in an address as we write it ourselves: ASCII, no sign, no leading zero, an int4.

    Everything else is an address that does not exist: full-width digits too, which `int` would read.
    """

    regex = r"\d+"

    def __init__(self, map: Map, min: int = 0, max: int = LARGEST_KEY) -> None:
        super().__init__(map, min=min, max=max)

    def to_python(self, value: str) -> int:
        """The number. Raises ValidationError, which routing answers with 404."""
        if not _CANONICAL.fullmatch(value):
            raise ValidationError
        return int(super().to_python(value))


def takes(*mimetypes: str) -> Callable[[View], View]:
    """Decorator: a page that takes other bodies than forms, such as ``application/json``."""

    def mark(view: View) -> View:
        setattr(view, TAKES, mimetypes)
        return view

    return mark


def init(app: Flask, host: str = "") -> None:
    """Stand before everything else that looks at a request; before any rule of an address is made.

    `host`: the only one that is answered, as browsers send it; empty: any.
    """
    app.url_map.converters["int"] = Key

    def knock() -> None:
        try:
            _address(host)
            _headers()
            _query()
            _body()
        except HTTPException as refusal:
            if refusal.description is not None and not isinstance(refusal.description, str):
                refusal.sentence = str(refusal.description)  # type: ignore[attr-defined] # ours
            raise

    app.before_request(knock)
    FlaskForm.Meta.wrap_formdata = _posted


def _posted(_meta: object, form: FlaskForm, formdata: object) -> object:
    """What a form of ours reads: texts, and files for its fields that take one.

    Flask-WTF would read JSON too, and hand a file to a text field of its name.
    """
    if formdata is not _Auto:
        return formdata
    if not request or request.method not in BODIES or not (request.form or request.files):
        return None
    takers = {field.name for field in form if isinstance(field, FileField)}
    files = [pair for pair in request.files.items(multi=True) if pair[0] in takers]
    return CombinedMultiDict((ImmutableMultiDict(files), request.form))


# -- address and headers -----------------------------------------------------------------------------


def _address(host: str) -> None:
    path = request.environ.get("PATH_INFO", "").encode("latin-1", "replace")
    if host and request.path != "/healthz" and request.host.lower() != host:
        raise BadRequest(OTHER_HOST)
    if len(path) > LONGEST_PATH:
        raise NotFound
    if _LINE.search(_decoded(path, NotFound)):
        raise NotFound


def _headers() -> None:
    for name, value in request.environ.items():
        if name.startswith("HTTP_") and _HEADER.search(str(value)):
            raise BadRequest(MESSY)


def _query() -> None:
    query = request.query_string
    if len(query) > LONGEST_QUERY:
        raise RequestURITooLarge(LONG)
    _pairs(query, _LINE)


def _pairs(data: bytes, banned: re.Pattern[str]) -> None:
    """Names and values as an address or a form spells them."""
    if data.count(b"&") >= MOST_FIELDS:
        raise RequestEntityTooLarge(MANY)
    if banned.search(_decoded(unquote_to_bytes(data), BadRequest)):
        raise BadRequest(MESSY)


def _decoded(data: bytes, refusal: type[HTTPException]) -> str:
    """The text; UTF-8 has no lone surrogates either."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise refusal(NOT_TEXT) from None


# -- body --------------------------------------------------------------------------------------------


def _body() -> None:
    if request.method not in BODIES:
        return
    if request.headers.get("Transfer-Encoding"):
        raise LengthRequired(UNKNOWN_LENGTH)
    length, most = request.content_length or 0, current_app.config["MAX_CONTENT_LENGTH"]
    if most is not None and length > most:
        raise RequestEntityTooLarge(LARGE)
    mimetype, options = parse_options_header(request.headers.get("Content-Type"))
    if options.get("charset", "utf-8").lower().replace("-", "") not in ("utf8", "usascii"):
        raise UnsupportedMediaType(NOT_TEXT)
    if mimetype == FORM:
        _form(length)
    elif mimetype == MULTIPART:
        _multipart(options.get("boundary", ""))
    elif length or mimetype:
        _other(mimetype)


def _form(length: int) -> None:
    most = current_app.config["MAX_FORM_MEMORY_SIZE"]
    if most is not None and length > most:
        raise RequestEntityTooLarge(LARGE)
    _pairs(request.get_data(), _TEXT)


def _multipart(boundary: str) -> None:
    if not boundary or not boundary.isascii():
        raise BadRequest(NOT_WHOLE)
    _texts(text for pair in request.form.items(multi=True) for text in pair)
    for name, file in request.files.items(multi=True):
        _texts((name, file.filename or "", file.content_type or ""), _LINE)


def _other(mimetype: str) -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if mimetype not in getattr(view, TAKES, ()):
        raise UnsupportedMediaType(NO_FORM)
    if mimetype == JSON:
        _json()


def _json() -> None:
    """As deep as a person's data are, and its texts as those of a form."""
    data = request.get_data()
    text = _decoded(data, BadRequest)
    if _depth(text) > DEEPEST:
        raise BadRequest(NOT_WHOLE)
    found = request.get_json(silent=True)
    if found is None and text.strip() != "null":
        raise BadRequest(NOT_WHOLE)
    _texts(_strings(found))


def _depth(text: str) -> int:
    """How deep brackets stand inside brackets, at the most; those in texts count too."""
    deepest = now = 0
    for character in re.findall(r"[\[\]{}]", text):
        now += 1 if character in "[{" else -1
        deepest = max(deepest, now)
    return deepest


def _strings(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _texts(texts: Iterable[str], banned: re.Pattern[str] = _TEXT) -> None:
    for text in texts:
        if banned.search(text) or not _whole(text):
            raise BadRequest(MESSY)


def _whole(text: str) -> bool:
    """No half of a surrogate pair, which JSON can spell and no database keeps."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
