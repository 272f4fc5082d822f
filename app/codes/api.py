"""What forms ask while somebody types: regions by name or code."""

from __future__ import annotations

from flask import Response, jsonify, request
from flask_appbuilder import expose

from app.codes.regions import find_regions
from app.core.text import clean_line
from app.fab.access import has_access
from app.fab.builder import SafeView


class RegionView(SafeView):
    """The regions that fit what was typed, at most 20; for everybody signed in."""

    route_base = "/regions"
    default_view = "find"
    class_permission_name = "RegionSearch"

    @expose("", methods=["GET"])
    @has_access
    def find(self) -> Response:
        """JSON: a list of {code, name}."""
        text = clean_line(request.args.get("q", ""))[:40]
        found = find_regions(text) if text else []
        return jsonify([{"code": region.code, "name": region.full_name} for region in found])
