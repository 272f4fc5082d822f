"""What one test leaves behind, the next does not find; what would be found all the same is told."""

from __future__ import annotations

import locale
import os
import sys
from datetime import timedelta

import pytest
from flask_babel import force_locale
from jinja2 import Environment

from app.accounts.campus import oidc_issuer
from app.codes import queries
from app.core import names
from app.fab import counting
from app.workflow import steps
from tests import factories as make
from tests import left
from tests.compiled import Compiled


def test_what_modules_remember_is_forgotten(session):
    before = dict(oidc_issuer._known)
    oidc_issuer._known[1, "x"] = (0.0, {})
    counting._large["students"] = 0.0
    today = queries._today(1)
    left.forget()
    assert (oidc_issuer._known, "students" in counting._large) == (before, False)
    make.pass_time(seconds=9 * 86_400)
    assert queries._today(1) == today + timedelta(days=9)


def test_what_stood_in_a_private_table_from_the_beginning_stands_there_again(session):
    was = dict(names._SIGNS)
    names._SIGNS["left"] = ""
    left.forget()
    assert was == names._SIGNS != {}


def _there(monkeypatch, app, tmp_path) -> dict:
    return {
        "environment: LEFT": lambda: monkeypatch.setenv("LEFT", "1"),
        "environment: PATH": lambda: monkeypatch.setenv("PATH", "/"),
        "folder": lambda: monkeypatch.chdir(tmp_path),
        "path of imports": lambda: monkeypatch.syspath_prepend(tmp_path),
        "locale": lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"),
        "app.workflow.steps.FLOWS": lambda: monkeypatch.setitem(steps.FLOWS, "left", None),
        "config of the application: LEFT": lambda: monkeypatch.setitem(app.config, "LEFT", 1),
        "config of the application: TESTING": lambda: monkeypatch.delitem(app.config, "TESTING"),
        "filters of templates: d": lambda: monkeypatch.setitem(app.jinja_env.filters, "d", str),
        left.CLIENT: lambda: monkeypatch.setattr(app, "test_client_class", None),
    }


@pytest.mark.parametrize("name", _there(None, None, None))
def test_what_a_test_leaves_is_told(app, monkeypatch, tmp_path, name):
    there, was = _there(monkeypatch, app, tmp_path), locale.setlocale(locale.LC_ALL)
    before = left.state(app)
    try:
        there[name]()
        assert left.compared(before, left.state(app)) == [name]
    finally:
        locale.setlocale(locale.LC_ALL, was)
        monkeypatch.undo()
    assert not left.compared(before, left.state(app))
    assert (os.getcwd(), str(tmp_path) in sys.path) == (before["folder"], False)


def test_a_template_is_compiled_once_a_language_and_kind_of_environment(app, tmp_path):
    compiled = Compiled(str(tmp_path))

    def kept(environment, language):
        with app.test_request_context(), force_locale(language):
            bucket = compiled.get_bucket(environment, "a.html", "/a.html", "{{ _('Yes') }}")
            new = bucket.code is None
            bucket.code = compile("1", language, "eval")
            compiled.set_bucket(bucket)
            return new

    plain = Environment()
    asked = [(app.jinja_env, "zh"), (app.jinja_env, "en"), (plain, "zh")]
    assert [kept(*one) for one in asked] == [True, True, True]
    assert [kept(*one) for one in asked] == [False, False, False]
