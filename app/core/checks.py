"""Pure checks of personal and official numbers, for forms and files alike (GB 32100)."""

from __future__ import annotations

import re

import phonenumbers

from app.core import phones

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code_weights() -> tuple[int, ...]:
    """The weights of the first 17 characters of a credit code (GB 32100)."""
    return tuple(pow(3, i, 31) for i in range(17))


def credit_code_mark(first17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100: weights 3^i mod 31)."""
    pairs = zip(first17, credit_code_weights(), strict=True)
    return CREDIT_ALPHABET[-sum(CREDIT_ALPHABET.index(c) * weight for c, weight in pairs) % 31]


def is_credit_code(text: str) -> bool:
    """18 characters of the standard's alphabet with the right check mark; may begin with letters."""
    return (
        len(text) == 18
        and all(c in CREDIT_ALPHABET for c in text)
        and credit_code_mark(text[:17]) == text[17]
    )


def is_phone(text: str) -> bool:
    """A number that can exist: in mainland China, mobile or landline with area code, or elsewhere."""
    text = phones.folded(text)
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "CN"))
    except phonenumbers.NumberParseException:
        return False


def is_postcode(text: str) -> bool:
    """Six digits."""
    return re.fullmatch(r"[0-9]{6}", text) is not None
