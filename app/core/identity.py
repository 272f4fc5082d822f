"""Documents of identity: their kinds, and of each how a number looks, is checked, folded (ACC-13).

Sources: GB 11643 (citizen number; the residence permit of 2018 and the permanent residence card of 2023 have
the same mark); ICAO 9303 (passports: nine signs, some states print more).
A number is kept without blanks and dashes; the two digits that count how often a permit was renewed are no
part of it, nor is the letter of its copy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from operator import mul
from typing import Any

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.text import clean_code


class IdKind(StrEnum):
    """Which document a number stands on."""

    ID_CARD = "id_card"
    HM_PERMIT = "hm_permit"
    TW_PERMIT = "tw_permit"
    RESIDENCE = "residence"
    FOREIGNER = "foreigner"
    PASSPORT = "passport"


K = IdKind


@dataclass(frozen=True)
class About:
    """What is said of a kind: its name, what its number is called, how that number looks.

    `marked`: 18 characters with day of birth, sex and check mark as GB 11643 has them.
    """

    name: Any
    number: Any
    how: Any
    form: re.Pattern[str]
    marked: bool = False


KINDS: Mapping[str, About] = {
    K.ID_CARD: About(
        _l("Resident identity card"), _l("ID number"),
        _l("This is not a valid ID number: 18 characters, and the last one must fit."),
        re.compile(r"[0-9]{17}[0-9X]"), marked=True),
    K.HM_PERMIT: About(
        _l("Mainland travel permit for Hong Kong and Macao residents"),
        _l("Number of the Hong Kong and Macao permit"),
        _l("This is no number of such a permit: H or M and 8 digits, as on the card."),
        re.compile(r"[HM][0-9]{8}")),
    K.TW_PERMIT: About(
        _l("Mainland travel permit for Taiwan residents"), _l("Number of the Taiwan permit"),
        _l("This is no number of such a permit: 8 digits, as on the card."),
        re.compile(r"[0-9]{8}")),
    K.RESIDENCE: About(
        _l("Residence permit for Hong Kong, Macao and Taiwan residents"),
        _l("Number of the residence permit"),
        _l("This is no number of such a permit: 18 characters that begin with 810000, 820000 or 830000, "
           "and the last one must fit."),
        re.compile(r"8[123]0000[0-9]{11}[0-9X]"), marked=True),
    K.FOREIGNER: About(
        _l("Permanent residence identity card of a foreigner"),
        _l("Number of the permanent residence card"),
        _l("This is no number of such a card: 18 characters that begin with 9, and the last one must fit; "
           "on older cards 3 letters and 12 digits."),
        re.compile(r"9(?:[1-3][1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{14}[0-9X]|[A-Z]{3}[0-9]{12}"),
        marked=True),
    K.PASSPORT: About(
        _l("Passport"), _l("Passport number"),
        _l("This is no passport number: 5 to 15 letters and digits, with a digit among them."),
        re.compile(r"(?=[A-Z]*[0-9])[A-Z0-9]{5,15}")),
}  # fmt: skip
NAMES: Mapping[str, Any] = {str(kind): about.name for kind, about in KINDS.items()}
NUMBERS: Mapping[str, Any] = {str(kind): about.number for kind, about in KINDS.items()}
NO_KIND = _l(
    "This is no ID number of a resident identity card. Of another document give its kind, too."
)
# what tells its document by itself; a day of birth is none, nor is what may be any number
_TELLING = (K.RESIDENCE, K.FOREIGNER, K.ID_CARD, K.HM_PERMIT)
_LIKE_PASSPORT = re.compile(r"[A-Z]{1,2}[0-9]{7,8}")
_BESIDE = re.compile(r"[-‐‑‒–—―−().·/\\]")  # no star: a mask is no number
_RENEWED: Mapping[str, re.Pattern[str]] = {
    K.HM_PERMIT: re.compile(r"([HM][0-9]{8})[0-9]{2}"),
    K.TW_PERMIT: re.compile(r"([0-9]{8})[0-9]{2}[A-Z]?"),
}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MARKS = "10X98765432"
_ZEROS = ord("0") * sum(_WEIGHTS)


def clean(text: str) -> str:
    """A number as it is kept and searched for: half-width, in capitals, without blanks and dashes."""
    if text.isascii() and text.isalnum():  # as nearly all are
        return text.upper()
    return _BESIDE.sub("", clean_code(text))


def canonical(kind: str, text: str) -> str:
    """The number of such a document without what counts its renewals."""
    number = clean(text)
    renewed = _RENEWED.get(kind)
    found = renewed.fullmatch(number) if renewed else None
    return found[1] if found else number


def spellings(text: str) -> list[str]:
    """Every number that a typed one may be on record as, whatever its kind."""
    number = clean(text)
    return list(dict.fromkeys([number, *(canonical(kind, number) for kind in _RENEWED)]))


def fault(kind: str, number: str, today: date) -> str:
    """What is wrong: `form`, `mark` or `born` (no such day, or in the future); empty if nothing is."""
    if not KINDS[kind].form.fullmatch(number):
        return "form"
    return _mark_fault(number, today) if holds_birth(kind, number) else ""


def problem(kind: str, number: str, today: date) -> str | None:
    """The sentence to a number that is none of this kind; it names the kind that it is of, where sure.

    A number whose own form tells another kind is of that one: a residence permit is no identity card.
    """
    other = guess(number, today)
    wrong = fault(kind, number, today)
    if other in _TELLING and other != kind and (wrong or _excludes(other, kind)):
        return _(
            "This is the number of another document: %(kind)s. Choose that kind, or correct the "
            "number.",
            kind=NAMES[str(other)],
        )
    return str(KINDS[kind].how) if wrong else None


def _excludes(other: IdKind, kind: str) -> bool:
    """Residence permits and permanent residence cards have the mark of an ID number, and are none."""
    return kind == K.ID_CARD and other in (K.RESIDENCE, K.FOREIGNER)


@lru_cache(maxsize=64)  # each check of a number asks again
def guess(number: str, today: date) -> IdKind | None:
    """The kind of a number of which only the number is known; None where it can be several or none."""
    plain = clean(number)
    if plain[:1] in "1234567" and not fault(K.ID_CARD, plain, today):
        return K.ID_CARD  # as nearly all are; the other kinds of 18 signs begin with 8 and 9
    for kind in _TELLING:
        if not fault(kind, canonical(kind, plain) if kind in _RENEWED else plain, today):
            return kind
    if _LIKE_PASSPORT.fullmatch(number):
        return K.PASSPORT
    if re.fullmatch(r"[0-9]{8}|[0-9]{10}[A-Z]", number) and not _is_day(number[:8]):
        return K.TW_PERMIT
    return None


def _is_day(text: str) -> bool:
    """Whether eight digits are a day of this or the last century, as a column of birth days has them."""
    try:
        return 1900 <= date(int(text[:4]), int(text[4:6]), int(text[6:])).year < 2100
    except ValueError:
        return False


def holds_birth(kind: str, number: str) -> bool:
    """Whether day of birth and sex stand in the number."""
    return len(number) == 18 and KINDS[kind].marked


_NO_STATE = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


@cache
def _countries(language: str) -> Mapping[str, str]:
    names = {
        code: name
        for code, name in Locale(language).territories.items()
        if re.fullmatch(r"[A-Z]{2}", code) and code not in _NO_STATE
    }
    return names | ({"TW": "中国台湾"} if language == "zh" else {})


def countries() -> Mapping[str, str]:
    """Code (ISO 3166) and name, in the reader's language, of who issues passports."""
    locale = get_locale()
    return _countries("zh" if locale is None or locale.language == "zh" else "en")


@cache
def countries_typed() -> Mapping[str, str]:
    """What people write for a country, in small letters: code, Chinese or English name → code."""
    found = {
        "usa": "US",
        "uk": "GB",
        "台湾": "TW",
        "香港": "HK",
        "澳门": "MO",
        "中国香港": "HK",
        "中国澳门": "MO",
    }
    for language in ("zh", "en"):
        found |= {name.casefold(): code for code, name in _countries(language).items()}
    return found | {code.casefold(): code for code in _countries("en")}


def named(kind: str, country: str = "") -> str:
    """The kind in words, of a passport with its country."""
    name = str(NAMES[kind])
    if not country:
        return name
    return _("%(name)s (%(country)s)", name=name, country=countries().get(country, country))


def id_number_mark(first17: str) -> str:
    """The 18th character that belongs to the first 17 (GB 11643)."""
    return _MARKS[(sum(map(mul, first17.encode(), _WEIGHTS)) - _ZEROS) % 11]


@lru_cache(maxsize=64)
def _mark_fault(number: str, today: date) -> str:
    if id_number_mark(number[:17]) != number[17]:
        return "mark"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "born"
    return "" if date(1900, 1, 1) <= born <= today else "born"


def sex_in(kind: str, number: str) -> str:
    """The code of the sex that a right number names: odd 1, even 2; empty where it names none."""
    if not holds_birth(kind, number):
        return ""
    return "1" if int(number[16]) % 2 else "2"


def birth_in(kind: str, number: str) -> str:
    """The day of birth that a right number says, as 2004-01-31; empty where it says none."""
    if not number or not holds_birth(kind, number):
        return ""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])).isoformat()
    except ValueError:
        return ""
