"""Phones with a country code: as people type them, as they are kept, and which can have a message (ACC-13).

A mainland mobile is kept as its eleven digits, any other one as E.164 (+85291234567). What is neither, such
as a landline, stays as it was typed.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from app.core.text import clean_code

MAINLAND = 86
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_AS_TYPED = re.compile(r"(?:\+?86)?0?(1[3-9][0-9]{9})")
_BESIDE = re.compile(r"[-‐‑‒–—―−().·/]")  # what people put between the digits
# spreadsheets eat the plus; no mainland number of so many digits begins like these neighbours'
_NEIGHBOURS = re.compile(r"(?:852|853|886)[0-9]{8,10}")
_CARRIED = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}


def folded(text: str) -> str:
    """The number as it is kept: «+86 138…», «0086 138…», «86138…» are «138…», «00852…» is «+852…»."""
    if _MOBILE.fullmatch(text):  # as nearly all are
        return text
    clean = clean_code(text)
    plain = _BESIDE.sub("", clean)
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if mobile := _AS_TYPED.fullmatch(plain):
        return mobile[1]
    if _NEIGHBOURS.fullmatch(plain):
        plain = f"+{plain}"
    number = _parsed(plain)
    if number is None or number.country_code == MAINLAND:
        return clean
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_mainland_mobile(text: str) -> bool:
    """Eleven digits that begin with 13 to 19."""
    return _MOBILE.fullmatch(text) is not None


def is_mobile(text: str) -> bool:
    """A folded number of one person: a mainland mobile, or a mobile that exists elsewhere."""
    if _MOBILE.fullmatch(text):
        return True
    number = _parsed(text)
    if number is None or number.country_code == MAINLAND:
        return False
    return phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in _CARRIED


def calling_code(text: str) -> int:
    """The country code of a folded number; 0 for what has none, such as a landline without one."""
    if _MOBILE.fullmatch(text):
        return MAINLAND
    number = _parsed(text)
    return int(number.country_code or 0) if number is not None else 0


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    if not re.fullmatch(r"\+[0-9]{6,16}", text):
        return None
    try:
        return phonenumbers.parse(text)
    except NumberParseException:
        return None
