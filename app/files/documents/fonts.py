"""The fonts of all documents: Noto Sans SC, and two that draw what it lacks; licence OFL 1.1.

The files lie beside this module, so that a document looks the same on every machine. Noto Sans SC
covers the 8,105 characters of the national standard list and all of Unicode's extension A; names from
elsewhere are drawn by the Latin font, the extensions B to F by the Han font (one weight, 30 MB in
memory). Those are read only where a text needs them. What none of them has, `core.printable` finds
before a document is issued: the engine would print a crossed box and say nothing. Nothing here needs
a Flask app.
"""

from __future__ import annotations

import io
import lzma
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from xhtml2pdf.default import DEFAULT_FONT

from app.core.printable import faces

FOLDER = Path(__file__).with_name("fonts")
FAMILY = "Noto Sans SC"
BOLD_FILE = FOLDER / "NotoSansSC-Bold.ttf"
# face of `core.printable` → family, name in the engine, files of the regular and the bold weight
_FACES = {
    "main": (FAMILY, "NotoSansSC", "NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    "latin": (
        "Qingqian Latin",
        "QingqianLatin",
        "QingqianLatin-Regular.ttf",
        "QingqianLatin-Bold.ttf",
    ),
    "han": ("Qingqian Han", "QingqianHan", "QingqianHan-Regular.ttf.xz", ""),
}


@cache
def register(face: str = "main") -> str:
    """Read a face's files once per process and make it known to the engine; its family.

    There is no italic face: where a template asks for one, it gets the upright one.
    """
    family, name, regular, bold = _FACES[face]
    heavy = f"{name}-Bold" if bold else name
    for known, file in {name: regular, heavy: bold or regular}.items():
        pdfmetrics.registerFont(TTFont(known, _read(file)))
    for italic in (0, 1):
        addMapping(name, 0, italic, name)
        addMapping(name, 1, italic, heavy)
    DEFAULT_FONT[family.lower()] = name
    return family


def _read(file: str) -> str | io.BytesIO:
    """What the engine opens: the file, or what was packed in it."""
    if not file.endswith(".xz"):
        return str(FOLDER / file)
    return io.BytesIO(lzma.decompress((FOLDER / file).read_bytes()))


def families(texts: Iterable[str]) -> list[str]:
    """The font families, main one first, that can draw these texts character by character."""
    together = "".join(texts)
    wanted = ["main", *(face for face in _FACES if face != "main" and _only(face).search(together))]
    return [register(face) for face in wanted]


@cache
def _only(face: str) -> re.Pattern[str]:
    """A character that no face before this one has."""
    return re.compile(f"[{faces()[face]}]")
