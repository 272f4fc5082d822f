"""E-mail addresses as people type them: folded, checked, and doubted where a slip is likely (F-11).

Mail servers that know no SMTPUTF8 are the rule, so that an address is plain ASCII. Whether it exists
shows when mail is sent.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

import email_validator

from app.core.text import droppable

TOPS = Path(__file__).with_name(
    "tops.txt"
)  # the top-level domains of IANA, version in its first line
_BEFORE = re.compile(r"^(?:[<(\[\"'“”‘’《「]|(?:mailto|e-?mail|邮箱|电子邮箱)[:：])+", re.I)
_AFTER = "。；、，,;:.：/\\>)]}\"'“”‘’》」?!？！"
# what people mean: the hosts of most addresses; one letter away from them is a slip
USUAL = (
    "qq.com",
    "163.com",
    "126.com",
    "139.com",
    "189.cn",
    "sina.com",
    "sina.cn",
    "sohu.com",
    "yeah.net",
    "foxmail.com",
    "aliyun.com",
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "yahoo.com",
    "live.com",
    "msn.com",
    "vip.qq.com",
    "vip.163.com",
    "vip.sina.com",
    "wo.cn",
    "tom.com",
)
REAL = frozenset(("mail.com", "email.com", "gmx.com", "ymail.com", "me.com", "wo.com"))


def clean_email(text: str) -> str:
    """The address in what was typed: half-width, without blanks, «mailto:» and closing marks."""
    folded = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in folded if not c.isspace() and not droppable(c))
    plain = _BEFORE.sub("", plain).rstrip(_AFTER)
    name, at, host = plain.rpartition("@")
    return f"{name}{at}{host.replace('。', '.').lower()}"


def is_email(text: str) -> bool:
    """An address in ASCII that mail can be sent to over the public network, as RFC 5321 has it."""
    if not text.isascii() or len(text) > 254 or len(text.rpartition("@")[0]) > 64:
        return False
    try:
        email_validator.validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except email_validator.EmailNotValidError:
        return False
    return True


def meant(text: str) -> str:
    """The address that was probably meant: abc@qq.con → abc@qq.com; empty where none is doubted."""
    name, _at, host = text.rpartition("@")
    if host in USUAL or host in REAL:
        return ""
    near = [usual for usual in USUAL if _one_slip(host, usual)]
    return f"{name}@{near[0]}" if near and (len(near) == 1 or not known_end(text)) else ""


def known_end(text: str) -> bool:
    """Whether the address ends in a top-level domain that exists."""
    return text.rpartition(".")[2].lower() in _tops()


@cache
def _tops() -> frozenset[str]:
    lines = TOPS.read_text(encoding="ascii").split()
    return frozenset(lines[1:])


def _one_slip(typed: str, usual: str) -> bool:
    """One letter too many, too few, another, or two exchanged."""
    if typed == usual or abs(len(typed) - len(usual)) > 1 or len(usual) < 6:
        return False
    pairs = enumerate(zip(typed, usual, strict=False))
    start = next((n for n, (a, b) in pairs if a != b), min(len(typed), len(usual)))
    left, right = typed[start:], usual[start:]
    if len(left) == len(right):
        return left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
    return left[1:] == right or left == right[1:]
