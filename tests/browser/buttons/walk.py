"""The pages a role can reach and the buttons in them, read from their source; buttons of one kind count once."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from lxml import html

# what a script adds to a page stands in no source of it
PRESSED = "button:not([data-part=go], .qq-split-switch, .qq-pane *), input[type=submit], input[type=file], summary, tr.qq-row"
_PRESSED = "self::button or self::input[@type='submit' or @type='file'] or self::summary or self::tr[contains(concat(' ', @class, ' '), ' qq-row ')]"
LEFT_ALONE = ("/static/", "/lang/", "/demo/", "/logout")
ORDERED = re.compile(
    "_oc_|psize_|page_|after|before"
)  # the same list in another order, or its next page
OF_ONE_SHAPE = 10  # pages whose addresses differ in numbers only: records in different states
OF_ONE_ACTION = 3  # buttons that do the same and are called differently: rows


@dataclass
class Page:
    """A page as its source has it."""

    address: str
    status: int
    source: str
    templates: list[str]
    buttons: list[Button] = field(default_factory=list)


@dataclass(frozen=True)
class Button:
    """The `at`-th of PRESSED in its page; `key` says of which kind it is."""

    at: int
    label: str
    action: str
    key: tuple[str, ...]
    post: bool
    typed: bool  # its form has something to write in


def shape(address: str) -> str:
    """The address without what tells one record from another."""
    path = urlsplit(address).path
    return re.sub(r"[0-9a-f]{20,}|\d+", "0", path)


def tree_of(source: str):
    return html.fromstring(source or "<html></html>")


def links(page: Page) -> Iterator[str]:
    for element in tree_of(page.source).xpath("//a[@href] | //tr[@data-href]"):
        address = urljoin(page.address, element.get("href") or element.get("data-href"))
        parts = urlsplit(address)
        if not parts.netloc and not parts.path.startswith(LEFT_ALONE) and parts.path:
            yield address.partition("#")[0]


def buttons(page: Page, script: bool) -> list[Button]:
    """In the order of the page; with script nothing inside <noscript> is there."""
    tree, found, at = tree_of(page.source), [], -1
    main = next(
        (t for t in page.templates if "/" in t and not t.startswith("parts/")),
        "".join(page.templates[:1]),
    )
    for element in tree.xpath(f"//body//*[{_PRESSED}][not(ancestor::template)]"):
        if script and next(element.iterancestors("noscript"), None) is not None:
            continue
        at += 1
        if element.tag == "tr" and not script:  # a link stands beside
            continue
        button = read(element, at, page, main)
        if button is not None:
            found.append(button)
    return found


def read(element, at: int, page: Page, main: str) -> Button | None:
    line = list(element.iterancestors())
    if element.get("disabled") is not None or any(e.get("id") == "qq-dialog" for e in line):
        return None
    form = next((e for e in line if e.tag == "form"), None)
    if form is None and element.get("form"):
        form = next(iter(tree_root(element).xpath(f"//form[@id='{element.get('form')}']")), None)
    action = (
        element.get("formaction")
        or element.get("data-qq-url")
        or element.get("data-href")
        or element.get("data-qq-code-url")
    )
    if not action and form is not None and element.get("type") != "button":
        action = form.get("action") or page.address
    action = action or ""
    if shape(action).startswith("/demo/") or shape(action).startswith("/lang/"):
        return None
    label = (
        " ".join(element.text_content().split())
        or element.get("aria-label")
        or element.get("value")
        or element.get("name")
        or element.tag
    )
    frame = any(
        "qq-top" in (e.get("class") or "").split() or e.get("id") in ("qq-keys", "qq-rail")
        for e in line
    )
    kind = (
        f"{element.tag}:{element.get('name') or ''}={element.get('value') or ''}"
        if element.get("name")
        else element.tag
    )
    words = "" if element.tag == "tr" else re.sub(r"[\d\W]+", "", label)[:20]
    key = (
        "frame" if frame else main,
        shape(action),
        re.sub(r"\d+", "0", kind),
        element.get("data-qq-action") or "",
        words,
    )
    return Button(
        at,
        label[:40],
        action,
        key,
        posts(element, form),
        writes(form) if form is not None else bool(element.get("data-qq-reason")),
    )


def tree_root(element):
    return element.getroottree().getroot()


def posts(element, form) -> bool:
    return bool(element.get("data-qq-url")) or (
        form is not None
        and (form.get("method") or "").lower() == "post"
        and element.tag != "summary"
    )


def writes(form) -> bool:
    return bool(
        form.xpath(
            ".//textarea | .//input[not(@type) or @type='text' or @type='email' or @type='tel' or @type='number' or @type='date' or @type='search']"
        )
    )


def walk(get: Callable[[str], Page], starts: list[str], most: int) -> Iterator[Page]:
    """Pages breadth first; of one shape a few."""
    waiting, seen, shapes = deque(starts), set(), Counter()
    while waiting and len(seen) < most:
        address = waiting.popleft()
        query = (
            "?" + "&".join(sorted(p.partition("=")[0] for p in urlsplit(address).query.split("&")))
            if "?" in address
            else ""
        )
        kind = shape(address) + re.sub(r"\d+", "0", query)
        most_of_kind = (1 if ORDERED.search(query) else OF_ONE_ACTION) if query else OF_ONE_SHAPE
        if address in seen or shapes[kind] >= most_of_kind:
            continue
        seen.add(address)
        shapes[kind] += 1
        page = get(address)
        if page.status != 0:
            yield page
            if page.status == 200 and page.source:
                waiting.extend(links(page))


class Fresh:
    """Which buttons were not pressed yet: one of each kind, and few that differ in their words alone."""

    def __init__(self) -> None:
        self.keys, self.actions = set(), Counter()

    def __call__(self, button: Button) -> bool:
        if button.key in self.keys or self.actions[button.key[:4]] >= OF_ONE_ACTION:
            return False
        self.keys.add(button.key)
        self.actions[button.key[:4]] += 1
        return True
