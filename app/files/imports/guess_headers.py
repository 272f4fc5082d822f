"""Which column of ours a header of a file means. Pure but for the labels in both languages (BLK-06).

Sure is what has one meaning; a header that is only like one of ours, or that names two things at once
(身份证号/手机号), is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from flask_babel import force_locale

from app.files.imports import spellings
from app.files.imports.guesses import Guess, nearest
from app.files.imports.headers import normal
from app.files.imports.sheet import Sheet

_ASIDE = re.compile(r"[（(\[【].*?[)）\]】]")
_HOW = re.compile(  # how a column is filled: it changes nothing of what the column is
    r"[（(\[【](?:[^)）\]】]*格式[^)）\]】]*|\d+位|文本|代码|编码|名称|全称|汉字|数字|下拉.{0,6}|请[^)）\]】]*|按[^)）\]】]*|"
    r"如[^)）\]】]*|例[^)）\]】]*|text|code|name)[)）\]】]"
)
_BEFORE = re.compile(r"^(?:学生|毕业生|考生|本人|所在|所属|您的|你的)")
_AFTER = re.compile(r"(?:信息|情况|\d+位|文本|text)$")
_BETWEEN = re.compile(r"[/、,，;；|+&]|或者?|和|与|及")


def names_of(sheet: Sheet) -> dict[str, str]:
    """Normal header → field: labels of both languages, field, official code, and every usual spelling.

    What a sheet declares itself counts before the common spellings; a common one that means two of
    its columns means none.
    """
    found: dict[str, str] = {}
    for name, field in (*_labels(sheet), *_declared(sheet)):
        found.setdefault(normal(name), field)
    common: dict[str, set[str]] = {}
    for column in sheet.columns:
        for name in spellings.of_field(column.field):
            common.setdefault(normal(name), set()).add(column.field)
    return {**{name: min(fields) for name, fields in common.items() if len(fields) == 1}, **found}


def _labels(sheet: Sheet) -> list[tuple[str, str]]:
    found = []
    for locale in ("zh", "en"):
        with force_locale(locale):
            found += [(str(column.label), column.field) for column in sheet.columns]
    return found


def _declared(sheet: Sheet) -> list[tuple[str, str]]:
    return [(name, c.field) for c in sheet.columns for name in (c.field, c.code, *c.also) if name]


def guess_heads(heads: Sequence[str], names: Mapping[str, str]) -> dict[str, Guess]:
    """Normal header → guess, for every header that is not empty."""
    found = {}
    for head in heads:
        key = normal(head)
        if key:
            found[key] = Guess(names[key], True) if key in names else _guess(key, names)
    return found


def _guess(key: str, names: Mapping[str, str]) -> Guess:
    parts = {names[part] for part in _BETWEEN.split(key) if part in names}
    if len(parts) > 1:
        return Guess(None)  # two things in one column: only the person knows
    plain = _HOW.sub("", key)
    sure = _bare(plain)
    if sure in names:
        return Guess(names[sure], True)
    bare = _bare(_ASIDE.sub("", plain))
    if bare in names:
        return Guess(names[bare])  # 手机（家长） may be anybody's
    alike = nearest(bare, names) if len(bare) > 1 else None
    return Guess(names[alike]) if alike else Guess(None)


def _bare(key: str) -> str:
    """A header without what only decorates it: 学生学号文本 → 学号."""
    bare = key
    for pattern in (_BEFORE, _AFTER):
        shorter = pattern.sub("", bare)
        bare = shorter or bare
    return bare
