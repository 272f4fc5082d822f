"""The requests: each takes a real address or form of the application and bends one or two things of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_from_bytes, urlsplit

from tests.attack.pages import LEFT_ALONE, Form, Found

FORM = "application/x-www-form-urlencoded"
TOKEN = "qqTOKENqq"  # who sends puts the session's own in its place
NUMBERS = (
    "0",
    "-1",
    "00012",
    "+1",
    "1e3",
    "1.5",
    "0x1f",
    "１２",
    "٣",
    "²",
    "2147483647",
    "2147483648",
    "4294967296",
    "9223372036854775808",
    "9" * 20,
    "9" * 400,
    "9" * 5000,
    "NaN",
    "Infinity",
    "1_000",
    " 7 ",
)
DATES = (
    "0000-00-00",
    "2026-02-30",
    "9999-12-31",
    "99999-01-01",
    "0001-01-01",
    "2026-13-01",
    "2026-1-1",
    "2026-06-31T25:61",
    "-2026-01-01",
    "二〇二六年",
)
TEXTS = (
    "",
    " ",
    "\t",
    "\r\n",
    "a" * 300,
    "字" * 3000,
    "😀" * 200,
    "e" + "\u0301" * 800,
    "\u202e倒\u202c",
    "\ufeff",
    "\u200b\u200d",
    "\u00a0",
    "\u2028",
    "\ufffd",
    "\U00020bb7\U0002a6d6",
    "\uff11\uff12",
    "%s%n%(x)s",
    "{{7*7}}",
    "{% raise %}",
    "'; DROP TABLE x;--",
    '"><script>',
    "../../etc/passwd",
    "=1+1",
    "@SUM(1)",
    "null",
    "None",
    "true",
    "[]",
    "{}",
    "%",
    "%_\\",
    "\\",
    "\\u0000",
    "&#0;",
    "a@b",
    "张三·李四",
    "11010519491231002X",
    "13800138000",
    "\x0b",
    "\x7f",
    "\x85",
    "<!--",
    "]]>",
    "()" * 500,
    "*",
    "|",
    "\\x00",
    "٠",
    "ß",
    "ſ",
    "İ",
)
BYTES = (
    b"\x00",
    b"a\x00b",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xf4\x90\x80\x80",
    b"\x1b[31m",
    b"\x01",
    b"\xd5\xc5",
)
KINDS = (
    "application/json",
    "text/plain",
    "text/xml",
    "application/octet-stream",
    "multipart/form-data",
    f"{FORM}; charset=gb18030",
    f"{FORM}; charset=utf-16",
    "multipart/form-data; boundary=é",
    "",
    "x",
    "/",
    "application/json; charset=\x80",
    "image/png",
    "multipart/mixed; boundary=b",
    FORM.upper(),
)
HEADERS = (
    ("Host", "evil.example"),
    ("Host", "127.0.0.1:99999"),
    ("Host", "[::1"),
    ("Host", "a b"),
    ("Host", "evil.example\x01"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-For", "1.2.3.4, \x01, ::1"),
    ("X-Forwarded-For", "9" * 900),
    ("X-Forwarded-Proto", "javascript"),
    ("X-Forwarded-Port", "abc"),
    ("X-Forwarded-Prefix", "//evil"),
    ("Accept-Language", "zh;q=x, en;q=9" * 30),
    ("Accept-Language", "\xff"),
    ("Accept-Language", "x-y-z_1;;;"),
    ("Accept", "application/json"),
    ("Accept", "*/*;q=1e99"),
    ("Accept", ",;,"),
    ("Range", "bytes=0-0"),
    ("Range", "bytes=-1"),
    ("Range", "bytes=99999999999999999999-"),
    ("Range", "bytes=5-1,a-b"),
    ("Range", "lines=1-2"),
    ("If-Range", "x"),
    ("If-Modified-Since", "Thu, 99 Foo 99999 99:99:99 GMT"),
    ("If-None-Match", '"' * 200),
    ("If-Match", "*"),
    ("If-Unmodified-Since", "0"),
    ("Referer", "http://evil.example/"),
    ("Referer", "javascript:alert(1)"),
    ("Referer", "http://[::1"),
    ("Referer", "/" * 3000),
    ("Origin", "null"),
    ("User-Agent", "A" * 4000),
    ("User-Agent", "\xe5\xad\x97\xff"),
    ("User-Agent", ""),
    ("Cookie", 'session="\\000\\777"; device="\\000"'),
    ("Cookie", "session=.eJx; device=x; =; ;;;"),
    ("Cookie", "device=" + "f" * 32 + "; locale=\xff"),
    ("Content-Encoding", "gzip"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Authorization", "Basic \xff"),
    ("Authorization", "Bearer a.b.c"),
    ("Expect", "100-continue"),
    ("Connection", "upgrade"),
    ("Upgrade", "h2c"),
    ("X-CSRFToken", "x" * 3000),
    ("X-Requested-With", "XMLHttpRequest"),
    ("Transfer-Encoding", "chunked"),
    ("Forwarded", "for=_x;host=evil"),
    ("Date", "x"),
    ("TE", "trailers"),
)
METHODS = ("FOO", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND")
QUERY = (
    "q",
    "x",
    "tab",
    "after",
    "before",
    "year",
    "kind",
    "page_X",
    "psize_X",
    "_oc_X",
    "_od_X",
    "_flt_0_id",
    "_l_",
    "next",
    "school",
    "code",
    "id",
    "rowid",
    "college",
    "other",
)
WORDS = (
    "attest",
    "refuse",
    "accept",
    "decline",
    "agree",
    "leave",
    "hand_in",
    "approve",
    "confirm",
    "undo",
    "cancel",
    "zh",
    "students",
    "employers",
    "pdf",
    "2027",
    "xx",
)
FILES = (
    ("a.pdf", b"%PDF-1.7\n%%EOF"),
    ("a.png", b"\x89PNG\r\n\x1a\n" + b"\x00" * 40),
    ("a.xlsx", b"PK\x03\x04" + b"\x00" * 60),
    ("a.csv", "姓名,学号\n张三,1\n".encode("gb18030")),
    ("\u202egpj.exe", b"MZ"),
    ("字" * 300 + ".jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 20),
    ("", b""),
    ("a\x00b.pdf", b"x"),
    ("../../x", b"x"),
    ("con", b"\x00" * 5000),
)


@dataclass
class Shot:
    """One request, as bytes go out. `pace`: whole, slow (in pieces), short (ends before its length)."""

    role: str
    rule: str
    kind: str
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    length: int | None = None  # said, where it is not that of the body
    pace: str = "whole"

    def is_form(self) -> bool:
        return bool(self.body) and ("Content-Type", FORM) in self.headers


class Range:
    """Shots for every rule × role in turn, for ever; the same for the same seed."""

    def __init__(
        self, rules: list, found: dict[str, Found], keys: list[int], uids: list[str], seed: int
    ) -> None:
        self.rules = [rule for rule in rules if not rule.rule.startswith(LEFT_ALONE)]
        self.found, self.keys, self.uids = found, keys or [1], uids or ["0" * 32]
        self.dice = random.Random(seed)
        self.benders = [
            self.plain,
            self.numbers,
            self.texts,
            self.raw_bytes,
            self.bodies,
            self.token,
            self.many,
            self.headers,
            self.methods,
            self.query,
            self.dates,
            self.upload,
            self.lengths,
            self.pace,
        ]

    def shots(self, roles: list[str]) -> Iterator[Shot]:
        """Form by form and rule by rule; a form of another role's page is tried as well."""
        while True:
            for rule in self.rules:
                for role in roles:
                    shot = self.of_rule(rule, role)
                    yield self.bent(shot)
                    form = self.form(role)
                    if form is not None:
                        yield self.bent(self.of_form(form, role))

    def form(self, role: str) -> Form | None:
        owner = role if self.dice.random() < 0.8 else self.dice.choice(sorted(self.found))
        forms = self.found[owner].forms
        return self.dice.choice(forms) if forms else None

    def of_form(self, form: Form, role: str) -> Shot:
        fields = [(n, TOKEN if n == "csrf_token" else v) for n, v in form.fields]
        if form.method == "GET":
            target = f"{urlsplit(form.action).path}?{_encoded(fields)}"
            return Shot(role, form.action, "form", "GET", target, [])
        return self.posted(role, form.action, form.action, fields, form)

    def posted(self, role, rule, target, fields, form=None) -> Shot:
        if form is not None and (form.multipart or form.files):
            files = [(n, *self.dice.choice(FILES)) for n in form.files]
            body, kind = _multipart(fields, files)
        else:
            body, kind = _encoded(fields).encode(), FORM
        return Shot(role, rule, "form", "POST", target, [("Content-Type", kind)], body)

    def of_rule(self, rule, role: str) -> Shot:
        parts = []
        for dynamic, value in rule._trace:
            parts.append(quote(self.value(value), safe="") if dynamic else value.lstrip("|"))
        target = "".join(parts) or "/"
        if "POST" in rule.methods and ("GET" not in rule.methods or self.dice.random() < 0.5):
            fields = [
                ("csrf_token", TOKEN),
                ("reason", "复核"),
                ("name", self.dice.choice(WORDS)),
                ("rowid", self.value("pk")),
                ("agreed", "1"),
                ("code", "000000"),
            ]
            return self.posted(role, rule.rule, target, fields)
        return Shot(role, rule.rule, "route", "GET", target, [])

    def value(self, name: str) -> str:
        if name in ("uid", "token"):
            return self.dice.choice(self.uids)
        if name in ("pk", "new", "old", "year"):
            return str(self.dice.choice(self.keys))
        return self.dice.choice(WORDS)

    # -- what is bent ------------------------------------------------------------------------------

    def bent(self, shot: Shot) -> Shot:
        for _n in range(self.dice.choice((1, 1, 2))):
            bender = self.dice.choice(self.benders)
            bender(shot)
            shot.kind += f"+{bender.__name__}"
        return shot

    def plain(self, shot: Shot) -> None:
        """As the page has it."""

    def numbers(self, shot: Shot) -> None:
        self.replace(shot, quote(self.dice.choice(NUMBERS), safe=""), digits=True)

    def dates(self, shot: Shot) -> None:
        self.replace(shot, quote(self.dice.choice(DATES), safe=""))

    def texts(self, shot: Shot) -> None:
        self.replace(shot, quote(self.dice.choice(TEXTS), safe=""))

    def raw_bytes(self, shot: Shot) -> None:
        self.replace(shot, quote_from_bytes(self.dice.choice(BYTES), safe=""))

    def replace(self, shot: Shot, value: str, *, digits: bool = False) -> None:
        """Some part of the path, or some value of the form or the query, becomes this."""
        path, mark, query = shot.target.partition("?")
        places = path.split("/")
        numbered = [n for n, place in enumerate(places) if place.isdigit()]
        if shot.is_form() and self.dice.random() < 0.7:
            pairs = shot.body.decode("latin-1").split("&")
            at = self.dice.randrange(len(pairs))
            pairs[at] = f"{pairs[at].partition('=')[0]}={value}"
            shot.body = "&".join(pairs).encode("latin-1")
        elif query and self.dice.random() < 0.7:
            pairs = query.split("&")
            at = self.dice.randrange(len(pairs))
            pairs[at] = f"{pairs[at].partition('=')[0]}={value}"
            shot.target = path + mark + "&".join(pairs)
        elif numbered or not digits:
            at = (
                self.dice.choice(numbered)
                if numbered
                else self.dice.randrange(1, max(2, len(places)))
            )
            places[at : at + 1] = [value]
            shot.target = "/".join(places) + mark + query

    def bodies(self, shot: Shot) -> None:
        if shot.method == "GET":
            shot.method = "POST"
        kind = self.dice.choice(KINDS)
        shot.headers = [h for h in shot.headers if h[0] != "Content-Type"] + (
            [("Content-Type", kind)] if kind else []
        )
        if "json" in kind or self.dice.random() < 0.3:
            shot.body = self.dice.choice(
                (
                    b"",
                    b"{}",
                    b"[]",
                    b"null",
                    b'"x"',
                    b"{",
                    b"[" * 5000,
                    b'{"a":' * 300 + b"1" + b"}" * 300,
                    json.dumps({"csrf_token": "x", "name": {"a": 1}, "rowid": [1, None]}).encode(),
                    b'{"a":"\\u0000"}',
                    b'{"a":"\\ud800"}',
                    b"\xff\xfe{",
                    b"1e999",
                )
            )

    def token(self, shot: Shot) -> None:
        wrong = self.dice.choice(("", "x", "0123456789abcdef" * 3, "字"))
        pairs = [p for p in shot.body.split(b"&") if not p.startswith(b"csrf_token=")]
        if shot.is_form():
            shot.body = b"&".join([f"csrf_token={quote(wrong)}".encode(), *pairs])

    def many(self, shot: Shot) -> None:
        how = self.dice.randrange(4)
        if how == 0:
            shot.target += ("&" if "?" in shot.target else "?") + "&".join(
                f"a{n}={n}" for n in range(300)
            )
        elif how == 1:
            shot.target += ("&" if "?" in shot.target else "?") + "q=" + "a" * 5000
        elif shot.is_form():
            shot.body += b"&" + shot.body if how == 2 else b"&rowid=1" * 6000

    def headers(self, shot: Shot) -> None:
        name, value = self.dice.choice(HEADERS)
        shot.headers = [*shot.headers, (name, value)]

    def methods(self, shot: Shot) -> None:
        shot.method = self.dice.choice(METHODS)

    def query(self, shot: Shot) -> None:
        value = self.dice.choice((*NUMBERS[:14], *TEXTS, *DATES))
        shot.target += (
            "&" if "?" in shot.target else "?"
        ) + f"{self.dice.choice(QUERY)}={quote(value, safe='')}"

    def upload(self, shot: Shot) -> None:
        if shot.method != "POST":
            return
        pairs = (
            [p.partition("=") for p in shot.body.decode("latin-1").split("&")]
            if shot.is_form()
            else []
        )
        fields = [(n, v) for n, _e, v in pairs]
        names = ("file", "files", "scan", "picture", fields[-1][0] if fields else "x")
        body, kind = _multipart(fields, [(self.dice.choice(names), *self.dice.choice(FILES))])
        shot.body, shot.headers = (
            body[: len(body) - self.dice.choice((0, 0, 20))],
            [("Content-Type", kind)],
        )

    def lengths(self, shot: Shot) -> None:
        shot.length = self.dice.choice(
            (0, 10**9, 10**20, 26 * 1024 * 1024, len(shot.body) + 7, max(0, len(shot.body) - 3))
        )
        shot.pace = "short" if shot.length > len(shot.body) else shot.pace

    def pace(self, shot: Shot) -> None:
        shot.pace = "slow" if shot.body else shot.pace


def _encoded(fields: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in fields)


def _multipart(fields, files) -> tuple[bytes, str]:
    mark = b"--qq7MA4YWxkTrZu0gW"
    body = b"".join(
        mark
        + b'\r\nContent-Disposition: form-data; name="'
        + n.encode()
        + b'"\r\n\r\n'
        + v.encode("utf-8", "replace")
        + b"\r\n"
        for n, v in fields
    )
    body += b"".join(
        mark
        + b'\r\nContent-Disposition: form-data; name="'
        + n.encode()
        + b'"; filename="'
        + name.encode()
        + b'"\r\nContent-Type: application/octet-stream\r\n\r\n'
        + data
        + b"\r\n"
        for n, name, data in files
    )
    return body + mark + b"--\r\n", f"multipart/form-data; boundary={mark[2:].decode()}"
