"""Small text tools: cleaning what people type, masking what others may not read."""

from __future__ import annotations

import re
import unicodedata


def clean_code(text: str) -> str:
    """A number or code: full-width made half-width, every blank and invisible character gone."""
    if text.isascii() and text.isalnum():  # as nearly all are
        return text.upper()
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if unicodedata.category(c) not in ("Cf", "Cc", "Zs")).upper()


def clean_line(text: str) -> str:
    """A line of text: no control, invisible or direction characters, blanks folded."""
    if text.isprintable():
        return " ".join(text.split())
    kept = "".join(
        c for c in text if unicodedata.category(c) not in ("Cf", "Cc", "Cs") or c in "\t\n\r"
    )
    return " ".join(kept.split())


def mask_id_number(text: str) -> str:
    """110101199001010839 → 110101*****0839, as the manuals show it."""
    return f"{text[:6]}*****{text[-4:]}" if len(text) >= 15 else mask_phone(text)


def mask_all_but_end(masked: str) -> str:
    """110101*****0839 → **************0839: what tells two people apart, and nothing to guess from."""
    return f"{'*' * 14}{masked[-4:]}" if masked else ""


def mask_phone(text: str) -> str:
    """13345675660 → 133****5660."""
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
