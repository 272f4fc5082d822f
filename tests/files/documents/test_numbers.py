import pytest

from app.files.documents.numbers import (
    ALPHABET,
    agreement_number,
    grouped,
    normalised,
    verification_code,
)

pytestmark = pytest.mark.rule("AGR-10")


def test_a_number_is_kind_year_school_and_five_digits():
    assert agreement_number(1, 2026, "420104", 7) == "1202642010400007"
    assert agreement_number(2, 2019, "09720", 99999) == "220190972099999"


@pytest.mark.parametrize(
    "parts",
    [
        (3, 2026, "420104", 1),
        (0, 2026, "420104", 1),
        (1, 26, "420104", 1),
        (1, 2026, "4201", 1),
        (1, 2026, "4201045", 1),
        (1, 2026, "42010A", 1),
        (1, 2026, "４２０１０４", 1),
        (1, 2026, "420104", 0),
        (1, 2026, "420104", 100000),
    ],
)
def test_a_part_that_does_not_fit_its_place_is_refused(parts):
    with pytest.raises(ValueError, match=r"digit|runs from"):
        agreement_number(*parts)


@pytest.mark.rule("DOC-04")
def test_a_code_has_twelve_of_thirty_two_characters_and_never_repeats():
    codes = [verification_code() for _ in range(2000)]
    assert len(set(codes)) == 2000
    assert {len(code) for code in codes} == {12}
    assert set("".join(codes)) == set(ALPHABET)
    assert len(ALPHABET) == 32
    assert not set(ALPHABET) & set("ILOU")


def test_a_code_is_printed_in_three_groups():
    assert grouped("ABCDEFGHJKMN") == "ABCD-EFGH-JKMN"


@pytest.mark.parametrize(
    "typed", ["abcd-0111-jkmn", " ABCD 0I1L JKMN ", "ABCD—Oil1—JKMN", "abcdoi1ljkmn"]
)
def test_what_people_type_is_read_as_the_stored_code(typed):
    assert normalised(typed) == "ABCD0111JKMN"
