"""Who may begin something sees its result: no redirect after a POST leads a role to «not allowed» (F-12).

The code of every view is walked: where does it lead after a POST, and may everybody who may post go there?
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache

import pytest

from app.roles import GRANTS
from tests.test_matrix import PUBLIC, permission_of

FOLLOWED = 6  # calls from the view's own method to the one that redirects


@cache
def tree(function):
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError):
        return ast.Module(body=[], type_ignores=[])


def called(view, function):
    """Our functions that a function calls: methods of the view, functions of its module."""
    names = vars(inspect.getmodule(function))
    for node in ast.walk(tree(function)):
        if not isinstance(node, ast.Call):
            continue
        at = node.func
        if (
            isinstance(at, ast.Attribute)
            and isinstance(at.value, ast.Name)
            and at.value.id in ("self", "view")
        ):
            found = getattr(type(view), at.attr, None)
        elif isinstance(at, ast.Name):
            found = names.get(at.id)
        else:
            continue
        if inspect.isfunction(found) and found.__module__.startswith("app."):
            yield inspect.unwrap(found)


def reached(view, function):
    """The function and what it calls, a few calls deep."""
    seen, level = {function}, [function]
    for _n in range(FOLLOWED):
        level = [f for one in level for f in called(view, one) if f not in seen]
        seen.update(level)
    return seen


def targets(view, function):
    """The endpoints to which a method redirects, by what stands in the code."""
    for one in reached(view, function):
        for node in ast.walk(tree(one)):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "redirect"):
                continue
            for call in ast.walk(node):
                if isinstance(call, ast.Call):
                    yield from named(view, call)


def named(view, call):
    """The endpoint that one call inside `redirect(…)` names."""
    name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
    first = call.args[0] if call.args else None
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    if name == "url_for" and text:
        yield view.endpoint + text if text.startswith(".") else text
    elif name == "url" and text:
        yield f"{view.endpoint}.{text}"
    elif name == "list_url":
        yield f"{view.endpoint}.list"


def posted(app):
    """(view, permission word, method) of everything that answers a POST; actions one by one."""
    for view in app.extensions["appbuilder"].baseviews:
        for rule in app.url_map.iter_rules():
            owner, _dot, method = rule.endpoint.partition(".")
            if (
                owner == view.endpoint
                and "POST" in rule.methods
                and method not in ("action", "action_post")
            ):
                kept = getattr(getattr(view, method), "_permission_name", method)
                yield view, f"can_{kept}", inspect.unwrap(getattr(type(view), method))
        for name, action in getattr(view, "actions", {}).items():
            yield view, name, inspect.unwrap(getattr(action.func, "__func__", action.func))


def roles_with(view, word):
    for role, words in GRANTS.get(view.class_permission_name, {}).items():
        if word.removeprefix("can_") in words:
            yield role


def may(app, role, endpoint):
    if endpoint in PUBLIC:
        return True
    asked = permission_of(app, endpoint)
    assert asked is not None, endpoint
    return asked[1].removeprefix("can_") in GRANTS.get(asked[0], {}).get(role, ())


def exists(app, endpoint):
    return any(rule.endpoint == endpoint for rule in app.url_map.iter_rules())


@pytest.mark.rule("ACC-02", "AGR-07")
def test_whoever_may_post_may_see_where_it_leads(app):
    wrong, walked = [], 0
    for view, word, function in posted(app):
        for endpoint in sorted(set(targets(view, function))):
            if not exists(app, endpoint):
                continue
            for role in roles_with(view, word):
                walked += 1
                if not may(app, role, endpoint):
                    wrong.append((role.value, f"{view.endpoint} {word}", endpoint))
    assert walked > 200
    assert not wrong
