"""Turning away before a queue grows: which of the waiting requests still get a thread.

Controlled delay (RFC 8289), as servers use it for requests: a short rush may wait for seconds, a queue
that never empties may not, for then everybody would wait as long as anybody has patience. What changes
something waits longest: whoever pressed a button is turned away last, and is told that nothing happened.
"""

from __future__ import annotations

import json
import logging
import random
import re
import time
from pathlib import Path
from string import Template

log = logging.getLogger(__name__)

FLOWING = 0.02  # seconds: a request that waited no longer has found the queue empty
RUSH = 3.0  # seconds for which the queue may stand
LONGEST = 3.0  # seconds that a request may wait in a rush
STANDING = 0.25  # the same while the queue stands
CHANGING = 10.0  # the same for what changes something, always
AGAIN = (3, 8)  # seconds after which whoever was turned away may come again: not all at one moment

TOLD_EVERY = 60.0  # seconds between two lines of the log
# who watches the service; what a page that has come still needs
ALWAYS = (b"/healthz", b"/static/", b"/dialogs/")
READING = (b"GET ", b"HEAD ")
BUSY = "现在访问的人太多，请过几秒再试。"
BUSY_ENGLISH = "Too many people are here at this moment: try again in some seconds."

_PAGE = Template(
    (Path(__file__).resolve().parents[2] / "templates" / "errors" / "busy.html").read_text("utf-8")
)
_WANTS_JSON = re.compile(rb"\r\naccept:[^\r]*application/json", re.IGNORECASE)


class Crowd:
    """Whoever waits for the threads of one process; all of them ask it."""

    def __init__(self) -> None:
        self.flowed = time.monotonic()  # when the queue was last found empty
        self.turned_away, self.told = 0, 0.0

    def too_late(self, head: bytes, since: float) -> bool:
        """Whether the request with this head, whole since then, waited longer than it should."""
        now = time.monotonic()
        waited = now - since
        if waited <= FLOWING:
            self.flowed = now
        late = waited > self._patience(head, now)
        if late:
            self._count(now)
        return late

    def _patience(self, head: bytes, now: float) -> float:
        if head.partition(b" ")[2].startswith(ALWAYS):
            return float("inf")
        if not head.startswith(READING):
            return CHANGING
        return LONGEST if now - self.flowed < RUSH else STANDING

    def _count(self, now: float) -> None:
        self.turned_away += 1
        if now - self.told > TOLD_EVERY:
            log.warning("overloaded: %d requests turned away since the last line", self.turned_away)
            self.turned_away, self.told = 0, now


def answer(head: bytes) -> bytes:
    """503 with Retry-After; JSON where that is asked for, else a page in both languages.

    A page that was only read comes again by itself; a form is sent again by the person who filled it in.
    """
    again = random.randint(*AGAIN)  # noqa: S311 - spreads them
    kind = "application/json" if _WANTS_JSON.search(head) else "text/html; charset=utf-8"
    content = (_said() if kind == "application/json" else _shown(head, again)).encode()
    lines = (
        "HTTP/1.1 503 Service Unavailable",
        f"Retry-After: {again}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(content)}",
        "Cache-Control: no-store",
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n"
    return whole if head.startswith(b"HEAD ") else whole + content


def _said() -> str:
    return json.dumps({"error": f"{BUSY} {BUSY_ENGLISH}"}, ensure_ascii=False)


def _shown(head: bytes, again: int) -> str:
    if head.startswith(READING):
        return _PAGE.substitute(
            refresh=f'<meta http-equiv="refresh" content="{again}">',
            chinese=f"{again} 秒后自动重新打开，不用刷新。",
            english=f"This page opens again by itself in {again} seconds.",
        )
    return _PAGE.substitute(
        refresh="",
        chinese="刚才提交的内容没有处理，也没有保存。请用浏览器的「返回」回到表单，过几秒再提交一次。",
        english="What you sent was not carried out and not saved. Go back and send it again in some seconds.",
    )
