"""Arrows that go round the import directions, found in source text: see `tests/test_architecture.py`."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WIRING = "app.wiring"
CHANGING = {
    "append",
    "extend",
    "insert",
    "add",
    "update",
    "setdefault",
    "register",
    "remove",
    "clear",
    "pop",
}
WORD = re.compile(r"\b[a-z][a-z_0-9]*\b")


def module_of(path: Path) -> str:
    """app/plan/views.py → app.plan.views"""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def floors() -> dict[str, int]:
    """Package → its floor, the lowest 0: the layers that import-linter keeps."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    return {
        name.strip(" ()"): n
        for n, layer in enumerate(reversed(layers))
        for name in re.split(r"[|:]", layer)
    }


def package_of(module: str, known: dict[str, int]) -> str:
    """The package of a floor that a module belongs to; "" for what stands above all."""
    return max((p for p in known if f"{module}.".startswith(f"{p}.")), key=len, default="")


def _imported(tree: ast.AST, module: str) -> set[str]:
    """Names that came from another package of ours."""
    known = floors()
    own = package_of(module, known)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "app":
            found |= {
                alias.asname or alias.name
                for alias in node.names
                if package_of(f"{node.module}.{alias.name}", known) != own
            }
    return found - {
        n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def _chain(node: ast.expr) -> list[str]:
    """a.b[0].c → ["a", "b", "c"]; empty for what begins with no name."""
    names: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign | ast.Delete):
        return node.targets
    return [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []


def _at_import(tree: ast.Module) -> set[int]:
    """What runs when the module is imported."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for part in ast.walk(node)
    }
    return {id(node) for node in ast.walk(tree)} - inside


def additions(source: str, module: str) -> list[str]:
    """What a module adds to a list, table or mapping of another package, or registers there."""
    tree = ast.parse(source)
    foreign, first = _imported(tree, module), _at_import(tree)
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in CHANGING
        ):
            names = _chain(node.func.value)
            kept = bool(names) and (id(node) in first or names[-1].isupper())
            if kept and names[0] in foreign:
                found.append(f"{module}:{node.lineno} {ast.unparse(node.func)}")
        for target in _targets(node):
            names = _chain(target)
            shared = isinstance(target, ast.Subscript) or isinstance(node, ast.AugAssign)
            if names and names[0] in foreign and (shared or names[-1].isupper()):
                found.append(f"{module}:{node.lineno} {ast.unparse(target)}")
    return found + [f"{module}:{line} registers itself" for line in _registering(tree)]


def _registering(tree: ast.Module) -> Iterator[int]:
    """Classes whose instances enter themselves into something of their module."""
    shared = {t.id for n in tree.body for t in _targets(n) if isinstance(t, ast.Name)}
    shared |= {
        a.asname or a.name for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names
    }

    def mine(value: ast.expr) -> bool:
        return isinstance(value, ast.Name) and value.id == "self"

    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and mine(node.value):
            names = [_chain(target) for target in node.targets]
        elif isinstance(node, ast.Call) and any(map(mine, node.args)):
            called = _chain(node.func)
            names = [called[:1]] if called[1:] and called[-1] in CHANGING else []
        else:
            continue
        if any(chain and chain[0] in shared for chain in names):
            yield node.lineno


def patches(source: str, module: str, related: set[str]) -> list[str]:
    """Attributes set on another package's class or module, and what asks whether somebody has set one."""
    tree = ast.parse(source)
    foreign = _imported(tree, module)
    found = []
    for node in ast.walk(tree):
        for target in _targets(node):
            names = _chain(target)
            if isinstance(target, ast.Attribute) and len(names) == 2 and names[0] in foreign:
                found.append(f"{module}:{node.lineno} {ast.unparse(target)}")
        if not isinstance(node, ast.Call):
            continue
        called, args = _chain(node.func), node.args
        if called == ["setattr"] and _chain(args[0])[:1] and _chain(args[0])[0] in foreign:
            found.append(f"{module}:{node.lineno} setattr")
        if called[-1:] == ["add_property"]:
            found.append(f"{module}:{node.lineno} add_property")
        asked = called in (["getattr"], ["hasattr"]) and isinstance(args[1], ast.Constant)
        if asked and args[1].value in related:
            found.append(f"{module}:{node.lineno} {called[0]} of {args[1].value}")
    return found


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The texts of a module, its docstrings apart."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    said = {
        id(n.body[0].value)
        for n in ast.walk(tree)
        if isinstance(n, kinds) and n.body and isinstance(n.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def owners() -> dict[str, tuple[str, bool]]:
    """Table, or named index or constraint → the module that declares it; whether it is a table."""
    from app.core.db import db

    found = {}
    for mapper in db.Model.registry.mappers:
        table, module = mapper.local_table, mapper.class_.__module__
        named = (str(part.name) for part in (*table.indexes, *table.constraints) if part.name)
        found |= {table.name: (module, True), **dict.fromkeys(named, (module, False))}
    return found


def upward_sql(source: str, module: str, owned: dict[str, tuple[str, bool]]) -> list[str]:
    """SQL on tables, and names of indexes and constraints, of packages that are not below."""
    known, found = floors(), []
    own = package_of(module, known)
    for line, text in _texts(ast.parse(source)):
        for word in set(WORD.findall(text)) & owned.keys():
            theirs, is_table = package_of(owned[word][0], known), owned[word][1]
            if theirs in ("", own) or known[theirs] < known.get(own, len(known)):
                continue
            from_it = (
                rf"\b(FROM|JOIN|UPDATE|INTO|USING)\s+(ONLY\s+)?{word}\b|\b{word}\.\w+ ?(=|IN|IS)"
            )
            if not is_table or re.search(from_it, text):
                found.append(f"{module}:{line} {word}")
    return found
