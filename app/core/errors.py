"""The three ways in which the product says no; anything else is a bug."""

from __future__ import annotations

from collections.abc import Sequence


class Refused(Exception):
    """A rule said no. The text is shown to the person as it stands (HTTP 409)."""


class NotYours(Exception):
    """The record is outside the person's scope, or does not exist: always shown as 404 (ACC-02)."""


class FactorNeeded(Exception):
    """The act asks for the second factor anew (CHN-09): the page that asks takes the act up again.

    The text names the act.
    """


class Invalid(Exception):
    """A form or sheet has problems: a list of (place, text). Shown beside the fields (HTTP 422)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {text}" for place, text in problems))
        self.problems = list(problems)
