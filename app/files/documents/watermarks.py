"""The words 未生效 and 已失效 across every page: a picture, laid over the finished pages.

A picture, because text set aslant would tear apart what a reader copies or searches; the words
themselves stand in the running head of each page (base.html). The engine's own way, a picture
merged under the page, costs a third more time and hides behind grey cells.
"""

from __future__ import annotations

import io
from functools import cache

import pikepdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from app.files.documents.fonts import BOLD_FILE

WORDS = ("未生效", "已失效")
_COLOUR = (190, 30, 30)
_STRENGTH = 30  # of 255
_SCALE = 1.5  # pixels a point


def stamp(pdf: bytes, word: str) -> bytes:
    """Put the word across each page of the document. Raises ValueError on any other word."""
    if word not in WORDS:
        raise ValueError(f"a watermark is one of {', '.join(WORDS)}")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.open(io.BytesIO(_page(word))) as mark:
        for page in document.pages:
            page.add_overlay(mark.pages[0], pikepdf.Rectangle(0, 0, *A4))
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    return out.getvalue()


@cache
def _page(word: str) -> bytes:
    """Make an A4 page with nothing but the picture, made once per word and process."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    canvas.drawImage(ImageReader(_picture(word)), 0, 0, *A4, mask="auto")
    canvas.save()
    return out.getvalue()


def _picture(word: str) -> Image.Image:
    size = (round(A4[0] * _SCALE), round(A4[1] * _SCALE))
    mask = Image.new("L", size)
    font = ImageFont.truetype(str(BOLD_FILE), round(130 * _SCALE))
    centre = (size[0] / 2, size[1] / 2)
    ImageDraw.Draw(mask).text(centre, word, fill=_STRENGTH, font=font, anchor="mm")
    picture = Image.new("RGBA", size, (*_COLOUR, 0))
    picture.putalpha(mask.rotate(45, resample=Image.Resampling.BICUBIC))
    return picture
