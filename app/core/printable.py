"""What can be printed: which characters of a text no document can show, and what stands for them (DOC-07).

Everything that enters is asked here, with a sentence that names the character; nothing but a regular
expression is built, so that every process can afford it. `glyphs.txt` beside it lists what the
fonts of documents draw (written by `python -m tests.fonts`, a test compares both).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from flask_babel import gettext as _

GLYPHS = Path(__file__).with_name("glyphs.txt")
GETA = "〓"  # what printers set where they had no type
NAMED = 3  # characters that one sentence names

# -- what is mended ----------------------------------------------------------------------------------

# Characters that had no code point of their own when GBK and GB 18030-2000 were written got private
# ones; the editions of 2005 and 2022 give the standard ones (GB 18030-2022, annex D; each test of
# tests/core/test_printable.py names the bytes). First private code point: the standard characters in order.
_GB: dict[int, str] = {
    0xE76C: "€",  # A2E3
    0xE78D: "︐︒︑︓︔︕︖︗︘︙",  # A6D9–A6DF, A6EC, A6ED, A6F3: marks of vertical text
    0xE7C7: "ḿǹ",  # A8BC, A8BF: syllables in pinyin
    0xE7E7: "〾⿰⿱⿲⿳⿴⿵⿶⿷⿸⿹⿺⿻",  # A989–A995: description of characters
    0xE815: (  # FE50–FEA0: radicals and rare characters, 䶮 among them
        "⺁\U00020087\U00020089\U000200cc⺄㑳㑇⺈⺋\u9fb4㖞㘚㘎⺌⺗㥮㤘\u9fb5㧏㧟㩳㧐\u9fb6\u9fb7㭎㱮㳠"
        "⺧\U000215d7\u9fb8⺪䁖䅟⺮䌷⺳⺶⺷\U0002298f䎱䎬⺻䏝䓖䙡䙌\u9fb9䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛"
        "䦷䦶\u9fba\U000241fe䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮\u9fbb"
    ),
}
PRIVATE = {
    chr(first + place): char for first, chars in _GB.items() for place, char in enumerate(chars)
}
# variation selectors choose among shapes that look alike; without one the usual shape is meant
_SELECTORS = [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
_TABLE = {ord(private): char for private, char in PRIVATE.items()} | dict.fromkeys(_SELECTORS)
_MENDABLE = re.compile("[\ue000-\uf8ff\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def mended(text: str) -> str:
    """The text with old private characters made standard, in composed form, without variation selectors."""
    if text.isascii():
        return text
    if _MENDABLE.search(text):
        text = text.translate(_TABLE)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def replaced(text: str) -> list[tuple[str, str]]:
    """Each private character of the text with the standard one, once, in reading order."""
    return [(char, PRIVATE[char]) for char in dict.fromkeys(text) if char in PRIVATE]


# -- what cannot be printed --------------------------------------------------------------------------


@cache
def faces() -> dict[str, str]:
    """Of each face, `main` first, the characters that it draws as the inside of a regular expression."""
    found: dict[str, list[str]] = {}
    for line in GLYPHS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        face, _blank, run = line.partition(" ")
        first, last = (f"\\U{int(code, 16):08x}" for code in run.split("-"))
        found.setdefault(face, []).append(first if first == last else f"{first}-{last}")
    return {face: "".join(runs) for face, runs in found.items()}


@cache
def _unknown() -> re.Pattern[str]:
    return re.compile(f"[^\\s{''.join(faces().values())}]")


def unprintable(text: str) -> list[str]:
    """The characters of a text that no document can show, each once, in reading order."""
    if text.isascii() and text.isprintable():
        return []
    return list(dict.fromkeys(_unknown().findall(text)))


def marked(text: str) -> str:
    """The text with 〓 for each character that cannot be printed: for traces, never for what was agreed."""
    return _unknown().sub(GETA, mended(text))


def missing(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Each (place, character) that cannot be printed, once for each place, in reading order."""
    return [(place, char) for place, text in texts.items() for char in unprintable(text)]


# -- what is said ------------------------------------------------------------------------------------


def refusal(text: str) -> str:
    """The sentence for a text that cannot be printed, naming the characters and a way out; or nothing.

    It stands beside its field, which pages and results of imports name with it.
    """
    found = unprintable(text)
    if not found:
        return ""
    said = " ".join(sentence(char) for char in found[:NAMED])
    if len(found) > NAMED:
        said += " " + _("%(count)s more characters like these.", count=len(found) - NAMED)
    return said


def sentence(char: str) -> str:
    """Which character it is, that it cannot be printed, and what to do instead."""
    return _(
        "“%(char)s” (%(code)s) cannot be printed in documents. %(way)s",
        char=seen(char),
        code=code_of(char),
        way=_way_out(char),
    )


def seen(char: str) -> str:
    """The character as a page can show it; □ where it is invisible or private."""
    return char if char.isprintable() and not unicodedata.combining(char) else "□"


def code_of(char: str) -> str:
    """U+4DAE."""
    return f"U+{ord(char):04X}"


def replacement(char: str) -> str:
    """What is the same in characters that can be printed: 𝐀 → A; empty where nothing is."""
    if char in PRIVATE:
        return PRIVATE[char]
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain not in (char, "") and not unprintable(plain) else ""


def _way_out(char: str) -> str:
    sort, point = unicodedata.category(char), ord(char)
    if plain := replacement(char):
        return _("Write “%(plain)s” instead.", plain=plain)
    if char in "\ufffd\ufffc" or sort in ("Cc", "Cs"):
        return _("It stands for a character that was lost in copying: type the text anew.")
    if sort == "Co":
        return _(
            "It is a private sign that only some computers show. Type the standard character, or Latin"
            " letters as on the identity document."
        )
    if sort == "Cf":
        return _("It is invisible or changes the order of what is read: delete it.")
    if 0x3400 <= point <= 0x9FFF or 0xF900 <= point <= 0xFAFF or 0x20000 <= point <= 0x3FFFF:
        return _(
            "No font has it. Write it as on the identity document; if it stands there like this, write"
            " Latin letters (pinyin) and ask the school."
        )
    if sort[0] in "LM":
        return _("Write it in Chinese or Latin letters, as on the identity document.")
    return _("Leave it out, or say it in words.")
