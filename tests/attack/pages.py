"""What the pages themselves offer: links and forms with their fields, read as a browser reads them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

LEFT_ALONE = ("/logout", "/demo/", "/static/", "/lang/")


@dataclass
class Form:
    """A form as it stands in a page: known to be good."""

    action: str
    method: str
    multipart: bool
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.links, self.forms = page, [], []
        self.token = ""
        self._form: Form | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag, attrs):
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and has.get("href"):
            self.links.append(urljoin(self.page, has["href"]))
        elif tag == "meta" and has.get("name") == "csrf-token":
            self.token = has.get("content", "")
        elif tag == "form":
            self._form = Form(
                urljoin(self.page, has.get("action") or self.page),
                has.get("method", "get").upper(),
                "multipart" in has.get("enctype", ""),
            )
            self.forms.append(self._form)
        elif self._form is not None and "disabled" not in has:
            self._field(tag, has)

    def _field(self, tag, has):
        name, form = has.get("name", ""), self._form
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            known = [n for n, _v in form.fields]
            if self._select not in known or "selected" in has:
                form.fields = [p for p in form.fields if p[0] != self._select]
                form.fields.append((self._select, has.get("value", "")))
        elif tag == "textarea" and name:
            form.fields.append((name, "因工作需要"))
        elif tag in ("input", "button") and name:
            if has.get("type") == "file":
                form.files.append(name)
            else:
                form.fields.append((name, has.get("value", "") or "1"))

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


@dataclass
class Found:
    """What one role can reach: addresses that answered 200, their forms, and a CSRF token."""

    addresses: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    token: str = ""


def walk(get: Callable[[str], tuple[int, str, str]], starts: list[str], most: int) -> Found:
    """Follow links from there, one address of a shape at a time; `get` gives status, type and text, or a place to go on."""
    found, seen, shapes = Found(), set(), {}
    waiting = deque(starts)
    while waiting and len(found.addresses) < most:
        address = waiting.popleft()
        parts = urlsplit(address)
        shape = "".join("0" if c.isdigit() else c for c in parts.path)
        if (
            address in seen
            or parts.netloc
            or address.startswith(LEFT_ALONE)
            or shapes.get(shape, 0) > 2
        ):
            continue
        seen.add(address)
        shapes[shape] = shapes.get(shape, 0) + 1
        status, kind, text = get(address)
        if 300 < status < 304:  # then the text is where it leads
            waiting.append(text)
        if status != 200:
            continue
        found.addresses.append(address)
        if not kind.startswith("text/html"):
            continue
        page = _Reader(address)
        page.feed(text)
        found.token = page.token or found.token
        found.forms += [f for f in page.forms if not f.action.startswith(LEFT_ALONE)]
        waiting.extend(page.links)
    return found
