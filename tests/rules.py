"""`make rules`: every rule of the specification with the tests that prove it."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ID = re.compile(r"[A-Z]{3}-\d{2}")


def known() -> list[str]:
    """The ids, in the specification's order."""
    text = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    return re.findall(r"^- ([A-Z]{3}-\d{2})$", text, re.M)


def proved() -> dict[str, list[str]]:
    """Rule id → tests that carry it, by a mark of their own or of their file."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        of_file = [rule for node in tree.body for rule in _of_file(node)]
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                tested = of_file if node.name.startswith("test_") else []
                for rule in dict.fromkeys([*tested, *_rules(node.decorator_list)]):
                    found[rule].append(f"{file.relative_to(ROOT)}::{node.name}")
    return found


def _of_file(node: ast.stmt) -> Iterator[str]:
    """The marks of `pytestmark`."""
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark":
        yield from _rules(node.value.elts if isinstance(node.value, ast.List) else [node.value])


def _rules(marks: list[ast.expr]) -> Iterator[str]:
    for mark in marks:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
            yield from (str(a.value) for a in mark.args if isinstance(a, ast.Constant))


def main() -> None:
    """Print each rule with its tests, and how many have one."""
    tests = proved()
    for rule in known():
        print(f"{rule}  {len(tests.get(rule, []))}")
        for test in tests.get(rule, []):
            print(f"        {test}")
    done = sum(1 for rule in known() if tests.get(rule))
    print(f"\n{done} of {len(known())} rules have a test")


if __name__ == "__main__":
    main()
