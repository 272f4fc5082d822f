"""The answer to an address or form that cannot be served: 400, with a sentence for the person."""

from __future__ import annotations

from werkzeug.exceptions import BadRequest


class Odd(BadRequest):
    """A 400 whose sentence the error page shows as it stands (W5: never a crash)."""

    def __init__(self, sentence: object) -> None:
        super().__init__(description=str(sentence))
        self.sentence = str(sentence)
