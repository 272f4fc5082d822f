"""From one record to its detail page: fields in groups, buttons, the way to the next record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.fab.declared import Offer
from app.fab.listing import shown, value_of


@dataclass(frozen=True)
class Group:
    """Some fields under a title (None: without)."""

    title: Any
    fields: list[tuple[str, Any]]


@dataclass(frozen=True)
class Button:
    """An offer with the address it posts to; `mark` tells it from its like in other rows."""

    offer: Offer
    url: str
    mark: str


class Detail:
    """Mixin of SafeModelView: what the detail's template is given."""

    show_columns: Any
    show_fieldsets: Any
    show_title: Any
    show_widget: Any
    label_columns: Any
    formatters_columns: Any
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
            "widgets": {"show": self.show_widget(groups=self.groups(item))},
            "buttons": self.buttons(item),
            "edit_url": self._edit_url(item),
            "back_url": view.list_url(),
            "previous_url": view.url("show", pk=previous) if previous is not None else "",
            "next_url": view.url("show", pk=following) if following is not None else "",
            **self.show_context(item),
        }

    def show_context(self, item: Any) -> dict[str, Any]:  # noqa: ARG002
        """More values for a view's own show template; override."""
        return {}

    def groups(self, item: Any) -> list[Group]:
        """The fields of the detail, in the groups of `show_fieldsets`."""
        declared = self.show_fieldsets or [(None, {"fields": self.show_columns})]
        return [
            Group(title, [self._field(item, column) for column in group["fields"]])
            for title, group in declared
        ]

    def buttons(self, item: Any) -> list[Button]:
        """The record's offers with their addresses."""
        view: Any = self
        key = view.datamodel.get_pk_value(item)
        return [
            Button(offer, self.action_url(offer, item), f"{offer.name}-{key}")
            for offer in view.offers(item)
        ]

    def action_url(self, offer: Offer, item: Any) -> str:
        """Where the button of an offer posts to; override to say as of when the page was made."""
        view: Any = self
        return str(view.url("action", name=offer.name, pk=view.datamodel.get_pk_value(item)))

    def _field(self, item: Any, column: str) -> tuple[str, Any]:
        whole = self.row_texts.get(column)  # type: ignore[attr-defined]
        value = value_of(item, column.split("."))
        said = whole(item) if whole else shown(value, self.formatters_columns.get(column))
        return str(self.label_columns[column]), said

    def _edit_url(self, item: Any) -> str:
        view: Any = self
        if "edit" not in self.include_route_methods:
            return ""
        permission = f"can_{view.get_method_permission('edit')}"
        if not view.appbuilder.sm.has_access(permission, view.class_permission_name):
            return ""
        return str(view.url("edit", pk=view.datamodel.get_pk_value(item)))
