"""Pure checks of personal and official numbers, for forms and files alike (GB 11643, GB 32100)."""

from __future__ import annotations

import re
from datetime import date

import phonenumbers

from app.core.emails import is_email as is_email

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MARKS = "10X98765432"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def id_number_mark(first17: str) -> str:
    """The 18th character that belongs to the first 17 (GB 11643)."""
    return _MARKS[sum(int(c) * w for c, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def id_number_fault(text: str, today: date) -> str:
    """What is wrong: `form`, `mark` or `born` (no such day, or in the future); empty if nothing is."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return "form"
    if id_number_mark(text[:17]) != text[17]:
        return "mark"
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return "born"
    return "" if date(1900, 1, 1) <= born <= today else "born"


def is_id_number(text: str, today: date) -> bool:
    """18 characters, right check mark, a real date of birth not in the future; the region is not asked."""
    return not id_number_fault(text, today)


def id_number_sex(text: str) -> str:
    """The code of the sex that a valid number names: odd 1, even 2."""
    return "1" if int(text[16]) % 2 else "2"


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
    """A number that can exist in mainland China, mobile or landline with area code."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "CN"))
    except phonenumbers.NumberParseException:
        return False


def is_mobile(text: str) -> bool:
    """A mobile number: eleven digits that begin with 1."""
    return re.fullmatch(r"1[3-9][0-9]{9}", text) is not None


def is_postcode(text: str) -> bool:
    """Six digits."""
    return re.fullmatch(r"[0-9]{6}", text) is not None
