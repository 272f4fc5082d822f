"""A card's title leads to the detail: on a phone the first column may not be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from markupsafe import Markup


class TitleLinks:
    """Mixin of SafeModelView: the cell that is the card's title is a link, wherever it stands."""

    def _row(self, item: Any, pattern: str, heads: list[Any]) -> Any:
        view: Any = super()
        row = view._row(item, pattern, heads)
        cells = [
            replace(cell, value=Markup('<a href="%s">%s</a>') % (row.url, cell.value))
            if number and "qq-card-title" in cell.css
            else cell
            for number, cell in enumerate(row.cells)
        ]
        return replace(row, cells=cells)
