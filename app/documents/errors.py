"""How making a document can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask_babel import gettext

from app.core.errors import Invalid

_: Callable[..., str] = gettext


class Unprintable(Invalid):
    """The fonts lack characters: a list of (field, character). The office decides what to print."""

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        """Keep the list as `missing`, and a sentence for each as `problems`."""
        self.missing = list(missing)
        super().__init__([(field, _sentence(char)) for field, char in self.missing])


class RenderError(RuntimeError):
    """The engine gave up, warned, took too long or died: a bug or an attack, no user's slip."""


def _sentence(char: str) -> str:
    shown = char if char.isprintable() else "?"
    return _(
        "The character %(char)s (%(code)s) cannot be printed: no font has it.",
        char=shown,
        code=f"U+{ord(char):04X}",
    )
