"""Small text tools: cleaning what people type, masking what others may not read."""

from __future__ import annotations

import re
import unicodedata

DOTS = str.maketrans(dict.fromkeys("•‧・∙⋅", "·"))


def clean_code(text: str) -> str:
    """A number or code: full-width made half-width, every blank and invisible character gone."""
    if text.isascii() and text.isalnum():  # as nearly all are
        return text.upper()
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc", "Zs")).upper()


def clean_line(text: str) -> str:
    """A name or line of text: no control, invisible or direction characters, blanks folded."""
    if text.isprintable():
        return " ".join(text.split())
    kept = "".join(
        c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Cs") or c in "\t\n\r"
    )
    return " ".join(kept.split())


def clean_name(text: str) -> str:
    """A person's name: as `clean_line`, with the wrong middle dots made the right one (U+00B7)."""
    return unicodedata.normalize("NFC", clean_line(text)).translate(DOTS)


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


def grams(text: str) -> list[str]:
    """All one- and two-character pieces, for searching a fragment of a name (see `text_grams` in SQL)."""
    return sorted({text[i : i + n] for n in (1, 2) for i in range(len(text) - n + 1)})


_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_HIDDEN = ("\t", "\r", "\0")


def plain_cell(text: str) -> str:
    """A text for a spreadsheet: what would be read as a formula gets a leading apostrophe.

    So does what already begins with such an apostrophe: taking one off gives the text back.
    """
    bare = text.lstrip("'")
    risky = bare.lstrip().startswith(_FORMULA) or bare.startswith(_HIDDEN)
    return "'" + text if risky else text


def is_email(text: str) -> bool:
    """One @ between a name and a host with a dot; whether it exists shows when mail is sent."""
    return (
        re.fullmatch(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\".]{2,24}", text)
        is not None
    )
