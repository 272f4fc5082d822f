"""Every hostile file is refused with a sentence, or loses all that was hostile (DOC-05).

Memory is measured, seconds are not: `python -m tests.files.documents.hostile` prints both.
"""

import io
import os
import re

import pytest
from PIL import Image

from app.core import children
from app.core.errors import Refused
from app.files.documents import jpeg
from app.files.documents.attachments import accept_upload, clean_filename

from .hostile import KEPT, MARK, everything, forget_peak, peak, picture
from .hostile_pdfs import opened

pytestmark = pytest.mark.rule("DOC-05")
FILES = everything()
ACTING = re.compile(
    rb"/(JavaScript|JS|Launch|AA|OpenAction|EmbeddedFile|Filespec|URI|GoToR|SubmitForm|XFA)\b"
)
MB_MORE = 256


def test_there_are_many():
    assert len(FILES) >= 120


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_in_words_or_kept_clean_in_bounded_memory(name):
    make, expected = FILES[name]
    data = make()
    accept_upload("good.jpg", picture())
    pid = children._workers["intake"].child.process.pid
    before, child_before = peak(os.getpid(), "VmRSS"), peak(pid, "VmRSS")
    for process in (pid, os.getpid()):
        forget_peak(process)
    try:
        upload = accept_upload(f"{name}.pdf", data)
    except Refused as refusal:
        said = str(refusal)
        assert said.endswith(".")
    else:
        said = KEPT
        assert_clean(upload)
    assert re.search(expected.replace("either", "."), said)
    assert peak(os.getpid()) - before <= MB_MORE
    assert peak(pid) - child_before <= MB_MORE


def assert_clean(upload):
    assert MARK not in upload.data
    if upload.thumb:
        assert_one_picture(upload.thumb)
    if upload.kind == "image":
        assert_one_picture(upload.data)
        return
    assert upload.data.startswith(b"%PDF-")
    assert upload.data.endswith(b"%%EOF\n")
    inside = opened(upload.data)
    assert MARK not in inside
    assert not ACTING.search(inside)
    assert b"<script" not in inside


def assert_one_picture(data):
    """Nothing but the segments that a decoder needs, and nothing behind them."""
    assert jpeg.bare(data) == data
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.format == "JPEG"
        assert image.mode == "RGB"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("CON", "_CON.pdf"),
        ("con.txt", "_con.pdf"),
        ("LPT1.tar.gz", "_LPT1.tar.pdf"),
        ("COM¹", "_COM¹.pdf"),
        ("console.pdf", "console.pdf"),
        ("\u202e\u2066gpj.协议", "gpj.协议.pdf"),
        ("录用通知😀👨\u200d👩.jpg", "录用通知😀👨👩.pdf"),
        ("\ud800坏.pdf", "坏.pdf"),
        ("a\u2028b\u0085c.pdf", "a bc.pdf"),
        ("。．.pdf", "。．.pdf"),
        ("  . . .  ", "file.pdf"),
        ("..\\..\\windows\\nul", "_nul.pdf"),
        ("file:///etc/passwd", "passwd.pdf"),
        ("%2e%2e%2fetc", "%2e%2e%2fetc.pdf"),
        ("x" * 300, "x" * 116 + ".pdf"),
        ("协" * 100_000, "协" * 116 + ".pdf"),
        ("a\u0300" * 300, "à" * 116 + ".pdf"),
        ("\x7f\x1b[31m红.pdf", "[31m红.pdf"),
        ("'; DROP TABLE--.pdf", "'; DROP TABLE--.pdf"),
        ("=cmd()|a.pdf", "=cmd()_a.pdf"),
    ],
)
def test_a_hostile_name_keeps_its_words_only(typed, kept):
    assert clean_filename(typed, ".pdf") == kept
    assert len(kept) <= 120
    kept.encode()
