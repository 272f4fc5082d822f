"""The search of the frame: a page, and the same as lines for the palette. HTTP only."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose

from app.accounts.queries import actor
from app.core.text import clean_line
from app.fab.access import has_access
from app.fab.builder import SafeView
from app.home import search
from app.people.students.queries import search_args

LONGEST = 100  # characters, as in the lists


class SearchView(SafeView):
    """A personal number stands in no address: what is typed is sent, and a token stands for it (ACC-02)."""

    route_base = "/search"
    default_view = "index"
    class_permission_name = "Search"

    @expose("/", methods=["GET"])
    @has_access
    def index(self) -> ResponseReturnValue:
        """The hits of what stands in the address."""
        text = clean_line(request.args.get("q", ""))[:LONGEST]
        token = request.args.get("x", "")
        if "x" in search_args(text, actor()):
            text = ""  # typed into the address by hand: it is not searched for, nor shown again
        hits = search.found(actor(), text, token)
        return self.render_template("home/search.html", hits=hits, text=text, token=token)

    @expose("/", methods=["POST"])
    @has_access
    def send(self) -> ResponseReturnValue:
        """What was typed into the box; a personal number goes on as its token."""
        return redirect(url_for("SearchView.index", **self._args()), 303)

    @expose("/lines", methods=["POST"])
    @has_access
    def lines(self) -> ResponseReturnValue:
        """The first hits for the palette, while one types."""
        args = self._args()
        groups = search.found(actor(), args.get("q", ""), args.get("x", ""))
        return jsonify(
            lines=[
                {
                    "label": row.label,
                    "hint": str(row.hint),
                    "url": row.url,
                    "kind": str(group.title),
                }
                for group in groups
                for row in group.rows
            ]
        )

    def _args(self) -> dict[str, Any]:
        return dict(search_args(clean_line(request.form.get("q", ""))[:LONGEST], actor()))
