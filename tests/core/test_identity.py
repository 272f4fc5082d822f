"""Documents of identity and phones with a country code, by themselves (ACC-13)."""

from __future__ import annotations

from datetime import date

import pytest

from app.core import identity, phones
from app.core.identity import IdKind
from app.core.text import mask_id_number, mask_phone

TODAY = date(2026, 11, 30)
K = IdKind


def marked(first17: str) -> str:
    return first17 + identity.id_number_mark(first17)


ID, RESIDENT, FOREIGNER = (
    marked(first) for first in ("11010119900307101", "81000020040315201", "93115620011224003")
)


@pytest.mark.rule("ACC-13")
@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (K.ID_CARD, ID, ID),
        (K.ID_CARD, f" {ID[:6]}-{ID[6:14]}-{ID[14:]} ".lower(), ID),
        (K.HM_PERMIT, "H12345678", "H12345678"),
        (K.HM_PERMIT, "ｍ１２３４５６７８", "M12345678"),
        (K.HM_PERMIT, "H1234567801", "H12345678"),  # the booklet of before 2013 counts renewals
        (K.TW_PERMIT, "12345678", "12345678"),
        (K.TW_PERMIT, "1234567801", "12345678"),
        (K.TW_PERMIT, "1234567801(B)", "12345678"),
        (K.RESIDENCE, "810000 20040315 2015", "810000200403152015"),
        (K.RESIDENCE, marked("83000020030102004"), marked("83000020030102004")),
        (K.FOREIGNER, FOREIGNER, FOREIGNER),
        (K.FOREIGNER, "can 1101 0101 0101", "CAN110101010101"),
        (K.PASSPORT, "e 1234-5678", "E12345678"),
        (K.PASSPORT, "AB1234", "AB1234"),
        (K.PASSPORT, "123456789", "123456789"),
    ],
)
def test_a_number_of_its_kind_is_right_however_it_is_typed(kind, typed, kept):
    assert identity.canonical(kind, typed) == kept
    assert identity.fault(kind, kept, TODAY) == ""
    assert kept in identity.spellings(typed)


@pytest.mark.rule("ACC-13")
@pytest.mark.parametrize(
    ("kind", "number", "fault"),
    [
        (K.ID_CARD, ID[:-1] + ("0" if ID[-1] != "0" else "1"), "mark"),
        (K.ID_CARD, "H12345678", "form"),
        (K.ID_CARD, "110101*****0101", "form"),
        (K.HM_PERMIT, "H1234567", "form"),
        (K.HM_PERMIT, "X12345678", "form"),
        (K.TW_PERMIT, "T12345678", "form"),
        (K.RESIDENCE, ID, "form"),
        (K.RESIDENCE, marked("81000020990101201"), "born"),
        (K.RESIDENCE, "810000200403152016", "mark"),
        (K.FOREIGNER, marked("99999920011224003"), "form"),
        (K.FOREIGNER, "CAN11010101010", "form"),
        (K.PASSPORT, "ABCDEF", "form"),
        (K.PASSPORT, "A123", "form"),
        (K.PASSPORT, "A123456789012345", "form"),
        (K.PASSPORT, "E1234567é", "form"),
    ],
)
def test_what_is_no_number_of_its_kind_is_told(kind, number, fault):
    assert identity.fault(kind, number, TODAY) == fault


@pytest.mark.rule("ACC-13")
@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (ID, K.ID_CARD),
        (marked("99999920040802111"), K.ID_CARD),
        ("H12345678", K.HM_PERMIT),
        ("M8765432101", K.HM_PERMIT),
        ("12345678", K.TW_PERMIT),
        (RESIDENT, K.RESIDENCE),
        (FOREIGNER, K.FOREIGNER),
        ("CAN110101010101", K.FOREIGNER),
        ("E12345678", K.PASSPORT),
        ("MA1234567", K.PASSPORT),
        ("20040315", None),
        ("2023010001", None),
        ("AB1234", None),
        (ID[:-1], None),
        (ID[:-1] + ("0" if ID[-1] != "0" else "1"), None),
        ("13800000000", None),
        ("110101*****0101", None),
        ("无", None),
    ],
)
def test_only_a_number_that_can_be_nothing_else_tells_its_kind(number, kind):
    assert identity.guess(number, TODAY) == kind


@pytest.mark.rule("ACC-13")
def test_the_number_of_another_document_is_called_so(app):
    with app.test_request_context():
        assert "港澳台居民居住证" in identity.problem(K.ID_CARD, RESIDENT, TODAY)
        assert "居民身份证" in identity.problem(K.PASSPORT, ID, TODAY)
        assert "港澳居民来往内地通行证" in identity.problem(K.ID_CARD, "H12345678", TODAY)
        assert identity.problem(K.PASSPORT, "H12345678", TODAY) is None  # some states print so


@pytest.mark.rule("ACC-13", "PLN-12")
def test_only_some_kinds_hold_sex_and_birth():
    assert identity.sex_in(K.RESIDENCE, RESIDENT) == identity.sex_in(K.ID_CARD, ID) == "1"
    assert identity.sex_in(K.FOREIGNER, "CAN110101010101") == ""
    assert not identity.holds_birth(K.HM_PERMIT, "H12345678")


@pytest.mark.rule("ACC-13")
@pytest.mark.parametrize(
    ("number", "mask"),
    [
        (ID, f"110101*****{ID[-4:]}"),
        ("CAN110101010101", "CAN*****0101"),
        ("H12345678", "H*****678"),
        ("12345678", "*****678"),
        ("AB1234", "*****4"),
        ("A1234", "*****"),
        ("13345675660", "133****5660"),
        ("E1234567890", "E*******890"),
    ],
)
def test_of_a_short_number_at_least_five_signs_stay_hidden(number, mask):
    assert mask_id_number(number) == mask
    assert len(mask) <= 20


@pytest.mark.rule("ACC-13")
@pytest.mark.parametrize(
    ("typed", "kept", "mobile"),
    [
        ("13800000000", "13800000000", True),
        ("+86 138-0000-0000", "13800000000", True),
        ("008613800000000", "13800000000", True),
        ("86 13800000000", "13800000000", True),
        ("（+86）138 0000 0000", "13800000000", True),
        ("013800000000", "13800000000", True),
        ("＋８５２ ９１２３ ４５６７", "+85291234567", True),
        ("85291234567", "+85291234567", True),
        ("85366123456", "+85366123456", True),
        ("00853-6612-3456", "+85366123456", True),
        ("+886 0912 345 678", "+886912345678", True),
        ("+1 (202) 555-0123", "+12025550123", True),
        ("+44 7911 123456", "+447911123456", True),
        ("0082 10 1234 5678", "+821012345678", True),
        ("+852 2345 6789", "+85223456789", False),
        ("+852 912345", "+852912345", False),
        ("1380000000", "1380000000", False),
        ("86138000000001", "86138000000001", False),
        ("12345678901", "12345678901", False),
        ("027-87654321", "027-87654321", False),
        ("+999 1234567", "+9991234567", False),
        ("+1-800-FLOWERS", "+1-800-FLOWERS", False),
    ],
)
def test_a_phone_is_kept_in_one_spelling(typed, kept, mobile):
    assert phones.folded(typed) == kept
    assert phones.folded(kept) == kept
    assert phones.is_mobile(kept) is mobile


@pytest.mark.rule("ACC-13")
@pytest.mark.parametrize(
    ("phone", "mask"),
    [
        ("+85291234567", "+852*****567"),
        ("+12025550123", "+1*******123"),
        ("+6591234567", "+65*****567"),
        ("13345675660", "133****5660"),
    ],
)
def test_of_a_phone_elsewhere_the_mask_keeps_country_and_end(phone, mask):
    assert mask_phone(phone) == mask


@pytest.mark.rule("ACC-13")
def test_a_country_is_read_as_people_write_it(app):
    typed = identity.countries_typed()
    assert [typed[text] for text in ("us", "美国", "united states", "中国台湾", "韩国")] == [
        "US",
        "US",
        "US",
        "TW",
        "KR",
    ]
