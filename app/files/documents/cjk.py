"""Two repairs of the PDF engine without which Chinese documents are wrong.

1. The line breaker. The engine's own one swallows ``<br>``, cuts numbers, dates and addresses in
   two and starts lines with a full stop. Ours keeps tokens whole, obeys the rules for the start and
   end of a line (GB/T 15834), and honours ``<br>``.
2. The table that turns glyphs back into text. The engine writes five-digit code points in a form no
   viewer understands, so that a name such as 𬸘 can neither be searched nor copied.

To the first belongs the place where a paragraph goes overleaf: the engine puts a blank there for
each line. All replace functions inside a library: `apply` refuses any version it was not tested
with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import version

from reportlab.pdfbase import ttfonts
from xhtml2pdf import reportlab_paragraph as engine

from app.files.documents.line_atoms import Piece
from app.files.documents.linebreak import break_lines

TESTED = {"xhtml2pdf": "0.2.28", "reportlab": "5.1.0"}


@cache
def apply() -> None:
    """Install both repairs, once per process. Raises RuntimeError on a version not tested."""
    for package, tested in TESTED.items():
        found = version(package)
        if found != tested:
            raise RuntimeError(
                f"{package} {found}: app/files/documents/cjk.py was tested with {tested}; "
                "run tests/files/documents/test_cjk.py and raise the number there"
            )
    engine.cjkFragSplit = break_lines
    engine.Paragraph.breakLinesCJK = _break_paragraph
    engine._split_blParaHard = _split_between_pages(engine._split_blParaHard)
    ttfonts.makeToUnicodeCMap = to_unicode_table


def _break_paragraph(paragraph: Piece, width: float | Sequence[float]) -> Piece:
    """Stand for ``Paragraph.breakLinesCJK``, which breaks a text of one style by other rules."""
    if not paragraph.frags:
        return engine.ParaLines(kind=1, lines=[])
    if getattr(paragraph, "_splitpara", 0) and hasattr(paragraph, "blPara"):
        return paragraph.blPara
    widths = [width] if isinstance(width, float | int) else list(width)
    style = paragraph.style
    engine._handleBulletWidth(paragraph.bulletText, style, widths, rtl=paragraph.dir == "rtl")
    leading = getattr(paragraph, "autoLeading", getattr(style, "autoLeading", ""))
    bounds = leading not in ("", "off")
    return break_lines(paragraph.frags, widths, bounds, paragraph.encoding)


def _split_between_pages(original: Piece) -> Callable[[Piece, int, int], list[Piece]]:
    """Leave out the blank that the engine puts between two lines when a paragraph goes overleaf."""

    def split(paragraph: Piece, start: int, stop: int) -> list[Piece]:
        lines = paragraph.lines[start:stop]
        if not lines or not getattr(lines[0], "whole", False):
            return list(original(paragraph, start, stop))
        return [word for line in lines for word in line.words]

    return split


def to_unicode_table(font_name: str, subset: Sequence[int]) -> str:
    """Write the ToUnicode CMap of one font subset (ISO 32000-1, 9.10.3).

    Code points above U+FFFF are written as two UTF-16 units, and no block has more than 100 lines.
    """
    lines = [
        f"<{code:02X}> <{chr(point).encode('utf-16-be', 'surrogatepass').hex().upper()}>"
        for code, point in enumerate(subset)
    ]
    blocks = [lines[i : i + 100] for i in range(0, len(lines), 100)]
    body = [text for b in blocks for text in (f"{len(b)} beginbfchar", *b, "endbfchar")]
    head = f"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry ({font_name}) /Ordering ({font_name}) /Supplement 0 >> def
/CMapName /{font_name} def
/CMapType 2 def
1 begincodespacerange
<00> <{len(subset) - 1:02X}>
endcodespacerange"""
    tail = "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    return "\n".join((head, *body, tail))
