"""What can be printed, what is mended, what is said (DOC-07); identifiers of Chinese keyboards (F-11)."""

import unicodedata

import pytest

from app.core import emails, printable
from app.core.printable import PRIVATE, mended, refusal, replacement, unprintable
from app.core.text import clean_day, clean_line, clean_lines
from tests import fonts


def _row(lead, trails):
    return [bytes((lead, trail)) for trail in trails if trail != 0x7F]


# where the characters stand in GBK and GB 18030: the bytes that every edition agrees on
SLOTS = {
    **dict(zip(range(0xE815, 0xE865), _row(0xFE, range(0x50, 0xA1)), strict=True)),
    **dict(zip(range(0xE7E7, 0xE7F4), _row(0xA9, range(0x89, 0x96)), strict=True)),
    **dict(
        zip(range(0xE78D, 0xE797), _row(0xA6, [*range(0xD9, 0xE0), 0xEC, 0xED, 0xF3]), strict=True)
    ),
    0xE7C7: b"\xa8\xbc",
    0xE7C8: b"\xa8\xbf",
    0xE76C: b"\xa2\xe3",
}
# those that were private still in GB 18030-2000, which Python's codec follows: editions 2005 and 2022
LATER = {
    "a6d9": 0xFE10,
    "a6da": 0xFE12,
    "a6db": 0xFE11,
    "a6dc": 0xFE13,
    "a6dd": 0xFE14,
    "a6de": 0xFE15,
    "a6df": 0xFE16,
    "a6ec": 0xFE17,
    "a6ed": 0xFE18,
    "a6f3": 0xFE19,
    "a8bc": 0x1E3F,
    "fe51": 0x20087,
    "fe52": 0x20089,
    "fe53": 0x200CC,
    "fe59": 0x9FB4,
    "fe61": 0x9FB5,
    "fe66": 0x9FB6,
    "fe67": 0x9FB7,
    "fe6c": 0x215D7,
    "fe6d": 0x9FB8,
    "fe76": 0x2298F,
    "fe7e": 0x9FB9,
    "fe90": 0x9FBA,
    "fe91": 0x241FE,
    "fea0": 0x9FBB,
}


@pytest.mark.rule("DOC-07")
@pytest.mark.parametrize(("private", "code"), SLOTS.items(), ids=[b.hex() for b in SLOTS.values()])
def test_each_old_private_character_becomes_the_one_that_stands_at_its_bytes(private, code):
    standard = PRIVATE[chr(private)]
    decoded = code.decode("gb18030")
    if code.hex() in LATER:
        assert (ord(decoded), ord(standard)) == (private, LATER[code.hex()])
    else:
        assert decoded == standard
    assert mended(f"王{chr(private)}") == f"王{standard}"


@pytest.mark.rule("DOC-07")
def test_the_table_has_all_of_them_and_nothing_else_and_all_can_be_printed():
    assert set(PRIVATE) == {chr(point) for point in SLOTS}
    assert len(set(PRIVATE.values())) == len(PRIVATE) == 106
    assert unprintable("".join(PRIVATE.values())) == []


@pytest.mark.rule("DOC-07")
def test_the_list_of_glyphs_is_that_of_the_fonts():
    assert printable.GLYPHS.read_text(encoding="utf-8") == fonts.ranges()


@pytest.mark.rule("DOC-07")
def test_the_fonts_cover_the_writings_of_names():
    for first, last in (
        (0xA1, 0xAC),
        (0x100, 0x24F),
        (0x1E00, 0x1EFF),
        (0x400, 0x52F),
        (0x3400, 0x4DB5),
        (0x4E00, 0x9FEF),
        (0x20000, 0x2A6D6),
        (0x2A700, 0x2B734),
        (0x2B740, 0x2B81D),
        (0x2B820, 0x2CEA1),
        (0x2CEB0, 0x2EBE0),
    ):
        signs = (chr(p) for p in range(first, last + 1))
        letters = "".join(c for c in signs if unicodedata.category(c)[0] not in "CM")
        assert unprintable(letters) == []


@pytest.mark.rule("DOC-07")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("王\ue863", "王䶮"),
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("葛\U000e0100", "葛"),
        ("a\ufe0fb", "ab"),
        ("黄\u200b河\u200f水\ufeff", "黄河水"),
        ("a\u202eb\x00c", "abc"),
        ("\u2067倒\u2069", "倒"),
    ],
)
def test_what_is_mended(typed, kept):
    assert clean_line(typed) == kept
    assert unprintable(kept) == []


@pytest.mark.rule("DOC-07")
@pytest.mark.parametrize(
    "char",
    [
        "🚀",
        "ཨ",
        "ᠮ",
        "ئ",
        "한",
        "ก",
        "ﷺ",
        "\ufffd",
        "\ufffc",
        "\x80",
        "\x9f",
        "\u0600",
        "\ue000",
        "\uf8ff",
        "\U000f0000",
        "\U00030001",
        "\u0301",
        "\u20e3",
        "\ufdd0",
        "\U0010ffff",
        "𝐀",
        "☑",
    ],
)
def test_what_cannot_be_printed_stays_and_is_named_with_its_code_and_a_way_out(char):
    assert unprintable(clean_line(f"张{char}")) == [char]
    said = refusal(f"张{char}")
    assert f"U+{ord(char):04X}" in said
    assert said.endswith(".")
    assert printable.marked(f"张{char}") == "张〓"


@pytest.mark.rule("DOC-07")
def test_each_kind_has_its_own_way_out():
    ways = {printable._way_out(char) for char in "🚀ཨ\ufffd\ue000\u0600\U00030001"}
    assert len(ways) == 6
    assert "“A”" in printable.sentence("𝐀")
    assert (replacement("𝐀"), replacement("\ue863"), replacement("🚀")) == ("A", "䶮", "")


def test_many_characters_make_no_endless_sentence():
    assert len(refusal("".join(chr(0x1F600 + n) for n in range(60)))) < 400


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１２３４５６@qq.com", "123456@qq.com"),
        ("ａｂｃ@163.com", "abc@163.com"),
        ("abc@qq.com。", "abc@qq.com"),
        ("abc@qq.com；", "abc@qq.com"),
        ("mailto:abc@qq.com", "abc@qq.com"),
        ("abc@qq.com/", "abc@qq.com"),
        ("123456＠qq.com", "123456@qq.com"),
        ("abc@qq．com", "abc@qq.com"),
        ("abc@qq。com", "abc@qq.com"),
        (" ａ b@QQ.com \u200b", "ab@qq.com"),
        ("邮箱：abc@qq.com，", "abc@qq.com"),
        ("<abc@qq.com>", "abc@qq.com"),
        ("O'Neil+x@example.com", "O'Neil+x@example.com"),
    ],
)
def test_an_address_is_folded(typed, kept):
    assert emails.clean_email(typed) == kept
    assert emails.is_email(kept)
    assert emails.meant(kept) == ""


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize(
    "typed",
    [
        "李明@qq.com",
        "abc@qq.com、d",
        "a@x.中国",
        "abc",
        "@qq.com",
        "abc@",
        "a@b",
        "a..b@qq.com",
        "a@localhost",
        "a@-x.com",
        "a b@c@qq.com",
        "a" * 65 + "@qq.com",
        "a@" + "b" * 64 + ".com",
        "é@qq.com",
    ],
)
def test_what_is_no_address_is_refused(typed):
    assert not emails.is_email(emails.clean_email(typed))


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("abc@qq.con", "abc@qq.com"),
        ("abc@163.con", "abc@163.com"),
        ("a@gmail.con", "a@gmail.com"),
        ("a@gmial.com", "a@gmail.com"),
        ("a@hotmai.com", "a@hotmail.com"),
        ("a@qq.cm", "a@qq.com"),
        ("a@qq.co", "a@qq.com"),
        ("a@mail.com", ""),
        ("a@139.com", ""),
        ("a@189.cn", ""),
        ("a@hust.edu.cn", ""),
        ("a@sina.com.cn", ""),
    ],
)
def test_a_slip_of_a_usual_host_is_suspected(typed, meant):
    assert emails.meant(typed) == meant


@pytest.mark.rule("ACC-05")
@pytest.mark.parametrize(
    "typed",
    ["２０２７－０７－０１", "2027。7。1", "2027年7月1日", "20270701", "2027/7/1", "2027-07-01 "],
)
def test_days_in_any_spelling(typed):
    assert clean_day(typed) == "2027-07-01"


def test_several_lines_stay_lines():
    assert clean_lines(" 一 \n\n二\ue863\u200b\n") == "一\n二䶮"
