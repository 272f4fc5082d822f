"""How making a document can fail."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import Invalid
from app.core.printable import sentence


class Unprintable(Invalid):
    """The fonts lack characters: a list of (place in the data, character)."""

    def __init__(self, missing: Sequence[tuple[str, str]]) -> None:
        """Keep the list as `missing`, and a sentence for each as `problems`."""
        self.missing = list(missing)
        super().__init__([(place, sentence(char)) for place, char in self.missing])


class RenderError(RuntimeError):
    """The engine gave up, warned, took too long or died: a bug or an attack, no user's slip."""
