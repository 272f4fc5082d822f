"""The one registry and the tables of rules: filled by wiring, closed afterwards."""

import ast
import inspect
from dataclasses import FrozenInstanceError, replace

import pytest

from app import wiring
from app.core import registry
from app.core.errors import NotYours
from app.core.registry import Registry, stores
from app.placements.workflow import PLACEMENTS
from app.workflow.engine import Workflow


def test_a_store_that_is_not_named_in_the_registry_cannot_be_filled():
    with pytest.raises(TypeError, match="surprises"):
        replace(stores(), surprises=())


def test_every_store_has_to_be_filled():
    with pytest.raises(TypeError, match="gates"):
        Registry(unfit=())


def test_nothing_is_added_once_the_application_is_made():
    known = stores()
    with pytest.raises(FrozenInstanceError):
        known.gates = ()
    with pytest.raises(AttributeError):
        known.gates.append(len)
    with pytest.raises(TypeError):
        known.homes["student"] = "HomeView.index"
    with pytest.raises(RuntimeError, match="wiring"):
        registry.fill(known)


def test_what_a_store_was_filled_from_does_not_change_it():
    mine = {"student": "HomeView.index"}
    assert replace(stores(), homes=mine, gates=[len]).gates == (len,)
    with pytest.raises(TypeError):
        replace(stores(), homes=mine).homes["student"] = ""


def test_a_process_that_is_not_wired_says_so(monkeypatch):
    monkeypatch.setattr(registry, "_filled", [])
    with pytest.raises(RuntimeError, match=r"app\.wiring"):
        stores()


def test_wiring_again_changes_nothing():
    before, steps = stores(), PLACEMENTS.steps
    wiring.connect()
    assert (stores(), PLACEMENTS.steps) == (before, steps)


def test_every_store_says_what_it_is():
    [body] = [
        n.body for n in ast.parse(inspect.getsource(registry)).body if isinstance(n, ast.ClassDef)
    ]
    fields = [n for n, node in enumerate(body) if isinstance(node, ast.AnnAssign)]
    assert len(fields) == len(stores().__dataclass_fields__)
    assert all(isinstance(body[n + 1], ast.Expr) for n in fields)


@pytest.mark.parametrize("flow", wiring.WORKFLOWS, ids=lambda flow: flow.kind)
def test_a_table_of_rules_is_closed_once_the_application_is_made(flow):
    name = flow.steps[0].name
    for change in (
        lambda: setattr(flow, "steps", ()),
        lambda: setattr(flow, "always", ()),
        lambda: flow.extend(name, when=len),
        lambda: flow.extend(then=len),
    ):
        with pytest.raises(AttributeError, match="closed"):
            change()
    with pytest.raises(TypeError):
        flow.before[name] = len


def test_a_table_takes_guards_and_effects_until_it_is_closed():
    def guard(record, actor, now):
        """Bars."""

    def effect(change):
        """Follows."""

    names = {"kind", "model", "steps", "scope", "name"}
    table = Workflow(**{name: getattr(PLACEMENTS, name) for name in names})
    kept = table.step("give_up")
    table.extend("give_up", first=guard, then=effect, before=len)
    table.extend("give_up", when=effect)
    table.extend(then=effect)
    now = table.step("give_up")
    assert now.when == (guard, *kept.when, effect)
    assert now.then == (*kept.then, effect)
    assert (table.before, table.after) == ({"give_up": len}, (effect,))
    with pytest.raises(NotYours, match="no_such_step"):
        table.extend("no_such_step", when=guard)
