"""What may not stand in a page: the other language, names of things instead of their words, a page without a way on."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import html

PLACES = (
    (r"%\([a-z_]+\)[sd]?", "a placeholder"),
    (r"(?<!uid=)\{[a-z_]+\}", "a placeholder"),
    (r"\{\{|\}\}|\{%", "a template"),
    (r"\bNone\b", "None"),
    (r"\bundefined\b", "undefined"),
    (r"\bNaN\b", "NaN"),
    (r"\[object ", "an object"),
    (r"<(?:built-in|bound|function|app\.|class)", "an object"),
    (r"&(?:lt|gt|amp|quot|#\d+);", "escaped twice"),
    (r"\bnan\b|\bNaT\b", "a missing value"),
    (r"LazyString|Undefined", "an object"),
)
EMPTY = re.compile(
    r"""<[^<>]*?\s((?:data-[a-z-]+|href|src|title|aria-label|aria-labelledby|aria-describedby|for|placeholder|name)=(?:""|''))[^<>]*>"""
)
DIALOG = re.compile(r'<dialog id="qq-dialog".*?</dialog>', re.S)  # filled when it opens
BLANKS = re.compile(r"\{(?:[a-z]|name)\}")  # filled by the script
LATIN = re.compile(r"[A-Za-z][A-Za-z’'-]{2,}")
HAN = re.compile(r"[\u4e00-\u9fff]+")
SPOKEN = (
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "data-sent",
    "data-failed",
    "data-wait",
    "data-first",
    "data-second",
    "data-next",
    "data-qq-title",
    "data-qq-text",
    "data-qq-label",
    "data-qq-tick",
    "data-qq-confirm",
    "data-qq-reasons",
    "data-qq-labels",
    "data-too-large",
    "data-checking",
    "data-left-days",
    "data-left-hours",
    "data-left-minutes",
    "data-left-over",
    "data-text",
)
SILENT = {"script", "style", "template", "code", "kbd", "svg", "samp", "pre"}
# names of products, formats, standards and keys, the same in every language; the demo's accounts
LATIN_NAMES = {
    "pdf",
    "xlsx",
    "xls",
    "csv",
    "dbf",
    "excel",
    "wps",
    "webp",
    "jpg",
    "jpeg",
    "png",
    "heic",
    "zip",
    "txt",
    "usb",
    "pin",
    "sms",
    "ldap",
    "cas",
    "oidc",
    "oauth",
    "saml",
    "ip",
    "url",
    "https",
    "http",
    "utf-8",
    "gbk",
    "gb",
    "utc",
    "ads",
    "app",
    "iphone",
    "android",
    "chrome",
    "edge",
    "firefox",
    "safari",
    "chromium",
    "windows",
    "linux",
    "macos",
    "passkey",
    "enter",
    "esc",
    "ctrl",
    "tab",
    "email",
    "totp",
    "hmac",
    "sha",
    "sha-256",
    "hmac-sha",
    "json",
    "openpgp",
    "rfc",
    "lzb",
    "hyperledger",
    "fido",
    "webauthn",
    "qr",
    "english",
    "gmail",
    "outlook",
    "qingqian",
    "headless",
    "headlesschrome",
    "x11",
    "mozilla",
    "localhost",
    "dbase",
    "client",
    "issuer",
    "starttls",
    "uid",
    "samaccountname",
    "employer-new",
    "student-new",
}
TABLES = (
    Path(__file__).resolve().parents[3] / "app" / "codes" / "tables"
)  # official tables have pinyin names
LATIN_NAMES |= {table.stem.partition("_")[0] for table in TABLES.glob("*.csv")} | {"qtqx"}
HAN_NAMES = ("中文", "青签", "年", "月", "日")


def judge(source: str, lang: str, texts: str, *, data_only: bool = False) -> list[tuple[str, str]]:
    """(kind, what) of all that is wrong with that page; `texts` is all that stands in the database.

    With `data_only` the other language is not looked for: a page of stored messages.
    """
    tree = html.fromstring(source)
    found = [("empty attribute", what) for what in set(EMPTY.findall(DIALOG.sub("", source)))]
    found += [("no heading", "h1")] if not tree.xpath("//h1") else []
    found += [] if way_back(tree) else [("dead end", "no link to another page")]
    for text in spoken(tree):
        found += [(what, text) for pattern, what in PLACES if re.search(pattern, text)]
        if data_only:
            continue
        strange = english(text, texts) if lang == "zh" else chinese(text, texts)
        if strange:
            found.append(("other language", f"{strange} in: {text[:120]}"))
    return sorted(set(found))


def way_back(tree) -> bool:
    """Some link that is neither to a place in the page nor to the other language."""
    return any(
        href.startswith("/") and not href.startswith(("/lang/", "/static/"))
        for href in tree.xpath("//body//a[not(ancestor::noscript)]/@href")
    )


def spoken(tree) -> set[str]:
    """Every text a person reads or hears."""
    found = {" ".join(tree.xpath("string(//title)").split())}
    for element in tree.xpath("//body//*[not(ancestor-or-self::*[contains(@class, 'qq-demo')])]"):
        if not isinstance(element.tag, str) or hidden(element):
            continue
        found |= {" ".join(t.split()) for t in element.xpath("text()")}
        found |= {
            BLANKS.sub("…", " ".join(element.get(name).split()))
            for name in SPOKEN
            if element.get(name)
        }
        if element.tag == "input" and element.get("type") in ("submit", "button"):
            found.add(element.get("value", ""))
    return found - {""}


def hidden(element) -> bool:
    line = [element, *element.iterancestors()]
    languages = [e.get("lang") for e in line if e.get("lang") and e.tag != "html"]
    return bool(languages) or any(e.tag in SILENT for e in line if isinstance(e.tag, str))


def english(text: str, texts: str) -> list[str]:
    """The words of a Chinese page that are neither names nor the people's own."""
    words = []
    for match in LATIN.finditer(text):
        word, around = match.group(), text[max(0, match.start() - 1) : match.end() + 1]
        if word.lower() in LATIN_NAMES or re.search(r"[@./_\\\d:=#-]", around.replace(word, "", 1)):
            continue
        if not word.isupper() and word not in texts:
            words.append(word)
    return words


def chinese(text: str, texts: str) -> list[str]:
    """The same of an English page."""
    return [run for run in HAN.findall(text) if run not in HAN_NAMES and run not in texts]
