import io
import logging

import pikepdf
import pytest
from xhtml2pdf import pisa

from app.files.documents import cjk, render

from .conftest import pages_of, text_of

TEXT = (
    "甲方（用人单位）应于2026-03-05前，将“录用通知”寄至hr.recruit@example.com；乙方《就业协议书》"
    "编号为1202642010400123。月薪为￥8,500元（税前），电话027-87654321、13345675660，比例为95.5%！"
)


def pdf_of(body, width="120pt"):
    render.prepare()
    out = io.BytesIO()
    html = (
        '<style>@page{size:a4;margin:40pt} html,body{font-family:"Noto Sans SC";font-size:9pt;'
        f"word-break:break-all}} td{{width:{width}}}</style><body>{body}</body>"
    )
    pisa.CreatePDF(html, dest=out, encoding="utf-8")
    return out.getvalue()


def lines_of(body, width="120pt"):
    page = pages_of(pdf_of(f"<table><tr><td>{body}</td><td></td></tr></table>", width))[0]
    return [line.strip() for line in page.extract_text().splitlines() if line.strip()]


@pytest.mark.rule("DOC-01")
@pytest.mark.parametrize("width", range(60, 240, 12))
def test_no_line_starts_or_ends_with_forbidden_punctuation(width):
    lines = lines_of(TEXT, f"{width}pt")
    assert "".join("".join(lines).split()) == TEXT
    assert len(lines) > 2
    assert not [line for line in lines if line[0] in "，。；：、！？）》”"]
    assert not [line for line in lines if line[-1] in "（《“￥"]


def test_dates_numbers_and_addresses_are_not_cut_in_two():
    lines = lines_of(TEXT)
    for token in ("2026-03-05", "1202642010400123", "027-87654321", "8,500", "95.5%"):
        assert sum(token in line for line in lines) == 1, token


def test_a_line_break_is_kept():
    assert lines_of("编号<br/>状态<br/>未生效") == ["编号", "状态", "未生效"]


def test_a_paragraph_of_one_style_obeys_the_same_rules():
    assert lines_of("一二三四五六七八九十一二，三", "110pt")[1] != "，三"


def test_a_token_wider_than_its_line_is_cut_before_the_at_sign():
    assert lines_of("wubulikasimu.maimaiti@example.edu.cn", "130pt")[1].startswith("@")


def test_a_run_of_letters_wider_than_the_page_stays_inside_it():
    lines = lines_of("A" * 150)
    assert "".join(lines) == "A" * 150
    assert max(map(len, lines)) < 30


def test_styles_and_pictures_in_a_paragraph_survive():
    picture = (
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQ"
        "AAAABJRU5ErkJggg=="
    )
    pdf = pdf_of(f'<p>甲<b>乙</b>丙<img src="{picture}" width="9" height="9"/>丁</p>')
    assert text_of(pdf) == "甲乙丙丁"
    assert len(pages_of(pdf)[0].images) == 1


def test_a_paragraph_that_goes_overleaf_gets_no_blanks():
    text = "本协议未尽事宜由双方依法协商" * 400
    pages = pages_of(pdf_of(f"<p>{text}</p>"))
    assert len(pages) > 1
    assert " " not in "".join(page.extract_text() for page in pages).replace("\n", "")


def test_rare_characters_are_found_by_searching():
    assert text_of(pdf_of("<p>张𬸘㛃䶮·𫖯</p>")) == "张𬸘㛃䶮·𫖯"


def test_the_text_table_uses_surrogates_and_short_blocks():
    table = cjk.to_unicode_table("F", [0x5F20, 0x2CE18, *range(0x4E00, 0x4E00 + 198)])
    assert "<01> <D873DE18>" in table
    assert table.count("100 beginbfchar") == 2
    assert "<2CE18>" not in table


def test_the_embedded_table_has_no_five_digit_code_points():
    with pikepdf.open(io.BytesIO(pdf_of("<p>𬸘</p>"))) as pdf:
        tables = [
            bytes(item.ToUnicode.read_bytes())
            for item in pdf.objects
            if isinstance(item, pikepdf.Dictionary) and "/ToUnicode" in item
        ]
    assert any(b"<D873DE18>" in table for table in tables)


def test_another_version_of_the_engine_is_refused(monkeypatch):
    monkeypatch.setattr(cjk, "version", lambda _: "0.2.29")
    with pytest.raises(RuntimeError, match=r"tested with 0\.2\.28"):
        cjk.apply.__wrapped__()


def test_an_agreement_draws_no_warning(agreement, caplog):
    render.prepare()
    engine = logging.getLogger("xhtml2pdf")
    engine.addHandler(caplog.handler)
    try:
        render.render("agreement", agreement)
    finally:
        engine.removeHandler(caplog.handler)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
