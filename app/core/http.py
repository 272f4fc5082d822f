"""The edge of the web application: headers, cookies, CSRF, error pages, /healthz."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_talisman import Talisman
from flask_wtf.csrf import CSRFError
from sqlalchemy import text
from sqlalchemy.exc import DataError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import compress, door, forms, jobs
from app.core.assets import FILES
from app.core.csrf import Protection
from app.core.db import db
from app.core.errors import Invalid, NotYours, Refused
from app.core.registry import stores
from config import VERSION, Config

csrf = Protection()
log = logging.getLogger(__name__)
IN_DIALOG = "X-Dialog"  # the header of a dialog that stays open until its act is done

POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'self'",
    "frame-src": "'self'",
    "frame-ancestors": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
# numeric value out of range, datetime out of range, characters the encoding has not
UNFIT = {"22003", "22008", "22021", "22P05"}


def init(app: Flask, config: Config) -> None:
    """Wire everything that belongs to HTTP and not to a feature."""
    if config.proxies:
        n = config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, n, n, n, n)  # type: ignore[method-assign]
    compress.init(app)
    forms.install()
    door.init(app, urlsplit(config.base_url).netloc.lower() if config.production else "")
    csrf.init_app(app)
    Talisman(
        app,
        force_https=config.production,
        session_cookie_secure=config.production,
        strict_transport_security=config.production,
        content_security_policy=POLICY,
        content_security_policy_nonce_in=["script-src", "style-src"],
        frame_options="SAMEORIGIN",
        referrer_policy="same-origin",
    )
    app.after_request(_no_store)
    app.after_request(_stay_in_dialog)
    _errors(app)
    app.add_url_rule("/healthz", "healthz", _healthz)


def _stay_in_dialog(response: Response) -> Response:
    """The script of a dialog follows no redirect: it is told where to go, messages go along (F-40)."""
    if IN_DIALOG in request.headers and response.status_code in (302, 303):
        answer = jsonify(go=response.headers["Location"])
        for cookie in response.headers.getlist("Set-Cookie"):
            answer.headers.add("Set-Cookie", cookie)
        return answer
    return response


def _no_store(response: Response) -> Response:
    """Pages of signed-in people are not kept by shared computers."""
    if request.endpoint not in FILES:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _healthz() -> tuple[Response, int]:
    """200 where database and worker are up, else 503; version and both parts by name."""
    database, worker = True, False
    try:
        db.session.execute(text("SELECT 1"))
        worker = jobs.worker_alive()
    except SQLAlchemyError:
        database = False
    finally:
        db.session.remove()
    up = database and worker
    parts = {"database": "ok" if database else "down", "worker": "ok" if worker else "down"}
    return jsonify(status="ok" if up else "down", version=VERSION, **parts), 200 if up else 503


def _errors(app: Flask) -> None:
    app.register_error_handler(Refused, lambda error: page(409, str(error)))
    app.register_error_handler(NotYours, _not_yours)
    app.register_error_handler(Invalid, _invalid)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, lambda error: _http(error))
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(Exception, _bug)


def _denied(status: int) -> None:
    """What the packages above do when somebody may not, or asks for what is not there for them."""
    if request.endpoint not in (None, *FILES):
        stores().denied(status)


def _not_yours(error: NotYours) -> ResponseReturnValue:
    _denied(404)
    return page(404)


def _invalid(error: Invalid) -> ResponseReturnValue:
    return page(422, " ".join(sentence for _place, sentence in error.problems))


def _csrf(error: CSRFError) -> ResponseReturnValue:
    answer = stores().stale_form()
    if answer is not None:
        return answer
    return page(400, _("This page was open too long. Please go back, reload it and try again."))


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    if error.code in (403, 404):
        _denied(error.code)
    return page(error.code or 500, getattr(error, "sentence", ""))


def _unfit(error: DataError) -> ResponseReturnValue:
    """A value no column can hold (a number too large, a date of the year 99999): never a bug page."""
    if getattr(error.orig, "sqlstate", None) not in UNFIT:
        return _bug(error)
    db.session.rollback()
    log.warning("a value did not fit at %s %s", request.method, request.path)
    return page(400)


def _bug(error: Exception) -> ResponseReturnValue:
    """Anything else is a bug: a short code the person can quote, the rest in the log."""
    db.session.rollback()
    code = secrets.token_hex(4)
    log.exception("bug %s at %s %s", code, request.method, request.path, exc_info=error)
    g.bug_code = code
    return page(500)


def sentence_for(status: int) -> tuple[str, str]:
    """What happened and what next, in the reader's language."""
    texts = {
        400: (_("This request cannot be understood."), _("Go back and try again.")),
        403: (_("You may not do this."), _("Ask your administrator if you need it.")),
        404: (
            _("There is nothing here for you."),
            _("Check the address, or go to the start page."),
        ),
        405: (_("This address only takes forms."), _("Go back and use the button.")),
        409: (_("This is not possible now."), _("Reload the page to see how things stand.")),
        411: (_("The request does not say how long it is."), _("Go back and try again.")),
        413: (_("The file or form is too large."), _("Choose a smaller file: 10 MB at most.")),
        414: (_("The address is too long."), _("Go back and search for less.")),
        415: (_("This page takes forms only."), _("Go back and use the button.")),
        422: (_("Something in the form is not right."), _("Go back and correct it.")),
        429: (_("That was too often."), _("Wait a little and try again.")),
        503: (_("The service is being restarted."), _("Try again in a minute.")),
    }
    return texts.get(
        status,
        (_("Something went wrong on our side."), _("Try again; if it stays, quote the code.")),
    )


def page(status: int, sentence: str = "") -> Any:
    """The error page: one sentence, what to do next, for a bug its code."""
    what, after = sentence_for(status)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(error=sentence or what), status
    return (
        render_template(
            "errors/error.html",
            status=status,
            sentence=sentence or what,
            after=after,
            code=g.get("bug_code", ""),
        ),
        status,
    )
