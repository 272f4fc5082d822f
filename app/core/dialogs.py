"""The dialogs of every page and the bar of its sign-in: a script for each language, which browsers keep.

They are nothing without script (`app.js` fills them), and were a tenth of each page. A page says the token
of a batch beside the script's address; the script puts it in, and that of forms.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from flask import Flask, Response, abort, current_app, request, url_for
from flask_babel import force_locale

from app.core import offline, pieces
from app.core.assets import DIALOGS, keep_long
from app.core.templates import language

_SCRIPT = """"use strict";
(function () {
  const batch = document.currentScript.dataset.batch, token = document.querySelector("meta[name=csrf-token]");
  document.body.insertAdjacentHTML("beforeend", %s);
  const put = (name, value) => {
    const field = document.querySelector(`#qq-dialog [name=${name}]`);
    if (value) field.value = value; else field.remove();
  };
  put("csrf_token", token && token.content);
  put("batch", batch);
  const bar = document.getElementById("qq-session"), living = document.querySelector("[data-qq-living]");
  if (living) { Object.assign(bar.dataset, living.dataset); living.replaceWith(bar); } else bar.remove();
})();
"""


@dataclass(frozen=True)
class Dialogs:
    """The script of one language and its address, which changes with it."""

    script: str
    digest: str
    url: str


class Made:
    """The scripts that a process has made."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Dialogs] = {}

    def here(self) -> Dialogs:
        """That of the page's language."""
        key = (language(), request.script_root)
        found = self.known.get(key)
        if found is None:
            part = pieces.piece("dialogs", {}, {})
            script = _SCRIPT % json.dumps(str(part), ensure_ascii=False)
            digest = hashlib.sha256(script.encode()).hexdigest()[:8]
            url = url_for(DIALOGS, spoken=key[0], v=digest)
            found = self.known[key] = Dialogs(script, digest, url)
        return found


def init(app: Flask) -> None:
    """The script's address, and how templates ask for it; after `pieces`."""
    made = Made()

    def dialogs(spoken: str) -> Response:
        if spoken not in current_app.config["LANGUAGES"]:
            abort(404)
        with force_locale(spoken):
            found = made.here()
        answer = Response(found.script, mimetype="text/javascript")
        return keep_long(answer, request.args.get("v") == found.digest)

    app.add_url_rule("/dialogs/<string:spoken>.js", DIALOGS, dialogs)
    app.jinja_env.globals["dialogs_url"] = lambda: made.here().url
    offline.init(app)
