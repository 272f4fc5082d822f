"""Texts of templates are translated when they are compiled, once for each language."""

from __future__ import annotations

import pytest
from flask import render_template
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from jinja2 import DictLoader

PAGES = {
    "page.html": """{% from "macros.html" import named %}{{ _("Student") }}|{{ named("<b>") }}|{{ label }}|"""
    """{% for n in [1] %}{{ _("Page %(page)s", page=n) }}{% endfor %}|{{ _("100%%") }}|{{ "a" ~ _("Student") }}""",
    "macros.html": """{% macro named(who) %}{{ _("Signed by %(who)s", who=who) }}{% endmacro %}""",
    "plain.txt": """{{ _("Signed by %(who)s", who="<b>") }}""",
}
SAID = {
    "Student": "学生",
    "Page %(page)s": "第 %(page)s 页",
    "Signed by %(who)s": "%(who)s 签署",
    "100%%": "100%%",
}


@pytest.fixture
def pages(app, monkeypatch):
    """The pages above with their Chinese, and nothing of them left afterwards."""
    monkeypatch.setattr(app.jinja_env, "loader", DictLoader(PAGES))
    with app.test_request_context("/"), force_locale("zh"):
        table = app.extensions["babel"].instance.domain_instance.get_translations()
        for text, chinese in SAID.items():
            monkeypatch.setitem(table._catalog, text, chinese)
        yield app


def test_each_language_has_its_own_page_however_they_take_turns(pages):
    label = _l("Student")
    for _turn in range(2):
        with force_locale("zh"):
            assert render_template("page.html", label=label) == (
                "学生|&lt;b&gt; 签署|学生|第 1 页|100%|a学生"
            )
        with force_locale("en"):
            assert render_template("page.html", label=label) == (
                "Student|Signed by &lt;b&gt;|Student|Page 1|100%|aStudent"
            )


def test_a_text_file_escapes_nothing(pages):
    assert render_template("plain.txt") == "<b> 签署"
    with force_locale("en"):
        assert render_template("plain.txt") == "Signed by <b>"
