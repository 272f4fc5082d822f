"""docs/workflows.md: each table of steps as a picture and as a list of who may do what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from app.workflow.engine import Workflow


def diagram(workflows: Iterable[Workflow[Any]]) -> str:
    """docs/workflows.md: each table as a picture (mermaid) and as a list of who may do what."""
    parts = ["# Workflows", "", "Generated from the tables by `make docs`; do not edit.", ""]
    for flow in workflows:
        parts += [f"## {flow.name}", "", "```mermaid", "stateDiagram-v2"]
        for step in flow.steps:
            for source in step.sources or ("[*]",):
                parts += [f"    {source} --> {target}: {step.name}" for target in step.reaches]
        parts += [
            "```",
            "",
            "| step | from | to | by | must hold | reason |",
            "|---|---|---|---|---|---|",
        ]
        for step in flow.steps:
            guards = (
                "<br>".join((g.__doc__ or g.__name__).splitlines()[0] for g in step.when) or "–"
            )
            parts.append(
                f"| {step.name} | {', '.join(step.sources) or '–'} | {', '.join(step.reaches)} "
                f"| {', '.join(step.roles)} | {guards} | {step.reason} |"
            )
        parts.append("")
    return "\n".join(parts)
