"""One destination as pages show it: fields with their labels as they were, proofs, progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.files.documents.attachments import Upload
from app.files.documents.files import Listed
from app.settings.models import Review
from app.signing.destinations.checks import fields_of, shown
from app.signing.destinations.evidence import rows
from app.signing.destinations.kind_models import english
from app.signing.destinations.models import Destination
from app.signing.destinations.queries import of_placement
from app.signing.placements.models import Placement, PlacementState
from app.workflow import last_done
from app.workflow.actor import Actor

S = PlacementState


@dataclass(frozen=True)
class Leaving:
    """How a destination in force is left: told by the package of terminations above (DST-03)."""

    why_not: Callable[[Placement, Actor, datetime], str]
    apply: Callable[[int, Actor, str, Sequence[Upload]], Any]
    told: Callable[[Placement, Actor, datetime], dict[str, Any] | None]
    last: Callable[[int], int | None]  # the last application to leave a placement: both ids


def _said(label: Sequence[str]) -> str:
    return (label[1] if english() else "") or label[0]


def names(found: Destination) -> tuple[str, str]:
    """Type and kind of what was submitted, as they were called then; of a draft, as they are."""
    kept = found.kept
    if kept:
        return _said(kept["type"]), _said(kept["kind"])
    return str(found.kind.type), str(found.kind)


def items(found: Destination) -> list[Any]:
    """What was filled in: (label, text) each."""
    if found.kept:
        return [
            {"label": _said(row["label"]), "value": row["text"], "wide": row["wide"]}
            for row in found.kept["fields"]
        ]
    year = found.student.graduation_year
    return [
        {
            "label": str(f),
            "value": shown(f, found.values.get(f.key, ""), year),
            "wide": f.type == "long",
        }
        for f in fields_of(found.kind, year)
    ]


def proofs(found: Destination, who: Actor) -> list[tuple[str, list[Listed]]]:
    """The files by the label of their proof; a proof without a file is left out."""
    labels = (
        [(row["key"], _said(row["label"])) for row in found.kept["proofs"]]
        if found.kept
        else [(proof.key, str(proof)) for proof in found.kind.proofs]
    )
    have = rows(found, who)
    return [(label, have[key]) for key, label in labels if key in have]


def block(placement: Placement, who: Actor) -> tuple[str, list[Any], Any]:
    """Title, values and proofs for the desk; what was registered without a form says its name."""
    found = of_placement(placement.id)
    if found is None:
        return placement.employer_name, [], []
    kind_type, kind = names(found)
    settles = (
        [] if placement.settles else [(_("Counts as"), _("not settled; it gives way by itself"))]
    )
    return f"{kind_type} · {kind}", [*items(found), *settles], proofs(found, who)


def progress(placement: Placement) -> list[tuple[str, str, str]]:
    """Submitted, reviewed, in force: (label, done | now | todo, note) (INV-22)."""
    way = [(S.IN_FORCE, _("In force"))]
    if placement.review != Review.COLLEGE:
        way.insert(0, (S.AWAITING_SCHOOL, _("School")))
    if placement.review != Review.SCHOOL:
        way.insert(0, (S.AWAITING_COLLEGE, _("College")))
    if not placement.stands:
        return []
    states = [state for state, _label in way]
    here = len(way) if placement.in_force else states.index(S(placement.state))
    marks = ["done" if n < here else "now" if n == here else "todo" for n in range(len(way))]
    labels = [label for _state, label in way]
    return [
        (_("Submitted"), "done", ""),
        *((label, mark, "") for label, mark in zip(labels, marks, strict=True)),
    ]


def next_step(placement: Placement) -> str:
    """What comes next, and who is to do it."""
    state = S(placement.state)
    told = {
        S.AWAITING_COLLEGE: _("The college reviews it next."),
        S.AWAITING_SCHOOL: _("The school reviews it next."),
        S.IN_FORCE: _("It is in force and stands in the employment plan.")
        if placement.settles
        else _(
            "It stands in the employment plan and gives way by itself once you sign or register "
            "something that settles."
        ),
        S.REFUSED: _("It was not approved. Correct it and submit it again."),
        S.TERMINATED: _("You have left it."),
        S.REPLACED: _("It gave way to another registration or signing of yours."),
    }
    return told.get(state, "")


def why_refused(placement: Placement) -> str:
    """The reason that was given when it was not approved."""
    row = last_done.last("placement", placement.id)
    return row.reason if row is not None and row.to_state == S.REFUSED else ""
