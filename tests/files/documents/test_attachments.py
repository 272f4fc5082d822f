import hashlib
import io

import pikepdf
import pytest
from PIL import Image

from app.core.errors import Refused
from app.files.documents import intake, limits
from app.files.documents.attachments import accept_upload, clean_filename

from .hostile import pdf, picture
from .hostile_pdfs import filled_form, scan_with_facts

pytestmark = pytest.mark.rule("DOC-05")


def opened(upload):
    return Image.open(io.BytesIO(upload.data))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_as_a_fresh_jpeg(kind):
    upload = accept_upload("扫描件.png", picture(kind))
    assert (upload.kind, upload.mime) == ("image", "image/jpeg")
    assert upload.original_name == "扫描件.jpg"
    assert upload.sha256 == hashlib.sha256(upload.data).hexdigest()
    with opened(upload) as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (60, 40))


def test_place_camera_and_appended_program_are_gone():
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    data = picture(exif=exif, comment=b"SecretComment") + b"<?php system('id'); ?>PK\x03\x04"
    upload = accept_upload("a.jpg", data)
    assert b"Secret" not in upload.data
    assert b"<?php" not in upload.data
    with opened(upload) as image:
        assert not image.getexif()


def test_a_picture_taken_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    with opened(accept_upload("a.jpg", picture(size=(60, 40), exif=exif))) as image:
        assert image.size == (40, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_to_hold_a_camera_is_turned_upright(orientation):
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 20, 10))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # how the camera saw it
    seen = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    seen.save(out, "JPEG", exif=exif, quality=95)
    with opened(accept_upload("a.jpg", out.getvalue())) as image:
        assert image.size == (60, 40)
        assert image.getpixel((5, 5))[1] < 80
        assert image.getpixel((50, 30))[1] > 200


def test_a_picture_and_a_scanned_pdf_give_a_small_picture_and_the_pages():
    upload = accept_upload("a.jpg", picture(size=(900, 600)))
    with Image.open(io.BytesIO(upload.thumb)) as image:
        assert (image.format, image.size) == ("JPEG", (320, 213))
    assert upload.pages == 1
    scan = accept_upload("a.pdf", pdf(scan_with_facts, pages=3))
    with Image.open(io.BytesIO(scan.thumb)) as image:
        assert image.size == (60, 40)
    assert scan.pages == 3
    assert accept_upload("a.pdf", pdf()).thumb == b""


def test_what_was_typed_into_a_form_stays_readable_on_the_page():
    with pikepdf.open(io.BytesIO(accept_upload("a.pdf", pdf(filled_form)).data)) as document:
        page = document.pages[0]
        assert "/Annots" not in page
        assert b"Do" in b"".join(part.read_bytes() for part in page.Contents)
        assert len(page.Resources.XObject) == 1


def test_a_large_picture_is_made_smaller():
    with opened(accept_upload("a.jpg", picture(size=(5000, 4000)))) as image:
        assert image.size == (2480, 1984)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_colour_is_understood(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    with opened(accept_upload("a.png", picture(kind, mode=mode))) as image:
        assert image.mode == "RGB"


def test_what_is_clear_becomes_white():
    out = io.BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(out, "PNG")
    with opened(accept_upload("a.png", out.getvalue())) as image:
        assert image.getpixel((4, 4)) == (255, 255, 255)


def test_a_clean_pdf_is_written_anew(sample_pdf):
    upload = accept_upload("协议书.PDF", io.BytesIO(sample_pdf + b"\nPK\x03\x04<script>"))
    assert (upload.kind, upload.mime, upload.original_name) == (
        "pdf",
        "application/pdf",
        "协议书.pdf",
    )
    assert b"<script>" not in upload.data
    with pikepdf.open(io.BytesIO(upload.data)) as document:
        assert len(document.pages) == 2
        assert "/Info" not in document.trailer


def test_a_pdf_that_opens_at_a_page_is_accepted_without_that():
    def view(document):
        document.Root.OpenAction = pikepdf.Array([document.pages[0].obj, pikepdf.Name.Fit])

    with pikepdf.open(io.BytesIO(accept_upload("a.pdf", pdf(view)).data)) as document:
        assert "/OpenAction" not in document.Root


@pytest.mark.parametrize(
    ("allow", "data", "words"),
    [
        (("image",), pdf(), r"pictures \(JPEG"),
        (("pdf",), picture(), "PDF files are accepted here"),
    ],
)
def test_only_what_the_place_allows_is_accepted(allow, data, words):
    with pytest.raises(Refused, match=words):
        accept_upload("a", data, allow=allow)


def test_a_child_that_dies_is_a_refusal(monkeypatch):
    def dies(*_, **__):
        raise limits.ChildDiedError

    monkeypatch.setattr(limits, "ask", dies)
    with pytest.raises(Refused, match="damaged"):
        accept_upload("a.jpg", picture())


def test_the_reader_is_bounded_in_the_child():
    upload = accept_upload("a.jpg", picture())
    assert upload.data
    before = pikepdf.settings.get_qpdf_limits()
    try:
        intake.prepare()
        assert 0 < pikepdf.settings.get_qpdf_limits()["flate_max_memory"] <= 64 << 20
    finally:
        pikepdf.settings.set_qpdf_limits(**before)
        Image.MAX_IMAGE_PIXELS = 1024 * 1024 * 1024 // 4 // 3


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("三方协议 扫描件.pdf", "三方协议 扫描件.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\王\\协议.PDF", "协议.pdf"),
        ("scan\u202efdp.exe", "scanfdp.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "a_".replace("_", "") + "Set-Cookie_ x=1.pdf"),
        ("a\x00b\u200b.pdf", "ab.pdf"),
        ('x"><script>.html', "x___script_.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("/", "file.pdf"),
        ("字" * 300 + ".pdf", "字" * 116 + ".pdf"),
        ("张\u0301三.jpeg", "张\u0301三.pdf"),
    ],
)
def test_a_name_keeps_its_words_and_loses_its_tricks(typed, kept):
    assert clean_filename(typed, ".pdf") == kept
    assert len(kept) <= 120
