"""What a word of a file means: a value of a list, or a region. Pure (BLK-06).

汉 → 汉族 (sure), 本科 → 31 本科生毕业 (asked once); 湖北省/武汉市/洪山区, 湖北武汉洪山, or a former name.
What a header means is guessed in `guess_headers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from app.files.imports.cells import folded
from app.files.imports.columns import ValueList

ALIKE = 0.6  # the least ratio of a text that is offered as perhaps meant


@dataclass(frozen=True)
class Guess:
    """What is meant: `ours` (None: nothing of ours), and whether that is sure.

    What is sure is taken and said; the rest is asked, with `ours` preselected.
    """

    ours: str | None
    sure: bool = False


def is_within(short: str, long: str) -> bool:
    """Whether all signs of a text stand in the other one, in their order: 国企 in 国有企业."""
    rest = iter(long)
    return bool(short) and all(sign in rest for sign in short)


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that is most like the text; None where none is."""
    best, most = None, 0.0
    for name in names:
        ratio = SequenceMatcher(None, text, name).ratio()
        if is_within(text, name) or is_within(name, text):
            ratio += 0.3
        if ratio > most:
            best, most = name, ratio
    return best if most >= ALIKE else None


# -- values of a list --------------------------------------------------------------------------------

ENDS = ("族", "省", "市", "区", "县", "国", "学院", "学部", "系", "专业", "单位", "企业", "人员")
_CODE = re.compile(r"[0-9]{1,6}|[A-Z]{1,2}", re.I)
MOST_ALIKE = 400  # longer lists are not searched for what is only alike

Words = Mapping[str, tuple[str, bool]]  # folded word → code, whether it is sure


def guess_value(text: str, lists: Sequence[ValueList], words: Words) -> Guess | None:
    """What a word means in the first list that knows it; None where it is a value as it stands.

    `lists` are the editions of one table, the one that counts first. The guess is a code.
    """
    if not lists or any(choices.find(text) is not None for choices in lists[:1]):
        return None
    for choices in lists:
        found = _in_list(text, choices, words)
        if found is not None:
            return found
    return Guess(None)


def _in_list(text: str, choices: ValueList, words: Words) -> Guess | None:
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


# -- regions -----------------------------------------------------------------------------------------

_NOT = re.compile(r"[^0-9a-z\u3400-\u9fff]")  # whatever stands between province, city and county
_NATIONS = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|"
    "达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|普米|塔吉克|怒|鄂温克|裕固|保安|独龙|鄂伦春|各"
)
_END = re.compile(
    rf"(?:特别行政区|(?:维吾尔|壮族|回族)?自治区|(?:(?:{_NATIONS})族?)+自治[州县旗]|地区|[省市区县盟旗州])$"
)
_EMPTY = ("市辖区", "自治区直辖县级行政区划", "省直辖县级行政区划")  # levels that are no places


def packed(text: str) -> str:
    """A chain of names without anything between them."""
    return _NOT.sub("", folded(text))


def short(name: str) -> str:
    """洪山区 → 洪山; a name of two signs stays whole, and so does what would lose all but one."""
    found = _END.sub("", name)
    return found if len(found) > 1 else name


@dataclass
class Regions:
    """The regions of today, (code, name, full name, level), and what a text may mean of them."""

    rows: Sequence[tuple[str, str, str, int]]
    means: dict[str, set[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        names = {code: name for code, name, _full, _level in self.rows}
        for code, name, full, level in self.rows:
            above = [names.get(code[:2] + "0000", "")] if level > 1 else []
            city = names.get(code[:4] + "00", "") if level > 2 else ""
            if city and city not in _EMPTY:
                above.append(city)
            self._add(full, code)
            for chain in _chains([*above, name]):
                self._add(chain, code)

    def _add(self, text: str, code: str) -> None:
        self.means.setdefault(packed(text), set()).add(code)

    def guess(self, text: str) -> Guess:
        """The region that is meant; sure where only one is called so and more than its county is named."""
        key = packed(text)
        for level in _EMPTY:
            key = key.replace(level, "", 1) if not key.endswith(level) else key
        codes = self.means.get(key, set())
        return Guess(min(codes), len(key) >= 4) if len(codes) == 1 else Guess(None)


def _chains(parts: list[str]) -> set[str]:
    """Full and short spellings, from the province on or from a lower level on."""
    found = set()
    for first in range(len(parts)):
        tail = parts[first:]
        found |= {"".join(tail), "".join(map(short, tail))}
        found.add("".join([*map(short, tail[:-1]), tail[-1]]))
        if tail[-1].endswith("自治州"):  # 恩施州
            found.add("".join(map(short, tail)) + "州")
    return found
