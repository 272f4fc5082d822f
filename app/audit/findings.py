"""What the verifier can find, and its sentence: which record, which row, when, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.registry import stores


@dataclass(frozen=True)
class BrokenPlace:
    """A broken place. `kind` is one of SENTENCES; `facts` are texts and numbers for its sentence."""

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


SENTENCES = {
    "altered": _l("Altered: %(row)s, %(about)s, of %(at)s is not what was sealed%(seal)s."),
    "missing": _l("Missing: %(row)s, %(about)s, was sealed%(seal)s and is gone."),
    "inserted": _l("Inserted: %(row)s, %(about)s, of %(at)s came without the application."),
    "reordered": _l("Reordered: %(row)s, %(about)s, stands at the place of another row%(seal)s."),
    "double": _l("Inserted: a seal claims the row %(row)s for a second time%(seal)s."),
    "seal_missing": _l("Missing: seal %(no)s is gone, the one before is of %(at)s."),
    "seal_altered": _l("Altered: seal %(no)s of %(at)s does not carry this installation's key."),
    "seal_reordered": _l("Reordered: seal %(no)s of %(at)s does not follow the one before it."),
    "seal_key": _l("Seal %(no)s of %(at)s is made with the key “%(key)s”, which is not set."),
    "no_seals": _l("Missing: there is no seal at all."),
    "mark_altered": _l(
        "Altered: the mark %(no)s of %(at)s does not carry this installation's key."
    ),
    "gap": _l("Missing: the trail of %(about)s jumps; the row before %(row)s of %(at)s is gone."),
    "unlinked": _l("Altered: %(row)s, %(about)s, of %(at)s does not follow the row before it."),
    "hash": _l("Altered: %(row)s, %(about)s, of %(at)s has a hash that is not its own."),
    "no_trail": _l("Missing: %(about)s has a state that no row of its trail led to."),
    "head_cut": _l(
        "Cut: outside the database seal %(no)s of %(at)s is known as the last; here it is not."
    ),
    "head_forged": _l("Altered: the head outside the database is not signed by this installation."),
    "root_altered": _l("Altered: the root of %(day)s is not the one that follows from its day."),
    "root_missing": _l("Missing: the root of %(day)s is gone."),
    "root_differs": _l(
        "The root of %(day)s is another one outside: the history up to that day was rewritten."
    ),
    "root_unknown": _l("No day here has the root %(root)s: the history was rewritten or cut."),
    "guard": _l("A guard of the database is gone, off or not ours: %(name)s."),
    "counter": _l("The counter of %(name)s was set back."),
}


def said(kind: str, facts: Mapping[str, Any]) -> str:
    """The finding as one sentence, in the reader's language."""
    known = {"row": "", "at": "–", "seal": "", **facts}
    known["about"] = about(facts.get("source", ""), facts.get("place", ""))
    if known["row"]:
        known["row"] = _("row %(n)s", n=known["row"])
    if known["seal"]:
        known["seal"] = _(" (seal %(no)s of %(at)s)", no=known["seal"], at=facts.get("sealed", "–"))
    return str(SENTENCES[kind]) % known


def about(source: str, place: str) -> str:
    """What a row was about, of the line that its seal has: ``placement 77 3``, ``sign_in 5 17``."""
    first, _blank, rest = place.partition(" ")
    if source == "event":
        return _("security log, %(event)s", event=first)
    flow = stores().workflows.get(first)
    name = f"{flow.name} ({first})" if flow is not None else first
    record, _blank, seq = rest.partition(" ")
    if not seq:
        return f"{name} {record}"
    return _("%(kind)s %(record)s, row %(seq)s of its trail", kind=name, record=record, seq=seq)


@dataclass
class Report:
    """What was walked, what waits, what is broken: the first of each kind of walk, in their order."""

    rows: int = 0
    seals: int = 0
    waiting: int = 0
    seconds: float = 0.0
    head: str = ""
    findings: list[BrokenPlace] = field(default_factory=list)

    @property
    def first(self) -> BrokenPlace | None:
        """The first broken place."""
        return self.findings[0] if self.findings else None
