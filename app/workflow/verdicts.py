"""What a step says to what a record waits for, and how its line of the trace looks."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a step says to what a record waits for: it gives what was asked for, or denies it.

    Of each state a role has at most one step of either kind (a test walks all tables), so the keys A
    and R have one meaning on every page.
    """

    APPROVE = "approve"
    REFUSE = "refuse"


class Tone(StrEnum):
    """How a line of the trace looks: something was given, something ended or was denied, or it went on."""

    DONE = "done"
    REFUSED = "refused"
    TURN = "turn"
