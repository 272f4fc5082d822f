"""The form of a request as it would be kept: without its secrets and files (ACC-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from flask import request

from app.fab.urls import local_path

TOKEN = "csrf_token"  # noqa: S105 (the name of a field and of a value in the cookie)
FIELD = "_kept"  # a form that is offered again says which one it is
CODE_URL = "_code_url"  # beside the field for a code: where it comes from, empty for no button
MARK = "unsent"  # the name of a value in the cookie: something waits for this account

# never kept, asked for anew: every password and code of every form (tests/accounts/test_kept.py)
PASSWORDS = frozenset({"password", "again", "old", "secret"})
CODES = frozenset({"code", "old_code"})  # and code_…; a college has a «code» too, without CODE_URL
# never kept, and not asked: they belong to one page only
DROPPED = frozenset({TOKEN, FIELD, CODE_URL, "_factor_code", "_factor_answer", "_factor_act"})
SUM = frozenset({"puzzle", "answer"})  # together: the sum that an address owed


@dataclass(frozen=True)
class KeptForm:
    """A form as it was sent; `asked`: its secrets (field, where a code comes from); `files`: field, name."""

    key: str
    path: str
    page: str
    fields: list[tuple[str, str]]
    asked: list[tuple[str, str]]
    files: list[tuple[str, str]]
    made_at: datetime | None = None
    sending: bool = False


def from_here() -> bool:
    """Whether a browser says that one of our own pages has sent this."""
    host = urlsplit(request.headers.get("Origin", "")).netloc
    return bool(host) and host == request.host


def is_code(name: str) -> bool:
    """Whether a field of this request's form holds a verification code."""
    return CODE_URL in request.form and (name in CODES or name.startswith("code_"))


def posted(key: str = "") -> KeptForm:
    """The form of this request, without its secrets and files."""
    values = list(request.form.items(multi=True))
    dropped = DROPPED | (SUM if "puzzle" in request.form else set())
    urls, asked = iter(request.form.getlist(CODE_URL)), dict[str, str]()
    for name in request.form:
        if is_code(name):
            asked[name] = next(urls, "")[:300]
        elif name in PASSWORDS:
            asked[name] = ""
    return KeptForm(
        key=key,
        path=request.full_path.rstrip("?"),
        page=_shown_on(),
        fields=[pair for pair in values if pair[0] not in asked.keys() | dropped],
        asked=list(asked.items()),
        files=[
            (name, file.filename) for name, file in request.files.items(multi=True) if file.filename
        ],
    )


def _shown_on() -> str:
    """The page that the form stood on; one that only answers forms cannot be opened again."""
    page, rule = local_path(request.referrer) or "/", request.url_rule
    answered_here = page.partition("?")[0] == request.path
    return "/" if answered_here and rule and "GET" not in (rule.methods or ()) else page
