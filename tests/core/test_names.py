"""One folding of names: what looks the same is the same, and what is no name says so."""

from __future__ import annotations

import unicodedata

import pytest

from app.core.names import (
    clean_contact,
    clean_name,
    clean_title,
    name_problem,
    same_name,
    title_key,
    title_problem,
)

PEOPLE = [
    ("⾼⼤⼭", "高大山"),  # Kangxi radicals, of a PDF copy
    ("⻢⻰", "马龙"),  # CJK radicals supplement
    ("⻩⽔", "黄水"),
    ("⻅⻙", "见韦"),
    ("﨑\ufa11", "﨑﨑"),  # unified already, whatever its block is called
    ("\uf907山", "龜山"),  # a compatibility ideograph
    ("\U0002f800人", "丽人"),
    ("张\u3000三", "张三"),
    ("梁　梓", "梁梓"),
    ("王  芳", "王芳"),
    ("\u2003李\u00a0明\u2003", "李明"),
    ("欧阳\u3164娜", "欧阳娜"),  # a letter that looks like a blank
    ("葛\U000e0100明", "葛明"),  # a variation selector
    ("邉\ufe00", "邉"),
    ("郭\u200b嘉\u2060", "郭嘉"),
    ("买买提•吾布力", "买买提·吾布力"),
    ("买买提‧吾布力", "买买提·吾布力"),
    ("买买提・吾布力", "买买提·吾布力"),
    ("买买提∙吾布力", "买买提·吾布力"),
    ("买买提⋅吾布力", "买买提·吾布力"),
    ("买买提．吾布力", "买买提·吾布力"),
    ("买买提.吾布力", "买买提·吾布力"),
    ("买买提﹒吾布力", "买买提·吾布力"),
    ("买买提･吾布力", "买买提·吾布力"),
    ("买买提 · 吾布力", "买买提·吾布力"),
    ("买买提。吾布力", "买买提·吾布力"),
    ("买买提—吾布力", "买买提·吾布力"),
    ("买买提-吾布力", "买买提·吾布力"),
    ("买买提－吾布力", "买买提·吾布力"),
    ("买买提――吾布力", "买买提·吾布力"),
    ("阿依古丽●买买提", "阿依古丽·买买提"),
    ("古丽米热ㆍ艾比布力", "古丽米热·艾比布力"),
    ("·张三", "张三"),
    ("张三.", "张三"),
    ("ＪＯＨＮ", "JOHN"),
    ("ＪＯＨＮ　ＳＭＩＴＨ", "JOHN SMITH"),
    ("John\t Smith", "John Smith"),
    ("Jean\u2011Pierre", "Jean-Pierre"),
    ("O’Neil", "O'Neil"),
    ("J. R. Smith", "J. R. Smith"),
    ("Jose\u0301", "José"),
    ("丁〇一", "丁〇一"),
    ("𬸘㛃䶮", "𬸘㛃䶮"),
]
TITLES = [
    ("武汉星光(集团)有限公司", "武汉星光（集团）有限公司"),
    ("武汉星光 （集团） 有限公司", "武汉星光（集团）有限公司"),
    ("武汉星光﹙集团﹚有限公司", "武汉星光（集团）有限公司"),
    ("ＡＢＣ（中国）有限公司", "ABC（中国）有限公司"),
    ("ABC 中国 有限公司", "ABC中国有限公司"),
    ("ＡＢＣ（China）　Ltd.", "ABC(China) Ltd."),
    ("３Ｍ中国有限公司", "3M中国有限公司"),
    ("⼭东⻢钢有限公司", "山东马钢有限公司"),
    ("星光・未来（北京）", "星光·未来（北京）"),
    ("中国—东盟中心", "中国—东盟中心"),  # an organisation's dash is its own
    ("A&B Co., Ltd.", "A&B Co., Ltd."),
]


@pytest.mark.rule("INV-01")
@pytest.mark.parametrize(("typed", "kept"), PEOPLE)
def test_a_persons_name_is_kept_in_one_spelling(typed, kept):
    assert clean_name(typed) == kept
    assert clean_name(kept) == kept
    assert name_problem(kept) is None


@pytest.mark.rule("ADM-06")
@pytest.mark.parametrize(("typed", "kept"), TITLES)
def test_an_employers_name_is_kept_in_one_spelling(typed, kept):
    assert clean_title(typed) == kept
    assert clean_title(kept) == kept
    assert title_problem(kept) is None


@pytest.mark.rule("INV-01")
def test_every_published_radical_becomes_an_ideograph():
    radicals = [chr(c) for c in (*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6))]
    left = [c for c in radicals if unicodedata.category(c) == "So" and clean_name(c) == c]
    assert left == ["⺀"]  # of which Unicode names no ideograph


@pytest.mark.rule("INV-01")
def test_latin_letters_are_the_same_in_either_case():
    assert same_name("john  smith", "ＪＯＨＮ SMITH")
    assert not same_name("JOHN SMITH", "JOHNSMITH")
    assert title_key("ＡＢＣ(中国)") == title_key("abc（中国）")


@pytest.mark.rule("ADM-02")
@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("郭嘉(男)", "括号"),
        ("郭嘉（男）", "括号"),
        ("郭嘉【男】", "括号"),
        ("赵?", "“?”"),
        ("赵？", "“?”"),
        ("徐\ufffd", "“\ufffd”"),
        ("徐□", "“□”"),
        ("李1", "“1”"),
        ("李１", "“1”"),
        ("张*三", "“*”"),
        ("张三、李四", "“、”"),
        ("张三/李四", "“/”"),
        ("123", "“1”"),
        ("-", "“-”"),
        ("张三@", "“@”"),
        ("①", "“1”"),
        ("😀", "“😀”"),
    ],
)
def test_what_is_no_name_says_which_sign_it_is(app, typed, word):
    with app.test_request_context():
        assert word in name_problem(clean_name(typed))


@pytest.mark.rule("ADM-06")
def test_an_employers_name_may_have_digits_and_brackets_but_no_lost_characters(app):
    with app.test_request_context():
        assert title_problem("第23中学（东校区）") is None
        assert "“?”" in title_problem("???有限公司")
        assert title_problem("——")


def test_whom_to_ask_keeps_what_people_add():
    assert clean_contact("王　芳 (人事)") == "王芳（人事）"
    assert clean_contact("人事部-王芳") == "人事部-王芳"
    assert clean_contact("买买提.吾布力") == "买买提·吾布力"
