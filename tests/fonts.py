"""Makes the fonts that complete Noto Sans SC, and the list of what all of them can draw (DOC-07).

`python -m tests.fonts NotoSans-Regular.ttf NotoSans-Bold.ttf HanaMinB.ttf` cuts them out of the fonts of
Debian's packages fonts-noto-core 20201225 and fonts-hanazono 20170904, byte by byte the same each
time; without arguments it writes `app/core/glyphs.txt` anew from the fonts that are there.
"""

from __future__ import annotations

import io
import lzma
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "app" / "files" / "documents" / "fonts"
RANGES = ROOT / "app" / "core" / "glyphs.txt"

# face → the files whose common characters it draws; the order is that in which they are asked
FACES = {
    "main": ("NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"),
    "latin": ("QingqianLatin-Regular.ttf", "QingqianLatin-Bold.ttf"),
    "han": ("QingqianHan-Regular.ttf.xz",),
}
# letters of names and texts in Latin, Greek and Cyrillic writing, signs beside them; no combining marks
LATIN = (
    (0xA1, 0x2FF),
    (0x370, 0x52F),
    (0x1E00, 0x1FFF),
    (0x2010, 0x2027),
    (0x2030, 0x205E),
    (0x2070, 0x209C),
    (0x20A0, 0x20BF),
    (0x2100, 0x218B),
    (0x2C60, 0x2C7F),
)
HAN = ((0x20000, 0x2A6DF), (0x2A700, 0x2EBEF))  # CJK extensions B to F
NAMES = {
    1: "{family}",
    2: "{style}",
    3: "{family} {style}",
    4: "{family} {style}",
    6: "{file}-{style}",
}
BLANKS = {0x20: 0.25, 0xA0: 0.25, 0x3000: 1.0}  # widths in em
LEFT_OUT = ("BASE", "DSIG", "FFTM", "GDEF", "GPOS", "GSUB", "gasp", "prop", "vhea", "vmtx")


def opened(name: str) -> TTFont:
    """A font of the product."""
    data = (FOLDER / name).read_bytes()
    return TTFont(io.BytesIO(lzma.decompress(data) if name.endswith(".xz") else data), lazy=True)


def drawn(names: Iterable[str]) -> set[int]:
    """The characters that all these files can draw."""
    found = [set(opened(name).getBestCmap()) for name in names]
    return set.intersection(*found)


def cut(source: str, family: str, style: str, wanted: set[int]) -> bytes:
    """The part of a font that has these characters, under a name of ours (OFL 1.1, 3)."""
    options = subset.Options()
    options.layout_features, options.hinting, options.glyph_names = [], False, False
    options.notdef_outline, options.recalc_timestamp = True, False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += LEFT_OUT
    font = subset.load_font(source, options)
    tool = subset.Subsetter(options)
    tool.populate(unicodes=wanted)
    tool.subset(font)
    _add_blanks(font)
    texts = {"family": family, "style": style, "file": family.replace(" ", "")}
    for record in list(font["name"].names):
        if record.nameID in NAMES:
            record.string = NAMES[record.nameID].format(**texts)
    out = io.BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


def _add_blanks(font: TTFont) -> None:
    """The engine draws a blank with the font of the word before it: without a glyph it would be a box."""
    em = font["head"].unitsPerEm
    for point, width in BLANKS.items():
        name = f"blank{point:04X}"
        font.setGlyphOrder([*font.getGlyphOrder(), name])
        font["glyf"][name] = Glyph()
        font["hmtx"][name] = (round(em * width), 0)
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[point] = name


def make(regular: str, bold: str, han: str) -> None:
    """Write the three files beside Noto Sans SC."""
    known = drawn(FACES["main"])
    latin = {c for first, last in LATIN for c in range(first, last + 1)} - known
    for source, name in zip((regular, bold), FACES["latin"], strict=True):
        style = name.removesuffix(".ttf").rpartition("-")[2]
        (FOLDER / name).write_bytes(cut(source, "Qingqian Latin", style, latin))
    rest = {c for first, last in HAN for c in range(first, last + 1)} - known
    data = cut(han, "Qingqian Han", "Regular", rest)
    (FOLDER / FACES["han"][0]).write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))


def ranges() -> str:
    """The list for `app.core.printable`: of each face the characters that no face before it has."""
    known: set[int] = set()
    lines = ["# What the fonts of documents can draw, by face. Written by `python -m tests.fonts`."]
    for face, files in FACES.items():
        found = {c for c in drawn(files) if _prints(chr(c))} - known
        known |= found
        lines += [f"{face} {first:04X}-{last:04X}" for first, last in _runs(sorted(found))]
    return "\n".join(lines) + "\n"


def _prints(char: str) -> bool:
    """No control or format character, and no combining mark: those need shaping, which the engine lacks."""
    return unicodedata.category(char)[0] not in "CM"


def _runs(points: list[int]) -> Iterable[tuple[int, int]]:
    start = points[0]
    for this, following in zip(points, [*points[1:], -1], strict=True):
        if following != this + 1:
            yield start, this
            start = following


if __name__ == "__main__":
    if sys.argv[1:]:
        make(*sys.argv[1:])
    RANGES.write_text(ranges(), encoding="utf-8")
