"""What of a PDF acts, belongs on a page, or hangs beside an object."""

from __future__ import annotations

ACTING_KEYS = frozenset(
    (
        "/JS",
        "/JavaScript",
        "/AA",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/EF",
        "/XFA",
        "/RichMedia",
        "/RichMediaContent",
        "/Collection",
        "/Renditions",
        "/OPI",
    )
)
# actions, annotations and objects that do, play or carry something
ACTING = frozenset(
    (
        "/JavaScript",
        "/Launch",
        "/SubmitForm",
        "/ImportData",
        "/ResetForm",
        "/GoToE",
        "/GoToR",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/RichMedia",
        "/RichMediaExecute",
        "/FileAttachment",
        "/Screen",
        "/3D",
        "/GoTo3DView",
        "/PS",
        "/Filespec",
        "/EmbeddedFile",
    )
)
LINKS = frozenset(("/URI", "/GoTo", "/Named", "/Thread", "/Hide", "/SetOCGState", "/Trans"))
ON_A_PAGE = frozenset(
    (
        "/Type",
        "/Parent",
        "/Resources",
        "/MediaBox",
        "/CropBox",
        "/BleedBox",
        "/TrimBox",
        "/ArtBox",
        "/Rotate",
        "/Contents",
        "/Group",
        "/UserUnit",
    )
)
BESIDE = ("/Metadata", "/PieceInfo")
SHORT = {
    "/Fl": "/FlateDecode",
    "/A85": "/ASCII85Decode",
    "/AHx": "/ASCIIHexDecode",
    "/RL": "/RunLengthDecode",
    "/DCT": "/DCTDecode",
    "/CCF": "/CCITTFaxDecode",
}
