"""Is a view declared so that nothing is left to FAB? Asked at registration and by a guard test.

FAB's defaults are the holes: every column searchable (W2), sortable (H3), a drop-down of every
related row in the search form (56 s at a million rows), English titles, permissions by class name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_appbuilder.views import CompactCRUDMixin, MasterDetailView

from app.fab.interface import SafeInterface

DECLARED = ("class_permission_name", "columns")
# what FAB reads of columns is made of `columns` and `panels`: said a second time, one of the two is forgotten
MADE = (
    "list_columns",
    "label_columns",
    "order_columns",
    "show_columns",
    "show_fieldsets",
    "formatters_columns",
    "description_columns",
    "list_fieldsets",
)
WAYS = ("asc", "desc")
FORMS = {"add": "add_columns", "edit": "edit_columns"}
OWN = ("list_template", "show_template", "add_template", "edit_template")
WIDGETS = ("list_widget", "show_widget", "add_widget", "edit_widget")


def check_view(view: object) -> list[str]:
    """What is wrong with the declaration of a view (class or instance); empty when all is well."""
    cls = view if isinstance(view, type) else type(view)
    datamodel = getattr(cls, "datamodel", None)
    if not isinstance(datamodel, SafeInterface):
        return [f"{cls.__name__}: datamodel is a SafeInterface"]
    problems = [*_scope(cls), *_declarations(cls), *_routes(cls), *_texts(cls), *_templates(cls)]
    if not problems:
        problems = [*_columns(cls, datamodel), *_existing(cls, datamodel), *_names(cls)]
    return [f"{cls.__name__}: {problem}" for problem in problems]


def _declared(cls: type, name: str) -> bool:
    """Set by one of our classes, not inherited from the base (which stands on FAB's defaults)."""
    for owner in cls.__mro__:
        if owner.__module__.startswith(("app.fab.", "flask_appbuilder.")):
            continue
        if name in vars(owner):
            return True
    return False


def _scope(cls: Any) -> Iterator[str]:
    if not _declared(cls, "scoped"):
        yield "scoped() is written: which rows may the person asking see?"
    if len(cls.datamodel.obj.__mapper__.primary_key) != 1:
        yield "the model has one primary key column"
    if issubclass(cls, (MasterDetailView, CompactCRUDMixin)):
        yield "MasterDetailView and CompactCRUDMixin read records without a scope: not used"
    if cls.related_views:
        yield "related_views are not used: a list of its own, or a table in the detail's template"
    if cls.base_filters:
        yield "base_filters are not used: scoped() is the one place of the scope"


def _declarations(cls: Any) -> Iterator[str]:
    for name in DECLARED:
        if not _declared(cls, name):
            yield f"{name} is declared"
    if not cls.class_permission_name:
        yield "class_permission_name is a name"
    for name in MADE:
        if _declared(cls, name):
            yield f"{name} is made of columns and panels, not declared"
    if not any(column.listed for column in cls.columns):
        yield "columns has at least one of the list"


def _routes(cls: Any) -> Iterator[str]:
    routes = cls.include_route_methods or set()
    if not routes or "download" in routes:
        yield "include_route_methods lists the routes, and download is never one (H6, W4)"
    for route, columns in FORMS.items():
        if route in routes and not getattr(cls, columns) and not getattr(cls, f"{route}_form"):
            yield f"{columns} is declared for the route {route} (W11)"


def _texts(cls: Any) -> Iterator[str]:
    for route in ("list", "show", "add", "edit"):
        if route in (cls.include_route_methods or ()) and not getattr(cls, f"{route}_title"):
            yield f"{route}_title is declared"


def _templates(cls: object) -> Iterator[str]:
    for name in OWN:
        if getattr(cls, name).startswith("appbuilder/"):
            yield f"{name} is ours, not FAB's"
    for name in WIDGETS:
        if getattr(cls, name).template.startswith("appbuilder/"):
            yield f"{name} is ours, not FAB's"


def _columns(cls: Any, datamodel: SafeInterface) -> Iterator[str]:
    own = datamodel.list_columns
    for column in cls.columns:
        if column.order and column.order not in own:
            yield f"{column.path} sorts by a column of the model itself, not {column.order} (H3, W3)"
    if cls.base_order and (cls.base_order[0] not in own or cls.base_order[1] not in WAYS):
        yield "base_order is (column of the model, asc or desc)"
    for name in cls.search_columns:
        if name not in own or not datamodel.is_string(name):
            yield f"search column {name} is a text column of the model itself, no relation (W2)"


def _existing(cls: Any, datamodel: SafeInterface) -> Iterator[str]:
    paths = [column.path for column in cls.columns]
    read = [column.path for column in cls.columns if not (column.of_row or column.out_row)]
    for path in [*read, *cls.load_columns, *cls.show_loads]:
        if not _exists(datamodel.obj, path):
            yield f"column {path} exists"
    for path in {path for path in paths if paths.count(path) > 1}:
        yield f"column {path} is declared once"
    for path in {path for panel in cls.panels for path in panel.paths} - set(paths):
        yield f"column {path} of a panel is declared"


def _exists(model: Any, column: str) -> bool:
    """A column, property or method; a dotted one is looked up on the related model."""
    head, _dot, rest = column.partition(".")
    if not hasattr(model, head):
        return False
    relations = model.__mapper__.relationships
    return _exists(relations[head].mapper.class_, rest) if rest and head in relations else not rest


def _names(cls: object) -> Iterator[str]:
    for kind in ("tabs", "filters"):
        names = [declared.name for declared in getattr(cls, kind)]
        if len(set(names)) != len(names) or not all(name.isidentifier() for name in names):
            yield f"the names of {kind} are different plain words"
