"""Which value of a list a word means: 汉 → 汉族 (sure), 本科 → 31 本科生毕业 (asked once). Pure (BLK-06)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.files.imports.cells import folded
from app.files.imports.guess import Guess, is_within, nearest
from app.files.imports.sheet import Choices

ENDS = ("族", "省", "市", "区", "县", "国", "学院", "学部", "系", "专业", "单位", "企业", "人员")
_CODE = re.compile(r"[0-9]{1,6}|[A-Z]{1,2}", re.I)
MOST_ALIKE = 400  # longer lists are not searched for what is only alike

Words = Mapping[str, tuple[str, bool]]  # folded word → code, whether it is sure


def guess_value(text: str, lists: Sequence[Choices], words: Words) -> Guess | None:
    """What a word means in the first list that knows it; None where it is a value as it stands.

    `lists` are the editions of one table, the one that counts first. The guess is a code.
    """
    if not lists or any(choices.find(text) is not None for choices in lists[:1]):
        return None
    for choices in lists:
        found = _guess(text, choices, words)
        if found is not None:
            return found
    return Guess(None)


def _guess(text: str, choices: Choices, words: Words) -> Guess | None:
    key, codes = folded(text), {folded(code): code for _v, code, _n in choices.rows}
    names: dict[str, list[str]] = {}
    for _value, code, name in choices.rows:
        names.setdefault(folded(name), []).append(code)
    if key in words and folded(words[key][0]) in codes:
        code, sure = words[key]
        return Guess(code, sure)
    if both := _code_and_name(key, codes, names):
        return Guess(both, True)
    official = all(value == code for value, code, _name in choices.rows)
    if whole := _by_end(key, names):
        return Guess(whole, official)
    if found := _by_part(key, names):
        return Guess(found[0], official and len(found) == 1 and len(key) > 1)
    if key.lstrip("0") and key.isdigit():
        same = [code for code in codes.values() if code.lstrip("0") == key.lstrip("0")]
        return Guess(same[0]) if len(same) == 1 else None
    return _alike(key, names, official=official)


def _code_and_name(
    key: str, codes: Mapping[str, str], names: Mapping[str, list[str]]
) -> str | None:
    """31-本科生毕业, 本科生毕业(31), 31本科生毕业: both say the same."""
    bare = re.sub(r"[-_:：.()（）\[\]【】/]", "", key)
    for code in {m[0] for m in (_CODE.match(bare), *_CODE.finditer(bare)) if m}:
        rest = bare.replace(code, "", 1)
        if code in codes and codes[code] in names.get(rest, []):
            return codes[code]
    return None


def _by_end(key: str, names: Mapping[str, list[str]]) -> str | None:
    """The one name that is the word with an ending, or without one: 汉 → 汉族, 群众人员 → 群众."""
    found = {
        code
        for end in ENDS
        for name in (key + end, key.removesuffix(end))
        if name != key
        for code in names.get(name, [])
    }
    return found.pop() if len(found) == 1 else None


def _by_part(key: str, names: Mapping[str, list[str]]) -> list[str]:
    """The codes whose names begin with the word, in the order of the list."""
    return [code for name, found in names.items() if name.startswith(key) for code in found]


def _alike(key: str, names: Mapping[str, list[str]], *, official: bool) -> Guess | None:
    """What is only like the word. Of a school's own names similar ones are different things: no guess."""
    if len(key) < 2 or len(names) > MOST_ALIKE:
        return None
    held = [name for name in names if is_within(key, name)]
    best = held[0] if len(held) == 1 else nearest(key, held or names) if official else None
    return Guess(names[best][0]) if best else None
