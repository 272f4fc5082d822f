"""Reading one cell: pure functions from what stood in the file to a value, or a sentence why not.

A cell is a text, a number, ``("d", ISO date)`` or ``("e",)`` (an error such as #N/A); see `reading`.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.core.emails import clean_email, is_email, known_end
from app.core.forms import NO_EMAIL, TOO_LONG
from app.core.names import clean_contact, clean_name, clean_title
from app.core.printable import code_of, refusal
from app.core.text import clean_code, clean_line

_: Callable[..., str] = gettext

LONGEST = 1_000  # characters of a name before it is folded
EPOCH = date(1899, 12, 30)  # day 0 of Excel's serial numbers, with its leap year 1900 made good
FIRST, LAST = date(1900, 3, 1), date(2199, 12, 31)
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?)?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WRAPPED = re.compile(r'="((?:[^"]|"")*)"')
_QUOTED = re.compile(r"^'(?=[^'\s])(?![^']*')")
_GARBLED = re.compile("锟斤拷|[\ufffd\x80-\x84\x86-\x9f]")
_PLAIN_HAN = re.compile("[一-鿿]+")
_LATIN_RUN = re.compile("[\xa1-\xff]+")
_NO_SIGN = re.compile(r"""["'“”‘’`=<>{}|\\^$!;,，。、；？?*�]""")
_SHORTENED = re.compile(r"\d(\.\d+)?E\+\d+", re.I | re.A)  # 2.34201E+13: what Excel makes of a code


ERRORS = {
    "": _l("This cell shows an error (such as #N/A). Correct it, or type the value."),
    "f": _l(
        "This cell is a formula whose result is not in the file. Open it in Excel or WPS and save it."
    ),
    "m": _l(
        "This is a memo field, whose text stands in another file (.fpt, .dbt). Export it as .xlsx."
    ),
}


class Wrong(Exception):
    """The cell cannot be taken; the text says why and what to do."""


MASKED = _l(
    "This number is masked (with * in it) and is not the one on record, so nobody knows it. Bring a list with"
    " whole numbers."
)
# of a number, or of an address down to its county
_MASK = re.compile(r"[A-Z0-9+]{0,8}\*{3,20}[A-Z0-9]{0,6}|[\u4e00-\u9fff]{2,60}\*{4}")


def is_mask(cell: object) -> bool:
    """Whether it is a number with most of it hidden, as lists show and export them."""
    return isinstance(cell, str) and "*" in cell and bool(_MASK.fullmatch(cell.strip()))


def is_empty(cell: Any) -> bool:
    """Nothing but blanks and invisible signs."""
    if not isinstance(cell, str):
        return False
    if cell and cell[0].isalnum():
        return False
    return not cell or all(c.isspace() or unicodedata.category(c) == "Cf" for c in cell)


def refuse_error(cell: object) -> None:
    """An error must not pass as an empty cell (BLK-02)."""
    if isinstance(cell, tuple) and cell[0] == "e":
        raise Wrong(str(ERRORS[cell[1] if len(cell) > 1 else ""]))


def hidden_row() -> str:
    """What is said of a row that is hidden in the sheet."""
    return _(
        "This row is hidden in the sheet, for example by a filter. Is it meant? Show it and upload the "
        "file again, or download the faulty rows and upload those. Else leave it out."
    )


def unguarded(cell: Any) -> Any:
    """A text without what only protects it from a spreadsheet: ="…" around it, an apostrophe before it."""
    if (
        not isinstance(cell, str)
        or cell.isalnum()
        or cell[:1] not in ("=", "'", "\ufeff", " ", "\t")
    ):
        return cell
    bare = cell.strip("\ufeff \t")
    wrapped = _WRAPPED.fullmatch(bare)
    return wrapped[1].replace('""', '"') if wrapped else _QUOTED.sub("", bare)


def refuse_garbled(text: str) -> None:
    """Text that was decoded by a wrong code page must not pass as data (BLK-02)."""
    if text.isascii() or (_PLAIN_HAN.fullmatch(text) and "锟" not in text):  # as nearly all are
        return
    found = _GARBLED.search(text)
    if found or _mistaken(text):
        char = found[0][0] if found else next(c for c in text if not c.isascii())
        raise Wrong(
            _(
                "The characters of this cell cannot be read (%(code)s): the file was written in another "
                "encoding. Open it in Excel or WPS, check the text, and save it as .xlsx.",
                code=code_of(char),
            )
        )


def _mistaken(text: str) -> bool:
    """Whether it is Chinese read as Latin-1: pairs of such letters and nothing else that is not ASCII."""
    pairs = _LATIN_RUN.findall(text)
    if sum(map(len, pairs)) < 4 or any(len(run) % 2 for run in pairs):
        return False
    try:
        read = "".join(pairs).encode("cp1252" if max(text) > "\xff" else "latin-1").decode("gb2312")
    except UnicodeError:
        return False
    return all("\u3400" <= c <= "\u9fff" for c in read)


def text(cell: Any, most: int) -> str:
    """A line of text; a number that somebody typed as a text's content stays as it is written."""
    refuse_error(cell)
    if isinstance(cell, tuple):
        raise Wrong(_("This is stored as a date. Format the cell as text and type it again."))
    refuse_garbled(str(cell))
    return fitting(clean_line(str(cell)), most)


def name(cell: Any, most: int) -> str:
    """A person's name."""
    refuse_error(cell)
    if not isinstance(cell, str):
        raise Wrong(_("This is not a name."))
    refuse_garbled(cell)
    return fitting(clean_name(cell), most)


def title(cell: Any, most: int) -> str:
    """An organisation's name."""
    return fitting(clean_title(text(cell, LONGEST)), most)


def contact(cell: object, most: int) -> str:
    """Whom to ask."""
    return fitting(clean_contact(text(cell, LONGEST)), most)


def code(cell: Any, most: int) -> str:
    """A number or code of which every digit counts: only a text is sure to have them all (BLK-02)."""
    if isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) <= most:
        return cell  # as nearly all are
    refuse_error(cell)
    typed = clean_code(cell) if isinstance(cell, str) else None
    if typed is None or _SHORTENED.fullmatch(typed):
        raise Wrong(
            _(
                "This is stored as a number or date, so that digits or zeros may be lost. "
                "Format the column as text and type it again."
            )
        )
    if wrong := refusal(typed):
        raise Wrong(wrong)
    if sign := _NO_SIGN.search(typed):
        raise Wrong(_("“%(sign)s” cannot be part of this number or code.", sign=sign[0]))
    return fitting(typed, most)


def email(cell: Any, most: int) -> str:
    """An e-mail address that mail can be sent to; folded as in forms (F-11)."""
    refuse_error(cell)
    typed = clean_email(cell) if isinstance(cell, str) else ""
    if not is_email(typed):
        raise Wrong(refusal(clean_line(str(cell))) or str(NO_EMAIL))
    if not known_end(typed):
        raise Wrong(_("No address on the internet ends in .%(end)s.", end=typed.rpartition(".")[2]))
    return fitting(typed, most)


def digits(cell: Any, most: int) -> str:
    """A code that begins with no zero and has at most 15 digits, such as a mobile number."""
    if isinstance(cell, int) and 0 < cell < 10**15:
        cell = str(cell)
    return code(cell, most)


def number(cell: Any, least: int, most: int) -> int:
    """A whole number between two bounds."""
    refuse_error(cell)
    typed = clean_code(cell) if isinstance(cell, str) else cell
    if isinstance(typed, str) and re.fullmatch(r"[0-9]{1,9}(届|年|\.0)?", typed):
        typed = int(re.match(r"[0-9]+", typed)[0])  # type: ignore[index]
    if not isinstance(typed, int):
        raise Wrong(_("This is not a whole number."))
    if not least <= typed <= most:
        raise Wrong(_("This must lie between %(least)s and %(most)s.", least=least, most=most))
    return typed


def day(cell: Any, *, end: bool = False) -> str:
    """A day as ISO text: date cells, serial numbers, 2026-07-01, 2026/7/1, 2026.07, 20260701 … (BLK-02).

    A month alone is its first day, of an `end` its last.
    """
    refuse_error(cell)
    found = _stored_day(cell, end) if not isinstance(cell, str) else _typed_day(cell, end)
    if found is None or not FIRST <= found <= LAST:
        raise Wrong(_("This is not a date. Write it as 2026-07-01."))
    return found.isoformat()


def _stored_day(cell: object, end: bool) -> date | None:
    if isinstance(cell, tuple):
        return datetime.fromisoformat(cell[1]).date()
    if isinstance(cell, int) and not 19000301 <= cell <= 21991231:
        return EPOCH + timedelta(days=cell) if 0 < cell < 110_000 else None
    if isinstance(cell, float):
        if 1900 <= cell < 2200 and cell < 10_000:  # 2026.07 that became a number
            return _typed_day(f"{cell:.2f}", end)
        return EPOCH + timedelta(days=int(cell)) if 0 < cell < 110_000 else None
    return _typed_day(str(cell), end)


def _typed_day(text: str, end: bool) -> date | None:
    plain = " ".join(unicodedata.normalize("NFKC", clean_line(text)).split())
    match = _COMPACT.fullmatch(plain) or _DAY.fullmatch(plain)
    if match is None:
        return None
    year, month, rest = match.groups()[:3]
    try:
        last = monthrange(int(year), int(month))[1] if end else 1
        return date(int(year), int(month), int(rest or last))
    except ValueError:
        return None  # IllegalMonthError is one, too


def fitting(text: str, most: int) -> str:
    """The text, where it is not too long and every character of it can be printed (DOC-07)."""
    if sentence := refusal(text):
        raise Wrong(sentence)
    if len(text) > most:
        raise Wrong(str(TOO_LONG) % {"max": most})
    return text


def folded(text: str) -> str:
    """A name of a list as it is compared: half-width, without blanks, in small letters."""
    if text.isascii() and text.isalnum():
        return text.lower()
    return _folded(text) if len(text) < 100 else _folded.__wrapped__(text)


@lru_cache(maxsize=16_384)  # the code tables' names, with each file again
def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Cc", "Zs"))
