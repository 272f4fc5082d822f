"""The words 未生效 and 已失效 across every page, as a picture one sees and as text one can search.

The engine's own way (a picture merged under the page) costs a third more time and hides behind grey
cells. Here a page with the word, made once per word and process, is laid over the finished pages.
"""

from __future__ import annotations

import io
from functools import cache

import pikepdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from app.documents import cjk, fonts

WORDS = ("未生效", "已失效")
_COLOUR = (0.75, 0.1, 0.1)
_SIZE = 120


def stamp(pdf: bytes, word: str) -> bytes:
    """The same document with the word across each page. Raises ValueError on any other word."""
    if word not in WORDS:
        raise ValueError(f"a watermark is one of {', '.join(WORDS)}")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.open(io.BytesIO(_page(word))) as mark:
        for page in document.pages:
            page.add_overlay(mark.pages[0])
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return out.getvalue()


@cache
def _page(word: str) -> bytes:
    fonts.register()
    cjk.apply()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(52)
    canvas.setFillColorRGB(*_COLOUR, alpha=0.11)
    canvas.setFont(fonts.BOLD, _SIZE)
    canvas.drawCentredString(0, -_SIZE * 0.36, word)
    canvas.save()
    return out.getvalue()
