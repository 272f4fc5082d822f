"""A list as the person narrowed it, as CSV that spreadsheets open; formulas made harmless."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, request, stream_with_context
from flask_appbuilder.baseviews import expose

from app.core import clock
from app.core.text import plain_cell
from app.fab.access import has_access
from app.fab.declared import Link

MOST = 20_000
AT_ONCE = 200


class CsvExport:
    """Mixin of SafeModelView: the route `export`; the view says heads and cells."""

    export_name: str
    export_needed: tuple[str, ...]  # the paths that `export_cells` reads

    def export_heads(self) -> list[str]:
        raise NotImplementedError

    def export_cells(self, row: Any) -> list[str]:
        raise NotImplementedError

    def export_link(self, label: Any) -> Link:
        """The button beside the list's heading: the same rows, as a file."""
        view: Any = self
        query = request.query_string.decode("ascii", "ignore")
        return Link(view.url("export") + (f"?{query}" if query else ""), label)

    @expose("/export", methods=["GET"])
    @has_access
    def export(self) -> Response:
        """UTF-8 with mark, written in portions; numbers as the list shows them."""
        view: Any = self
        args = view.reader.read(request.args)
        part = view.datamodel.slice(view.narrowed(args), view.order_of(args), MOST)
        keys = [place.key for place in part.places]
        name = f"{self.export_name}-{clock.today():%Y%m%d}.csv"
        return Response(
            stream_with_context(self._lines(keys)),
            mimetype="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _lines(self, keys: Sequence[Any]) -> Iterator[str]:
        view: Any = self
        yield "\ufeff" + _line(self.export_heads())
        for start in range(0, len(keys), AT_ONCE):
            rows = view.datamodel.rows(keys[start : start + AT_ONCE], self.export_needed)
            yield "".join(_line(self.export_cells(row)) for row in rows)


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([plain_cell(cell) for cell in cells])
    return out.getvalue()
