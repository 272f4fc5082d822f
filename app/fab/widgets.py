"""FAB's widgets with our templates: a widget is a template rendered inside a page's template."""

from __future__ import annotations

from flask_appbuilder.widgets import FormWidget, ListWidget, ShowWidget


class SafeListWidget(ListWidget):
    """The table, its bar for ticked rows and its pager; given a `page` (see app.fab.listing)."""

    template = "fab/list_widget.html"


class SafeShowWidget(ShowWidget):
    """The fields of one record in groups; given `groups` of (title, [(label, value)])."""

    template = "fab/show_widget.html"


class SafeFormWidget(FormWidget):
    """The fields of a form, one column on a phone."""

    template = "fab/form_widget.html"
