"""Drawing a document in a child process; `core.children` bounds its memory, CPU and time.

The engine draws one document at a time anyway; a child that has rendered takes about 140 MB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from app.core.children import BusyError, ChildDiedError, ask, stop
from app.files.documents.errors import RenderError, Unprintable
from app.files.documents.printing import printable

WALL_SECONDS = 40.0

__all__ = ["BusyError", "ChildDiedError", "ask", "render_safely", "stop"]


def render_safely(
    kind: str, data: Mapping[str, object], watermark: str = "", *, seconds: float = WALL_SECONDS
) -> bytes:
    """As `render.render`, in a child process that is killed after that many seconds of the clock.

    Raises Unprintable where the font lacks a character; RenderError on anything else, also when
    the child died twice on the same document.
    """
    request = {"kind": kind, "data": printable(data), "watermark": watermark}
    try:
        answer = ask("render", json.dumps(request).encode(), seconds)
    except ChildDiedError as error:
        raise RenderError(f"died twice, or took longer than {seconds:g} seconds") from error
    except BusyError as error:
        raise RenderError("too many documents are waiting") from error
    sort, content = answer[:1], answer[1:]
    if sort == b"P":
        return content
    if sort == b"M":
        raise Unprintable([(field, char) for field, char in json.loads(content)])
    raise RenderError(content.decode(errors="replace"))
