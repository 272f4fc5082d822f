"""Texts of pages, quick: templates are compiled once a language, their texts in them.

A desk page asks for 450 texts. What stands in a template is translated when it is compiled (the syntax tree
is changed, so that Jinja folds it into the page); labels of the code are one look into a table.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import MutableMapping
from typing import Any

import flask_babel
from babel import support
from flask import Flask
from flask.globals import _cv_app
from flask.templating import Environment
from flask_babel import Domain, get_locale
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer

_BLANK_LINES = re.compile(
    r"[ \t]*\n\s*"
)  # between tags one is as good as many: no page has <pre> there
_NONE: dict[str, str] = {}


def language() -> str:
    """The language of the page that is being made; empty outside of one."""
    context = _cv_app.get(None)  # `g` and `current_app` cost more than all that follows
    if context is None:
        return ""
    asked = context.g.get("_flask_babel")
    locale = getattr(asked, "babel_locale", None) or get_locale()
    return str(locale.language) if locale else ""


class Texts(Domain):
    """Flask-Babel's texts without its work for every single one: the table of a language is one look away."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, support.Translations] = {}

    def get_translations(self) -> support.Translations | support.NullTranslations:
        """The table of the page's language."""
        spoken = language()
        table = self.tables.get(spoken)
        if table is None:
            table = super().get_translations()
            if spoken:
                self.tables[spoken] = table
        return table

    def gettext(self, string: str, **variables: Any) -> str:
        """One look into the table of the page's language; all else is the library's."""
        table = self.get_translations()
        text = getattr(table, "_catalog", _NONE).get(string)
        if not text:
            text = table.ugettext(string)
        return text % variables if variables else text


class Translated(NodeTransformer):
    """Calls of `_`, `gettext` and `pgettext` with a constant become its translation.

    As with Jinja's own call the text counts as markup, and is a format even without values: ``%%`` is ``%``.
    """

    def __init__(self, table: support.Translations | support.NullTranslations) -> None:
        self.table = table

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (Jinja's name)
        """The text, or the call as it is where the text is known only when the page is made."""
        self.generic_visit(node)
        text = self._text(node)
        if text is None or node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        line = node.lineno
        if not node.kwargs:
            whole = nodes.Const(text.replace("%%", "%"), lineno=line)
            return nodes.MarkSafeIfAutoescape(whole, lineno=line)
        values = [nodes.Pair(nodes.Const(k.key), k.value, lineno=line) for k in node.kwargs]
        marked = nodes.MarkSafeIfAutoescape(nodes.Const(text, lineno=line), lineno=line)
        return nodes.Mod(marked, nodes.Dict(values, lineno=line), lineno=line)

    def _text(self, node: nodes.Call) -> str | None:
        name = node.node.name if isinstance(node.node, nodes.Name) else ""
        given = [str(a.value) for a in node.args if isinstance(a, nodes.Const)]
        if len(given) != len(node.args):
            return None
        if name in ("_", "gettext") and len(given) == 1:
            return str(self.table.ugettext(given[0]))
        if name == "pgettext" and len(given) == 2:
            return str(self.table.upgettext(given[0], given[1]))
        return None


class TranslatedEnvironment(Environment):
    """Flask's environment with a compiled template for each language."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if (name or "").endswith(".html"):
            for data in tree.find_all(nodes.TemplateData):
                data.data = _BLANK_LINES.sub("\n", data.data)
        if language():
            texts: Texts = self.app.extensions["babel"].instance.domain_instance
            Translated(texts.get_translations()).visit(tree)
        return tree

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:
        """As Jinja's, but the language belongs to the key."""
        assert self.loader is not None
        assert self.cache is not None
        key: Any = (weakref.ref(self.loader), name, language())
        template = self.cache.get(key)
        if template is None or (self.auto_reload and not template.is_up_to_date):
            template = self.loader.load(self, name, self.make_globals(globals))
            self.cache[key] = template
        elif globals:
            template.globals.update(globals)
        return template


def texts() -> Domain:
    """The texts of the running application; outside of one nothing is translated."""
    context = _cv_app.get(None)
    if context is None:
        return Domain()
    found: Domain = context.app.extensions["babel"].instance.domain_instance
    return found


def init(app: Flask) -> None:
    """Pages of this application are made so; after Flask-Babel is there."""
    app.extensions["babel"].instance.domain_instance = Texts()
    flask_babel.get_domain = texts  # its own looks for one of the request's at each text
