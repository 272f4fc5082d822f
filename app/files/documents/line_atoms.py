"""The smallest things on a line: tokens, blanks, objects, each with its width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reportlab.pdfbase.pdfmetrics import stringWidth

Piece: TypeAlias = Any  # the engine's fragments, paragraphs and lines have no types


# A run of blanks; a run of anything that is not Chinese (a word, number, date, address); or one
# character. Everything from U+2E80 up may be parted from its neighbour.
_TOKEN = re.compile(r"[ \t\r\n]+|[^ \t\r\n\u2e80-\U0010ffff]+|[\u2e80-\U0010ffff]")


@dataclass(slots=True)
class Atom:
    """The smallest thing on a line: a token, a blank, an object (picture, marker) or a break."""

    frag: Piece
    text: str
    width: float
    kind: str  # "text", "blank", "object" or "break"


def atoms_of(frags: Sequence[Piece], encoding: str) -> Iterator[Atom]:
    """The atoms of a paragraph in the engine's shape, with their widths in points."""
    for frag in frags:
        if hasattr(frag, "cbDefn"):
            yield Atom(frag, "", object_width(frag.cbDefn), "object")
        elif hasattr(frag, "lineBreak"):
            yield Atom(frag, "", 0.0, "break")
        else:
            raw = frag.text
            text = raw.decode(encoding) if isinstance(raw, bytes) else str(raw)
            for token in _TOKEN.findall(text):
                yield text_atom(frag, token)


def object_width(box: Piece) -> float:
    """Tell the width of a picture, or how far the edge of an inline box moves the line on."""
    moved = getattr(box, "advance", 0) + getattr(box, "reserve", 0)
    return float(getattr(box, "width", 0) or moved)


def width_of(atoms: Iterable[Atom]) -> float:
    """How wide they are together, in points."""
    return sum(atom.width for atom in atoms)


def text_atom(frag: Piece, text: str) -> Atom:
    """A text in the style of the piece it is from."""
    width = stringWidth(text, frag.fontName, frag.fontSize)
    return Atom(frag, text, width, "text" if text.strip(" \t\r\n") else "blank")
