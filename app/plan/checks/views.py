"""Findings mended by a workbook: made with the rows to fill, brought back by an import. HTTP only."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.accounts.queries import actor
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.files.exports import lists
from app.files.imports.intake import MAX_BYTES
from app.files.made import making as made
from app.files.made.views import asked, named
from app.plan.checks import making


class FindingsBookView(SafeView):
    """What of the findings can be filled in, the workbook, and the way back (CHK-02)."""

    route_base = "/checks/fill"
    default_view = "begin"
    class_permission_name = "FindingsBook"

    @expose("/", methods=["GET"])
    @has_access
    def begin(self) -> ResponseReturnValue:
        who, query = actor(), _query()
        wished = {"view": making.VIEW, "query": query}
        return self.render_template(
            "plan/checks/fill.html",
            back=lists.back(wished),
            narrowed=lists.facts(wished),
            parts=[
                {
                    "name": name,
                    "title": part.title,
                    "rows": making.count(part, query),
                    "make": url_for("FindingsBookView.make", part=name) + f"?{query}",
                    "bring": url_for("ImportsView.upload", name=part.sheet.name),
                }
                for name, part in making.parts_for(who).items()
            ],
            most_mb=MAX_BYTES >> 20,
            latest=named(made.latest(who, [making.KIND])),
        )

    @expose("/<string:part>", methods=["POST"])
    @has_access
    def make(self, part: str) -> ResponseReturnValue:
        """The worker makes the workbook."""
        query = _query()
        back = url_for("FindingsBookView.begin") + f"?{query}"
        return asked(lambda: making.ask(actor(), part, query), back)


def _query() -> str:
    """How the list is narrowed, as its address says it. Raises Odd on what the list would refuse."""
    view = lists.view_of(making.VIEW)
    return urlencode(view.reader.write(view.reader.read(request.args)))
