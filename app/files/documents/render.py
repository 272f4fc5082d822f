"""Turns a snapshot of plain data into a PDF: a template of ours, the fonts, the engine.

Pure functions that need no Flask app and no database. Two promises (spec DOC-01, DOC-06): what
people typed reaches the engine only as escaped text, and the engine may open nothing, neither a
file nor an address. `limits.render_safely` runs the same in a child process that can be killed;
everything but tests goes through it.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from reportlab import rl_config
from xhtml2pdf import pisa
from xhtml2pdf.config.resources import ResourceAccessPolicy

from app.files.documents import cjk, fonts, watermarks
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.numbers import grouped
from app.files.documents.printing import chinese, printable, texts, traces_marked, unit, unprintable

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "files" / "documents"
MAX_SECONDS = 20
MAX_HTML = 400_000
MAX_PAGES = 20


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document. `pages`: what it usually takes, which saves laying it out twice."""

    template: str
    title: str
    version: str
    pages: int = 1


KINDS = {
    "agreement": DocumentKind(
        "agreement.html", "普通高等学校毕业生就业协议书", "agreement-1", pages=2
    ),
    "termination_letter": DocumentKind("termination_letter.html", "解除就业协议告知函", "letter-1"),
    "forwarding_letter": DocumentKind(
        "forwarding_letter.html", "高校毕业生档案转递单", "forwarding-1", pages=10
    ),
}


def render(kind: str, data: Mapping[str, object], *, watermark: str = "") -> bytes:
    """Make the PDF of one document; `data` as described in templates/files/documents/<kind>.html.

    `watermark` is 未生效 or 已失效, or empty. Raises Unprintable where the font lacks a character
    outside reasons and notes, RenderError where the engine gave up, warned, or made more than 20 pages.
    """
    prepare()
    plain = traces_marked(printable(data))
    if missing := unprintable(plain):
        raise Unprintable(missing)
    pdf = _laid_out(KINDS[kind], plain, watermark)
    return watermarks.stamp(pdf, watermark) if watermark else pdf


def _laid_out(spec: DocumentKind, data: Mapping[str, object], watermark: str) -> bytes:
    """Lay out the pages with the usual number of pages printed as the total.

    Where that proves wrong, do it again without forced page breaks until the total is right.
    """
    pdf, pages = _pdf(_html(spec, data, watermark, spec.pages, flow=False))
    said = spec.pages
    for _ in range(3):
        if pages == said:
            break
        said = pages
        pdf, pages = _pdf(_html(spec, data, watermark, said, flow=True))
    return pdf


@cache
def prepare() -> None:
    """Pay once per process what does not depend on the document: fonts, repairs, templates."""
    fonts.register()
    cjk.apply()
    rl_config.useA85 = 0  # binary streams: a tenth smaller
    logging.getLogger("xhtml2pdf").addHandler(logging.NullHandler())
    logging.getLogger("xhtml2pdf").propagate = False  # its warnings quote people's data
    for kind in KINDS.values():
        _environment().get_template(kind.template)


def answer(request: bytes) -> bytes:
    """For `child`: a job as JSON → P and the PDF, M and the missing glyphs, or F and a text."""
    job = json.loads(request)
    try:
        return b"P" + render(job["kind"], job["data"], watermark=job["watermark"])
    except Unprintable as error:
        return b"M" + json.dumps(error.missing).encode()
    except Exception as error:  # noqa: BLE001 - the parent decides; a bug must not end the process
        return b"F" + f"{type(error).__name__}: {error}"[:2000].encode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(unit=unit, grouped=grouped, chinese=chinese)
    return environment


def _html(
    spec: DocumentKind, data: Mapping[str, Any], watermark: str, pages: int, *, flow: bool
) -> str:
    address = data.get("verify_url", "")
    return (
        _environment()
        .get_template(spec.template)
        .render(
            d=data,
            title=spec.title,
            version=spec.version,
            watermark=watermark,
            pages=pages,
            flow=flow,
            families=fonts.families(text for _place, text in texts(data)),
            qr=segno.make(address, error="m").png_data_uri(scale=6, border=0) if address else "",
            clauses=data.get("clauses") or default_clauses(),
        )
    )


@cache
def default_clauses() -> tuple[str, ...]:
    """Read the clauses printed where a school has set none; one paragraph a line."""
    lines = (TEMPLATES / "clauses_zh.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _pdf(html: str) -> tuple[bytes, int]:
    """Bytes and number of pages."""
    policy = ResourceAccessPolicy.server(
        None,
        allow_remote=False,
        max_resources=0,
        max_image_pixels=4_000_000,
        max_render_seconds=MAX_SECONDS,
        max_document_bytes=MAX_HTML,
        max_depth=60,
    )
    out = io.BytesIO()
    try:
        result = pisa.CreatePDF(html, dest=out, encoding="utf-8", resource_policy=policy)
    except Exception as error:  # the engine has no base class of its errors
        raise RenderError(f"{type(error).__name__}: {error}") from error
    if result.err or result.warn:
        raise RenderError("; ".join(str(message) for _, _, message, _ in result.log))
    data = out.getvalue()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pages = len(pdf.pages)
    if pages > MAX_PAGES:
        raise RenderError(f"{pages} pages, more than {MAX_PAGES}")
    return data, pages
