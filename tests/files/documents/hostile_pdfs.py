"""PDFs made to do harm: name → (how it is made, what becomes of it); see `hostile_pictures`."""

import io
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from .hostile import EITHER, KEPT, MARK, packed, pdf, picture, script
from .hostile_pictures import PAGE, archive, jpeg_with

ACTIVE, DAMAGED, PACKED = "program", "damaged", "unusual way"


def raw(*objects, trailer=b"", after=b"", head=b"%PDF-1.7\n"):
    """A PDF from the text of its objects, 1 the root, 2 its pages."""
    out, places = head, []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + text + b"\nendobj\n"
    table = len(out)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + rows
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, trailer)
    return out + b"startxref\n%d\n%%%%EOF\n" % table + after


ROOT = b"<</Type/Catalog/Pages 2 0 R>>"
TREE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
LEAF = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]%s>>"


def one(extra=b"", *objects, root=ROOT, **options):
    """A PDF of one page, with something more in it; further objects begin with number 4."""
    return raw(root, TREE, LEAF % extra, *objects, **options)


def stream(content, facts=b""):
    return b"<<%s/Length %d>>\nstream\n" % (facts, len(content)) + content + b"\nendstream"


def flate(content, facts=b""):
    return stream(zlib.compress(content, 9), b"/Filter/FlateDecode" + facts)


def root_with(text):
    return one(root=b"<</Type/Catalog/Pages 2 0 R%s>>" % text)


def act(text):
    """A link that does something when it is pressed."""
    return one(b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<<%s>>>>]" % text)


def mark(text, *objects):
    return one(b"/Annots[<</Type/Annot/Rect[0 0 9 9]%s>>]" % text, *objects)


def drawn(facts, content, page=b"/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R"):
    """A page that draws one picture."""
    image = b"/Type/XObject/Subtype/Image/BitsPerComponent 8/ColorSpace/DeviceGray" + facts
    return one(page, stream(content, image), stream(b"200 0 0 200 0 0 cm /I Do"))


def later(change):
    """A file to which something was appended: a newer version of one object."""
    first = one()
    place, text = change
    out = first + b"%d 0 obj\n" % place + text + b"\nendobj\n"
    start = len(out) - len(b"%d 0 obj\n" % place + text + b"\nendobj\n")
    table = len(out)
    previous = first.rindex(b"xref\n0 ")
    out += b"xref\n%d 1\n%010d 00000 n \n" % (place, start)
    out += b"trailer\n<</Size 4/Root 1 0 R/Prev %d>>\n" % previous
    return out + b"startxref\n%d\n%%%%EOF\n" % table


def taken_back():
    """The first version had a script; the second does not: it lies in the file, and no reader sees it."""
    first = root_with(b"/OpenAction<</S/JavaScript/JS(" + MARK + b")>>")
    table, previous = (
        len(first) + len(b"1 0 obj\n" + ROOT + b"\nendobj\n"),
        first.rindex(b"xref\n0 "),
    )
    out = first + b"1 0 obj\n" + ROOT + b"\nendobj\n"
    out += b"xref\n1 1\n%010d 00000 n \n" % len(first)
    out += b"trailer\n<</Size 4/Root 1 0 R/Prev %d>>\n" % previous
    return out + b"startxref\n%d\n%%%%EOF\n" % table


def laughing_pages():
    """Ten branches of ten branches: every leaf is the same page."""
    levels = [
        b"<</Type/Pages/Count 10000000000/Kids[%s]>>" % (b"%d 0 R " % (n + 1) * 10)
        for n in range(2, 12)
    ]
    return raw(ROOT, *levels, LEAF % b"")


def laughing_forms():
    forms = [
        stream(
            b"/X Do " * 10, b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % n
        )
        for n in range(6, 16)
    ]
    last = stream(b"0 0 9 9 re f", b"/Subtype/Form/BBox[0 0 9 9]")
    return one(b"/Resources<</XObject<</X 5 0 R>>>>/Contents 4 0 R", stream(b"/X Do"), *forms, last)


def info(document):
    document.docinfo["/Title"] = String(PAGE.decode())
    with document.open_metadata() as facts:
        facts["dc:title"] = PAGE.decode()


def pieces(document):
    data = Dictionary(App=Dictionary(Private=String(MARK.decode())))
    document.pages[0].obj.PieceInfo = data
    document.pages[0].obj.Metadata = Stream(document, PAGE, Type=Name.Metadata)
    document.Root.PieceInfo = data


def unknown(document):
    document.trailer["/Secret"] = String(MARK.decode())
    document.Root.Secret = Stream(document, PAGE)
    document.pages[0].obj.Secret = String(MARK.decode())


def loose(document):
    """An object that nothing leads to."""
    document.make_indirect(Dictionary(Secret=String(MARK.decode())))


def scan_with_facts(document):
    data = jpeg_with((0xE1, b"Exif\0\0" + MARK), (0xFE, PAGE)) + archive()
    image = Stream(
        document,
        data,
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=60,
        Height=40,
        ColorSpace=Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=Name.DCTDecode,
        Metadata=document.make_indirect(Stream(document, PAGE)),
    )
    document.pages[0].obj.Resources = Dictionary(XObject=Dictionary(I=image))
    document.pages[0].obj.Contents = Stream(document, b"600 0 0 800 0 0 cm /I Do")


def filled_form(document):
    """A form whose typed text is part of the page afterwards, and whose script is a reason to refuse."""
    look = Stream(
        document, b"BT ET", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9])
    )
    field = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Tx,
            T="a",
            V=String(MARK.decode()),
            Rect=Array([0, 0, 9, 9]),
            AP=Dictionary(N=look),
        )
    )
    document.Root.AcroForm = Dictionary(Fields=Array([field]), NeedAppearances=True)
    document.pages[0].obj.Annots = Array([field])


def many(document, count=60_000):
    document.Root.Extra = Array([document.make_indirect(Dictionary()) for _ in range(count)])


def zipped_before():
    return archive(content=bytes(30)) + pdf()


def run_length(count):
    return one(b"/Contents 4 0 R", stream(b"\x81\0" * count + b"\x80", b"/Filter/RunLengthDecode"))


ZEROS = bytes(100 << 20)
DEEP = 100_000
NEXT = b"/S/URI/URI(http://127.0.0.1)/Next<</S/JavaScript/JS(x)>>"

PDFS = {
    # -- kept, with nothing of what hung beside the pages
    "a PDF that is an archive": (lambda: pdf() + archive(), KEPT),
    "a PDF with a web page behind": (lambda: pdf() + PAGE, KEPT),
    "a PDF with a web page in its comments": (
        lambda: one(head=b"%PDF-1.7\n%" + PAGE + b"\n"),
        KEPT,
    ),
    "a PDF with a script in its title": (lambda: pdf(info), KEPT),
    "a PDF with private data of a program": (lambda: pdf(pieces), KEPT),
    "a PDF with unknown keys": (lambda: pdf(unknown), KEPT),
    "a PDF with an object that nothing leads to": (lambda: pdf(loose), KEPT),
    "a PDF whose identifier is a web page": (
        lambda: one(trailer=b"/ID[(" + MARK + b")(" + MARK + b")]"),
        KEPT,
    ),
    "a PDF with a link": (lambda: act(b"/S/URI/URI(https://example.com/" + MARK + b")"), KEPT),
    "a PDF with a link that is a script": (
        lambda: act(b"/S/URI/URI(javascript:alert\\(1\\)" + MARK + b")"),
        KEPT,
    ),
    "a PDF with a link to a shared folder": (lambda: act(b"/S/URI/URI(file://10.0.0.1/a)"), KEPT),
    "a PDF that leads to its own page": (lambda: act(b"/S/GoTo/D[3 0 R/Fit]"), KEPT),
    "a PDF that presses a menu": (lambda: act(b"/S/Named/N/Print"), KEPT),
    "a PDF that hides fields": (lambda: act(b"/S/Hide/T(a)"), KEPT),
    "a PDF with a base address": (lambda: root_with(b"/URI<</Base(http://127.0.0.1/)>>"), KEPT),
    "a PDF with a note": (lambda: mark(b"/Subtype/Text/Contents(" + PAGE + b")"), KEPT),
    "a PDF with a filled form": (lambda: pdf(filled_form), KEPT),
    "a PDF whose scan has facts": (lambda: pdf(scan_with_facts), KEPT),
    "a PDF with a newer version of its page": (
        lambda: later((3, LEAF % (b"/Secret(" + MARK + b")"))),
        KEPT,
    ),
    "a PDF whose script was taken back": (taken_back, EITHER),
    "a PDF whose chapters go in a circle": (
        lambda: raw(
            b"<</Type/Catalog/Pages 2 0 R/Outlines 4 0 R>>",
            TREE,
            LEAF % b"",
            b"<</First 5 0 R/Last 5 0 R>>",
            b"<</Parent 4 0 R/Next 5 0 R/Prev 5 0 R/Title(a)>>",
        ),
        KEPT,
    ),
    "a PDF whose fields go in a circle": (
        lambda: raw(
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>",
            TREE,
            LEAF % b"/Annots[4 0 R]",
            b"<</Kids[4 0 R]/Parent 4 0 R/T(a)/Subtype/Widget/Rect[0 0 9 9]>>",
        ),
        EITHER,
    ),
    "a PDF whose drawing draws itself": (
        lambda: one(
            b"/Resources<</XObject<</X 4 0 R>>>>/Contents 4 0 R",
            stream(b"/X Do", b"/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 4 0 R>>>>"),
        ),
        EITHER,
    ),
    "a PDF whose drawings draw ten of each other": (laughing_forms, EITHER),
    "a PDF of a page as large as a field": (
        lambda: raw(
            ROOT, TREE, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 1e30 1e30]/UserUnit 1e9>>"
        ),
        EITHER,
    ),
    "a PDF of a page without numbers": (
        lambda: raw(ROOT, TREE, b"<</Type/Page/Parent 2 0 R/MediaBox[(a)/b null]/Rotate(x)>>"),
        EITHER,
    ),
    "a PDF turned by 45 degrees": (lambda: one(b"/Rotate 45"), EITHER),
    "a PDF with a hundred thousand notes": (
        lambda: mark(b"/Subtype/Text").replace(
            b"/Annots[", b"/Annots[" + b"<</Subtype/Link>>" * 100_000
        ),
        EITHER,
    ),
    "a PDF of content in a hundred thousand pieces": (
        lambda: one(b"/Contents[" + b"4 0 R " * 100_000 + b"]", stream(b"q Q")),
        EITHER,
    ),
    "a PDF whose picture is noise for JPX": (
        lambda: drawn(
            b"/Width 9/Height 9/Filter/JPXDecode", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99)
        ),
        EITHER,
    ),
    "a PDF whose picture is noise for JBIG2": (
        lambda: drawn(b"/Width 9/Height 9/Filter/JBIG2Decode", b"\xff" * 500),
        EITHER,
    ),
    # -- refused: what acts
    "a PDF with a script in an array to open with": (
        lambda: root_with(b"/OpenAction[<</S/JavaScript/JS(x)>>]"),
        ACTIVE,
    ),
    "a PDF that leads elsewhere when it opens": (
        lambda: root_with(b"/OpenAction<</S/URI/URI(http://127.0.0.1)>>"),
        ACTIVE,
    ),
    "a PDF that acts when it is printed": (lambda: root_with(b"/AA<</WP<</S/Named>>>>"), ACTIVE),
    "a PDF whose field acts": (
        lambda: root_with(b"/AcroForm<</Fields[<</FT/Tx/T(a)/AA<</K<</S/JavaScript/JS(x)>>>>>>]>>"),
        ACTIVE,
    ),
    "a PDF whose note acts": (lambda: mark(b"/Subtype/Link/AA<</E<</S/Named>>>>"), ACTIVE),
    "a PDF whose script has a masked name": (
        lambda: root_with(b"/OpenAction<</S/J#61v#61Script/J#53(x)>>"),
        ACTIVE,
    ),
    "a PDF whose script follows a link": (lambda: act(NEXT), ACTIVE),
    "a PDF with a script in a stream": (
        lambda: one(
            b"",
            stream(b"app.alert(1)"),
            root=b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS 4 0 R>>>>",
        ),
        ACTIVE,
    ),
    "a PDF with a script in a chapter": (
        lambda: root_with(b"/Outlines<</First<</A<</S/JavaScript/JS(x)>>>>>>"),
        ACTIVE,
    ),
    "a PDF with a script in what nothing leads to": (
        lambda: pdf(lambda d: d.make_indirect(script())),
        f"{ACTIVE}|{KEPT}",
    ),
    "a PDF with a script in a newer version": (
        lambda: later((1, b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(x)>>>>")),
        ACTIVE,
    ),
    "a PDF that opens another": (lambda: act(b"/S/GoToR/F(\\\\\\\\10.0.0.1\\\\a)"), ACTIVE),
    "a PDF that opens one inside": (lambda: act(b"/S/GoToE/T<</R/C>>"), ACTIVE),
    "a PDF that plays": (lambda: act(b"/S/Rendition/OP 0"), ACTIVE),
    "a PDF with a film": (lambda: act(b"/S/Movie"), ACTIVE),
    "a PDF with a sound": (lambda: act(b"/S/Sound/Sound 9 0 R"), ACTIVE),
    "a PDF that fetches data": (lambda: act(b"/S/ImportData/F(a.fdf)"), ACTIVE),
    "a PDF that empties its form": (lambda: act(b"/S/ResetForm"), ACTIVE),
    "a PDF that turns a body": (lambda: act(b"/S/GoTo3DView"), ACTIVE),
    "a PDF that runs a rich medium": (lambda: act(b"/S/RichMediaExecute"), ACTIVE),
    "a PDF with a body": (lambda: mark(b"/Subtype/3D"), ACTIVE),
    "a PDF with a rich medium": (lambda: mark(b"/Subtype/RichMedia/RichMediaContent<<>>"), ACTIVE),
    "a PDF with a screen": (lambda: mark(b"/Subtype/Screen"), ACTIVE),
    "a PDF with a file pinned to it": (lambda: mark(b"/Subtype/FileAttachment/FS(a.exe)"), ACTIVE),
    "a PDF that names a file elsewhere": (
        lambda: mark(b"/Subtype/Link/FS<</Type/Filespec/FS/URL/F(http://127.0.0.1/)>>"),
        ACTIVE,
    ),
    "a PDF whose content lies elsewhere": (
        lambda: one(b"/Contents 4 0 R", stream(b"", b"/F(\\\\\\\\10.0.0.1\\\\a)")),
        ACTIVE,
    ),
    "a PDF whose drawing is another PDF": (
        lambda: one(
            b"/Resources<</XObject<</X 4 0 R>>>>",
            stream(b"", b"/Subtype/Form/BBox[0 0 9 9]/Ref<</F(a.pdf)/Page 0>>"),
        ),
        ACTIVE,
    ),
    "a PDF with proxies": (
        lambda: one(
            b"/Resources<</XObject<</X 4 0 R>>>>",
            stream(b"", b"/Subtype/Form/BBox[0 0 9 9]/OPI<<>>"),
        ),
        ACTIVE,
    ),
    "a PDF with a PostScript program": (
        lambda: one(b"/Resources<</XObject<</X 4 0 R>>>>", stream(b"quit", b"/Subtype/PS")),
        ACTIVE,
    ),
    "a PDF that is a portfolio": (lambda: root_with(b"/Collection<</View/D>>"), ACTIVE),
    "a PDF with an XFA form in pieces": (
        lambda: root_with(b"/AcroForm<</XFA[(template)(x)]>>"),
        ACTIVE,
    ),
    "a PDF with renditions": (lambda: root_with(b"/Names<</Renditions<</Names[]>>>>"), ACTIVE),
    "a PDF with files by name": (
        lambda: packed(
            lambda d: d.Root.__setitem__(
                "/Names", Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))
            )
        ),
        ACTIVE,
    ),
    "a PDF whose action lies in an object stream": (
        lambda: packed(lambda d: d.Root.__setitem__("/OpenAction", d.make_indirect(script()))),
        ACTIVE,
    ),
    # -- refused: what unpacks to too much
    "a PDF whose content is packed twice": (
        lambda: one(
            b"/Contents 4 0 R",
            stream(zlib.compress(zlib.compress(ZEROS, 9), 9), b"/Filter[/FlateDecode/FlateDecode]"),
        ),
        PACKED,
    ),
    "a PDF whose content is packed five times": (
        lambda: one(b"/Contents 4 0 R", stream(b"x", b"/Filter[/Fl/Fl/Fl/Fl/Fl]")),
        PACKED,
    ),
    "a PDF with old packing": (
        lambda: one(b"/Contents 4 0 R", stream(b"\x80\x0b\x60\x50", b"/Filter/LZWDecode")),
        PACKED,
    ),
    "a PDF with a secret filter": (
        lambda: one(b"/Contents 4 0 R", stream(b"x", b"/Filter/Crypt")),
        f"{PACKED}|{DAMAGED}",
    ),
    "a PDF with a filter that does not exist": (
        lambda: one(b"/Contents 4 0 R", stream(b"x", b"/Filter/Foo")),
        PACKED,
    ),
    "a PDF whose content unpacks to 900 MB": (
        lambda: one(b"/Contents 4 0 R", *[flate(ZEROS)] * 9),
        PACKED,
    ),
    "a PDF whose picture unpacks to 600 MB": (
        lambda: drawn(b"/Width 9/Height 9/Filter/FlateDecode", zlib.compress(ZEROS * 6, 9)),
        PACKED,
    ),
    "a PDF whose runs are 640 MB": (lambda: run_length(5_000_000), f"{PACKED}|{DAMAGED}"),
    "a PDF in letters that unpack to 100 MB": (
        lambda: one(
            b"/Contents 4 0 R",
            stream(
                zlib.compress(ZEROS, 9).hex().encode() + b">",
                b"/Filter[/ASCIIHexDecode/FlateDecode]",
            ),
        ),
        f"{PACKED}|{DAMAGED}",
    ),
    "a PDF with lines two thousand million wide": (
        lambda: one(
            b"/Contents 4 0 R", flate(b"x", b"/DecodeParms<</Predictor 15/Columns 2147483647>>")
        ),
        PACKED,
    ),
    "a PDF with a fax of 4 thousand million pixels": (
        lambda: drawn(b"/Width 65535/Height 65535/Filter/CCITTFaxDecode", b"x"),
        "40 million",
    ),
    "a PDF with a picture of 4 thousand million pixels": (
        lambda: drawn(b"/Width 65535/Height 65535/Filter/FlateDecode", zlib.compress(bytes(99))),
        "40 million",
    ),
    "a PDF with a JPX of a thousand million pixels": (
        lambda: drawn(b"/Width 40000/Height 30000/Filter/JPXDecode", b"x"),
        "40 million",
    ),
    "a PDF of sixty thousand objects": (lambda: packed(many), DAMAGED),
    "a PDF nested a hundred thousand deep": (
        lambda: one(b"/Extra" + b"[" * DEEP + b"]" * DEEP),
        DAMAGED,
    ),
    "a PDF of books nested a hundred thousand deep": (
        lambda: one(b"/Extra" + b"<</A" * DEEP + b" 1" + b">>" * DEEP),
        DAMAGED,
    ),
    # -- refused: what is no order
    "a PDF whose pages go in a circle": (
        lambda: raw(ROOT, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"),
        f"{DAMAGED}|20 pages",
    ),
    "a PDF whose pages laugh": (laughing_pages, f"{DAMAGED}|20 pages"),
    "a PDF whose pages are a number": (
        lambda: raw(ROOT, b"<</Type/Pages/Kids 7/Count 1>>"),
        f"{DAMAGED}|20 pages",
    ),
    "a PDF that counts below nothing": (
        lambda: raw(ROOT, b"<</Type/Pages/Kids[]/Count -1>>"),
        f"{DAMAGED}|20 pages",
    ),
    "a PDF whose table leads to itself": (
        lambda: (
            lambda d: d.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % d.rindex(b"xref\n0 "))
        )(one()),
        DAMAGED,
    ),
    "a PDF whose table claims a thousand million rows": (
        lambda: one().replace(b"xref\n0 4", b"xref\n0 999999999"),
        DAMAGED,
    ),
    "a PDF whose length goes in a circle": (
        lambda: one(b"/Contents 4 0 R", b"<</Length 4 0 R>>\nstream\nx\nendstream"),
        f"{DAMAGED}|{KEPT}",
    ),
    "a PDF without a table": (lambda: pdf()[:9] + b"%%EOF", DAMAGED),
    "a PDF whose table is elsewhere": (
        lambda: one().replace(b"startxref\n", b"startxref\n9"),
        DAMAGED,
    ),
    "a PDF without a root": (lambda: one().replace(b"/Root 1 0 R", b""), DAMAGED),
    "a PDF whose root is a page": (
        lambda: one().replace(b"/Root 1 0 R", b"/Root 3 0 R"),
        f"{DAMAGED}|20 pages",
    ),
    "a PDF that is only a head": (lambda: b"%PDF-1.7\n", DAMAGED),
    "a PDF locked in a way nobody knows": (
        lambda: one(trailer=b"/Encrypt<</Filter/Foo/V 9>>/ID[(a)(a)]"),
        "password|damaged",
    ),
    "a PDF behind an archive": (zipped_before, "Only pictures"),
    "a PDF behind a JPEG": (lambda: picture(comment=MARK) + pdf(), KEPT),
    "a PDF behind an empty line": (lambda: b"\n" + pdf(), "Only pictures"),
    "a PDF cut in the middle": (
        lambda: pdf(scan_with_facts)[: len(pdf(scan_with_facts)) // 2],
        DAMAGED,
    ),
    "a PDF with two bytes changed": (lambda: one().replace(b"obj\n<<", b"obj\n<(", 1), EITHER),
    "a PDF of 500 pages": (lambda: pdf(pages=500), "20 pages"),
}


def opened(data):
    """Read a kept PDF with all that is in it: names, texts and unpacked streams as one text."""
    parts = []
    with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as document:
        for item in document.objects:
            parts.append(item.unparse() if not isinstance(item, Stream) else b"")
            if isinstance(item, Stream):
                parts.append(repr(dict(item.items())).encode())
                try:
                    parts.append(item.read_bytes())
                except pikepdf.PdfError:
                    parts.append(item.read_raw_bytes())
        parts.append(document.trailer.unparse())
    return b"\n".join(parts)
