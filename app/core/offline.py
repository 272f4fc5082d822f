"""The script by which a student's browser keeps what was read last, for a time without a network (CHN-07).

A service worker of `/my/` alone, one for each language, the same for everybody: no session is read for it.
Browsers ask for it again with each page, so an unchanged one answers in a line.
"""

from __future__ import annotations

from flask import Flask, Response, abort, current_app, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from app.core.assets import OFFLINE
from app.core.templates import language

SCOPE = "/my/"


def init(app: Flask) -> None:
    """The script's address, and how templates ask for it."""

    def offline(spoken: str) -> Response:
        if spoken not in current_app.config["LANGUAGES"]:
            abort(404)
        with force_locale(spoken):
            script = render_template("parts/worker.js", words=_words(spoken))
        answer = Response(script, mimetype="text/javascript")
        answer.headers["Service-Worker-Allowed"] = SCOPE
        answer.cache_control.no_cache = True
        answer.add_etag()
        answer.make_conditional(request)
        return answer

    app.add_url_rule("/my/worker/<string:spoken>.js", OFFLINE, offline)
    app.jinja_env.globals["worker_url"] = lambda: url_for(OFFLINE, spoken=language())


def _words(spoken: str) -> dict[str, str]:
    return {
        "lang": spoken,
        "title": _("Offline"),
        "kept": _("Offline · as it stood on {when}. Acting needs the network."),
        "none": _("This page was not kept. Try again once there is a network."),
        "home": _("Home"),
    }
