"""Small text tools: cleaning what people type, masking what others may not read."""

from __future__ import annotations

import re
import unicodedata

from app.core.printable import mended


def clean_code(text: str) -> str:
    """A number or code: full-width made half-width, every blank and invisible character gone."""
    if text.isascii() and text.isalnum():  # as nearly all are
        return text.upper()
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if not c.isspace() and not droppable(c)).upper()


def clean_line(text: str) -> str:
    """A line of text: no control, invisible or direction characters, blanks folded.

    Old private characters become the standard ones. What stands for lost or visible content stays, to
    be refused: C1 controls (a wrong code page), signs that only look like formats (U+0600 … U+110CD).
    """
    text = mended(text)
    if text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(c for c in text if not droppable(c)).split())


def clean_lines(text: str) -> str:
    """A text of several lines, each as `clean_line`; empty ones go."""
    return "\n".join(filter(None, (clean_line(row) for row in text.splitlines())))


# Unicode's prepended marks and interlinear annotations: category Cf, but seen
_SEEN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\ufff9\ufffa\ufffb\U000110bd\U000110cd"
)


def droppable(char: str) -> bool:
    """Whether a character says nothing and is never seen; blanks are not asked."""
    sort = unicodedata.category(char)
    if sort == "Cc":
        return char < "\x80" and char not in "\t\n\r"
    return sort == "Cs" or (sort == "Cf" and char not in _SEEN)


_CITIZEN = re.compile(r"[0-9]{17}[0-9X]")  # and whatever is numbered like it
_RESIDENT = re.compile(
    r"[A-Z]{3}[0-9]{12}"
)  # a foreigner's permanent residence card, as before 2023
HIDDEN = 5  # signs that the mask of a shorter number leaves to be guessed, at least


def mask_id_number(text: str) -> str:
    """110101199001010839 → 110101*****0839, as the manuals show it; H12345678 → H*****678.

    Of the other documents' shorter numbers at least five signs stay hidden (S-10).
    """
    if _CITIZEN.fullmatch(text):
        return f"{text[:6]}*****{text[-4:]}"
    if _RESIDENT.fullmatch(text):
        return f"{text[:3]}*****{text[-4:]}"
    if _MOBILE.fullmatch(text):  # where either may be typed
        return mask_phone(text)
    first = text[:1] if len(text) > HIDDEN + 3 else ""
    end = text[len(first) + HIDDEN :][-3:]
    return f"{first}{'*' * (len(text) - len(first) - len(end))}{end}"


def mask_all_but_end(masked: str) -> str:
    """110101*****0839 → **************0839: what tells two people apart, and nothing to guess from."""
    return f"{'*' * 14}{masked[-4:]}" if masked else ""


_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# the country codes of one and of two digits; all others have three (ITU-T E.164)
_COUNTRY = re.compile(r"\+(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})")


def mask_phone(text: str) -> str:
    """13345675660 → 133****5660; of another country only its code and the end: +852*****567."""
    country = _COUNTRY.match(text)
    if country is not None:
        start = country[0]
        return f"{start}{'*' * max(0, len(text) - len(start) - 3)}{text[len(start) :][-3:]}"
    return f"{text[:3]}****{text[-4:]}" if len(text) >= 9 else "*" * len(text)


def mask_email(text: str) -> str:
    """someone@example.com → som***@example.com."""
    name, at, host = text.partition("@")
    return f"{name[:3]}***{at}{host}" if at else mask_phone(text)


def mask_name(text: str) -> str:
    """黄河水 → 黄*水; two characters keep the first."""
    if len(text) <= 1:
        return text
    return text[0] + "*" if len(text) == 2 else text[0] + "*" * (len(text) - 2) + text[-1]


_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_HIDDEN = ("\t", "\r", "\0")


def plain_cell(text: str) -> str:
    """A text for a spreadsheet: what would be read as a formula gets a leading apostrophe.

    So does what already begins with such an apostrophe: taking one off gives the text back.
    """
    risky = text.lstrip().startswith(_FORMULA) or text.startswith(("'", *_HIDDEN))
    return "'" + text if risky else text


_DAY = re.compile(
    r"([0-9]{4})[-/.年。]([0-9]{1,2})[-/.月。]([0-9]{1,2})日?|([0-9]{4})([0-9]{2})([0-9]{2})"
)


def clean_day(text: str) -> str:
    """A day in any usual spelling as 2027-07-01; whether there is such a day is for the field to say."""
    plain = "".join(unicodedata.normalize("NFKC", clean_line(text)).split()).rstrip("。；、,;.")
    day = _DAY.fullmatch(plain)
    if day is None:
        return plain
    year, month, of_month = (part for part in day.groups() if part)
    return f"{year}-{int(month):02}-{int(of_month):02}"
