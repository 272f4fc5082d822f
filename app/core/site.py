"""The application class: an address that is the same for everybody is built once, not on every page.

A desk page asked the router for 111 addresses. A page's own address, and that of a static file with its
digest (see `assets`), do not change while the process runs; those with a key follow one pattern each.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, request
from flask.globals import _cv_request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from app.core import assets

KEY = 987_654_321  # stands for the key while a pattern is made


class Sessions(SecureCookieSessionInterface):
    """Flask's; a file that is the same for everybody does not depend on a cookie.

    With «Vary: Cookie» a browser would ask for every file again as soon as its cookie is another one.
    """

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """As Flask's, but for files."""
        if request.endpoint not in assets.FILES or session.modified:
            super().save_session(app, session, response)


class Site(Flask):
    """Flask whose `url_for` remembers what it said."""

    session_interface = Sessions()

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._addresses: dict[tuple[str, str, object], str] = {}

    def url_for(self, endpoint: str, **values: Any) -> str:  # type: ignore[override]
        """As Flask's; with no values, or of a static file, it is built once for each root it is served at."""
        asked = _cv_request.get(None)
        file = values.get("filename", "") if endpoint in assets.ENDPOINTS else ""
        if asked is None or endpoint[:1] == "." or len(values) != bool(file):
            return super().url_for(endpoint, **values)
        return self.remembered(endpoint, file, values, keep=not (file and self.debug))

    def remembered(self, endpoint: str, mark: object, values: dict[str, Any], keep: bool) -> str:
        """The address, built if it never was; `mark` tells the addresses of one endpoint apart."""
        adapter: Any = _cv_request.get().url_adapter
        key = (adapter.script_name, endpoint, mark)
        found = self._addresses.get(key)
        if found is None:
            found = super().url_for(endpoint, **values)
            if keep:
                self._addresses[key] = found
        return found


def keyed_url(endpoint: str, pk: int) -> str:
    """The address of a record by its number `pk`, without asking the router for each row of a list."""
    site: Any = current_app
    pattern = site.remembered(endpoint, KEY, {"pk": KEY}, keep=True)
    return str(pattern.replace(str(KEY), str(pk)))
