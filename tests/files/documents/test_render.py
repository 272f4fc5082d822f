import io
import json
import socket
import subprocess
import sys
import threading

import pikepdf
import pytest

from app.core.errors import Invalid
from app.core.printable import unprintable
from app.files.documents import render
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.printing import texts

from .conftest import AGREEMENT, pages_of, text_of, word_boxes

PAYLOADS = [
    '<img src="http://127.0.0.1:{port}/a">',
    '<link rel="stylesheet" href="http://localhost:{port}/b.css">',
    '<style>@import url("http://127.0.0.1:{port}/c.css"); body{{display:none}}</style>',
    "<style>@font-face{{font-family:x;src:url(file:///etc/passwd)}}</style>",
    '<img src="file:///etc/passwd">',
    '<img src="../../../../../../etc/passwd">',
    '<pdf:insertpdf src="/etc/passwd"/>',
    '<iframe src="http://[::ffff:127.0.0.1]:{port}/d"></iframe>',
    '<svg><image href="http://127.0.0.1:{port}/e"/></svg>',
    '"><img src=x onerror=alert(1)>',
    "</td></tr></table><pdf:nextpage/>",
    "{{{{7*7}}}}{{%raw%}}&lt;b&gt;",
]
_watched = {"on": False, "seen": []}


def _watch(event, args):
    if _watched["on"] and event in ("open", "socket.connect", "socket.getaddrinfo"):
        _watched["seen"].append(f"{event} {args[0]} {args[1]}")


sys.addaudithook(_watch)


@pytest.fixture
def listener():
    """A server on loopback; what is asked of it, and each file opened meanwhile."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def serve():
            while not over.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                asked.append(connection.recv(200))
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], asked
        over.set()
        thread.join()


def facts(data):
    skip = ("verify_url", "code", "clauses")
    said = {k: v for k, v in data.items() if k != "agreed"}  # how they stand is asked of the terms
    return {text for place, text in texts(render.printable(said)) if text and place not in skip}


@pytest.mark.rule("DOC-01")
def test_every_fact_can_be_read_from_the_agreement(sample_text):
    for fact in facts(AGREEMENT):
        assert "".join(fact.split()) in sample_text, fact


@pytest.mark.rule("DOC-01")
def test_the_agreement_has_two_pages_with_page_x_of_y(sample_pdf, sample_text):
    assert len(pages_of(sample_pdf)) == 2
    assert "第1页/共2页" in sample_text
    assert "第2页/共2页" in sample_text


@pytest.mark.rule("DOC-04")
def test_the_code_stands_in_groups_beside_its_picture(sample_pdf, sample_text):
    assert "7K3M-Q8ZT-X2VA" in sample_text
    assert AGREEMENT["verify_url"] in sample_text
    assert all(len(page.images) == 1 for page in pages_of(sample_pdf))


def test_the_fonts_are_embedded_in_parts(sample_pdf):
    assert len(sample_pdf) < 150_000
    with pikepdf.open(io.BytesIO(sample_pdf)) as pdf:
        names = [str(o.get("/FontName", "")) for o in pdf.objects if "/FontFile2" in _keys(o)]
    assert len(names) >= 2
    assert all("+NotoSansSC-" in name for name in names)


def _keys(item):
    return item.keys() if isinstance(item, pikepdf.Dictionary) else ()


@pytest.mark.rule("DOC-01")
@pytest.mark.parametrize("word", ["未生效", "已失效"])
def test_the_state_stands_on_each_page_as_text_and_as_picture(agreement, word):
    for page in pages_of(render.render("agreement", agreement, watermark=word)):
        text = page.extract_text()
        assert f"本文件{word}" in text
        assert agreement["number"] in text
        assert any(image.image.size[0] > 500 for image in page.images)


def test_an_agreement_in_force_bears_no_such_word(sample_text):
    assert "未生效" not in sample_text
    assert "已失效" not in sample_text


def test_another_word_is_no_watermark(agreement):
    with pytest.raises(ValueError, match="watermark"):
        render.render("agreement", agreement, watermark="<b>")


def test_what_is_missing_shows_as_a_dash(agreement):
    for part in ("student", "employer", "terms", "archive", "household"):
        agreement[part] = dict.fromkeys(agreement[part])
    agreement |= {"number": None, "code": "", "verify_url": "", "trace": [], "signed_on": None}
    pdf = render.render("agreement", agreement, watermark="未生效")
    assert text_of(pdf).count("—") > 40
    assert "尚无核验码" in text_of(pdf)
    assert "None" not in text_of(pdf)


def test_a_key_that_is_not_there_is_an_error_and_no_blank(agreement):
    del agreement["student"]["name"]
    with pytest.raises(Exception, match="no attribute 'name'"):
        render.render("agreement", agreement)


@pytest.mark.rule("DOC-06")
def test_a_schools_own_clauses_take_the_place_of_ours(agreement):
    agreement["clauses"] = ["本校自拟条款第一。", "本校自拟条款第二。"]
    text = text_of(render.render("agreement", agreement))
    assert "二、本校自拟条款第二。" in text
    assert "三、" not in text
    assert render.default_clauses()[0] not in text


def test_the_paper_edition_leaves_room_for_seal_and_signature(agreement):
    text = text_of(render.render("agreement", agreement | {"paper": True}))
    assert "盖章：" in text
    assert "签字：" in text
    assert "在线确认" not in text


def test_long_values_wrap_inside_the_page(agreement, tmp_path):
    for part in ("student", "employer", "terms", "archive", "household"):
        for n, key in enumerate(agreement[part]):
            agreement[part][key] = ("湖北省武汉市" * 10) if n % 2 else ("W" * 60)
    pdf = render.render("agreement", agreement)
    boxes = [line.split('"') for line in word_boxes(pdf, tmp_path) if "<word" in line]
    assert len(boxes) > 200
    assert max(float(box[5]) for box in boxes) <= 595.3 - 40
    assert min(float(box[1]) for box in boxes) >= 40
    assert text_of(pdf).count("湖北省武汉市") > 150
    assert f"共{len(pages_of(pdf))}页" in text_of(pdf)


def test_a_long_history_makes_more_pages_and_the_total_is_right(agreement):
    agreement["trace"] = agreement["trace"] * 20
    pdf = render.render("agreement", agreement)
    count = len(pages_of(pdf))
    assert count > 2
    assert f"第{count}页/共{count}页" in text_of(pdf)


@pytest.mark.rule("DOC-06")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_people_type_is_printed_and_never_obeyed(agreement, listener, payload):
    port, asked = listener
    typed = payload.format(port=port)
    agreement["student"]["name"] = typed
    agreement["terms"]["position"] = typed
    agreement["trace"][0]["note"] = typed
    render.prepare()
    _watched.update(on=True, seen=[])
    try:
        pdf = render.render("agreement", agreement)
    finally:
        _watched["on"] = False
    assert text_of(pdf).count("".join(typed.split())) >= 3
    assert asked == []
    assert not [seen for seen in _watched["seen"] if "socket" in seen or "passwd" in seen]


@pytest.mark.rule("DOC-01")
def test_a_character_without_a_glyph_is_named_with_its_field(agreement):
    agreement["student"]["name"] = "张\U00030001"
    agreement["employer"]["address"] = "见\u202e附件"
    with pytest.raises(Unprintable) as refusal:
        render.render("agreement", agreement)
    assert isinstance(refusal.value, Invalid)
    assert refusal.value.missing == [("student.name", "\U00030001"), ("employer.address", "\u202e")]
    assert "U+30001" in refusal.value.problems[0][1]


def test_common_and_rare_names_can_be_printed():
    names = "𬸘㛃䶮堃祎犇珞璟玥喆翀旻晟昶甯犇頔·—…（）《》“”①②℃㎡×"
    assert unprintable(names) == []


@pytest.mark.rule("DOC-07")
def test_names_from_anywhere_are_drawn_in_both_weights_and_can_be_copied(agreement):
    rare, foreign = "𠮷𠅤𣲘𫗴𪚥\U0002ceb0", "Łukasz Nguyễn Thị Đặng Ələkbər İğ Қазақ"
    agreement["student"]["name"] = f"{rare} {foreign}"
    agreement["number"] = f"{rare} {foreign}"  # stands in bold as well
    pdf = render.render("agreement", agreement)
    assert text_of(pdf).count("".join(f"{rare}{foreign}".split())) >= 4
    with pikepdf.open(io.BytesIO(pdf)) as book:
        names = {str(o.get("/FontName", ""))[8:] for o in book.objects if "/FontFile2" in _keys(o)}
    assert names == {
        "NotoSansSC-Regular",
        "NotoSansSC-Bold",
        "QingqianLatin-Regular",
        "QingqianLatin-Bold",
        "QingqianHan-Regular",
    }


@pytest.mark.rule("DOC-07")
def test_the_further_fonts_are_read_only_where_a_text_needs_them(agreement):
    code = (
        "import sys, json; from app.files.documents import render; from reportlab.pdfbase import pdfmetrics as m;"
        "render.answer(sys.stdin.buffer.read()); print(sorted(m._fonts))"
    )
    request = json.dumps({"kind": "agreement", "data": agreement, "watermark": ""}).encode()
    done = subprocess.run(
        [sys.executable, "-c", code], input=request, capture_output=True, check=True
    )
    assert b"NotoSansSC" in done.stdout
    assert b"Qingqian" not in done.stdout


BOMBS = {
    "nested blocks": "<div>" * 1000 + "</div>" * 1000,
    "nested tables": "<table><tr><td>" * 60 + "</td></tr></table>" * 60,
    "too many bytes": "字" * 500_000,
    "an endless selector": "<style>" + ":is(" * 300 + "p" + ")" * 300 + "{color:red}</style>",
    "a remote picture": '<img src="http://127.0.0.1:9/x.png">' * 3 + "<p>" * 100,
    "a giant letter": '<p style="font-size:1e9pt">字</p>',
    "too many pages": "<pdf:nextpage/>字" * 30,
}


@pytest.mark.parametrize("html", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_even_if_it_came_from_a_template(html):
    render.prepare()
    style = '<style>html,body{font-family:"Noto Sans SC";word-break:break-all}</style>'
    with pytest.raises(RenderError):
        render._pdf(f"{style}<body>{html}</body>")


def test_a_job_is_answered_in_letters(agreement):
    request = json.dumps({"kind": "agreement", "data": agreement, "watermark": ""}).encode()
    assert render.answer(request).startswith(b"P%PDF-")
    agreement["number"] = "☑"
    request = json.dumps({"kind": "agreement", "data": agreement, "watermark": ""}).encode()
    assert json.loads(render.answer(request)[1:]) == [["number", "☑"]]
    assert render.answer(b'{"kind": "none", "data": {}, "watermark": ""}').startswith(b"FKeyError")
