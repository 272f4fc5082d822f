"""The termination letter: what it says, and that awkward names and long reasons keep their place."""

from __future__ import annotations

import copy

import pytest

from app.files.documents import render
from app.files.documents.errors import Unprintable
from tests.files.documents.conftest import AGREEMENT, pages_of, text_of, word_boxes

REASON = "已考取研究生，经双方协商一致解除协议。"
LETTER = {
    key: AGREEMENT[key]
    for key in (
        "number",
        "signed_on",
        "school",
        "student",
        "code",
        "verify_url",
        "data_sha256",
        "printed_at",
    )
} | {
    "kind_label": "双方协商一致",
    "ended_on": "2026-06-30",
    "position": "前端开发工程师",
    "employer": {"name": AGREEMENT["employer"]["name"], "credit_code": "91420100MA4KX0123X"},
    "starter": "student",
    "reason": REASON,
    "trace": [
        {"who": "黄河水", "at": "2026-06-01 09:02", "what": "申请解约", "note": REASON},
        {
            "who": "武汉星光智能制造股份有限公司",
            "at": "2026-06-02 10:00",
            "what": "同意解约",
            "note": "",
        },
        {"who": "王老师", "at": "2026-06-30 16:40", "what": "批准解约", "note": ""},
    ],
}


@pytest.fixture
def letter():
    """The data of a letter, to be changed at will."""
    return copy.deepcopy(LETTER)


@pytest.mark.rule("DOC-02")
def test_an_ordinary_letter_is_one_page_with_all_it_has_to_say(letter):
    pdf = render.render("termination_letter", letter)
    assert len(pages_of(pdf)) == 1
    words = text_of(pdf)
    for expected in (
        letter["number"],
        "武汉星光𬸘䶮智能制造股份有限公司与买买提·吾布力卡斯木同学",
        "），自2026-06-30起解除",
        "110101*****0839",
        "提出方毕业生",
        REASON,
        "核验码7K3M-Q8ZT-X2VA",
        "江城理工大学",
    ):
        assert expected in words, expected


@pytest.mark.rule("DOC-02")
@pytest.mark.parametrize(
    ("starter", "word"), [("student", "毕业生"), ("employer", "用人单位"), ("school", "学校")]
)
def test_it_names_the_side_that_wanted_it(letter, starter, word):
    assert f"提出方{word}" in text_of(
        render.render("termination_letter", letter | {"starter": starter})
    )


@pytest.mark.rule("DOC-02")
def test_long_names_and_reasons_are_printed_whole_and_inside_the_frame(letter, tmp_path):
    letter["employer"]["name"] = ("光谷东湖新技术开发区星光𬸘䶮智能制造有限公司" * 6)[:120]
    letter["student"]["name"] = "阿卜杜热合曼·麦麦提图尔荪·吾布力卡斯木·买买提艾力江"
    letter["position"], letter["reason"] = "软" * 60, ("协商一致" * 50)[:199] + "终"
    letter["trace"] = [
        {
            "who": letter["employer"]["name"],
            "at": "2026-06-01 09:02",
            "what": "申请解约",
            "note": letter["reason"],
        }
    ] * 7
    pdf = render.render("termination_letter", letter)
    words = text_of(pdf)
    for text in (letter["employer"]["name"], letter["student"]["name"], letter["reason"]):
        assert text in words
    assert words.count("终") == 8
    boxes = [line for line in word_boxes(pdf, tmp_path) if "<word" in line]
    assert boxes
    assert not [line for line in boxes if float(line.split('xMax="')[1].split('"')[0]) > 551]


@pytest.mark.rule("DOC-02")
def test_what_people_typed_is_text_and_nothing_else(letter):
    letter["reason"] = "<img src='file:///etc/passwd'/>{{ d }}<b>粗</b>"
    assert "<imgsrc='file:///etc/passwd'/>{{d}}<b>粗</b>" in text_of(
        render.render("termination_letter", letter)
    )


@pytest.mark.rule("DOC-02")
def test_an_emoji_in_a_reason_stops_no_letter_but_one_in_a_name_does(letter):
    letter["reason"] = "考上研究生😀了"
    letter["trace"][0]["note"] = "谢谢\u202e👍"
    words = text_of(render.render("termination_letter", letter))
    assert "考上研究生〓了" in words
    assert "谢谢〓〓" in words
    letter["student"]["name"] = "黄\U00030001水"
    with pytest.raises(Unprintable) as error:
        render.render("termination_letter", letter)
    assert error.value.missing == [("student.name", "\U00030001")]


@pytest.mark.rule("DOC-02")
@pytest.mark.parametrize("word", ["未生效", "已失效"])
def test_a_marked_letter_says_so_on_every_page(letter, word):
    letter["trace"] = letter["trace"] * 12
    pages = pages_of(render.render("termination_letter", letter, watermark=word))
    assert len(pages) > 1
    assert all(f"本文件{word}" in page.extract_text().replace(" ", "") for page in pages)
