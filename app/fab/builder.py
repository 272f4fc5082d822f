"""AppBuilder with three harmless helper views instead of FAB's; everything else is ours to add.

FAB's own keep whole URLs, searched ID numbers included, readable in the session cookie
(``page_history``), and send the browser to whatever lies on that stack.
"""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, session
from flask.typing import ResponseReturnValue
from flask_appbuilder import AppBuilder
from flask_appbuilder.baseviews import BaseView, expose
from flask_appbuilder.views import IndexView
from flask_babel import refresh
from werkzeug.wrappers import Response

from app.fab.access import has_access
from app.fab.urls import came_from


class NoHistory:
    """Mixin: nothing is pushed on FAB's history stack, and «back» is the start page."""

    appbuilder: Any

    def update_redirect(self) -> None:
        """Keep no address in the session."""

    def get_redirect(self) -> str:
        """Where FAB's own code goes after its work."""
        return str(self.appbuilder.get_url_for_index)

    def render_template(self, template: str, **values: Any) -> str:
        """The page, as FAB makes it; typed, so that what a view answers is."""
        page: str = super().render_template(template, **values)  # type: ignore[misc]
        return page


class SafeView(NoHistory, BaseView):
    """Base of hand-written pages."""


class FormPage(SafeView):
    """A page of one form: what GET shows, a form with problems shows again."""

    default_view = "index"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        return self._index()

    def _index(self) -> ResponseReturnValue:
        raise NotImplementedError


class SafeIndexView(NoHistory, IndexView):
    """Base of the start page."""


class BackView(SafeView):
    """``/back``, which FAB's templates link to: the page before, if it is one of ours."""

    route_base = ""
    default_view = "back"

    @expose("/back")
    def back(self) -> Response:
        return redirect(came_from() or self.get_redirect())


class LanguageView(SafeView):
    """``/lang/<locale>``: remember a language we have, and go back to the page (path only, H13)."""

    route_base = "/lang"
    default_view = "index"

    @expose("/<string:locale>")
    def index(self, locale: str) -> Response:
        if locale not in self.appbuilder.bm.languages:
            abort(404)
        session["locale"] = locale
        refresh()
        return redirect(came_from() or self.get_redirect())


class SafeAppBuilder(AppBuilder):
    """Registers the start page, ``/back``, ``/lang`` and the sign-in view: nothing else (W10)."""

    def _add_admin_views(self) -> None:
        start: Any = self.indexview
        self._indexview = self.add_view_no_menu(SafeIndexView if start is IndexView else start)
        self.add_view_no_menu(BackView, endpoint="UtilView")  # FAB's templates know it by this name
        self.bm.locale_view = self.add_view_no_menu(LanguageView, endpoint="LocaleView")
        self.sm.register_views()
