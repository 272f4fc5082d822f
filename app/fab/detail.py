"""From one record to its detail page: fields in groups, buttons, the way to the next record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.fab.columns import Drawn, Panel
from app.fab.declared import ActionButton, Link


@dataclass(frozen=True)
class Button:
    """An offer with the address it posts to; `mark` tells it from its like in other rows."""

    offer: ActionButton
    url: str
    mark: str


class Detail:
    """Mixin of SafeModelView: what the detail's template is given."""

    panels: tuple[Panel, ...] = ()
    show_loads: tuple[str, ...] = ()  # relations that the detail reads besides its panels' columns
    show_title: Any
    show_widget: Any
    include_route_methods: Any
    show_neighbours: bool = (
        True  # the way to the previous and next record of the list as it was left
    )

    def detail(self, item: Any) -> dict[str, Any]:
        """The template's values; `show_context` adds the view's own panels."""
        view: Any = self
        previous, following = view.neighbours(item) if self.show_neighbours else (None, None)
        return {
            "title": self.show_title,
            "item": item,
            "pk": view.datamodel.get_pk_value(item),
            "name": view.record_name(item),
            "widgets": self.drawn(item),
            "buttons": self.buttons(item),
            "edit_url": self._edit_url(item),
            "back_url": view.list_url(),
            "related": self.related(item),
            "previous_url": view.url("show", pk=previous) if previous is not None else "",
            "next_url": view.url("show", pk=following) if following is not None else "",
            **self.show_context(item),
        }

    def show_context(self, item: Any) -> dict[str, Any]:  # noqa: ARG002
        """More values for a view's own show template; override."""
        return {}

    def related(self, item: Any) -> Sequence[Link]:  # noqa: ARG002
        """Pages that the record leads to, below its fields; override to name them."""
        return ()

    def drawn(self, item: object) -> dict[str, object]:
        """The panels of a record as widgets: its fields, and what stands beside them."""
        view: Any = self
        own = [(panel, self._value(panel, item)) for panel in self.panels if view.may(panel.right)]
        found = [
            Drawn(p, value) for p, value in own if (value is not None if p.template else value)
        ]
        aside = [drawn for drawn in found if drawn.panel.aside]
        return {
            "show": self.show_widget(panels=[drawn for drawn in found if drawn not in aside]),
            "aside": self.show_widget(panels=aside) if aside else None,
        }

    def _value(self, panel: Panel, item: Any) -> Any:
        if panel.made is not None:
            return panel.made(item)
        view: Any = self
        columns = [view.column(path) for path in panel.paths]
        return [(str(c.label), c.says(item)) for c in columns if view.may(c.right)]

    def buttons(self, item: object) -> list[Button]:
        """The record's offers with their addresses."""
        view: Any = self
        key = view.datamodel.get_pk_value(item)
        return [
            Button(offer, self.action_url(offer, item), f"{offer.name}-{key}")
            for offer in view.offers(item)
        ]

    def action_url(self, offer: ActionButton, item: object) -> str:
        """Where the button of an offer posts to; override to say as of when the page was made."""
        view: Any = self
        return str(view.url("action", name=offer.name, pk=view.datamodel.get_pk_value(item)))

    def _edit_url(self, item: object) -> str:
        view: Any = self
        if "edit" not in self.include_route_methods:
            return ""
        permission = f"can_{view.get_method_permission('edit')}"
        if not view.appbuilder.sm.has_access(permission, view.class_permission_name):
            return ""
        return str(view.url("edit", pk=view.datamodel.get_pk_value(item)))
