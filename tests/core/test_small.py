"""Small tools of the ground floor: sealed numbers, texts, settings."""

from __future__ import annotations

from datetime import date

import pytest

import config as settings
from app.core.checks import credit_code_mark, is_credit_code
from app.core.crypto import Cipher
from app.core.identity import IdKind, id_number_mark
from app.core.identity import fault as identity_fault
from app.core.names import clean_name
from app.core.text import (
    clean_code,
    clean_line,
    mask_id_number,
    mask_name,
    mask_phone,
)


def key(n: int) -> bytes:
    return bytes([n]) * 32


def test_a_sealed_value_opens_in_its_own_place_only():
    cipher = Cipher([("k1", key(1))], key(9))
    sealed = cipher.encrypt("110101199001010839", "Student.id_number:a")
    assert cipher.decrypt(sealed, "Student.id_number:a") == "110101199001010839"
    with pytest.raises(ValueError, match="another row"):
        cipher.decrypt(sealed, "Student.id_number:b")


def test_the_old_key_still_opens_after_rotation():
    old = Cipher([("k1", key(1))], key(9)).encrypt("13800000000", "x")
    both = Cipher([("k2", key(2)), ("k1", key(1))], key(9))
    assert both.decrypt(old, "x") == "13800000000"
    with pytest.raises(ValueError, match="k1"):
        Cipher([("k2", key(2))], key(9)).decrypt(old, "x")


def test_a_sealed_number_shows_only_its_mask_in_the_table(cast):
    student = cast.student
    number = student.id_number.encode()
    assert number not in student.id_number_sealed
    assert student.id_number_masked.count("*") == 5
    assert student.phone_masked == mask_phone(student.phone)


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１１０１０１", "110101"),
        (" 42 01\u3000", "4201"),
        ("91\u200b42x", "9142X"),
        ("\ufeffabc", "ABC"),
    ],
)
def test_codes_lose_blanks_and_width_but_no_digit(typed, kept):
    assert clean_code(typed) == kept


def test_names_keep_rare_characters_and_get_the_right_dot():
    assert clean_name(" 买买提•吾布力 ") == "买买提·吾布力"
    assert clean_name("𬸘㛃䶮") == "𬸘㛃䶮"
    assert clean_line("a\u202eb\x00c") == "abc"


def test_masks():
    assert mask_id_number("110101199001010839") == "110101*****0839"
    assert mask_phone("13345675660") == "133****5660"
    assert (mask_name("黄河水"), mask_name("李静")) == ("黄*水", "李*")


def test_the_database_cuts_a_name_into_all_pieces_of_one_and_two_signs(session):
    from sqlalchemy import text

    for name in ("伟芳", "买买提·吾布力", "𬸘a", "a", ""):
        found = session.scalar(text("SELECT grams(:n)"), {"n": name})
        assert set(found) == {name[i : i + n] for n in (1, 2) for i in range(len(name) - n + 1)}


@pytest.mark.rule("ACC-07")
@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("91350100M000100Y43", True),
        ("91350100M000100Y44", False),
        ("9135010OM000100Y43", False),
        ("", False),
    ],
)
def test_credit_codes_are_checked_as_the_standard_says(code, right):
    assert is_credit_code(code) is right
    if right:
        assert credit_code_mark(code[:17]) == code[17]


def test_id_numbers_are_checked_by_mark_and_date_not_by_region():
    for first, fault in (
        ("99999920040229001", ""),
        ("99999920050229001", "born"),
        ("99999920990101001", "born"),
    ):
        number = first + id_number_mark(first)
        assert identity_fault(IdKind.ID_CARD, number, date(2026, 11, 21)) == fault


def test_an_unknown_setting_is_an_error():
    with pytest.raises(settings.BadSettings, match="QINGQIAN_MAILURL"):
        settings.load({"QINGQIAN_MAILURL": "smtp://x"})
