"""The one font family of all documents: Noto Sans SC, regular and bold, licence OFL 1.1.

The files lie beside this module, so that a document looks the same on every machine. They cover the
8,105 characters of the national standard list and all of Unicode's extension A; what they lack is
found by `missing_glyphs` before a document is issued, because the engine would print a crossed box
and say nothing. Nothing here needs a Flask app.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from xhtml2pdf.default import DEFAULT_FONT

FOLDER = Path(__file__).with_name("fonts")
FAMILY = "Noto Sans SC"
REGULAR = "NotoSansSC"
BOLD = "NotoSansSC-Bold"
REGULAR_FILE = FOLDER / "NotoSansSC-Regular.ttf"
BOLD_FILE = FOLDER / "NotoSansSC-Bold.ttf"
GETA = "〓"  # what printers set where they had no type
_FILES = {REGULAR: REGULAR_FILE, BOLD: BOLD_FILE}


@cache
def register() -> None:
    """Read both files once per process (0.3 s) and make the family known to the engine.

    There is no italic face: where a template asks for one, it gets the upright one.
    """
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(file)))
    for italic in (0, 1):
        addMapping(REGULAR, 0, italic, REGULAR)
        addMapping(REGULAR, 1, italic, BOLD)
    DEFAULT_FONT[FAMILY.lower()] = REGULAR


@cache
def characters() -> frozenset[int]:
    """List the code points that both faces can draw."""
    register()
    faces = [set(pdfmetrics.getFont(name).face.charToGlyph) for name in _FILES]
    return frozenset(faces[0] & faces[1])


def marked(text: str) -> str:
    """The text with 〓 for each character that cannot be printed: for reasons, never for names."""
    known = characters()
    return "".join(
        char if char.isspace() or (ord(char) in known and not _invisible(char)) else GETA
        for char in text
    )


def missing_glyphs(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each (field name, character) that cannot be printed, once per field, in reading order.

    Invisible characters that would change how the rest reads (direction marks, controls, variation
    selectors) count as missing: a document must not say other than it shows.
    """
    known = characters()
    return [
        (field, char)
        for field, text in texts.items()
        for char in dict.fromkeys(text)
        if not char.isspace() and (ord(char) not in known or _invisible(char))
    ]


def _invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs")
