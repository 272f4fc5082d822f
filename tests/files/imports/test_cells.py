"""Reading one cell: the spellings that occur, and nothing guessed (BLK-02)."""

import pytest

from app.files.imports import cells, headers
from app.files.imports.cells import Wrong
from app.files.imports.columns import ValueList
from app.files.imports.text_tables import decoded

DAYS = {
    "2026-07-01": [
        "2026-07-01",
        "2026/7/1",
        "2026.7.1",
        "2026.07",
        "20260701",
        "2026年7月1日",
        "2026年7月",
        "２０２６－０７－０１",
        "2026-07-01 00:00:00",
        46204,
        46204.5,
        20260701,
        ("d", "2026-07-01"),
        ("d", "2026-07-01T08:30:00"),
        2026.07,
    ],
}


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize("spelled", DAYS["2026-07-01"], ids=str)
def test_a_day_is_read_in_its_usual_spellings(spelled):
    assert cells.day(spelled) == "2026-07-01"


@pytest.mark.rule("BLK-02")
@pytest.mark.parametrize(
    "spelled",
    ["2026-02-30", "07/01/2026", "1.7.26", "明年", "2026", 0, -5, 999999, ["e"], "1799-01-01"],
)
def test_what_is_no_day_is_not_guessed(app, spelled):
    with app.test_request_context(), pytest.raises(Wrong):
        cells.day(spelled)


@pytest.mark.rule("BLK-02")
def test_a_code_is_never_repaired(app):
    with app.test_request_context():
        assert cells.code(" ００１０４８６ ", 10) == "0010486"
        for stored in (
            10486,
            4.2e17,
            ["d", "2026-07-01"],
            ["e"],
            "2.34201E+13",
            "４e+17",
            " 1.0E+05",
        ):
            with pytest.raises(Wrong):
                cells.code(stored, 20)
        assert [cells.code(text, 20) for text in ("E2", "2E13", "12.5E+1")] == [
            "E2",
            "2E13",
            "12.5E+1",
        ]
        assert cells.digits(13812345678, 20) == "13812345678"
        with pytest.raises(Wrong):
            cells.digits("1.38123E+10", 20)
        with pytest.raises(Wrong):
            cells.digits(420101199801010017, 20)


def test_a_name_keeps_what_is_rare_and_loses_what_is_invisible():
    assert cells.name("\ufeff 𠮷\u200b伟•䶮 ", 60) == "𠮷伟·䶮"


def test_a_list_is_read_by_code_or_name_and_two_of_a_name_are_not_guessed():
    found = ValueList([(1, "01", "法学院"), (2, "02", "文学院"), (3, "03", "文学院")])
    assert [found.find(text) for text in ("01", "法 学院", "01 法学院", "文学院", "1", "03")] == [
        1,
        1,
        1,
        None,
        None,
        3,
    ]


def test_headers_are_compared_without_stars_blanks_and_marks():
    spelled = ["学号*", " 学 号 ", "学号（必填）", "学号(必填)", "＊学号"]
    assert {headers.normal(head) for head in spelled} == {"学号"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_an_encoding_is_told_by_its_mark_or_by_what_fits(encoding):
    assert decoded("学号,姓名\n".encode(encoding))[0] == "学号,姓名\n"


def test_nothing_of_bulk_brings_pandas_into_the_web_process():
    import subprocess
    import sys

    code = "import app.menu, app.files.imports.tasks, sys; print('pandas' in sys.modules, 'openpyxl' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True
    )
    assert done.stdout.split() == ["False", "False"], done.stderr[-500:]
