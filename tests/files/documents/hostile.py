"""Files made to do harm, each by a function named after what it is.

``python -m tests.files.documents.hostile`` sends all of them through the door and prints what became of
each, in how many seconds, and how much memory the child took at most.
"""

import io
import struct
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream
from PIL import Image

MARK = b"QQ-PAYLOAD-7f3a"  # stands in what must not be kept
KEPT, EITHER = "kept", "either"


def picture(kind="JPEG", size=(60, 40), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, 128).save(out, kind, **options)
    return out.getvalue()


def pdf(change=None, pages=1, **options):
    """A PDF of blank pages; `change` may spoil it."""
    out = io.BytesIO()
    with Pdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        if change:
            change(document)
        document.save(out, **options)
    return out.getvalue()


def packed(change):
    """As `pdf`, with all objects hidden in compressed object streams."""
    return pdf(change, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def png_of_size(width, height, rows=b""):
    """A PNG whose head promises that many pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def script():
    return Dictionary(S=Name.JavaScript, JS="app.alert(1)")


def named_script(document):
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["x", script()])))


def page_action(document):
    document.pages[0].obj.AA = Dictionary(O=script())


def open_action(document):
    document.Root.OpenAction = document.make_indirect(script())


def launch(document):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]))
    link.A = Dictionary(S=Name.Launch, F="cmd.exe")
    document.pages[0].obj.Annots = Array([link])


def submit(document):
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]))
    link.A = Dictionary(S=Name.SubmitForm, F="http://127.0.0.1/")
    document.pages[0].obj.Annots = Array([document.make_indirect(link)])


def attached_file(document):
    document.attachments["a.exe"] = b"MZ"


def xfa(document):
    document.Root.AcroForm = Dictionary(XFA=Stream(document, b"<xdp/>"))


def deep_action(document):
    """Five arrays deep, beside the pages."""
    nest = Dictionary(AA=Dictionary())
    for _ in range(5):
        nest = Array([nest])
    document.Root.Extra = nest


def text_of_zeros(document):
    """A page whose content unpacks to 150 MB, twice packed."""
    once = zlib.compress(bytes(1 << 20) * 150, 9)
    stream = Stream(document, zlib.compress(once, 9))
    stream.Filter = Array([Name.FlateDecode, Name.FlateDecode])
    document.pages[0].obj.Contents = stream


def object_stream_bomb():
    """Objects inside a stream that unpacks to 100 MB; the reader must unpack it to find them."""
    packed_objects = zlib.compress(b"2 0 " + b" " * (100 << 20) + b"<</Pages 3 0 R>>", 9)
    head = b"%PDF-1.5\n"
    stream = (
        b"1 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n"
        % len(packed_objects)
        + packed_objects
        + b"\nendstream\nendobj\n"
    )
    pages = b"3 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    places = [0, len(head), 0, len(head) + len(stream), len(head) + len(stream) + len(pages)]
    rows = b"".join(
        struct.pack(">BIB", *row)
        for row in [(0, 0, 255), (1, places[1], 0), (2, 1, 0), (1, places[3], 0), (1, places[4], 0)]
    )
    table = (
        b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 1]/Root 2 0 R/Length %d>>\nstream\n" % len(rows)
        + rows
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % places[4]
    )
    return head + stream + pages + table


def many_scans():
    """A progressive JPEG whose last scan is repeated two thousand times."""
    data = picture(size=(64, 64), progressive=True)
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:end] + data[start:end] * 2000 + b"\xff\xd9"


ENCRYPTED = pikepdf.Encryption(owner="x", user="y")
OWNER_ONLY = pikepdf.Encryption(owner="x", user="")
EXE = b"MZ\x90\x00" + bytes(200)
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'

#: name: (bytes, part of the sentence that refuses them)
REFUSED = {
    "an empty file": (b"", "empty"),
    "a web page": (HTML, "Only pictures"),
    "a drawing with a script": (SVG, "Only pictures"),
    "a program": (EXE, "Only pictures"),
    "a packed archive": (b"PK\x03\x04" + bytes(100), "Only pictures"),
    "a GIF": (picture("GIF"), "Only pictures"),
    "a BMP": (picture("BMP"), "Only pictures"),
    "a TIFF": (picture("TIFF"), "Only pictures"),
    "a PDF behind a web page": (HTML + b"\n%PDF-1.7", "Only pictures"),
    "a web page with the head of a PDF": (b"%PDF-1.7\n" + HTML, "damaged"),
    "a web page with the head of a PNG": (b"\x89PNG\r\n\x1a\n" + HTML, "damaged"),
    "a program with the head of a JPEG": (b"\xff\xd8\xff\xe0" + EXE, "damaged"),
    "eleven megabytes": (picture() + bytes(11 << 20), "10 MB"),
    "a JPEG cut short": (picture(size=(400, 400), quality=95)[:-400], "damaged"),
    "a PNG cut short": (picture("PNG", (300, 300))[:-40], "damaged"),
    "a WebP cut short": (picture("WEBP", (300, 300))[:-20], "damaged"),
    "a PDF cut short": (pdf()[:-200], "damaged"),
    "a picture of 900 million pixels": (png_of_size(30000, 30000), "40 million"),
    "a picture of 50 million pixels": (png_of_size(10000, 5000), "40 million"),
    "a picture one pixel high and too wide": (png_of_size(2**31 - 1, 1), "pixels|damaged"),
    "a picture with too few rows": (png_of_size(3000, 3000, bytes(99)), "damaged"),
    "a JPEG of two thousand scans": (many_scans(), "damaged"),
    "a PDF with a script": (pdf(named_script), "program"),
    "a PDF with a script in object streams": (packed(named_script), "program"),
    "a PDF that acts when a page opens": (packed(page_action), "program"),
    "a PDF that acts when it opens": (packed(open_action), "program"),
    "a PDF that starts a program": (pdf(launch), "program"),
    "a PDF that sends a form": (packed(submit), "program"),
    "a PDF with a file inside": (packed(attached_file), "program"),
    "a PDF with an XFA form": (pdf(xfa), "program"),
    "a PDF with an action deep inside": (pdf(deep_action), "program"),
    "a PDF with a password": (pdf(encryption=ENCRYPTED), "password"),
    "a PDF with restrictions": (pdf(encryption=OWNER_ONLY), "password"),
    "a PDF of 21 pages": (pdf(pages=21), "20 pages"),
    "a PDF without pages": (pdf(pages=0), "20 pages|damaged"),
    "a PDF whose objects unpack to 100 MB": (object_stream_bomb(), "damaged|20 pages"),
}


def everything():
    """All hostile files: name → (how it is made, the sentence that refuses it, KEPT or EITHER)."""
    from .hostile_pdfs import PDFS
    from .hostile_pictures import PICTURES

    first = {name: (lambda data=data: data, words) for name, (data, words) in REFUSED.items()}
    return {**first, **PICTURES, **PDFS}


def tried(name, make):
    """Send one through the door: what was kept or the sentence, seconds, MB the child took at most."""
    import time

    from app.core import children
    from app.core.errors import Refused
    from app.files.documents.attachments import accept_upload

    data = make()
    child = children._workers["intake"]
    if child.child is None:
        accept_upload("warm.jpg", picture())
    pid = child.child.process.pid
    forget_peak(pid)
    start = time.monotonic()
    try:
        said = accept_upload(f"{name}.pdf", data)
    except Refused as refusal:
        said = str(refusal)
    seconds = time.monotonic() - start
    return said, seconds, peak(pid)


def forget_peak(pid):
    """Let the kernel measure the largest memory of a process from now on."""
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def peak(pid, name="VmHWM"):
    """The largest memory of a process in MB; 0 for one that is gone."""
    try:
        with open(f"/proc/{pid}/status") as file:
            facts = dict(line.split(":", 1) for line in file)
        return int(facts[name].split()[0]) // 1024
    except (FileNotFoundError, KeyError):
        return 0


def report():
    """Print a line for each hostile file, and the worst of all."""
    from flask import Flask
    from flask_babel import Babel

    app, rows = Flask(__name__), []
    Babel(app)
    with app.test_request_context():
        for name, (make, _expected) in everything().items():
            said, seconds, most = tried(name, make)
            verdict = said if isinstance(said, str) else f"kept, {len(said.data)} bytes"
            rows.append((seconds, most))
            print(f"{seconds:6.2f} s {most:5d} MB  {name}: {verdict}", flush=True)
    slowest, largest = max(row[0] for row in rows), max(row[1] for row in rows)
    print(f"{len(rows)} files; slowest {slowest:.2f} s; largest child {largest} MB")


if __name__ == "__main__":
    from tests.files.documents import hostile

    hostile.report()
    from app.files.documents import limits

    limits.stop()
