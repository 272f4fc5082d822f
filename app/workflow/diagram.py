"""docs/workflows.md: each table of steps as a picture and as a list of who may do what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.core.registry import stores
from app.workflow.actor import PARTIES
from app.workflow.engine import Workflow
from app.workflow.steps import Reason, Step


def diagram(workflows: Iterable[Workflow[Any]]) -> str:
    """docs/workflows.md: each table as a picture (mermaid) and as a list of who may do what."""
    parts = [
        "# Workflows",
        "",
        "Generated from the tables by `make docs`; do not edit.",
        "¹ follows from another record's step only; ² can be undone for 30 seconds; ³ binds nobody.",
        *(
            "Every step of a party that binds somebody: " + _about(guard)
            for guard in stores().party_guards
        ),
        "",
    ]
    for flow in workflows:
        parts += [f"## {flow.name}", "", "```mermaid", "stateDiagram-v2"]
        for step in flow.steps:
            for source in step.sources or ("[*]",):
                parts += [f"    {source} --> {target}: {step.name}" for target in step.reaches]
        parts += ["```", "", *_always(flow)]
        parts += [
            "| step | from | to | by | must hold | asks for |",
            "|---|---|---|---|---|---|",
        ]
        for step in flow.steps:
            parts.append(
                f"| {step.name}{_marks(step)} | {', '.join(step.sources) or '–'} "
                f"| {', '.join(step.reaches)} | {', '.join(step.roles)} "
                f"| {'<br>'.join(map(_about, step.when)) or '–'} | {_asks(step)} |"
            )
        parts.append("")
    return "\n".join(parts)


def _about(guard: Any) -> str:
    return (guard.__doc__ or guard.__name__).splitlines()[0]


def _always(flow: Workflow[Any]) -> list[str]:
    if not flow.always:
        return []
    return ["Every step of a person: " + " ".join(map(_about, flow.always)), ""]


def _marks(step: Step) -> str:
    """¹ follows from another record's step only; ² can be undone for 30 seconds; ³ binds nobody."""
    free = not step.binds and PARTIES.intersection(step.roles)
    return ("¹" if step.inner else "") + ("²" if step.undoable else "") + ("³" if free else "")


def _asks(step: Step) -> str:
    reason = {Reason.REQUIRED: "reason", Reason.OPTIONAL: "reason, if any"}.get(step.reason)
    asked = [reason, step.tick and "tick", step.confirm and "second confirmation"]
    asked.append("second factor anew" if step.step_up else None)
    asked += [f"fresh code of the {role}" for role in step.fresh]
    return ", ".join(str(part) for part in asked if part) or "–"
