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
    """Rule id → tests that carry it."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                for rule in _marked(node):
                    found[rule].append(f"{file.relative_to(ROOT)}::{node.name}")
    return found


def _marked(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    for mark in node.decorator_list:
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
