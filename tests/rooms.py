"""`make docs`: the rooms of the house as one page, drawn from the import directions that are enforced."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "rooms.md"
HEAD = """# Where things are

Drawn from the import directions in `pyproject.toml`, which every test run enforces (`make docs` draws it anew).
A room may use every room below it; rooms side by side never use each other. Templates and tests stand under
the same names. In a room: `models.py` tables · `workflow.py` the rules · `queries.py` who sees which rows ·
`sheets.py` columns of its files · `forms.py` · `notices.py` whom it tells · `tasks.py` the worker and the clock ·
`office_views.py`, `employer_views.py`, `student_views.py` HTTP only.

"""


def floors() -> list[list[str]]:
    """The rooms that stand side by side, from the top: [["menu", "cli"], …, ["core"]]."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (
        c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers"
    )
    return [
        [room.strip().removeprefix("app.") for room in floor.split("|")]
        for floor in contract["layers"]
    ]


def place(room: str) -> str:
    """Where it stands: app/core, app/menu.py."""
    path = f"app/{room.replace('.', '/')}"
    return path if (ROOT / path).is_dir() else f"{path}.py"


def what(room: str) -> str:
    """The first line of the room's docstring."""
    path = ROOT / place(room)
    file = path / "__init__.py" if path.is_dir() else path
    return (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").split("\n")[0]


def drawn() -> str:
    """The floors as a diagram (mermaid): one box a floor, an arrow from who uses to who is used."""
    lines = ["```mermaid", "flowchart TB"]
    for level, rooms in enumerate(floors()):
        lines.append(f'  floor{level}["{" · ".join(rooms)}"]')
        if level:
            lines.append(f"  floor{level - 1} --> floor{level}")
    return "\n".join([*lines, "```", ""])


def page() -> str:
    """The whole page."""
    rows = [f"| `{place(room)}` | {what(room)} |" for floor in floors() for room in floor]
    return HEAD + drawn() + "\n| room | what is in it |\n|---|---|\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
