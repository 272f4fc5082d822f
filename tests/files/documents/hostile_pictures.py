"""Pictures, and what calls itself one, made to do harm: name → (how it is made, what becomes of it).

What becomes of it: part of the sentence that refuses it, KEPT (clean), or EITHER.
"""

import gzip
import io
import random
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

from .hostile import EITHER, KEPT, MARK, picture, png_of_size

PAGE = b"<html><script>alert('" + MARK + b"')</script></html>"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_with(*chunks, size=(60, 40)):
    """A good PNG with more chunks before its pixels."""
    data = picture("PNG", size)
    return data[:33] + b"".join(chunk(kind, content) for kind, content in chunks) + data[33:]


def png_head(width, height, depth=8, colour=0, rows=b"", more=b""):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9)) if rows else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + body + chunk(b"IEND", b"")


def segment(marker, content):
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def jpeg_with(*segments, size=(60, 40)):
    data = picture(size=size)
    return data[:2] + b"".join(segment(*s) for s in segments) + data[2:]


def jpeg_sized(width, height):
    data = picture(size=(64, 64))
    place = data.index(b"\xff\xc0")
    return data[: place + 5] + struct.pack(">HH", height, width) + data[place + 9 :]


def jpeg_as(marker):
    return picture(size=(64, 64)).replace(b"\xff\xc0", bytes((0xFF, marker)), 1)


def archive(name="a.class", content=MARK):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as files:
        files.writestr(name, content)
    return out.getvalue()


def exif(**entries):
    found = Image.Exif()
    for number, value in entries.items():
        found[int(number[1:], 16)] = value
    return picture(exif=found)


def exif_loop():
    """A list of facts that says it goes on where it began."""
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    return jpeg_with((0xE1, b"Exif\0\0" + tiff + b"\x00\x00\x00\x08"))


def frames(kind, **options):
    out = io.BytesIO()
    many = [Image.new("RGB", (40, 40), (n, 0, 0)) for n in range(3)]
    many[0].save(out, kind, save_all=True, append_images=many[1:], **options)
    return out.getvalue()


def noisy(size, mode="RGB"):
    count = size[0] * size[1] * len(mode)
    return Image.frombytes(mode, size, random.Random(7).randbytes(count))


def large_png_of_noise():
    """Nine megabytes of packed noise hold every pair of bytes, those that begin a JPEG scan too."""
    out = io.BytesIO()
    noisy((1750, 1750)).save(out, "PNG")
    return out.getvalue()


def scans_of_a_large_picture(times):
    out = io.BytesIO()
    Image.new("RGB", (5000, 4000), "grey").save(out, "JPEG", progressive=True)
    data = out.getvalue()
    start, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:end] + data[start:end] * times + b"\xff\xd9"


def webp_chunk(kind, data):
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def webp_wide():
    body = b"WEBP" + webp_chunk(b"VP8X", b"\x02\0\0\0" + b"\xfe\x3f\x00" * 2)
    body += webp_chunk(b"ANIM", bytes(6)) + webp_chunk(b"ANMF", bytes(16) + b"VP8L" + bytes(12))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_with_facts():
    out = io.BytesIO()
    facts = Image.Exif()
    facts[0x010E] = MARK.decode()
    Image.new("RGB", (40, 40)).save(out, "WEBP", exif=facts, xmp=PAGE)
    return out.getvalue()


def png_texts(compress):
    facts = PngImagePlugin.PngInfo()
    facts.add_text("Comment", PAGE.decode(), zip=compress)
    facts.add_itxt("XML:com.adobe.xmp", PAGE.decode())
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG", pnginfo=facts)
    return out.getvalue()


def ftyp(brand):
    return b"\x00\x00\x00\x20ftyp" + brand + b"\0\0\0\0" + brand + b"mif1" + bytes(200)


def entity_bomb():
    lines = [b'<!ENTITY a0 "ha">']
    lines += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 12)]
    return b"<?xml version='1.0'?><!DOCTYPE svg [" + b"".join(lines) + b"]><svg>&a11;</svg>"


ZEROS = bytes(100 << 20)
ONLY = "Only pictures"
DAMAGED = "damaged"

PICTURES = {
    # -- kept, with nothing of what hung beside the pixels
    "a moving PNG": (lambda: frames("PNG"), KEPT),
    "a moving WebP": (lambda: frames("WEBP"), KEPT),
    "a JPEG of three pictures": (lambda: frames("MPO"), KEPT),
    "a JPEG that is an archive": (lambda: picture() + archive(), KEPT),
    "a JPEG that is a Java program": (lambda: picture() + archive("META-INF/MANIFEST.MF"), KEPT),
    "a JPEG with a web page behind": (lambda: picture() + PAGE, KEPT),
    "a JPEG with PHP in its comment": (lambda: picture(comment=b"<?php " + MARK), KEPT),
    "a JPEG with a script in its facts": (lambda: exif(x010E=PAGE.decode()), KEPT),
    "a JPEG with a script in XMP": (
        lambda: jpeg_with((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PAGE)),
        KEPT,
    ),
    "a JPEG with a false colour profile": (
        lambda: jpeg_with((0xE2, b"ICC_PROFILE\0\x01\x01" + PAGE)),
        KEPT,
    ),
    "a JPEG with layers of Photoshop": (
        lambda: jpeg_with(
            (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(PAGE)) + PAGE)
        ),
        EITHER,
    ),
    "a JPEG with a picture in its head": (lambda: jpeg_with((0xE0, b"JFXX\0\x10" + PAGE)), KEPT),
    "a JPEG with all segments for programs": (
        lambda: jpeg_with(*((0xE0 + n, PAGE) for n in range(3, 16) if n != 14)),
        EITHER,
    ),
    "a JPEG with a false Adobe segment": (lambda: jpeg_with((0xEE, b"Adobe" + PAGE)), KEPT),
    "a JPEG with a film behind": (
        lambda: picture() + ftyp(b"mp42") + MARK + random.Random(3).randbytes(8 << 20),
        KEPT,
    ),
    "a JPEG with a PDF behind": (lambda: picture() + b"%PDF-1.7\n" + MARK, KEPT),
    "a JPEG with a JPEG behind": (lambda: picture() + picture(comment=MARK), KEPT),
    "a JPEG turned by nonsense": (lambda: exif(x0112=99), KEPT),
    "a JPEG whose facts go in a circle": (exif_loop, KEPT),
    "a JPEG whose facts are garbage": (
        lambda: jpeg_with((0xE1, b"Exif\0\0" + bytes(range(256)))),
        KEPT,
    ),
    "a JPEG whose facts point outside": (
        lambda: jpeg_with((0xE1, b"Exif\0\0MM\0\x2a\xff\xff\xff\xf0" + MARK)),
        KEPT,
    ),
    "a long thin JPEG": (lambda: picture(size=(65000, 600)), KEPT),
    "a JPEG in printing colours of 39 million pixels": (
        lambda: picture(size=(6300, 6200), mode="CMYK"),
        KEPT,
    ),
    "a PNG with a web page behind": (lambda: picture("PNG") + PAGE, KEPT),
    "a PNG that is an archive": (lambda: picture("PNG") + archive(), KEPT),
    "a PNG with a script in its texts": (lambda: png_texts(False), KEPT),
    "a PNG with a packed script in its texts": (lambda: png_texts(True), KEPT),
    "a PNG with a script in its facts": (lambda: png_with((b"eXIf", PAGE)), KEPT),
    "a PNG with unknown parts": (lambda: png_with((b"quRk", PAGE), (b"juNk", MARK)), KEPT),
    "a PNG of large noise": (large_png_of_noise, KEPT),
    "a PNG of 36 million pixels with depth and clearness": (
        lambda: png_head(6000, 6000, 16, 6, zlib_rows(6000 * 8 + 1, 6000)),
        KEPT,
    ),
    "a PNG with a thousand empty parts": (lambda: png_with(*[(b"teSt", b"")] * 1000), EITHER),
    "a PNG whose colours hide a script": (
        lambda: png_head(
            2, 2, 8, 3, b"\0\0\1\0\1\0", chunk(b"PLTE", (PAGE + bytes(3))[: len(PAGE) // 3 * 3])
        ),
        EITHER,
    ),
    "a WebP with a script in its facts": (webp_with_facts, KEPT),
    "a WebP that is an archive": (lambda: picture("WEBP") + archive(), KEPT),
    # -- either: what counts is that nothing of it stays, and how much it costs
    "a PNG whose texts unpack to 100 MB": (
        lambda: png_with((b"zTXt", b"Comment\0\0" + zlib.compress(ZEROS, 9))),
        EITHER,
    ),
    "a PNG whose profile unpacks to 100 MB": (
        lambda: png_with((b"iCCP", b"p\0\0" + zlib.compress(ZEROS, 9))),
        EITHER,
    ),
    "a small PNG whose pixels unpack to 100 MB": (lambda: png_head(9, 9, 8, 0, ZEROS), EITHER),
    "a PNG without its end": (lambda: picture("PNG")[:-12], EITHER),
    "a PNG with a false sum": (lambda: picture("PNG")[:40] + b"\0" + picture("PNG")[41:], EITHER),
    "a JPEG of forty million pixels and many scans": (lambda: scans_of_a_large_picture(30), EITHER),
    "a JPEG whose scan is noise": (
        lambda: picture(size=(400, 400))[:620] + random.Random(5).randbytes(5000) + b"\xff\xd9",
        EITHER,
    ),
    "a WebP that lies about its size": (
        lambda: picture("WEBP")[:4] + b"\xff\xff\xff\x7f" + picture("WEBP")[8:],
        EITHER,
    ),
    # -- refused
    "a picture of 4 thousand million pixels": (lambda: png_of_size(65535, 65535), "40 million"),
    "a picture without width": (lambda: png_of_size(0, 9), DAMAGED),
    "a PNG with a part of four gigabytes": (
        lambda: picture("PNG")[:33] + b"\xff\xff\xff\xffIDAT" + bytes(99),
        EITHER,
    ),
    "a PNG of a depth that does not exist": (lambda: png_head(9, 9, 3, 2, bytes(400)), DAMAGED),
    "a PNG without pixels": (lambda: png_head(9, 9), DAMAGED),
    "a PNG whose colours are missing": (lambda: png_head(9, 9, 8, 3, bytes(99)), EITHER),
    "a JPEG of 4 thousand million pixels": (lambda: jpeg_sized(65535, 65535), "40 million"),
    "a JPEG without width": (lambda: jpeg_sized(0, 0), DAMAGED),
    "a JPEG that only begins": (lambda: b"\xff\xd8\xff", DAMAGED),
    "a JPEG with segments without end": (
        lambda: picture()[:2] + segment(0xEF, b"") * 20_000 + picture()[2:],
        DAMAGED,
    ),
    "a JPEG with a segment of no length": (
        lambda: picture()[:2] + b"\xff\xe5\x00\x00" + picture()[2:],
        DAMAGED,
    ),
    "a JPEG in arithmetic code that is none": (lambda: jpeg_as(0xC9), EITHER),
    "a JPEG without loss that is none": (lambda: jpeg_as(0xC3), DAMAGED),
    "a JPEG of steps that is none": (lambda: jpeg_as(0xC2), EITHER),
    "a JPEG of a hundred scans": (lambda: scans_of_a_large_picture(100), DAMAGED),
    "a WebP that is too wide": (webp_wide, "40 million|damaged"),
    "a WebP of nothing": (lambda: b"RIFF\x04\0\0\0WEBP", "damaged|Only pictures"),
    "a photo of an iPhone": (lambda: ftyp(b"heic"), "Most Compatible"),
    "several photos of an iPhone": (lambda: ftyp(b"mif1"), "Most Compatible"),
    "an AVIF": (lambda: ftyp(b"avif"), "Most Compatible"),
    "a drawing that unpacks without end": (entity_bomb, ONLY),
    "a packed drawing": (lambda: gzip.compress(b"<svg onload='x()'/>"), ONLY),
    "a GIF that is an archive": (lambda: picture("GIF") + archive(), ONLY),
    "a GIF that is a script": (lambda: b"GIF89a/*" + bytes(99) + b"*/=1;alert(1)", ONLY),
    "a BMP that is a script": (lambda: b"BM/*" + bytes(99) + b"*/=1;alert(1)", ONLY),
    "an icon": (lambda: picture("ICO"), ONLY),
    "a JPEG 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), ONLY),
    "a Photoshop file": (lambda: b"8BPS\0\x01" + bytes(99), ONLY),
    "a PostScript program": (lambda: b"%!PS-Adobe-3.0\n(/etc/passwd) run", ONLY),
    "a Word document": (lambda: archive("word/document.xml"), ONLY),
    "a workbook with macros": (lambda: archive("xl/vbaProject.bin"), ONLY),
    "an old Word document": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ONLY),
    "an RTF document": (lambda: b"{\\rtf1 \\object}", ONLY),
    "a RAR archive": (lambda: b"Rar!\x1a\x07\x01\x00" + bytes(99), ONLY),
    "a 7z archive": (lambda: b"7z\xbc\xaf\x27\x1c" + bytes(99), ONLY),
    "a gzip of zeros": (lambda: gzip.compress(ZEROS), ONLY),
    "a Linux program": (lambda: b"\x7fELF\x02\x01\x01" + bytes(99), ONLY),
    "a Java class": (lambda: b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(99), ONLY),
    "a WebAssembly program": (lambda: b"\0asm\x01\0\0\0", ONLY),
    "a shell script": (lambda: b"#!/bin/sh\nrm -rf /\n", ONLY),
    "a Windows shortcut": (lambda: b"L\0\0\0\x01\x14\x02\0" + bytes(99), ONLY),
    "a saved web page": (
        lambda: b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + PAGE,
        ONLY,
    ),
    "a web page in wide letters": (lambda: PAGE.decode().encode("utf-16"), ONLY),
    "a PHP program": (lambda: b"<?php system($_GET[0]);", ONLY),
    "a script": (lambda: b"alert(document.cookie)", ONLY),
    "a sheet of formulas": (lambda: b'=HYPERLINK("http://127.0.0.1","x")\n', ONLY),
    "a film": (lambda: ftyp(b"isom"), ONLY),
    "one byte": (lambda: b"\xff", ONLY),
    "zeros": (lambda: bytes(5000), ONLY),
    "a line break": (lambda: b"\n", ONLY),
    "noise": (lambda: random.Random(1).randbytes(5000), ONLY),
}


def zlib_rows(length, count):
    return bytes(length * count)
