"""Guesses of what headers and words mean: what is sure is taken, what is not is asked (BLK-06)."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.codes import queries as codes
from app.codes import shipped
from app.core.registry import stores
from app.files.imports import spellings
from app.files.imports.columns import ValueList
from app.files.imports.guess_headers import guess_heads, names_of
from app.files.imports.guesses import Regions, guess_value
from app.files.imports.headers import normal

pytestmark = pytest.mark.rule("BLK-06")
TABLES = Path(codes.__file__).parent / "tables"


def rows(name):
    with open(TABLES / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def table(name):
    return ValueList([(row["code"], row["code"], row["name"]) for row in rows(name)])


@pytest.fixture(scope="module")
def regions():
    return Regions(
        [(r["code"], r["name"], r["full_name"], int(r["level"])) for r in rows("xzqh_full")]
    )


@pytest.fixture
def heads(app):
    def guessed(*texts, sheet="students"):
        with app.test_request_context():
            found = guess_heads(texts, names_of(stores().sheets[sheet]))
        return {text: found.get(normal(text)) for text in texts}

    return guessed


@pytest.mark.parametrize(
    ("head", "field"),
    [
        ("所在院系", "college"),
        ("毕业年度", "graduation_year"),
        ("SZYX", "college"),
        ("学历层次", "education"),
        ("生源地", "origin"),
        ("学生学号", "student_no"),
        ("毕业生姓名", "name"),
        ("Student number", "student_no"),
        ("手机号码（必填）", "phone"),
        ("XLDM", "education"),
        ("MZ", "nation"),
        ("所在班级", "class_name"),
        ("身份证号码(18位)", "id_number"),
        ("培养单位", "college"),
        ("MOBILEPHONE", "phone"),
    ],
)
def test_the_usual_spellings_of_a_header_are_sure(heads, head, field):
    guess = heads(head)[head]
    assert (guess.ours, guess.sure) == (field, True)


@pytest.mark.parametrize(
    "head", ["组织机构代码", "统一社会信用代码", "单位组织机构代码（统一社会信用代码）"]
)
def test_all_names_of_the_credit_code_are_sure(heads, head):
    for sheet in ("plan", "employers"):
        guess = heads(head, sheet=sheet)[head]
        assert (guess.ours, guess.sure) == ("credit_code", True)


@pytest.mark.parametrize("head", ["身份证号/手机号", "学号或考生号", "姓名、性别"])
def test_a_header_of_two_things_is_never_guessed(heads, head):
    assert heads(head)[head].ours is None


@pytest.mark.parametrize(
    "head", ["手机（家长）", "学历（入学前）", "紧急联系人电话", "父亲姓名", "原学号"]
)
def test_what_only_looks_like_a_header_of_ours_is_asked_and_not_taken(heads, head):
    assert not heads(head)[head].sure


def test_every_header_of_the_official_layout_that_we_keep_is_known(heads):
    """By its field and by its name, whatever the sheet has as official code."""
    for name, spelled in spellings.PERSON.items():
        field = {"year": "graduation_year", "major_code": "major"}.get(
            name, name.removesuffix(":name")
        )
        if field in ("school", "school_code"):
            continue
        for head, guess in heads(*spelled).items():
            assert (guess.ours, guess.sure) == (field, True), head


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("mz", "汉", "01"),
        ("mz", "维吾尔", "05"),
        ("xb", "男性", "1"),
        ("xb", "F", "2"),
        ("dwxz", "国企", "31"),
        ("dwxz", "民营企业", "39"),
        ("dwxz", "外商投资企业", "32"),
        ("zzmm", "共青团", "03"),
        ("zzmm", "党员", "01"),
        ("xl", "31-本科生毕业", "31"),
        ("xl", "本科生毕业(31)", "31"),
        ("xl", "31:本科生毕业", "31"),
        ("pyfs", "定向就业", "2"),
        ("dwhy", "教 育 ", None),
    ],
)
def test_a_word_with_one_meaning_is_taken(name, text, code):
    guess = guess_value(text, [table(name)], shipped.words(name))
    assert guess is None if code is None else (guess.ours, guess.sure) == (code, True)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("xl", "本科", "31"),
        ("xl", "硕士研究生", "11"),
        ("xl", "专科", "41"),
        ("xl", "231", "31"),
        ("pyfs", "统招", "1"),
        ("mz", "1", "01"),
        ("dwxz", "事业单位", "29"),
    ],
)
def test_a_word_with_several_meanings_is_asked_with_the_likely_one_chosen(name, text, code):
    guess = guess_value(text, [table(name)], shipped.words(name))
    assert (guess.ours, guess.sure) == (code, False)


def test_a_schools_own_names_are_only_ever_asked_about():
    own = ValueList(
        [(1, "01", "计算机科学与技术学院"), (2, "02", "法学院"), (3, "03", "经济与管理学院")]
    )
    found = {
        text: guess_value(text, [own], {})
        for text in ("计算机学院", "法学", "经管学院", "数学学院")
    }
    assert [(g.ours, g.sure) for g in found.values()] == [
        ("01", False),
        ("02", False),
        ("03", False),
        (None, False),
    ]
    assert guess_value("法学院", [own], {}) is None


def test_words_lead_to_codes_that_exist():
    names = {"xl", "xb", "pyfs", "zzmm", "dwxz", "byqx"}
    for name in names:
        known = {row["code"] for row in rows({"byqx": "byqx_2021"}.get(name, name))}
        assert {code for code, _sure in shipped.words(name).values()} <= known, name


@pytest.mark.parametrize(
    "text",
    [
        "湖北省-武汉市-洪山区",
        "湖北省/武汉市/洪山区",
        "湖北武汉洪山",
        "武汉市洪山区",
        "湖北省 武汉市 洪山区",
        "湖北省>武汉市>洪山区",
        "湖北省，武汉市，洪山区",
        "湖北武汉洪山区",
    ],
)
def test_a_region_is_understood_however_its_parts_are_set_apart(regions, text):
    guess = regions.guess(text)
    assert (guess.ours, guess.sure) == ("420111", True)


def test_regions_without_a_middle_level_and_autonomous_ones_are_understood(regions):
    said = {
        "北京市/市辖区/海淀区": "110108",
        "北京海淀": "110108",
        "湖北仙桃": "429004",
        "湖北恩施利川": "422802",
        "重庆万州": "500101",
        "内蒙古呼和浩特新城区": "150102",
        "广西南宁青秀": "450103",
    }
    assert {text: regions.guess(text).ours for text in said} == said


def test_a_county_that_several_provinces_have_means_none(regions):
    assert regions.guess("鼓楼区").ours is None
    assert not regions.guess("洪山区").sure  # one today; the person is asked


def test_former_regions_are_none_of_today_and_have_a_year(regions):
    today = {code for code, _name, _full, _level in regions.rows}
    former = shipped.former_regions()
    assert not today & set(former)
    assert former["330103"] == ("浙江省杭州市下城区", 2021)
    assert all(1980 <= until <= 2030 and len(code) == 6 for code, (_n, until) in former.items())


def test_each_former_region_is_part_of_regions_that_exist_today(regions):
    today = {code: (full, level) for code, _name, full, level in regions.rows}
    for row in shipped.read_shipped("xzqh_former"):
        now = row["now"].split()
        assert now, row
        for code in now:
            full, level = today[code]
            assert level == 3, row  # a county for a county
            assert full[:2] == row["full_name"][:2], row
