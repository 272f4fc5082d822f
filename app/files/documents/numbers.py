"""Agreement numbers and verification codes as texts; `counter.next_number` counts."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
CODE_LENGTH = 12  # 60 random bits
_MISREAD = str.maketrans("ILO", "110")
_DASHES = dict.fromkeys(map(ord, " -\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"))


def agreement_number(kind_digit: int, graduation_year: int, school_code: str, sequence: int) -> str:
    """Join kind (1 online, 2 offline), year, school code and five-digit sequence (spec AGR-10).

    Raises ValueError where a part does not fit its place.
    """
    if kind_digit not in (1, 2):
        raise ValueError(f"the kind digit is 1 or 2, not {kind_digit}")
    if not 2000 <= graduation_year <= 2999:
        raise ValueError(f"the graduation year has four digits, not {graduation_year}")
    if not (school_code.isascii() and school_code.isdecimal() and len(school_code) in (5, 6)):
        raise ValueError(f"a school code has five or six digits, not {school_code!r}")
    if not 1 <= sequence <= 99999:
        raise ValueError(f"the sequence runs from 1 to 99999, not {sequence}")
    return f"{kind_digit}{graduation_year}{school_code}{sequence:05d}"


def verification_code() -> str:
    """Make a new random code; nothing of the agreement can be told from it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def grouped(code: str) -> str:
    """ABCDEFGHJKMN → ABCD-EFGH-JKMN, as it is printed."""
    plain = normalised(code)
    return "-".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def normalised(code: str) -> str:
    """Bring what a person typed to the stored form: capitals, no dashes, I and L are 1, O is 0."""
    return code.strip().translate(_DASHES).upper().translate(_MISREAD)
